"""Invites: shown by looking, spent once by accepting, held for three days, kept as a digest."""

from __future__ import annotations

import html
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from helper.core.clock import now, travel
from helper.core.errors import NotFoundError
from helper.core.ids import hash_secret
from helper.db import db, unit_of_work
from helper.people.models import Device, DeviceSession, Enrolment, Invite, User
from helper.people.signin import spend_invite
from helper.security.permissions import Role
from tests.support.people import Person, invite_for, make_user, make_village
from tests.support.world import snapshot

PIN = "482915"
HOURS_72 = timedelta(hours=72)
_CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture
def person(app: Flask) -> Person:
    return make_user(app, Role.MEMBER, make_village(app))


@pytest.fixture
def token(app: Flask, person: Person) -> str:
    return invite_for(app, person)


def csrf(client: FlaskClient) -> str:
    found = _CSRF.search(client.get("/sign-in").get_data(as_text=True))
    assert found is not None
    return found[1]


def accept(client: FlaskClient, token: str, pin: str = PIN) -> TestResponse:
    return client.post(f"/i/{token}", data={"pin": pin, "csrf_token": csrf(client)})


def text_of(answer: TestResponse) -> str:
    return html.unescape(answer.get_data(as_text=True))


def state_of(app: Flask) -> Invite:
    with app.app_context():
        return db.session.scalars(select(Invite)).one()


def test_looking_at_an_invite_ten_times_spends_nothing(
    app: Flask, person: Person, token: str
) -> None:
    before = snapshot(app)
    for _ in range(10):
        answer = app.test_client().get(f"/i/{token}")
        assert answer.status_code == 200
        assert person.name in text_of(answer)
        app.test_client().head(f"/i/{token}")
    assert snapshot(app) == before
    assert accept(app.test_client(), token).status_code == 302


def test_accepting_sets_the_pin_enrols_the_device_and_goes_in(
    app: Flask, person: Person, token: str
) -> None:
    client = app.test_client()
    answer = accept(client, token)
    assert answer.location == "/visits/new"
    assert client.get("/me").status_code == 200
    assert person.name in text_of(client.get("/me"))
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Enrolment)) == 1
        assert db.session.get_one(User, person.id).pin_hash
        db.session.rollback()
    again = app.test_client()
    data = {"phone": person.phone, "pin": PIN, "csrf_token": csrf(again)}
    assert again.post("/sign-in", data=data).status_code == 302


def test_an_invite_opens_once(app: Flask, token: str) -> None:
    assert accept(app.test_client(), token).status_code == 302
    before = snapshot(app)
    second = app.test_client()
    answer = accept(second, token, "739164")
    assert answer.status_code in {404, 410}
    assert "không dùng được nữa" in text_of(answer)
    assert snapshot(app) == before
    assert second.get("/me").status_code == 302
    assert second.get(f"/i/{token}").status_code in {404, 410}


def test_an_invite_holds_seventy_two_hours(app: Flask, token: str) -> None:
    with travel(HOURS_72 - timedelta(minutes=1)):
        assert app.test_client().get(f"/i/{token}").status_code == 200
    with travel(HOURS_72 + timedelta(seconds=1)):
        assert app.test_client().get(f"/i/{token}").status_code == 410
        assert accept(app.test_client(), token).status_code == 410
    assert state_of(app).spent_at is None


def test_a_new_invite_ends_the_one_before(app: Flask, person: Person, token: str) -> None:
    newer = invite_for(app, person)
    assert accept(app.test_client(), token).status_code == 410
    assert accept(app.test_client(), newer).status_code == 302


def test_an_invite_of_somebody_who_left_opens_nothing(
    app: Flask, person: Person, token: str
) -> None:
    with app.app_context(), unit_of_work() as session:
        session.get_one(User, person.id).left_at = now()
    assert accept(app.test_client(), token).status_code == 410


def test_the_database_keeps_the_digest_and_never_the_token(app: Flask, token: str) -> None:
    assert len(token) >= 22  # 128 bits in base64
    assert state_of(app).token_hash == hash_secret(token)
    with app.app_context(), db.engine.connect() as connection:
        for table in db.metadata.sorted_tables:
            assert token not in repr(connection.execute(select(table)).all())


def test_tokens_of_invites_never_repeat(app: Flask, person: Person) -> None:
    assert len({invite_for(app, person) for _ in range(20)}) == 20


