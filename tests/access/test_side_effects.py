"""What no request may do: change something by looking, act without a token, leak by headers."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from helper import create_app
from helper.db import db
from helper.security.permissions import Role
from tests.support.people import Phone, invite_for, make_user, make_village
from tests.support.world import CARD, EVERYBODY, LABEL, NOTE, ROLES, World, snapshot

CSP = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
}
# The own team reads all; officers everything but labels of others; the province plain rows.
_TEAM = {"note", "label", "card", "author", "helpers"}
SHOWN = {
    "member": _TEAM,
    "village_lead": _TEAM,
    "commune_officer": _TEAM - {"label"},
    "province_officer": set(),
}
QUERIES = ("", "?period=2026-W47", "?type=C1", "?q=nước&all=1", "?change=1", "?saved=1&undone=1")


def addresses(app: Flask, world: World, method: str) -> Iterator[tuple[str, str]]:
    """Yield (endpoint, address) of every route of a method, with places and visits of the world."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static" or method not in rule.methods:
            continue
        address = re.sub(r"<int:visit_id>", "{visit}", rule.rule)
        address = re.sub(r"<place>", "{place}", address).replace("<token>", "no-such-token")
        assert "<" not in address, f"say how to ask {rule.rule}"
        if "{visit}" in address:
            for visit in (world.own_visits["member"], world.visits["team"], world.visits["sister"]):
                yield rule.endpoint, address.format(visit=visit)
        elif "{place}" in address:
            for name in ("own village", "own commune", "own province", "nation"):
                yield rule.endpoint, address.format(place=world.places[name])
        elif rule.endpoint in {"api.tally", "api.visit_rows"}:
            yield rule.endpoint, f"{address}?place={world.places['own village']}"
        else:
            yield rule.endpoint, address


@pytest.mark.parametrize("role", EVERYBODY)
def test_looking_changes_nothing(app: Flask, shared_world: World, role: str) -> None:
    phone = shared_world.phones[role]
    before = snapshot(app)
    for _endpoint, address in addresses(app, shared_world, "GET"):
        queries = QUERIES if address == "/visits/new" else ("",)
        for query in queries:
            assert phone.get(address + query).status_code < 500, address + query
            assert phone.client.head(address + query).status_code < 500, address + query
    assert snapshot(app) == before


def test_the_snapshot_sees_a_change(app: Flask, shared_world: World) -> None:
    before = snapshot(app)
    make_village(app)
    changed = {name for name, state in snapshot(app).items() if state != before[name]}
    assert {"place", "place_name"} <= changed


@pytest.mark.parametrize("role", EVERYBODY)
def test_no_form_is_taken_without_its_token(app: Flask, shared_world: World, role: str) -> None:
    client = shared_world.phones[role].client
    before = snapshot(app)
    for endpoint, address in addresses(app, shared_world, "POST"):
        data = {"reason": "nhầm thôn", "action": "save", "pin": "482915"}
        bare = client.post(address, data=data)
        wrong = client.post(address, data={**data, "csrf_token": "IjEi.aaaa.bbbb"})
        refused = {401, 403} if endpoint == "sync.sync" else {400}
        assert {bare.status_code, wrong.status_code} <= refused, (address, bare, wrong)
    assert snapshot(app) == before


def test_a_token_of_another_session_is_no_token(app: Flask, shared_world: World) -> None:
    stolen = shared_world.phones["viewer"].csrf_token
    answer = shared_world.phones["member"].client.post("/sunlight", data={"csrf_token": stolen})
    assert answer.status_code == 400


def test_every_route_that_changes_something_is_asked_here(app: Flask, shared_world: World) -> None:
    unsafe = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.methods - {"GET", "HEAD", "OPTIONS"}
    }
    assert unsafe == {endpoint for endpoint, _address in addresses(app, shared_world, "POST")}


def check_headers(answer: TestResponse) -> None:
    """Assert the headers that every answer bears."""
    assert set(answer.headers["Content-Security-Policy"].split("; ")) == CSP
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert not [
        name for name, _value in answer.headers if name.lower().startswith("access-control")
    ]
    if answer.mimetype.startswith("text/"):
        assert answer.mimetype_params.get("charset", "").lower() == "utf-8"
    assert "Server" not in answer.headers or "Python" not in answer.headers["Server"]


@pytest.mark.parametrize("role", EVERYBODY)
def test_every_answer_bears_the_security_headers_and_none_of_cors(
    app: Flask, shared_world: World, role: str
) -> None:
    client = shared_world.phones[role].client
    origin = {"Origin": "https://evil.example"}
    asked = [address for _endpoint, address in addresses(app, shared_world, "GET")]
    for address in [*asked, "/no-such-page", "/api/v1/no-such", "/static/no-such.css"]:
        answer = client.get(address, headers=origin)
        check_headers(answer)
        assert "Strict-Transport-Security" not in answer.headers  # the address is not https
        if answer.mimetype == "text/html":
            assert answer.headers["Cache-Control"] == "no-store", address
    for _endpoint, address in addresses(app, shared_world, "POST"):
        check_headers(client.post(address, headers=origin))
        check_headers(client.options(address, headers=origin))


