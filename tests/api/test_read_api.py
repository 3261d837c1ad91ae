"""Places, visits, catalogue, OpenAPI; caching, errors, bearer tokens that only read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from helper.core.clock import now, travel
from helper.db import unit_of_work
from helper.people.models import ApiToken, User
from helper.people.service import make_api_token
from helper.security.permissions import Role
from tests.api.conftest import World
from tests.support.people import body, envelope, make_user, make_village, put
from tests.support.recount import count_rows

NOVEMBER = "period=2026-11"


def visits(world: World, role: str, place: str, more: str = NOVEMBER) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.get(role, f"/api/v1/visits?place={place}&{more}")["visits"]
    return found


def with_note(found: list[dict[str, Any]]) -> dict[str, Any]:
    return next(each for each in found if each["people"] == 3)


SHOWN: dict[str, set[str]] = {
    "member": {"note", "label", "card", "helpers", "author"},
    "mate": {"note", "label", "card", "helpers", "author"},
    "lead": {"note", "label", "card", "helpers", "author"},
    "officer": {"note", "card", "helpers", "author"},
    "province": set(),
}


@pytest.mark.parametrize("role", SHOWN)
def test_a_role_sees_of_a_visit_what_it_may_and_no_more(world: World, role: str) -> None:
    found = with_note(visits(world, role, world.a))
    private = {"note", "label", "card", "helpers", "author"}
    assert private & set(found) == SHOWN[role]
    assert {"id", "rev", "receipt", "village", "visited_on", "people", "lines"} <= set(found)
    text = str(found)
    assert ("Mẩy" in text) == ("label" in SHOWN[role])
    assert ("kính" in text) == ("note" in SHOWN[role])
    assert ("7KQ2M9XR4T" in text) == ("card" in SHOWN[role])


def test_a_visit_bears_its_id_rev_and_the_receipt_the_phone_was_given(world: World) -> None:
    member = world.phones["member"]
    first = put(body(world.a, visited_on="2026-11-20", people=7))
    member.send(first)
    second = member.send(put(body(world.a, visited_on="2026-11-20", people=8), first["id"], 5))
    member.send(put(body(world.a, visited_on="2026-11-20", people=9), first["id"], 5))  # conflict
    found = next(v for v in visits(world, "member", world.a) if v["id"] == first["id"])
    assert (found["rev"], found["people"], found["receipt"]) == (5, 8, second["receipt"])


SIGHTS = [
    ("member", "a", 200),
    ("member", "b", 404),
    ("member", "02221", 403),
    ("member", "08", 404),
    ("lead", "a", 200),
    ("lead", "b", 404),
    ("officer", "02221", 200),
    ("officer", "b", 200),
    ("officer", "02269", 404),
    ("officer", "08", 404),
    ("province", "08", 200),
    ("province", "VN", 404),
    ("viewer", "02221", 403),
    ("viewer", "a", 403),
    ("admin", "VN", 403),
    ("far", "a", 404),
    ("far", "08", 404),
]


def test_visits_of_a_place_are_for_who_may_read_them(world: World) -> None:
    for role, place, status in SIGHTS:
        code = getattr(world, place, place)
        assert world.status(role, f"/api/v1/visits?place={code}&{NOVEMBER}") == status, (
            role,
            place,
        )


def test_visits_are_those_of_the_place_and_period_and_live(world: World) -> None:
    assert [v["visited_on"] for v in visits(world, "member", world.a)] == [
        "2026-11-15", "2026-11-14", "2026-11-10"
    ]  # fmt: skip
    assert len(visits(world, "member", world.a, "period=2026")) == 4
    assert len(visits(world, "officer", "02221")) == 4
    assert len(visits(world, "province", "08")) == 5
    assert {v["village"] for v in visits(world, "sister", "02269")} == {world.c}


@pytest.mark.parametrize("limit", [1, 2, 3, 500])
def test_pages_hold_every_visit_once_whatever_is_added_meanwhile(world: World, limit: int) -> None:
    member = world.phones["member"]
    same_day = [put(body(world.a, visited_on="2026-11-14")) for _ in range(5)]
    member.send_all(same_day)
    whole = [visit["id"] for visit in visits(world, "officer", "02221")]
    assert len(whole) == 9
    seen: list[str] = []
    cursor = ""
    while True:
        path = f"/api/v1/visits?place=02221&{NOVEMBER}&limit={limit}&cursor={cursor}"
        page = world.get("officer", path)
        assert len(page["visits"]) <= limit
        seen += [visit["id"] for visit in page["visits"]]
        if page["next"] is None:
            break
        cursor = page["next"]
        member.send(put(body(world.a, visited_on="2026-11-30")))
    assert seen == whole


CURSORS = [
    "x",
    "1",
    "2026-11-10",
    "2026-11-10.",
    "2026-11-10.x",
    ".5",
    "2026-13-10.1",
    "2026-11-10.1.5",
    "2026-11-10.99999999999999999999999",
    "2026-11-10.-1",
    "%00",
    "9" * 5000,
    "2026-11-10." + "9" * 5000,
]


def test_a_strange_cursor_breaks_nothing(world: World) -> None:
    for cursor in CURSORS:
        path = f"/api/v1/visits?place={world.a}&{NOVEMBER}&cursor={cursor}"
        assert world.status("member", path) in {200, 422}, path[:80]


LIMITS = ["0", "-1", "x", "1e3", "", "501", "99999999999999999999", "²", "９", "9" * 5000]


def test_a_strange_limit_breaks_nothing(world: World) -> None:
    for limit in LIMITS:
        path = f"/api/v1/visits?place={world.a}&{NOVEMBER}&limit={limit}"
        assert world.status("member", path) in {200, 422}, path[:80]


def test_places_below_a_place_bear_code_name_kind_and_parent(world: World) -> None:
    found = world.get("member", "/api/v1/places?parent=02221")["places"]
    assert {place["code"] for place in found} == {world.a, world.b}
    assert {"code", "name", "kind", "parent"} <= set(found[0])
    assert {(place["kind"], place["parent"]) for place in found} == {("village", "02221")}
    provinces = world.get("member", "/api/v1/places")["places"]
    assert len(provinces) == 34
    assert {place["parent"] for place in provinces} == {"VN"}
    communes = world.get("member", "/api/v1/places?parent=08")["places"]
    assert {place["kind"] for place in communes} == {"commune"}
    assert world.get("member", f"/api/v1/places?parent={world.a}") == {"places": []}
    assert world.status("member", "/api/v1/places?parent=99999") == 404


def test_the_catalogue_names_everything_a_visit_can_name(world: World) -> None:
    found = world.get("member", "/api/v1/catalogue")
    types = {item["code"]: item for item in found["support_types"]}
    assert types["C1"]["group"] == "C"
    assert types["C1"]["full"]["vi"]
    assert types["I4"]["active"] is False
    assert {item["code"] for item in found["groups"]} >= set("ABCDEFGHI")
    assert {item["code"] for item in found["outcomes"]} >= {"DONE_SELF", "NOT_DONE", "DECLINED"}
    assert found["version"]


def test_the_openapi_document_is_public_and_names_every_address(client: FlaskClient) -> None:
    answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    paths = answer.get_json()["paths"]
    for name in ("sync", "tallies", "places", "visits", "catalogue"):
        assert any(path.endswith(f"/{name}") for path in paths), name


ADDRESSES = ["/api/v1/places", "/api/v1/catalogue", "/api/v1/tallies?place=02221&period=2026-11",
             "/api/v1/visits?place=02221&period=2026-11"]  # fmt: skip


@pytest.mark.parametrize("path", ADDRESSES, ids=lambda path: path.split("?")[0])
def test_an_unchanged_answer_is_304_by_its_etag(world: World, path: str) -> None:
    officer = world.phones["officer"]
    first = officer.get(path)
    etag = first.headers["ETag"]
    assert {"private", "no-cache"} == {
        part.strip() for part in first.headers["Cache-Control"].split(",")
    }
    with travel(timedelta(seconds=90)):
        again = officer.get(path, headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == etag
    assert officer.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    assert officer.get(path, headers={"If-None-Match": "*"}).status_code == 304


@pytest.mark.parametrize("path", ADDRESSES[2:], ids=lambda path: path.split("?")[0])
def test_a_new_visit_changes_the_etag(world: World, path: str) -> None:
    etag = world.phones["officer"].get(path).headers["ETag"]
    world.phones["member"].send(put(body(world.a, visited_on="2026-11-20")))
    again = world.phones["officer"].get(path, headers={"If-None-Match": etag})
    assert again.status_code == 200
    assert again.headers["ETag"] != etag


def test_compressed_answers_know_their_etag_too(world: World) -> None:
    headers = {"Accept-Encoding": "gzip"}
    first = world.phones["officer"].get("/api/v1/catalogue", headers=headers)
    assert first.headers.get("Content-Encoding") == "gzip"
    again = world.phones["officer"].get(
        "/api/v1/catalogue", headers={**headers, "If-None-Match": first.headers["ETag"]}
    )
    assert again.status_code == 304


@pytest.mark.parametrize("path", [*ADDRESSES, "/api/v1/csrf"])
def test_without_a_session_or_token_it_is_401_as_json(client: FlaskClient, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Bearer "},
                    {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer \xff"}):  # fmt: skip
        answer = client.get(path, headers=headers)
        assert answer.status_code == 401
        assert answer.mimetype == "application/problem+json"
        found = answer.get_json()
        assert (found["status"], found["code"], found["type"]) == (
            401, "unauthenticated", "about:blank"
        )  # fmt: skip
        assert found["title"]


def test_an_unknown_address_and_a_wrong_method_are_problems_too(client: FlaskClient) -> None:
    for answer, status in ((client.get("/api/v1/nothing"), 404),
                           (client.put("/api/v1/tallies"), 405)):  # fmt: skip
        assert answer.status_code == status
        assert answer.mimetype == "application/problem+json"
        assert answer.get_json()["status"] == status


def token_of(app: Flask, phone: str) -> dict[str, str]:
    with app.app_context(), unit_of_work():
        return {"Authorization": f"Bearer {make_api_token(phone, 'kho dữ liệu')}"}


def test_a_bearer_token_reads_with_the_scope_of_its_user(world: World, client: FlaskClient) -> None:
    officer = world.phones["officer"].person
    headers = token_of(world.app, officer.phone)
    answer = client.get("/api/v1/tallies?place=02221&period=2026-11", headers=headers)
    assert answer.get_json()["total"]["sessions"] == 4
    assert client.get("/api/v1/catalogue", headers=headers).status_code == 200
    assert client.get("/api/v1/tallies?place=02269", headers=headers).status_code == 404
    shown = client.get("/api/v1/visits?place=02221&period=2026-11", headers=headers).get_json()
    assert "label" not in with_note(shown["visits"])


def test_a_bearer_token_only_reads(world: World, client: FlaskClient) -> None:
    member = world.phones["member"].person
    headers = token_of(world.app, member.phone)
    before = count_rows(world.app)
    batch = envelope([put(body(world.a))])
    for more in ({}, {"X-Outbox": "1"}, {"X-CSRFToken": "x"}):
        answer = client.post("/api/v1/sync", json=batch, headers={**headers, **more})
        assert answer.status_code == 401
    assert client.post("/sign-out", headers=headers).status_code in {302, 303, 400, 401, 403}
    assert count_rows(world.app) == before


@pytest.mark.parametrize("path", ["/visits", "/visits/new", "/tallies/02221"])
def test_a_bearer_token_opens_no_page(world: World, client: FlaskClient, path: str) -> None:
    headers = token_of(world.app, world.phones["officer"].person.phone)
    answer = client.get(path, headers=headers)
    assert answer.status_code in {302, 303}
    assert "/sign-in" in answer.headers["Location"]


def test_a_bearer_token_signs_nobody_in(world: World, client: FlaskClient) -> None:
    headers = token_of(world.app, world.phones["officer"].person.phone)
    assert client.get("/api/v1/catalogue", headers=headers).status_code == 200
    assert client.get("/api/v1/catalogue").status_code == 401


@pytest.mark.parametrize("end", ["expired", "revoked", "left", "role ended"])
def test_a_token_ends_with_its_time_its_person_or_the_role(
    app: Flask, client: FlaskClient, end: str
) -> None:
    person = make_user(app, Role.MEMBER, village := make_village(app))
    headers = token_of(app, person.phone)
    path = f"/api/v1/tallies?place={village}"
    assert client.get(path, headers=headers).status_code == 200
    with app.app_context(), unit_of_work() as session:
        token = session.query(ApiToken).filter_by(user_id=person.id).one()
        if end == "revoked":
            token.revoked_at = now()
        elif end == "left":
            session.get_one(User, person.id).left_at = now()
    if end == "role ended":
        from tests.support.people import end_roles

        end_roles(app, person, now().date() - timedelta(days=2))
    with travel(timedelta(days=366 if end == "expired" else 0)):
        answer = client.get(path, headers=headers)
    assert answer.status_code == (403 if end == "role ended" else 401)


def test_a_token_is_not_kept_in_the_database(world: World) -> None:
    from tests.support.recount import dump

    headers = token_of(world.app, world.phones["officer"].person.phone)
    assert headers["Authorization"].split()[1] not in dump(world.app)


def test_answers_of_the_api_may_be_kept_by_nobody_else(world: World) -> None:
    answer = world.phones["officer"].get("/api/v1/catalogue")
    assert "Authorization" in answer.headers["Vary"]
    assert "Cookie" in answer.headers["Vary"]