@pytest.mark.parametrize("pin", ["123456", "111111", "121212", "010190", "654321", "123123"])
def test_an_easy_pin_is_refused_in_words_and_spends_nothing(
    app: Flask, token: str, pin: str
) -> None:
    answer = accept(app.test_client(), token, pin)
    assert answer.status_code == 422
    assert "6 số này dễ đoán" in text_of(answer)
    assert f'value="{pin}"' not in text_of(answer)
    assert state_of(app).spent_at is None


@pytest.mark.parametrize(
    "pin", ["", "12345", "4829157", "48291a", "４８２９１５", "48 915", "-48291"]
)
def test_six_plain_digits_are_asked_for(app: Flask, token: str, pin: str) -> None:
    answer = accept(app.test_client(), token, pin)
    assert answer.status_code == 422
    assert "Cần đúng 6 chữ số" in text_of(answer)
    assert state_of(app).spent_at is None


def test_digits_of_the_own_phone_number_are_refused(app: Flask, person: Person, token: str) -> None:
    with app.app_context(), unit_of_work() as session:
        session.get_one(User, person.id).phone = "0987482915"
    answer = accept(app.test_client(), token, "482915")
    assert answer.status_code == 422
    assert "dễ đoán" in text_of(answer)


@pytest.mark.parametrize("token", ["x", "a" * 500, "..", "%00", "%ff%fe", "' OR 1=1 --", "ạ"])
def test_an_unknown_invite_is_said_to_be_gone(app: Flask, token: str) -> None:
    answer = app.test_client().get(f"/i/{token}")
    assert answer.status_code == 404


def test_of_twenty_who_accept_at_once_exactly_one_gets_in(
    app: Flask, person: Person, token: str
) -> None:
    start = Barrier(20)

    def claim(number: int) -> bool:
        with app.app_context():
            start.wait(timeout=20)
            try:
                with unit_of_work():
                    spend_invite(token, f"hash-{number}", None, f"Máy {number}")
            except NotFoundError:
                return False
            return True

    with ThreadPoolExecutor(20) as pool:
        won = list(pool.map(claim, range(20)))
    assert won.count(True) == 1
    with app.app_context():
        for table in (Device, Enrolment, DeviceSession):
            assert db.session.scalar(select(func.count()).select_from(table)) == 1
        assert db.session.get_one(User, person.id).pin_hash == f"hash-{won.index(True)}"
        db.session.rollback()


def test_of_several_browsers_that_accept_at_once_exactly_one_gets_in(
    app: Flask, token: str
) -> None:
    clients = [app.test_client() for _ in range(6)]
    data = [{"pin": PIN, "csrf_token": csrf(client)} for client in clients]
    start = Barrier(len(clients))

    def claim(number: int) -> int:
        start.wait(timeout=20)
        return clients[number].post(f"/i/{token}", data=data[number]).status_code

    with ThreadPoolExecutor(len(clients)) as pool:
        answers = sorted(pool.map(claim, range(len(clients))))
    assert answers == [302] + [410] * 5


def test_a_phone_shared_by_two_stays_one_device_of_two_people(
    app: Flask, person: Person, token: str
) -> None:
    client = app.test_client()
    accept(client, token)
    client.post("/sign-out", data={"csrf_token": _csrf_of(client)})
    sister = make_user(app, Role.MEMBER, person.place)
    accept(client, invite_for(app, sister))
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Device)) == 1
        assert db.session.scalar(select(func.count()).select_from(Enrolment)) == 2
        db.session.rollback()
    assert sister.name in text_of(client.get("/me"))


def _csrf_of(client: FlaskClient) -> str:
    return str(client.get("/api/v1/csrf").get_json()["csrf_token"])


def last_line(result: Any) -> str:
    assert result.exit_code == 0, result.output
    return str(result.output.strip().splitlines()[-1])


def test_the_operator_invites_and_the_printed_address_works(app: Flask, cli: Any) -> None:
    args = ["user", "invite", "--role", "admin", "--place", "VN", "--name", "Quản trị"]
    address = last_line(cli.invoke(args=args)).split()[-1]
    assert re.match(r"https?://[^/]+/i/[\w-]+\Z", address)
    client = app.test_client()
    answer = accept(client, address.rpartition("/")[2])
    assert answer.status_code == 302
    assert answer.location == "/tallies/VN"


def test_the_operator_s_invite_takes_a_phone_number_that_then_signs_in(
    app: Flask, cli: Any
) -> None:
    args = ["user", "invite", "--role", "commune_officer", "--place", "02221", "--name", "Chủ tịch"]
    address = last_line(cli.invoke(args=[*args, "--phone", "+84 977 123 456"]))
    accept(app.test_client(), address.rpartition("/")[2])
    client = app.test_client()
    data = {"phone": "0977 123 456", "pin": PIN, "csrf_token": csrf(client)}
    assert client.post("/sign-in", data=data).location == "/tallies/02221"


