"""What of a visit a reader may see, and may do with it, as the policy says."""

from dataclasses import dataclass

from helper import policy
from helper.core.errors import ForbiddenError, NotFoundError
from helper.security.actor import Actor
from helper.security.permissions import Permission
from helper.visits.models import VOID, Visit
from helper.visits.queries import find_visit


def get_readable(actor: Actor, visit_id: int) -> Visit:
    """Return one's own visit, or one whose rows the actor may read.

    NotFoundError outside the actor's scope, ForbiddenError in it where only sums are granted.
    """
    visit = find_visit(visit_id)
    if visit is None:
        raise NotFoundError(str(visit_id))
    own = visit.author_id == actor.user_id
    if own or policy.allows(actor, Permission.VISIT_READ, visit.path):
        return visit
    if visit.village_code and policy.sees(actor, visit.path):
        raise ForbiddenError(Permission.VISIT_READ)
    raise NotFoundError(str(visit_id))


def get_own(actor: Actor, visit_id: int) -> Visit:
    """Return one's own visit; ForbiddenError for another's that may be read."""
    visit = get_readable(actor, visit_id)
    if visit.author_id != actor.user_id:
        raise ForbiddenError(Permission.VISIT_RECORD)
    return visit


@dataclass(frozen=True)
class Sight:
    """What of a visit this reader may see, and may do with it."""

    note: bool
    label: bool
    card: bool
    author: bool
    own: bool
    void: bool


def sight_of(actor: Actor, visit: Visit) -> Sight:
    """Return what the policy opens of a visit; the author sees the own one whole."""
    own_one = visit.author_id == actor.user_id

    def may(permission: Permission) -> bool:
        return own_one or policy.allows(actor, permission, visit.path)

    return Sight(
        note=may(Permission.VISIT_READ_NOTE),
        label=may(Permission.VISIT_READ_LABEL),
        card=may(Permission.VISIT_READ_CARD),
        author=may(Permission.VISIT_READ_AUTHOR),
        own=own_one,
        void=visit.status != VOID
        and (own_one or policy.allows(actor, Permission.VISIT_VOID, visit.path)),
    )
