"""Every route, every role, every place: the answer that the table of roles gives.

The tables here are written by hand, never worked out from the policy. A letter
says what the answer must be:

    Y  the page, the redirect after an act, or the form again with what is missing
    F  403: in scope, not granted          N  404: out of scope, unknown or malformed
    x  403 or 404: a role that may never do this, or may not see objects of this kind at all
"""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.support.world import EVERYBODY, NOBODY, ROLES, World, build_world

PLACES = (
    "own village",
    "near village",
    "own commune",
    "sister commune",
    "sister village",
    "own province",
    "far province",
    "far commune",
    "far village",
    "nation",
    "unknown village",
    "unknown commune",
    "malformed",
)
VISITS = ("own", "team", "near", "sister", "far", "no such")

# One letter a place, in the order of PLACES. The viewer and the officer are those of the commune.
SUMS = {
    "member": "YNYNNNNNNN NNN",
    "village_lead": "YNYNNNNNNN NNN",
    "commune_officer": "YYYNNNNNNN NNN",
    "province_officer": "YYYYYYNNNN NNN",
    "viewer": "YYYNNNNNNN NNN",
    "admin": "YYYYYYYYYY NNN",
    "roleless": "xxxxxxxxxx xxx",
}
# Sums by village: members and leads read the commune as one sum. A village itself has no parts.
SUMS_BY_VILLAGE = {
    "member": "YNFNNNNNNN NNN",
    "village_lead": "YNFNNNNNNN NNN",
    "commune_officer": "YYYNNNNNNN NNN",
    "province_officer": "YYYYYYNNNN NNN",
    "viewer": "YYYNNNNNNN NNN",
    "admin": "YYYYYYYYYY NNN",
    "roleless": "xxxxxxxxxx xxx",
}
ROWS = {
    "member": "YNFNNNNNNN NNN",
    "village_lead": "YNFNNNNNNN NNN",
    "commune_officer": "YYYNNNNNNN NNN",
    "province_officer": "YYYYYYNNNN NNN",
    "viewer": "FFFNNNNNNN NNN",
    "admin": "FFFFFFFFFF NNN",
    "roleless": "xxxxxxxxxx xxx",
}
# The tree of places is public knowledge: whoever is signed in may read it.
TREE = dict.fromkeys((*ROLES, "roleless"), "YYYYYYYYYY NNN")

# One letter a visit, in the order of VISITS; a dash where a role has no own visit.
SHOW = {
    "member": "YYNNNN",
    "village_lead": "YYNNNN",
    "commune_officer": "YYYNNN",
    "province_officer": "-YYYNN",
    "viewer": "-xxNNN",
    "admin": "-xxxxN",
    "roleless": "-NNNNN",
}
AMEND = {
    "member": "YFNNNN",
    "village_lead": "YFNNNN",
    "commune_officer": "YFFNNN",
    "province_officer": "-FFFxx",
    "viewer": "-xxxxx",
    "admin": "-xxxxx",
    "roleless": "-xxxxx",
}
VOID = {
    "member": "YFNNNN",
    "village_lead": "YYNNNN",
    "commune_officer": "YYYNNN",
    "province_officer": "-FFFxx",
    "viewer": "-xxxxx",
    "admin": "-xxxxx",
    "roleless": "-xxxxx",
}

WRITERS = "YYYFFFF"  # member, lead, commune officer log; province, viewer, admin, roleless do not
SIGNED_IN = "YYYYYYY"
PUBLIC = "public"
FORM = {"reason": "", "village": "", "action": "save"}

# Endpoint -> method, address, table: by place, by visit, or one letter a role (the order of
# EVERYBODY, nobody left out), or `public`. A route without a row here fails the test below.
ROUTES: dict[str, tuple[str, str, Any]] = {
    "api.catalogue": ("GET", "/api/v1/catalogue", SIGNED_IN),
    "api.openapi": ("GET", "/api/v1/openapi.json", PUBLIC),
    "api.places": ("GET", "/api/v1/places?parent={place}", TREE),
    "api.tally": ("GET", "/api/v1/tallies?place={place}&period=2026-11", SUMS),
    "api.visit_rows": ("GET", "/api/v1/visits?place={place}", ROWS),
    "health.livez": ("GET", "/livez", PUBLIC),
    "health.readyz": ("GET", "/readyz", PUBLIC),
    "pages.front": ("GET", "/", PUBLIC),
    "pages.guides": ("GET", "/guides", SIGNED_IN),
    "pages.heard": ("POST", "/heard", SIGNED_IN),
    "pages.me": ("GET", "/me", SIGNED_IN),
    "pages.sunlight": ("POST", "/sunlight", PUBLIC),
    "patterns.index": ("GET", "/patterns", PUBLIC),
    "people.invite": ("GET", "/i/no-such-invite", "N"),
    "people.invite_submit": ("POST", "/i/no-such-invite", "N"),
    "people.sign_in": ("GET", "/sign-in", PUBLIC),
    "people.sign_in_submit": ("POST", "/sign-in", PUBLIC),
    "people.sign_out": ("POST", "/sign-out", SIGNED_IN),
    "sync.csrf": ("GET", "/api/v1/csrf", SIGNED_IN),
    "sync.sync": ("POST", "/api/v1/sync", SIGNED_IN),
    "tallies.show": ("GET", "/tallies/{place}", SUMS),
    "visits.clicker": ("GET", "/visits/clicker", WRITERS),
    "visits.clicker_submit": ("POST", "/visits/clicker", WRITERS),
    "visits.edit": ("GET", "/visits/{visit}/edit", AMEND),
    "visits.edit_submit": ("POST", "/visits/{visit}/edit", AMEND),
    "visits.new": ("GET", "/visits/new", WRITERS),
    "visits.new_submit": ("POST", "/visits/new", WRITERS),
    "visits.own": ("GET", "/visits", WRITERS),
    "visits.paper": ("GET", "/visits/paper", WRITERS),
    "visits.paper_submit": ("POST", "/visits/paper", WRITERS),
    "visits.rows": ("GET", "/visits/at/{place}", ROWS),
    "visits.sheet": ("GET", "/visits/sheet", WRITERS),
    "visits.show": ("GET", "/visits/{visit}", SHOW),
    "visits.undo": ("POST", "/visits/{visit}/undo", AMEND),
    "visits.void": ("GET", "/visits/{visit}/void", VOID),
    "visits.void_submit": ("POST", "/visits/{visit}/void", VOID),
}
# More cases of a route that is in the table already.
VARIANTS: dict[str, tuple[str, str, Any]] = {
    "api.tally by village": (
        "GET",
        "/api/v1/tallies?place={place}&by=village&period=r2026-11",
        SUMS_BY_VILLAGE,
    ),
    "tallies.show last year": ("GET", "/tallies/{place}?period=2025", SUMS),
    "visits.rows of a cell": ("GET", "/visits/at/{place}?support_type=C1&period=2026-Q4", ROWS),
}
ALL = {**ROUTES, **VARIANTS}
# What changes the visits or the sessions that other cases need gets a world of its own.
SPENDS = {"visits.undo", "people.sign_out"}
MEANING = {"F": {403}, "N": {404}, "x": {403, 404}}


