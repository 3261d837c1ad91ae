"""Places, tallies and visits as the API shows them."""

from datetime import date
from typing import Any

from helper import policy
from helper.places.queries import PlaceView
from helper.security.actor import Actor
from helper.security.permissions import Permission
from helper.tallies.facts import Counts
from helper.tallies.queries import Tally
from helper.visits.models import Visit

LETTERS = {"": "x", "support_type": "s", "group": "g", "outcome": "o", "reason": "r"}


def place_json(place: PlaceView) -> dict[str, Any]:
    """Return a place: code, name, kind (its level), type, parent."""
    return {
        "code": place.code,
        "name": place.name,
        "kind": str(place.level),
        "type": place.type,
        "parent": place.parent,
    }


def tally_rows(
    tallies: dict[str, Tally], days: dict[tuple[str, date], Counts], dim: str
) -> list[dict[str, Any]]:
    """Return the rows of a tally answer; empty cells are left out."""
    if dim == "day":
        return [
            {"place": code, "day": day.isoformat(), **_counts(counts)}
            for (code, day), counts in sorted(days.items())
        ]
    rows = []
    for code, tally in sorted(tallies.items()):
        for key, counts in tally.dim(LETTERS[dim]).items():
            rows.append({"place": code, **_key(dim, key), **_counts(counts)})
    return rows


def _key(dim: str, key: str) -> dict[str, str | None]:
    if dim:
        return {dim: key or None}
    support_type, _dot, outcome = key.partition(".")
    return {"support_type": support_type, "outcome": outcome}


def _counts(counts: Counts) -> dict[str, int]:
    return {"sessions": counts.sessions, "turns": counts.turns}


def total_json(tally: Tally) -> dict[str, int]:
    """Return the five numbers of a whole; the counting words are never mixed."""
    people = tally.everybody()
    return {
        "sessions": tally.total.sessions,
        "person_turns": tally.total.person_turns,
        "turns": tally.total.turns,
        "cards": people.cards,
        "people_without_card": people.people_without_card,
    }


def visit_json(actor: Actor, visit: Visit, receipt: str | None) -> dict[str, Any]:
    """Return a visit as far as this reader may see it; what is not granted is left out."""
    body = visit.body()
    data: dict[str, Any] = {
        "id": visit.client_id,
        "rev": visit.rev,
        "receipt": receipt,
        "status": visit.status,
        "flags": sorted(visit.flag_set),
        **(body.as_json() if body else {}),
    }
    hidden = {
        "note": Permission.VISIT_READ_NOTE,
        "label": Permission.VISIT_READ_LABEL,
        "card": Permission.VISIT_READ_CARD,
        "helpers": Permission.VISIT_READ_AUTHOR,
    }
    for name, permission in hidden.items():
        if visit.author_id != actor.user_id and not policy.allows(actor, permission, visit.path):
            data.pop(name, None)
    if policy.allows(actor, Permission.VISIT_READ_AUTHOR, visit.path):
        data["author"] = visit.author_id
    return data