@pytest.mark.parametrize(
    "wrong",
    [
        {"--role": "king"},
        {"--place": "99999"},
        {"--place": "02221-999"},
        {"--place": "nowhere"},
        {"--place": "08"},
        {"--name": "  "},
        {"--name": "N" * 81},
        {"--phone": "12345"},
    ],
)
def test_the_operator_s_mistakes_are_said_and_leave_nothing(
    app: Flask, cli: Any, wrong: dict[str, str]
) -> None:
    given = {"--role": "commune_officer", "--place": "02221", "--name": "Hoa", **wrong}
    before = snapshot(app)
    args = [word for option in given.items() for word in option]
    result = cli.invoke(args=["user", "invite", *args])
    assert result.exit_code not in {0, None}
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert snapshot(app) == before


def test_two_active_users_never_share_a_phone_number(app: Flask, cli: Any, person: Person) -> None:
    args = ["user", "invite", "--role", "viewer", "--place", "08", "--name", "Bí thư"]
    result = cli.invoke(args=[*args, "--phone", person.phone])
    assert result.exit_code != 0
    with app.app_context(), unit_of_work() as session:
        session.get_one(User, person.id).left_at = now()
    assert cli.invoke(args=[*args, "--phone", person.phone]).exit_code == 0


@pytest.mark.parametrize(("phone", "pin"), [("0388999111", PIN), ("x", PIN), (None, "12345")])
def test_set_pin_says_what_is_wrong(
    app: Flask, cli: Any, person: Person, phone: str | None, pin: str
) -> None:
    before = snapshot(app)
    args = ["user", "set-pin", "--phone", phone or person.phone]
    result = cli.invoke(args=args, input=pin + "\n")
    assert result.exit_code != 0
    assert isinstance(result.exception, SystemExit)
    assert snapshot(app) == before


def test_the_last_word_of_token_make_is_a_token_with_that_user_s_scope(
    app: Flask, cli: Any
) -> None:
    officer = make_user(app, Role.COMMUNE_OFFICER, "02221")
    token = last_line(
        cli.invoke(args=["token", "make", "--phone", officer.phone, "--name", "Kho dữ liệu"])
    ).split()[-1]
    client = app.test_client()
    bearer = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/v1/tallies?place=02221", headers=bearer).status_code == 200
    assert client.get("/api/v1/visits?place=02221", headers=bearer).status_code == 200
    assert client.get("/api/v1/tallies?place=02269", headers=bearer).status_code == 404
    assert client.get("/tallies/02221", headers=bearer).status_code == 302  # never on pages
    sent = client.post("/api/v1/sync", json={"proto": 1, "items": []}, headers=bearer)
    assert sent.status_code == 401  # reads, never sends
    with travel(timedelta(days=366)):
        assert client.get("/api/v1/tallies?place=02221", headers=bearer).status_code == 401
    for wrong in (f"Bearer {token}x", "Bearer ", f"Basic {token}", token, "Bearer ' OR 1=1"):
        answer = client.get("/api/v1/places", headers={"Authorization": wrong})
        assert answer.status_code == 401, wrong
        assert answer.mimetype == "application/problem+json"


def test_token_make_for_an_unknown_phone_fails(cli: Any) -> None:
    result = cli.invoke(args=["token", "make", "--phone", "0388999111", "--name", "x"])
    assert result.exit_code != 0
    assert isinstance(result.exception, SystemExit)


def test_whoever_has_no_number_may_give_one_with_the_invite_and_come_back_by_it(
    app: Flask, cli: FlaskCliRunner
) -> None:
    village = make_village(app)
    made = cli.invoke(
        args=["user", "invite", "--role", "member", "--place", village, "--name", "Lý Thị Mai"]
    )
    address = "/i/" + made.output.strip().rpartition("/i/")[2]
    client = app.test_client()

    def spend(phone: str) -> TestResponse:
        found = re.search(r'name="csrf_token" value="([^"]+)', client.get(address).text)
        assert found
        data = {"phone": phone, "pin": "482915", "csrf_token": found[1]}
        return client.post(address, data=data)

    wrong = spend("0912")
    assert wrong.status_code == 422
    assert "Gõ đủ số điện thoại" in wrong.text
    taken = make_user(app, Role.MEMBER, village).phone
    assert "đã có người dùng" in spend(taken).text
    assert spend("0977 123 456").status_code == 302
    with app.app_context():
        stored = db.session.scalar(select(User.phone).where(User.name == "Lý Thị Mai"))
        assert stored == "0977123456"
