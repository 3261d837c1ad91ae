"""Roll-ups, card sightings and the recount proof: all of it can be thrown away and rebuilt."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from helper.db.base import Model
from helper.db.types import BigId, UtcDateTime


class TallyCell(Model):
    """Sums of one place, bucket and cell; rows are bounded by places x types x buckets.

    Stored for villages (parent = commune) and communes (parent = province); provinces and the
    nation are sums of communes, so that no row is hot. The key leads with the parent: a table of a
    place's children is one range.
    """

    __tablename__ = "tally_cell"
    __table_args__ = ({"sqlite_with_rowid": False},)

    parent_code: Mapped[str] = mapped_column(String(5), primary_key=True)
    bucket: Mapped[str] = mapped_column(String(11), primary_key=True)
    dim: Mapped[str] = mapped_column(String(1), primary_key=True)
    place_code: Mapped[str] = mapped_column(String(9), primary_key=True)
    key: Mapped[str] = mapped_column(String(20), primary_key=True)
    sessions: Mapped[int]
    person_turns: Mapped[int]
    turns: Mapped[int]
    without_card: Mapped[int]


class TallyCard(Model):
    """How many visits bear a card in a village, half-month and group (empty group: all)."""

    __tablename__ = "tally_card"
    __table_args__ = (
        Index("ix_tally_card_commune", "commune_code", "half", "group_code", "card"),
        Index("ix_tally_card_province", "province_code", "half", "group_code", "card"),
        {"sqlite_with_rowid": False},
    )

    village_code: Mapped[str] = mapped_column(String(9), primary_key=True)
    half: Mapped[str] = mapped_column(String(11), primary_key=True)
    group_code: Mapped[str] = mapped_column(String(1), primary_key=True)
    card: Mapped[str] = mapped_column(String(16), primary_key=True)
    commune_code: Mapped[str] = mapped_column(String(5), primary_key=True)
    province_code: Mapped[str] = mapped_column(String(2), primary_key=True)
    visits: Mapped[int]


class TallyProof(Model):
    """The result of one recount: when, over how many visits and cells, how many differed."""

    __tablename__ = "tally_proof"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    visits: Mapped[int]
    cells: Mapped[int]
    differing: Mapped[int]
    cut_day: Mapped[int]
