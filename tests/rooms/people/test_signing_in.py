"""Signing in and out: who gets in, what a stranger learns, when accounts rest, sessions end."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from itsdangerous import TimestampSigner
from werkzeug.test import TestResponse

from helper.core.clock import now, today, travel
from helper.db import db, unit_of_work
from helper.people import service
from helper.people.models import DeviceSession, Enrolment, User
from helper.people.signin import start_session
from helper.people.views import _local_path
from helper.security.permissions import Role
from helper.security.secrets import hash_pin
from tests.support.people import (
    Person,
    end_roles,
    give_role,
    make_user,
    make_village,
    sign_in,
)

PIN, OTHER = "482915", "739164"
MINUTE = timedelta(minutes=1)
WRONG = "Số điện thoại hoặc 6 số chưa đúng"
WAIT = "Chờ ít phút"
LOCKED = "Tài khoản đã khóa"
_CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture(scope="module")
def pin_hash(app: Flask) -> str:
    with app.app_context():
        return hash_pin(PIN)


@pytest.fixture
def member(app: Flask, pin_hash: str) -> Person:
    return with_pin(app, make_user(app, Role.MEMBER, make_village(app)), pin_hash)


def with_pin(app: Flask, person: Person, pin_hash: str) -> Person:
    with app.app_context(), unit_of_work() as session:
        service.set_pin(session.get_one(User, person.id), pin_hash)
    return person


def token_of(client: FlaskClient, path: str = "/sign-in") -> str:
    found = _CSRF.search(client.get(path).get_data(as_text=True))
    assert found is not None
    return found[1]


def enter(client: FlaskClient, phone: str, pin: str, path: str = "/sign-in") -> TestResponse:
    data = {"phone": phone, "pin": pin, "csrf_token": token_of(client)}
    return client.post(path, data=data)


def words(answer: TestResponse) -> str:
    """The page's words, without tokens and what the person typed."""
    text = html.unescape(answer.get_data(as_text=True))
    text = re.sub(r'(name="csrf_token"|id="phone"|name="phone")[^>]*', "", text)
    return re.sub(r'value="[^"]*"', "", text)


def fail(app: Flask, phone: str, times: int) -> list[str]:
    """Type a wrong PIN so many times; return what each page said."""
    client = app.test_client()
    said = []
    for _ in range(times):
        text = words(enter(client, phone, OTHER))
        said.append(next(word for word in (LOCKED, WAIT, WRONG) if word in text))
    return said


@contextmanager
def later(monkeypatch: pytest.MonkeyPatch, delta: timedelta) -> Iterator[None]:
    """Shift the clock of the application and that of signed cookies."""
    plain = TimestampSigner.get_timestamp
    with travel(delta), monkeypatch.context() as patch:
        patch.setattr(
            TimestampSigner,
            "get_timestamp",
            lambda self: plain(self) + int(delta.total_seconds()),
        )
        yield


@pytest.mark.parametrize(
    "spelling",
    [
        "{0}",
        "{1} {2} {3}",
        "{1}.{2}.{3}",
        "+84{4}",
        "84{4}",
        " {0} ",
        "+84 {5} {2} {3}",
        "{1}-{2}-{3}",
    ],
)
def test_a_phone_number_opens_in_every_spelling(app: Flask, member: Person, spelling: str) -> None:
    phone = member.phone
    parts = (phone, phone[:4], phone[4:7], phone[7:], phone[1:], phone[1:4])
    answer = enter(app.test_client(), spelling.format(*parts), PIN)
    assert answer.status_code == 302
    assert answer.location == "/visits/new"


@pytest.mark.parametrize("typed", ["", "09", "không phải số", "0912 345"])
def test_what_is_no_phone_number_is_said_at_that_field(app: Flask, typed: str) -> None:
    answer = enter(app.test_client(), typed, OTHER)
    assert answer.status_code == 422
    assert "Gõ đủ số điện thoại" in answer.get_data(as_text=True)


def test_a_stranger_cannot_tell_an_unknown_phone_from_a_wrong_pin(
    app: Flask, member: Person
) -> None:
    client = app.test_client()
    answers = [
        enter(client, member.phone, OTHER),
        enter(client, "0388999111", OTHER),
        enter(client, member.phone, ""),
    ]
    assert {answer.status_code for answer in answers} == {422}
    assert len({words(answer) for answer in answers}) == 1
    assert WRONG in words(answers[0])
    assert "Set-Cookie" not in answers[0].headers or "device=" not in str(answers[0].headers)