def test_the_readers_of_the_api_keep_no_copies_of_others(shared_world: World) -> None:
    for role in ROLES:
        answer = shared_world.phones[role].get(
            f"/api/v1/tallies?place={shared_world.places['own village']}"
        )
        assert "public" not in answer.headers["Cache-Control"]
        if answer.status_code == 200:
            assert answer.headers["Cache-Control"] == "private, no-cache"
            assert {"Cookie", "Authorization"} <= set(re.split(r",\s*", answer.headers["Vary"]))


@pytest.fixture
def app_at(settings_of_app: dict[str, str]) -> Iterator[Callable[[str], Flask]]:
    """Make the app for another public address."""
    made: list[Flask] = []

    def make(base: str) -> Flask:
        made.append(create_app({**settings_of_app, "TESTING": True, "HELPER_BASE_URL": base}))
        return made[-1]

    yield make
    for each in made:
        with each.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.mark.parametrize("base", ["http://127.0.0.1", "https://to.example.vn"])
def test_cookies_are_secure_only_when_the_address_is_https(
    app: Flask, app_at: Callable[[str], Flask], shared_world: World, base: str
) -> None:
    secure = base.startswith("https://")
    person = make_user(app, Role.MEMBER, shared_world.places["own village"])
    client = app_at(base).test_client()
    invite = f"/i/{invite_for(app, person)}"
    page = client.get(invite, base_url=base)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.get_data(as_text=True))
    assert token is not None
    options = {"base_url": base, "headers": {"Referer": base + invite}}
    entered = client.post(invite, data={"pin": "482915", "csrf_token": token[1]}, **options)
    assert entered.status_code == 302, entered.get_data(as_text=True)
    fresh = client.get("/api/v1/csrf", base_url=base).get_json()["csrf_token"]
    sunlight = client.post("/sunlight", data={"csrf_token": fresh}, **options)
    cookies = {}
    for answer in (page, entered, sunlight):
        assert ("Strict-Transport-Security" in answer.headers) is secure
        for header in answer.headers.getlist("Set-Cookie"):
            parts = [part.strip().partition("=") for part in header.split(";")]
            cookies[parts[0][0]] = {name.lower(): value for name, _equals, value in parts[1:]}
    session = "__Host-session" if secure else "session"
    assert set(cookies) == {session, "device", "outbox", "sunlight"}
    for name, flags in cookies.items():
        assert "httponly" in flags, name
        assert ("secure" in flags) is secure, name
        assert "domain" not in flags, name
        assert flags["samesite"] == ("Strict" if name == "outbox" else "Lax"), name
        assert flags["path"] == ("/api/v1/sync" if name == "outbox" else "/"), name


def test_the_api_shows_of_a_visit_what_the_role_may_see(shared_world: World) -> None:
    place = f"/api/v1/visits?place={shared_world.places['own village']}"
    seen = {
        role: shared_world.phones[role].get(place).get_json()["visits"]
        for role in ("member", "village_lead", "commune_officer", "province_officer")
    }
    for role, visits in seen.items():
        assert len(visits) == 4, role
        for visit in visits:
            shown = {
                name for name in ("note", "label", "card", "author", "helpers") if name in visit
            }
            own = visit["author"] == shared_world.phones[role].person.id if "author" in visit else 0
            assert shown == SHOWN[role] | ({"label"} if own else set()), (role, visit)


def test_no_word_of_a_person_reaches_a_province_page_or_answer(shared_world: World) -> None:
    phone = shared_world.phones["province_officer"]
    names = {p.person.name for p in shared_world.phones.values() if isinstance(p, Phone)}
    for address in _readings(shared_world):
        text = _decoded(phone.get(address))
        for word in (NOTE, LABEL, CARD, *(names - {phone.person.name})):
            assert word not in text, (address, word)


def test_an_officer_reads_notes_and_no_labels_of_others(shared_world: World) -> None:
    phone = shared_world.phones["commune_officer"]
    answer = phone.get(f"/visits/{shared_world.visits['near']}").get_data(as_text=True)
    assert NOTE in answer
    assert LABEL not in answer
    api = _decoded(phone.get(f"/api/v1/visits?place={shared_world.places['near village']}"))
    assert NOTE in api
    assert LABEL not in api


def test_a_member_reads_label_and_note_of_the_own_team(shared_world: World) -> None:
    answer = shared_world.phones["member"].get(f"/visits/{shared_world.visits['team']}")
    assert NOTE in answer.get_data(as_text=True)
    assert LABEL in answer.get_data(as_text=True)


@pytest.mark.parametrize("role", [*ROLES, "roleless"])
def test_nothing_of_another_commune_reaches_a_role_below_the_province(
    shared_world: World, role: str
) -> None:
    if role in {"province_officer", "admin"}:
        return
    ids = {str(shared_world.visits[name]) for name in ("sister", "far")}
    for address in _readings(shared_world):
        answer = shared_world.phones[role].get(address)
        links = set(re.findall(r"/visits/(\d+)", answer.get_data(as_text=True)))
        assert not links & ids, address


def _readings(world: World) -> Iterator[str]:
    for place in world.places.values():
        yield f"/api/v1/visits?place={place}"
        yield f"/api/v1/tallies?place={place}"
        yield f"/tallies/{place}"
        yield f"/visits/at/{place}"
    for visit in world.visits.values():
        yield f"/visits/{visit}"


def _decoded(answer: TestResponse) -> str:
    if answer.is_json:
        return json.dumps(answer.get_json(), ensure_ascii=False)
    return html.unescape(answer.get_data(as_text=True))
