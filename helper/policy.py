"""THE permission map, one page: which role may do what, and where.

Source: docs/security.md "Who may do what". A route names a permission (`@requires`), a query
takes a scope made from it, an object is checked with `allows`; nowhere else is a role compared.
"""

from helper.core.placecodes import PlacePath
from helper.security.actor import Actor, Grant, Scope
from helper.security.permissions import Permission as P
from helper.security.permissions import Reach, Role

HERE, OWN_COMMUNE = Reach.HERE, Reach.OWN_COMMUNE
NEARBY, WITHIN = Reach.COMMUNE_VILLAGES, Reach.WITHIN

_TEAM_MEMBER: dict[P, tuple[Reach, ...]] = {
    P.VISIT_RECORD: (HERE,),
    P.VISIT_RECORD_NEARBY: (NEARBY,),
    P.VISIT_READ: (HERE,),
    P.VISIT_READ_NOTE: (HERE,),
    P.VISIT_READ_LABEL: (HERE,),
    P.VISIT_READ_CARD: (HERE,),
    P.VISIT_READ_AUTHOR: (HERE,),
    P.TALLY_READ: (HERE, OWN_COMMUNE),
    P.TEAM_READ: (HERE,),
}
_SUMS = {P.TALLY_READ: (WITHIN,), P.TALLY_BREAKDOWN: (WITHIN,)}

GRANTS: dict[Role, dict[P, tuple[Reach, ...]]] = {
    Role.MEMBER: _TEAM_MEMBER,
    Role.VILLAGE_LEAD: {
        **_TEAM_MEMBER,
        P.VISIT_VOID: (HERE,),
        P.INVITE_MEMBER: (HERE,),
    },
    Role.COMMUNE_OFFICER: {
        **_SUMS,
        P.VISIT_RECORD: (WITHIN,),
        P.VISIT_READ: (WITHIN,),
        P.VISIT_READ_NOTE: (WITHIN,),
        P.VISIT_READ_CARD: (WITHIN,),
        P.VISIT_READ_AUTHOR: (WITHIN,),
        P.VISIT_VOID: (WITHIN,),
        P.VISIT_SEND_BACK: (WITHIN,),
        P.TEAM_READ: (WITHIN,),
        P.INVITE_MEMBER: (WITHIN,),
        P.INVITE_VILLAGE_LEAD: (WITHIN,),
        P.INVITE_COMMUNE_OFFICER: (HERE,),
        P.INVITE_VIEWER: (HERE,),
    },
    Role.PROVINCE_OFFICER: {
        **_SUMS,
        P.VISIT_READ: (WITHIN,),  # rows without note, label, card and author
        P.INVITE_COMMUNE_OFFICER: (WITHIN,),
        P.INVITE_VIEWER: (WITHIN,),
    },
    Role.VIEWER: {**_SUMS},
    Role.ADMIN: {
        **_SUMS,
        P.INVITE_MEMBER: (WITHIN,),
        P.INVITE_VILLAGE_LEAD: (WITHIN,),
        P.INVITE_COMMUNE_OFFICER: (WITHIN,),
        P.INVITE_PROVINCE_OFFICER: (WITHIN,),
        P.INVITE_VIEWER: (WITHIN,),
        P.INVITE_ADMIN: (WITHIN,),
    },
}

# What makes a place or an object visible at all: outside of these an answer is 404, inside 403.
SIGHT = (P.VISIT_READ, P.TALLY_READ)


def holds(actor: Actor, permission: P) -> bool:
    """Tell whether any of the actor's roles grants the permission somewhere.

    Being signed in needs no role: whoever has none left must still be able to sign out.
    """
    return permission is P.SIGNED_IN or any(
        permission in GRANTS[grant.role] for grant in actor.grants
    )


def allows(actor: Actor, permission: P, path: PlacePath) -> bool:
    """Tell whether the actor may do this at this place."""
    return any(
        _reaches(reach, grant, path)
        for grant in actor.grants
        for reach in GRANTS[grant.role].get(permission, ())
    )


def sees(actor: Actor, path: PlacePath) -> bool:
    """Tell whether the place lies in the actor's scope at all."""
    return any(allows(actor, permission, path) for permission in SIGHT)


def scope_for(actor: Actor, permission: P) -> Scope:
    """Return the places whose rows the permission opens to the actor: a query's first argument."""
    places = {
        _scope_place(reach, grant)
        for grant in actor.grants
        for reach in GRANTS[grant.role].get(permission, ())
    }
    return Scope(actor_id=actor.user_id, places=frozenset(places))


def _reaches(reach: Reach, grant: Grant, path: PlacePath) -> bool:
    if reach is HERE:
        return path == grant.path
    if reach is OWN_COMMUNE:
        return path == _commune_of(grant.path)
    if reach is NEARBY:
        return path.village is not None and path.commune == grant.path.commune
    return path.within(grant.path)


def _scope_place(reach: Reach, grant: Grant) -> PlacePath:
    return _commune_of(grant.path) if reach in {OWN_COMMUNE, NEARBY} else grant.path


def _commune_of(path: PlacePath) -> PlacePath:
    return PlacePath(path.province, path.commune)