def test_a_user_without_a_pin_is_like_an_unknown_one(app: Flask) -> None:
    person = make_user(app, Role.MEMBER, make_village(app))
    for pin in ("", "None", "000000", OTHER):
        answer = enter(app.test_client(), person.phone, pin)
        assert answer.status_code == 422
        assert WRONG in words(answer)


def test_somebody_who_left_gets_in_no_more(app: Flask, member: Person) -> None:
    phone = sign_in(app, member)
    with app.app_context(), unit_of_work() as session:
        session.get_one(User, member.id).left_at = now()
    assert phone.get("/me").status_code == 302
    assert enter(app.test_client(), member.phone, PIN).status_code == 422


def test_five_wrong_tries_cost_a_minute_eight_a_quarter_hour_ten_the_account(
    app: Flask, member: Person
) -> None:
    assert fail(app, member.phone, 6) == [WRONG] * 5 + [WAIT]
    assert WAIT in words(enter(app.test_client(), member.phone, PIN))  # the right PIN waits too
    with travel(MINUTE):
        assert fail(app, member.phone, 4) == [WRONG] * 3 + [WAIT]
    with travel(15 * MINUTE):
        assert WAIT in words(enter(app.test_client(), member.phone, PIN))
    with travel(17 * MINUTE):
        assert fail(app, member.phone, 3) == [WRONG, WRONG, LOCKED]
    with travel(timedelta(days=30)):
        assert LOCKED in words(enter(app.test_client(), member.phone, PIN))


def test_the_lock_is_the_account_s_own_and_not_global(
    app: Flask, member: Person, pin_hash: str
) -> None:
    colleague = with_pin(app, make_user(app, Role.MEMBER, member.place), pin_hash)
    client = app.test_client()
    for _ in range(6):
        enter(client, member.phone, OTHER)
    assert enter(client, colleague.phone, PIN).status_code == 302


def test_getting_in_forgets_the_wrong_tries_before(app: Flask, member: Person) -> None:
    for _ in range(3):
        assert fail(app, member.phone, 4) == [WRONG] * 4
        assert enter(app.test_client(), member.phone, PIN).status_code == 302


def test_after_the_wait_the_right_pin_opens(app: Flask, member: Person) -> None:
    fail(app, member.phone, 5)
    with travel(MINUTE + timedelta(seconds=1)):
        assert enter(app.test_client(), member.phone, PIN).status_code == 302


def test_set_pin_unlocks_a_locked_account(app: Flask, cli: Any, member: Person) -> None:
    with app.app_context(), unit_of_work() as session:
        user = session.get_one(User, member.id)
        user.failed_tries, user.locked_for_good = 10, True
    assert LOCKED in words(enter(app.test_client(), member.phone, PIN))
    done = cli.invoke(args=["user", "set-pin", "--phone", member.phone], input=OTHER + "\n")
    assert done.exit_code == 0, done.output
    assert enter(app.test_client(), member.phone, PIN).status_code == 422
    assert enter(app.test_client(), member.phone, OTHER).status_code == 302


def test_each_sign_in_makes_a_new_session_and_takes_no_token_from_before(
    app: Flask, member: Person
) -> None:
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = "planted"
        session["planted"] = "1"
    tokens = set()
    for _ in range(2):
        assert enter(client, member.phone, PIN).status_code == 302
        with client.session_transaction() as session:
            tokens.add(session["_user_id"])
            assert "planted" not in session
        client.set_cookie("keep", "1")
        client.post("/sign-out", data={"csrf_token": token_of(client, "/me")})
    assert len(tokens) == 2
    assert "planted" not in tokens


def test_a_device_token_planted_from_outside_is_not_adopted(app: Flask, member: Person) -> None:
    client = app.test_client()
    client.set_cookie("device", "planted-by-somebody")
    assert enter(client, member.phone, PIN).status_code == 302
    cookie = client.get_cookie("device")
    assert cookie is not None
    assert cookie.value != "planted-by-somebody"


def test_signing_out_ends_the_session_on_the_server(app: Flask, member: Person) -> None:
    phone = sign_in(app, member)
    kept = phone.client.get_cookie("session")
    assert kept is not None
    answer = phone.post("/sign-out")
    assert answer.status_code == 302
    assert answer.location == "/sign-in"
    thief = app.test_client()
    thief.set_cookie("session", kept.value)
    assert thief.get("/me").status_code == 302
    assert thief.get("/api/v1/csrf").status_code == 401


def test_signing_out_leaves_other_phones_signed_in(app: Flask, member: Person) -> None:
    first, second = sign_in(app, member), sign_in(app, member)
    first.post("/sign-out")
    assert second.get("/me").status_code == 200


