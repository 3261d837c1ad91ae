"""What the capture page offers a person: villages, usual services, colleagues, last choices."""

from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from helper import policy
from helper.catalogue.model import Catalogue, SupportType
from helper.core.clock import today
from helper.core.placecodes import PlacePath
from helper.people.queries import list_team
from helper.places.queries import PlaceView, list_children
from helper.security.actor import Actor
from helper.security.permissions import Permission
from helper.visits.queries import common_types, list_own

TILES = 6
_RECORDS = (Permission.VISIT_RECORD, Permission.VISIT_RECORD_NEARBY)
# What a new team is asked for most, until its own log says otherwise.
USUAL = ("C1", "C2", "A4", "B2", "D4", "H3")


@dataclass(frozen=True)
class Context:
    """Where and when a visit takes place, as chosen on the page before."""

    village: PlaceView
    on: date
    place_kind: str


def village_choices(actor: Actor) -> dict[str, list[PlaceView]]:
    """Return the villages one may log in: the own ones first, others of the commune apart."""
    communes = sorted({grant.path.commune for grant in actor.grants if grant.path.commune})
    villages = [village for commune in communes for village in list_children(commune)]

    def own(village: PlaceView) -> bool:
        return village.path in _places(actor)

    def may(village: PlaceView) -> bool:
        return any(policy.allows(actor, permission, village.path) for permission in _RECORDS)

    allowed = [village for village in villages if may(village)]
    return {
        _("Thôn của Tổ mình"): [village for village in allowed if own(village)],
        _("Thôn khác trong xã"): [village for village in allowed if not own(village)],
    }


def _places(actor: Actor) -> list[PlacePath]:
    return [grant.path for grant in actor.grants]


def as_pairs(villages: dict[str, list[PlaceView]]) -> dict[str, list[tuple[str, str]]]:
    """Return village choices as (code, name) for a select."""
    return {title: [(v.code, v.title) for v in views] for title, views in villages.items()}


def choose_context(
    actor: Actor, villages: dict[str, list[PlaceView]], asked: dict[str, str | None]
) -> Context | None:
    """Return the context asked for where allowed, else the last village used or the own one.

    None when nothing tells: no village, or an officer who has not chosen one of many yet.
    """
    views = {view.code: view for group in villages.values() for view in group}
    if not views:
        return None
    code = asked.get("village")
    if code not in views:
        scope = policy.scope_for(actor, Permission.VISIT_READ)
        code = next((v.village_code for v in list_own(scope, limit=1)), None)
    if code not in views:
        code = next((v.code for v in views.values() if v.path in _places(actor)), None)
    if code not in views and len(views) == 1:
        code = next(iter(views))
    if code not in views:
        return None
    try:
        on = date.fromisoformat(asked.get("on") or "")
    except ValueError:
        on = today()
    return Context(views[str(code)], on, asked.get("at") or "home")


def usual_types(actor: Actor, village: str, catalogue: Catalogue) -> list[SupportType]:
    """Return the six services for the big buttons: the own team's most used first."""
    scope = policy.scope_for(actor, Permission.VISIT_READ)
    codes = common_types(scope, [village], TILES)
    codes += [code for code in USUAL if code not in codes]
    found = [catalogue.support_types[code] for code in codes if code in catalogue.support_types]
    return [item for item in found if item.active][:TILES]


def list_colleagues(actor: Actor, village: str) -> list[tuple[int, str]]:
    """Return (id, name) of the others in the village's team."""
    scope = policy.scope_for(actor, Permission.TEAM_READ)
    team = list_team(scope, village)
    found = {user.id: user.name for user, _role in team if user.id != actor.user_id}
    return sorted(found.items(), key=lambda pair: pair[1])