def cases(name: str) -> list[tuple[str, str, str]]:
    """Return (role, what the address names, letter) of a route; `?` stands for nobody."""
    _method, address, table = ALL[name]
    if "{place}" in address or "{visit}" in address:
        keys = PLACES if "{place}" in address else VISITS
        found = [
            (role, key, letter)
            for role, row in table.items()
            for key, letter in zip(keys, row.replace(" ", ""), strict=True)
            if letter != "-"
        ]
        return found + [(NOBODY, key, "?") for key in keys if key != "own"]
    if table == PUBLIC:
        return [(role, "", "Y") for role in EVERYBODY]
    if table == "N":
        return [(role, "", "N") for role in EVERYBODY]
    return [(role, "", letter) for role, letter in zip(EVERYBODY, table + "?", strict=True)]


def ask(world: World, name: str, role: str, key: str) -> TestResponse:
    """Ask a route as a role."""
    method, address, _table = ALL[name]
    visit = world.visit(key, role) if "{visit}" in address else 0
    path = address.format(place=world.places.get(key, ""), visit=visit)
    phone = world.phones[role]
    if method == "GET":
        return phone.get(path)
    if path == "/api/v1/sync":
        headers = {"X-CSRFToken": phone.csrf_token}
        return phone.client.post(path, json={"proto": 1, "items": []}, headers=headers)
    return phone.post(path, FORM)


def wrong_answers(world: World, name: str) -> list[str]:
    """Ask a route as everybody everywhere; return what was answered otherwise than it must."""
    wrong = []
    # What may not be done comes first, so that nothing granted has changed the visits before.
    for role, key, letter in sorted(cases(name), key=lambda case: case[2] == "Y"):
        answer = ask(world, name, role, key)
        if not fits(answer, letter, ALL[name][1]):
            wrong.append(f"{role} · {key or '-'}: {answer.status_code}, not {letter}")
    return wrong


def fits(answer: TestResponse, letter: str, address: str) -> bool:
    """Tell whether an answer is the one that the letter asks for."""
    to_sign_in = answer.status_code == 302 and "/sign-in?next=" in answer.location + "?next="
    if letter == "?":
        return answer.status_code == 401 if address.startswith("/api/") else to_sign_in
    if letter == "Y":
        return answer.status_code in {200, 204, 302, 303, 422}
    return answer.status_code in MEANING[letter]


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_route_answers_each_role_as_the_table_says(
    app: Flask, shared_world: World, name: str
) -> None:
    world = build_world(app) if name in SPENDS else shared_world
    wrong = wrong_answers(world, name)
    assert not wrong, f"{name}: " + "; ".join(wrong)


def test_each_route_has_its_row_and_each_row_its_route(app: Flask) -> None:
    routes = {rule.endpoint for rule in app.url_map.iter_rules()} - {"static"}
    assert routes == set(ROUTES)


def test_the_tables_hold_at_least_six_hundred_cases() -> None:
    assert sum(len(cases(name)) for name in ALL) >= 600


def test_every_view_says_what_it_requires_or_that_it_is_public(app: Flask) -> None:
    for endpoint, view in app.view_functions.items():
        if endpoint != "static":
            assert hasattr(view, "access"), endpoint


def test_only_these_views_are_public(app: Flask) -> None:
    public = {
        endpoint
        for endpoint, view in app.view_functions.items()
        if endpoint != "static" and view.access.permission is None
    }
    # sync looks for a session or an outbox token itself, before CSRF.
    assert public == {
        *(name for name, (_method, _address, table) in ROUTES.items() if table in (PUBLIC, "N")),
        "sync.sync",
    }


def test_a_route_answers_one_method_only_and_refuses_the_others(app: Flask) -> None:
    client = app.test_client()
    for rule in app.url_map.iter_rules():
        assert len(rule.methods - {"HEAD", "OPTIONS"}) == 1, rule.endpoint
    assert client.delete("/livez").status_code == 405
    assert client.open("/livez", method="TRACE").status_code == 405
