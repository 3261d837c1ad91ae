"""Visits, their lines, every revision ever received, and colleagues who were there."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helper.core.placecodes import PlacePath
from helper.db.base import Model
from helper.db.types import BigId, UtcDateTime
from helper.visits.body import Line, VisitBody

LIVE, VOID, QUARANTINED = "live", "void", "quarantined"


class Visit(Model):
    """A visit (phiếu) as it stands now: its highest accepted revision.

    `client_id` is made on the phone and unique per author. Only `live` visits are counted. A
    tombstone that came before its visit has no content, hence the nullable columns.
    """

    __tablename__ = "visit"
    __table_args__ = (
        UniqueConstraint("author_id", "client_id"),
        CheckConstraint("status <> 'live' OR village_code IS NOT NULL", name="live_has_content"),
        Index("ix_visit_village_day", "village_code", "visited_on", "status"),
        Index("ix_visit_commune_day", "commune_code", "visited_on", "status"),
        Index("ix_visit_province_day", "province_code", "visited_on", "status"),
        Index("ix_visit_author_day", "author_id", "visited_on"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    client_id: Mapped[str] = mapped_column(String(36))
    rev: Mapped[int]
    status: Mapped[str] = mapped_column(String(12))
    province_code: Mapped[str | None] = mapped_column(String(2))
    commune_code: Mapped[str | None] = mapped_column(String(5))
    village_code: Mapped[str | None] = mapped_column(ForeignKey("place.code"))
    visited_on: Mapped[date | None] = mapped_column(Date)
    people: Mapped[int] = mapped_column(default=0)
    place_kind: Mapped[str] = mapped_column(String(20), default="home")
    card: Mapped[str | None] = mapped_column(String(16))
    age_band: Mapped[str | None] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(String(200), default="")
    label: Mapped[str | None] = mapped_column(String(20))
    revisit_on: Mapped[date | None] = mapped_column(Date)
    source: Mapped[str] = mapped_column(String(10), default="phone")
    follows: Mapped[str | None] = mapped_column(String(36))
    event: Mapped[str | None] = mapped_column(String(36))
    request: Mapped[str | None] = mapped_column(String(36))
    flags: Mapped[str] = mapped_column(String(200), default="")
    first_received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    voided_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    void_reason: Mapped[str | None] = mapped_column(String(200))

    lines: Mapped[list["VisitLine"]] = relationship(
        order_by="VisitLine.support_type, VisitLine.outcome, VisitLine.reason",
        cascade="all, delete-orphan",
        lazy="selectin",
    )
    helpers: Mapped[list["VisitHelper"]] = relationship(
        order_by="VisitHelper.user_id", cascade="all, delete-orphan", lazy="selectin"
    )
    revisions: Mapped[list["VisitRevision"]] = relationship(
        order_by="VisitRevision.id", viewonly=True
    )

    @property
    def path(self) -> PlacePath:
        """Where the visit took place."""
        return PlacePath(self.province_code, self.commune_code, self.village_code)

    @property
    def flag_set(self) -> set[str]:
        """Suggestions for a second look; they never change a count."""
        return set(self.flags.split())

    def body(self) -> VisitBody | None:
        """Return the content in normal form, or None for a tombstone without content."""
        if self.village_code is None or self.visited_on is None:
            return None
        return VisitBody(
            village=self.village_code,
            visited_on=self.visited_on,
            people=self.people,
            lines=tuple(line.as_line() for line in self.lines),
            place_kind=self.place_kind,
            card=self.card,
            age_band=self.age_band,
            note=self.note,
            label=self.label,
            revisit_on=self.revisit_on,
            source=self.source,
            helpers=tuple(helper.user_id for helper in self.helpers),
            follows=self.follows,
            event=self.event,
            request=self.request,
        )


class VisitLine(Model):
    """One service of a visit; `reason` is empty rather than null, to stand in the key."""

    __tablename__ = "visit_line"

    visit_id: Mapped[int] = mapped_column(
        ForeignKey("visit.id", ondelete="CASCADE"), primary_key=True
    )
    support_type: Mapped[str] = mapped_column(String(4), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(14), primary_key=True)
    reason: Mapped[str] = mapped_column(String(4), primary_key=True, default="")
    people: Mapped[int]
    count: Mapped[int | None]
    referred_to: Mapped[str | None] = mapped_column(String(20))

    def as_line(self) -> Line:
        """Return the line in normal form."""
        return Line(
            self.support_type,
            self.outcome,
            self.reason or None,
            self.people,
            self.count,
            self.referred_to,
        )


class VisitHelper(Model):
    """A colleague who was there: the working day counts for both, the visit once."""

    __tablename__ = "visit_helper"

    visit_id: Mapped[int] = mapped_column(
        ForeignKey("visit.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user_account.id"), primary_key=True, index=True
    )


class VisitRevision(Model):
    """One version as received: never changed afterwards but for the erasure of personal words.

    `op` is put, del (by the author) or void (by a lead or officer). `held` marks a version that is
    kept beside the counted one until a person decides (a conflict).
    """

    __tablename__ = "visit_revision"
    __table_args__ = (
        UniqueConstraint("visit_id", "rev", "op", "content_hash"),
        Index("ix_visit_revision_received_at", "received_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id", ondelete="CASCADE"))
    rev: Mapped[int]
    op: Mapped[str] = mapped_column(String(4))
    content_hash: Mapped[str] = mapped_column(String(32))
    body: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    reason: Mapped[str | None] = mapped_column(String(200))
    held: Mapped[bool] = mapped_column(default=False)
    commune_code: Mapped[str | None] = mapped_column(String(5))
    actor_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"))
    via: Mapped[str] = mapped_column(String(10))
    recorded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def receipt(self) -> str:
        """The server's own number for this revision: commune and running number, `02221-1847`."""
        return f"{self.commune_code or '00000'}-{self.id}"
