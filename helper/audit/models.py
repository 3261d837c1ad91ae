"""The audit event."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from helper.core.clock import now
from helper.db.base import Model
from helper.db.types import BigId, UtcDateTime


class AuditEvent(Model):
    """One act, in ids only: retention of names must not fight the record of acts."""

    __tablename__ = "audit_event"
    __table_args__ = (Index("ix_audit_event_target", "target_kind", "target_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    actor_id: Mapped[int | None]
    via: Mapped[str] = mapped_column(String(10))
    action: Mapped[str] = mapped_column(String(40))
    target_kind: Mapped[str] = mapped_column(String(20))
    target_id: Mapped[str] = mapped_column(String(40))
    place_code: Mapped[str | None] = mapped_column(String(9))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