def test_a_role_that_has_ended_opens_nothing_at_the_next_request(app: Flask) -> None:
    village = make_village(app)
    person = make_user(app, Role.MEMBER, village)
    phone = sign_in(app, person)
    assert phone.get(f"/tallies/{village}").status_code == 200
    end_roles(app, person, today() - timedelta(days=1))
    assert phone.get(f"/tallies/{village}").status_code in {403, 404}
    assert phone.get("/visits/new").status_code == 403


def test_a_role_holds_on_its_last_day_and_not_after(app: Flask) -> None:
    village = make_village(app)
    phone = sign_in(app, make_user(app, Role.MEMBER, village, ends_on=today()))
    assert phone.get(f"/tallies/{village}").status_code == 200
    with travel(timedelta(days=1)):
        assert phone.get(f"/tallies/{village}").status_code in {403, 404}


def test_a_role_from_a_future_day_opens_nothing_yet(app: Flask) -> None:
    village, other = make_village(app), make_village(app)
    person = make_user(app, Role.MEMBER, village)
    give_role(app, person, Role.MEMBER, other, starts_on=today() + timedelta(days=2))
    phone = sign_in(app, person)
    assert phone.get(f"/tallies/{other}").status_code == 404
    with travel(timedelta(days=2)):
        assert phone.get(f"/tallies/{other}").status_code == 200


def test_somebody_without_a_role_sees_the_own_page_and_can_go_out(app: Flask) -> None:
    person = make_user(app, Role.MEMBER, make_village(app), ends_on=today() - timedelta(days=1))
    phone = sign_in(app, person)
    assert phone.get("/").location == "/me"
    assert phone.get("/me").status_code == 200
    assert phone.post("/sign-out").location == "/sign-in"


def test_a_session_lasts_ninety_days_and_slides_with_each_contact(
    app: Flask, member: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = sign_in(app, member)
    phone.get("/me")
    old = phone.client.get_cookie("session")
    assert old is not None
    with later(monkeypatch, timedelta(days=89)):
        answer = phone.get("/me")
        assert answer.status_code == 200
        assert "session=" in str(answer.headers.getlist("Set-Cookie"))
    fresh = phone.client.get_cookie("session")
    assert fresh is not None
    assert fresh.expires is not None
    assert abs(fresh.expires - now() - timedelta(days=90)) < MINUTE
    for cookie, status in ((fresh, 200), (old, 302)):
        client = app.test_client()
        client.set_cookie("session", cookie.value)
        with later(monkeypatch, timedelta(days=178)):
            assert client.get("/me").status_code == status


def test_a_forged_or_cut_session_cookie_is_nobody(app: Flask, member: Person) -> None:
    phone = sign_in(app, member)
    phone.get("/me")
    cookie = phone.client.get_cookie("session")
    assert cookie is not None
    for value in (cookie.value[:-1], cookie.value + "x", "x" + cookie.value, "", "." * 9):
        client = app.test_client()
        client.set_cookie("session", value)
        assert client.get("/me").status_code == 302, value


def test_tokens_are_stored_as_digests_only(app: Flask, member: Person) -> None:
    phone = sign_in(app, member)
    secrets = phone.secrets
    with app.app_context():
        session = db.session.query(DeviceSession).one()
        enrolment = db.session.query(Enrolment).one()
        user = db.session.get_one(User, member.id)
        stored = (session.token_hash, enrolment.device.token_hash, str(enrolment.outbox_hash))
        pin = str(user.pin_hash)
        db.session.rollback()
    for secret in (secrets.session_token, secrets.device_token, secrets.outbox_token):
        assert secret not in stored
        assert len(secret) >= 40
    assert pin.startswith("$argon2id$")
    memory, passes = (int(found) for found in re.findall(r"m=(\d+),t=(\d+)", pin)[0])
    assert memory >= 19456
    assert passes >= 2


LOCAL = ["/me", "/visits?before=2026-11-01.5", "/tallies/08?period=r2026-11", "/visits/new?q=a//b"]
TRICKY = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "https://evil.example",
    "http:evil.example",
    "HTTPS:/evil.example",
    "https:///evil.example",
    "//evil.example/%2f..",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "./me",
    "../me",
    "//%65vil.example",
    "\\/evil.example",
    "@evil.example",
    "//user@evil.example",
    "//[::1]/",
    "//localhost",
    "?x=//evil.example",
    "#//evil.example",
    "mailto:a@b.c",
    "tel:113",
    "ftp://evil.example",
    "/\\\\evil.example",
    "http://127.0.0.1@evil.example",
    "//evil.example\\@127.0.0.1",
    "////evil.example//..//me",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\nSet-Cookie: a=b",
    "\t//evil.example",
    " //evil.example",
    "/\x00/evil.example",
    "//evil.example\n",
    "",
    " ",
]


