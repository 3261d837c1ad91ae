"""Who acts: plain data read once a request, so that no later commit makes it stale or slow."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from helper.core.clock import now
from helper.core.placecodes import PlacePath
from helper.security.permissions import Role

PIN_FRESH = timedelta(minutes=5)


@dataclass(frozen=True)
class Grant:
    """A role in force today at a place."""

    role: Role
    path: PlacePath


@dataclass(frozen=True)
class Actor:
    """A person acting now, with the roles in force today.

    `via` is session, token (API), outbox (write-only phone token) or command; `pin_at` is when the
    PIN was last typed in this session; `quarantined` marks an outbox that may no longer count.
    """

    user_id: int
    name: str
    grants: tuple[Grant, ...] = ()
    via: str = "session"
    session_id: int | None = None
    device_id: int | None = None
    pin_at: datetime | None = None
    quarantined: bool = False

    @property
    def pin_is_fresh(self) -> bool:
        """Whether the PIN was typed in the last five minutes (sensitive acts ask for it)."""
        return self.pin_at is not None and now() - self.pin_at < PIN_FRESH


@dataclass(frozen=True)
class Scope:
    """The rows a query may return: those under these places. The first argument of every query."""

    actor_id: int
    places: frozenset[PlacePath] = field(default_factory=frozenset)
