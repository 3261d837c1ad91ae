"""Writing the audit trail."""

from typing import Any

from helper.audit.models import AuditEvent
from helper.db import db
from helper.security.actor import Actor


def record_event(
    actor: Actor | None,
    action: str,
    target_kind: str,
    target_id: object,
    *,
    place_code: str | None = None,
    via: str = "command",
    **detail: Any,
) -> None:
    """Add one act to the trail of the present unit of work; `detail` holds ids and codes only.

    `via` says how an act without an actor came: from the operator's command, or the web.
    """
    db.session.add(
        AuditEvent(
            actor_id=actor.user_id if actor else None,
            via=actor.via if actor else via,
            action=action,
            target_kind=target_kind,
            target_id=str(target_id),
            place_code=place_code,
            detail=detail,
        )
    )