@pytest.mark.parametrize("target", TRICKY)
def test_after_signing_in_nobody_is_sent_to_another_site(app: Flask, target: str) -> None:
    with app.test_request_context():
        assert _local_path(target) is None


@pytest.mark.parametrize("target", LOCAL)
def test_after_signing_in_one_goes_on_to_the_page_asked_for(
    app: Flask, member: Person, target: str
) -> None:
    client = app.test_client()
    asked = client.get(target)
    assert asked.status_code == 302
    page = client.get(asked.location)
    action = re.search(r'action="([^"]+)" id="sign-in"', page.get_data(as_text=True))
    assert action is not None
    answer = enter(client, member.phone, PIN, html.unescape(action[1]))
    assert answer.location == target


def test_a_hostile_next_goes_home_instead(app: Flask, member: Person) -> None:
    answer = enter(app.test_client(), member.phone, PIN, "/sign-in?next=//evil.example/x")
    assert answer.location == "/visits/new"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(st.text(alphabet="/\\:%25fF.@?#eh\t\n ", min_size=1, max_size=12))
def test_whatever_is_asked_for_stays_on_this_site(target: str) -> None:
    found = _local_path(target)
    if found is not None:
        assert found.startswith("/")
        assert not found.replace("\t", "").replace("\n", "").startswith(("//", "/\\"))


def test_each_role_starts_where_it_works(app: Flask, pin_hash: str) -> None:
    village = make_village(app)
    homes = {
        (Role.MEMBER, village): "/visits/new",
        (Role.VILLAGE_LEAD, village): "/visits/new",
        (Role.COMMUNE_OFFICER, "02221"): "/tallies/02221",
        (Role.PROVINCE_OFFICER, "08"): "/tallies/08",
        (Role.VIEWER, "08"): "/tallies/08",
        (Role.ADMIN, "VN"): "/tallies/VN",
    }
    for (role, place), home in homes.items():
        person = with_pin(app, make_user(app, role, place), pin_hash)
        assert enter(app.test_client(), person.phone, PIN).location == home


@pytest.fixture
def production(app: Flask) -> Iterator[None]:
    """The same app as in production, where only an enrolled device signs in."""
    app.config["DEMO"] = False
    yield
    app.config["DEMO"] = True


@pytest.mark.usefixtures("production")
def test_in_production_a_right_pin_from_a_device_never_enrolled_opens_nothing(
    app: Flask, member: Person
) -> None:
    stranger = app.test_client()
    right, wrong = enter(stranger, member.phone, PIN), enter(stranger, member.phone, OTHER)
    unknown = enter(stranger, "0388999111", OTHER)
    assert {right.status_code, wrong.status_code, unknown.status_code} == {422}
    assert words(right) == words(wrong) == words(unknown)


@pytest.mark.usefixtures("production")
def test_in_production_an_enrolled_device_signs_in_and_another_s_does_not(
    app: Flask, member: Person, pin_hash: str
) -> None:
    colleague = with_pin(app, make_user(app, Role.MEMBER, member.place), pin_hash)
    with app.app_context(), unit_of_work():
        secrets = start_session(member.id, None, "Android")
    client = app.test_client()
    client.set_cookie("device", secrets.device_token)
    assert enter(client, member.phone, PIN).status_code == 302
    fresh = app.test_client()
    fresh.set_cookie("device", secrets.device_token)
    assert enter(fresh, colleague.phone, PIN).status_code == 422


@pytest.mark.usefixtures("production")
def test_in_production_nobody_is_locked_out_from_a_device_never_enrolled(
    app: Flask, member: Person
) -> None:
    fail(app, member.phone, 11)
    with app.app_context(), unit_of_work():
        secrets = start_session(member.id, None, "Android")
    client = app.test_client()
    client.set_cookie("device", secrets.device_token)
    assert enter(client, member.phone, PIN).status_code == 302


@pytest.mark.usefixtures("production")
def test_in_production_a_revoked_device_is_no_device(app: Flask, member: Person) -> None:
    with app.app_context(), unit_of_work() as session:
        secrets = start_session(member.id, None, "Android")
        session.query(Enrolment).one().revoked_at = now()
    client = app.test_client()
    client.set_cookie("device", secrets.device_token)
    assert enter(client, member.phone, PIN).status_code == 422


@pytest.mark.usefixtures("production")
def test_in_production_the_sign_in_page_lists_nobody(app: Flask) -> None:
    with app.app_context(), unit_of_work() as session:
        session.add(User(name="Người thử", phone="0900000001"))
    page = app.test_client().get("/sign-in").get_data(as_text=True)
    assert "0900000001" not in page
    assert "739158" not in page
