"""Who may knock: sessions with CSRF, the outbox token, and what either of them opens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from helper.core.clock import now, today, travel
from helper.core.ids import hash_secret
from helper.db import unit_of_work
from helper.people.models import Enrolment, User
from helper.people.signin import end_session
from helper.security.permissions import Role
from tests.support.people import (
    Phone,
    actor_of,
    body,
    delete,
    end_roles,
    envelope,
    make_phone,
    make_user,
    put,
    sign_in,
)
from tests.support.recount import count_rows, stored, total_of

URL = "/api/v1/sync"
ID = "0192f0c1-5b7a-7c3e-9d21-6f0e8a4b1c2d"


def by_outbox(app: Flask, phone: Phone, items: list[Any], token: str | None = None) -> TestResponse:
    """Send with the outbox token alone, as the phone does when nobody is signed in."""
    client = app.test_client()
    client.set_cookie("outbox", token or phone.secrets.outbox_token, path=URL)
    return client.post(URL, json=envelope(items), headers={"X-Outbox": "1"})


def result_of(answer: TestResponse) -> dict[str, Any]:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    results: list[dict[str, Any]] = answer.get_json()["results"]
    return results[0]


def refused(answer: TestResponse, status: int, code: str) -> None:
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["code"] == code
    assert answer.get_json()["status"] == status


def revoke(app: Flask, phone: Phone) -> None:
    with app.app_context(), unit_of_work() as session:
        found = session.query(Enrolment).filter_by(
            outbox_hash=hash_secret(phone.secrets.outbox_token)
        )
        found.one().revoked_at = now()


def test_without_a_session_it_is_401_before_csrf_is_looked_at(
    client: FlaskClient, village: str
) -> None:
    for headers in ({}, {"X-CSRFToken": "nonsense"}, {"X-Outbox": "1"}):
        refused(client.post(URL, json=envelope([]), headers=headers), 401, "unauthenticated")


def test_without_a_session_nothing_of_the_body_is_read(client: FlaskClient) -> None:
    for data in (b"{", b"x" * 600_000, b""):
        refused(client.post(URL, data=data), 401, "unauthenticated")


def test_a_missing_wrong_or_foreign_csrf_token_is_403_and_stores_nothing(
    app: Flask, member: Phone, village: str
) -> None:
    foreign = make_phone(app, Role.MEMBER, village).csrf_token
    for headers in ({}, {"X-CSRFToken": ""}, {"X-CSRFToken": "x"}, {"X-CSRFToken": foreign},
                    {"X-CSRFToken": member.csrf_token[:-1]}, {"X-Outbox": "1"}):  # fmt: skip
        answer = member.client.post(URL, json=envelope([put(body(village))]), headers=headers)
        refused(answer, 403, "csrf")
    assert count_rows(app) == (0, 0)


def test_a_csrf_token_in_the_query_or_the_body_is_none(member: Phone, village: str) -> None:
    token = member.csrf_token
    answer = member.client.post(f"{URL}?csrf_token={token}", json=envelope([], csrf_token=token))
    refused(answer, 403, "csrf")


def test_after_a_403_a_fresh_token_sends_the_same_queue(member: Phone, village: str) -> None:
    queue = [put(body(village)), put(body(village))]
    stale = member.client.post(URL, json=envelope(queue), headers={"X-CSRFToken": "old"})
    refused(stale, 403, "csrf")
    assert {r["status"] for r in member.send_all(queue)} == {"accepted"}


def test_the_csrf_token_is_for_the_signed_in_alone_and_never_cached(
    client: FlaskClient, member: Phone
) -> None:
    refused(client.get("/api/v1/csrf"), 401, "unauthenticated")
    answer = member.get("/api/v1/csrf")
    assert answer.status_code == 200
    assert list(answer.get_json()) == ["csrf_token"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_csrf_token_serves_many_batches(member: Phone, village: str) -> None:
    for _ in range(3):
        assert member.send(put(body(village)))["status"] == "accepted"


def test_an_ended_session_is_401(app: Flask, member: Phone, village: str) -> None:
    token = member.csrf_token
    assert member.post("/sign-out").status_code in {302, 303}
    answer = member.client.post(URL, json=envelope([]), headers={"X-CSRFToken": token})
    refused(answer, 401, "unauthenticated")


def test_signing_in_sets_the_outbox_cookie_for_the_sync_path_alone(
    app: Flask, client: FlaskClient, village: str
) -> None:
    person = make_user(app, Role.MEMBER, village)
    with app.app_context():
        from helper.security.secrets import hash_pin

        pin_hash = hash_pin("739164")
        with unit_of_work() as session:
            session.get_one(User, person.id).pin_hash = pin_hash
    page = client.get("/sign-in").get_data(as_text=True)
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    form = {"phone": person.phone, "pin": "739164", "csrf_token": token}
    answer = client.post("/sign-in", data=form)
    assert answer.status_code in {302, 303}
    found = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith("outbox=")]
    assert len(found) == 1
    attributes = {part.strip().lower() for part in found[0].split(";")[1:]}
    assert {"path=/api/v1/sync", "httponly", "samesite=strict"} <= attributes
    assert client.get_cookie("outbox", path="/") is None
    sent = client.post(URL, json=envelope([put(body(village))]), headers={"X-Outbox": "1"})
    assert result_of(sent)["status"] == "accepted"


def test_the_outbox_token_sends_and_learns_the_same_statuses(
    app: Flask, member: Phone, village: str
) -> None:
    item = put(body(village), ID)
    first = result_of(by_outbox(app, member, [item]))
    assert (first["status"], first["receipt"][:6]) == ("accepted", "02221-")
    again = member.send(item)
    assert (again["status"], again["receipt"]) == ("duplicate", first["receipt"])
    assert result_of(by_outbox(app, member, [delete(ID, 2)]))["status"] == "accepted"
    assert result_of(by_outbox(app, member, [put(body(village), ID, 3)]))["status"] == "rejected"
    assert stored(app, ID)["author_id"] == member.person.id


@pytest.mark.parametrize("header", [None, "", "0", "true", "11", " 1x"])
def test_the_outbox_token_needs_its_header(
    app: Flask, member: Phone, village: str, header: str | None
) -> None:
    client = app.test_client()
    client.set_cookie("outbox", member.secrets.outbox_token, path=URL)
    headers = {} if header is None else {"X-Outbox": header}
    answer = client.post(URL, json=envelope([put(body(village))]), headers=headers)
    refused(answer, 401, "unauthenticated")
    assert count_rows(app) == (0, 0)


READ = ["/api/v1/csrf", "/api/v1/visits?place={village}", "/api/v1/tallies?place={village}",
        "/api/v1/places?parent=02221", "/api/v1/catalogue"]  # fmt: skip


@pytest.mark.parametrize("path", READ, ids=lambda path: path.split("?")[0])
def test_the_outbox_token_reads_nothing(app: Flask, member: Phone, village: str, path: str) -> None:
    client = app.test_client()
    token = member.secrets.outbox_token
    for name in ("outbox", "session", "device"):
        client.set_cookie(name, token, path="/")
    for headers in ({"X-Outbox": "1"}, {"X-Outbox": "1", "Authorization": f"Bearer {token}"}):
        answer = client.get(path.format(village=village), headers=headers)
        refused(answer, 401, "unauthenticated")


@pytest.mark.parametrize("path", ["/visits", "/visits/new", "/tallies/02221"])
def test_the_outbox_token_opens_no_page(app: Flask, member: Phone, path: str) -> None:
    client = app.test_client()
    client.set_cookie("outbox", member.secrets.outbox_token, path="/")
    answer = client.get(path, headers={"X-Outbox": "1"})
    assert answer.status_code in {302, 303}
    assert "/sign-in" in answer.headers["Location"]


def test_a_wrong_outbox_token_is_401(app: Flask, member: Phone, village: str) -> None:
    for token in ("x", member.secrets.device_token, member.secrets.session_token, "9" * 3_000):
        refused(by_outbox(app, member, [put(body(village))], token), 401, "unauthenticated")
    assert count_rows(app) == (0, 0)


def test_the_outbox_token_works_after_sign_out_and_after_the_session_ended(
    app: Flask, member: Phone, village: str
) -> None:
    member.post("/sign-out")
    assert result_of(by_outbox(app, member, [put(body(village))]))["status"] == "accepted"
    other = make_phone(app, Role.MEMBER, village)
    with app.app_context(), unit_of_work():
        end_session(actor_of(other.person))
    other.client.delete_cookie("session")
    assert result_of(by_outbox(app, other, [put(body(village))]))["status"] == "accepted"
    assert total_of(app, village)["sessions"] == 2


def test_the_outbox_token_lasts_90_days_and_then_is_401(
    app: Flask, member: Phone, village: str
) -> None:
    with travel(timedelta(days=89, hours=23)):
        answer = by_outbox(app, member, [put(body(village))])
        assert result_of(answer)["status"] == "accepted"
    with travel(timedelta(days=90, minutes=1)):
        refused(by_outbox(app, member, [put(body(village))]), 401, "unauthenticated")
    assert count_rows(app) == (1, 1)


def test_an_expired_outbox_token_does_not_stand_in_the_way_of_a_session(
    app: Flask, member: Phone, village: str
) -> None:
    member.client.set_cookie("outbox", "long gone", path=URL)
    headers = {"X-Outbox": "1", "X-CSRFToken": member.csrf_token}
    answer = member.client.post(URL, json=envelope([put(body(village))]), headers=headers)
    assert result_of(answer)["status"] == "accepted"


def test_a_new_sign_in_on_the_device_ends_the_old_outbox_token(
    app: Flask, member: Phone, village: str
) -> None:
    from helper.people.signin import start_session

    with app.app_context(), unit_of_work():
        fresh = start_session(member.person.id, member.secrets.device_token, "")
    refused(by_outbox(app, member, [put(body(village))]), 401, "unauthenticated")
    answer = by_outbox(app, member, [put(body(village))], fresh.outbox_token)
    assert result_of(answer)["status"] == "accepted"


def test_the_outbox_token_sends_for_its_own_member_whoever_is_signed_in(
    app: Flask, member: Phone, village: str
) -> None:
    other = make_phone(app, Role.MEMBER, village)
    other.client.set_cookie("outbox", member.secrets.outbox_token, path=URL)
    answer = other.client.post(
        URL, json=envelope([put(body(village), ID)]), headers={"X-Outbox": "1"}
    )
    assert result_of(answer)["status"] == "accepted"
    assert stored(app, ID)["author_id"] == member.person.id


@pytest.mark.parametrize("days", [0, 1, 14])
def test_up_to_14_days_after_the_last_role_the_outbox_still_counts(
    app: Flask, member: Phone, village: str, days: int
) -> None:
    end_roles(app, member.person, today() - timedelta(days=days))
    result = result_of(by_outbox(app, member, [put(body(village), ID)]))
    assert result["status"] == "accepted"
    assert stored(app, ID)["status"] == "live"
    assert ("left_village" in stored(app, ID)["flags"]) == (days > 0)
    assert total_of(app, village)["sessions"] == 1


@pytest.mark.parametrize("days", [15, 60])
def test_later_it_is_accepted_but_not_counted(
    app: Flask, member: Phone, village: str, days: int
) -> None:
    end_roles(app, member.person, today() - timedelta(days=days))
    item = put(body(village), ID)
    first = result_of(by_outbox(app, member, [item]))
    assert (first["status"], first["receipt"][:6]) == ("accepted", "02221-")
    again = result_of(by_outbox(app, member, [item]))
    assert (again["status"], again["receipt"]) == ("duplicate", first["receipt"])
    assert stored(app, ID)["status"] == "quarantined"
    assert total_of(app, village)["sessions"] == 0


def test_a_session_that_outlives_the_last_role_by_14_days_counts_no_more_than_the_outbox(
    app: Flask, member: Phone, village: str
) -> None:
    _ = member.csrf_token
    end_roles(app, member.person, today() - timedelta(days=15))
    assert member.send(put(body(village), ID))["status"] == "accepted"
    assert stored(app, ID)["status"] == "quarantined"


@pytest.mark.parametrize(("days", "status"), [(13, "live"), (15, "quarantined")])
def test_a_person_taken_off_the_register_counts_14_days_more(
    app: Flask, member: Phone, village: str, days: int, status: str
) -> None:
    with app.app_context(), unit_of_work() as session:
        session.get_one(User, member.person.id).left_at = now() - timedelta(days=days)
    assert result_of(by_outbox(app, member, [put(body(village), ID)]))["status"] == "accepted"
    assert stored(app, ID)["status"] == status
    headers = {"X-CSRFToken": "x"}
    refused(member.client.post(URL, json=envelope([]), headers=headers), 401, "unauthenticated")


def test_what_a_revoked_phone_sends_is_kept_but_not_counted(
    app: Flask, member: Phone, village: str
) -> None:
    token = member.csrf_token
    revoke(app, member)
    assert result_of(by_outbox(app, member, [put(body(village), ID)]))["status"] == "accepted"
    assert stored(app, ID)["status"] == "quarantined"
    answer = member.client.post(URL, json=envelope([]), headers={"X-CSRFToken": token})
    refused(answer, 401, "unauthenticated")


def test_a_revoked_phone_changes_nothing_that_counts(
    app: Flask, member: Phone, village: str
) -> None:
    member.send(put(body(village, people=3), ID))
    revoke(app, member)
    edited = result_of(by_outbox(app, member, [put(body(village, people=900), ID, 2)]))
    deleted = result_of(by_outbox(app, member, [delete(ID, 3)]))
    assert {edited["status"], deleted["status"]} <= {"accepted", "conflict"}
    assert (stored(app, ID)["status"], stored(app, ID)["people"]) == ("live", 3)
    assert total_of(app, village)["person_turns"] == 3
    # The same person on a good phone goes on as if nothing had come.
    fresh = sign_in(app, member.person)
    assert fresh.send(put(body(village, people=4), ID, 2))["status"] in {"accepted", "conflict"}


def test_a_revoked_phone_may_delete_what_it_sent_into_quarantine(
    app: Flask, member: Phone, village: str
) -> None:
    revoke(app, member)
    by_outbox(app, member, [put(body(village), ID)])
    result = result_of(by_outbox(app, member, [delete(ID, 2)]))
    assert result["status"] in {"accepted", "conflict"}
    assert stored(app, ID)["status"] in {"quarantined", "void"}


def test_errors_of_the_door_are_sentences_in_vietnamese(
    app: Flask, client: FlaskClient, member: Phone
) -> None:
    answers = [
        client.post(URL, json=envelope([])),
        member.client.post(URL, json=envelope([])),
        member.sync([None] * 101),
        member.client.post(URL, data=b"{", headers={"X-CSRFToken": member.csrf_token}),
    ]
    assert [answer.status_code for answer in answers] == [401, 403, 413, 400]
    for answer in answers:
        assert not answer.get_json()["title"].isascii()
