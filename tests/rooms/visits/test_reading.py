"""Who may read a visit's words, how long they stay, and addresses that people mistype."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from helper import create_app
from helper.core import clock
from helper.db import db, unit_of_work
from helper.people.models import User
from helper.people.queries import find_actor_by_session, find_user_by_phone
from helper.people.service import set_pin
from helper.security.permissions import Role
from helper.security.secrets import hash_pin
from helper.visits.models import Visit, VisitRevision
from tests.support.people import (
    COMMUNE,
    FAR,
    PROVINCE,
    Phone,
    body,
    delete,
    make_phone,
    make_village,
    put,
)

WHY = "nhà có việc riêng"


@pytest.fixture
def village(app: Flask) -> str:
    """A village of Nà Hang."""
    return make_village(app)


@pytest.fixture
def member(app: Flask, village: str) -> Phone:
    """A member of that village's team."""
    return make_phone(app, Role.MEMBER, village)


def visit_id(app: Flask, client_id: str) -> int:
    """Return the server's number of a visit."""
    with app.app_context():
        return db.session.query(Visit).filter_by(client_id=client_id).one().id


def test_the_province_does_not_read_why_a_visit_was_voided(
    app: Flask, member: Phone, village: str
) -> None:
    item = put(body(village))
    member.send(item)
    member.send(delete(item["id"], 2, reason=WHY))
    address = f"/visits/{visit_id(app, item['id'])}"
    desk = make_phone(app, Role.PROVINCE_OFFICER, PROVINCE).get(address)
    assert desk.status_code == 200
    assert WHY not in desk.text
    assert WHY in make_phone(app, Role.COMMUNE_OFFICER, COMMUNE).get(address).text
    assert WHY in member.get(address).text


def test_why_a_visit_was_voided_is_erased_after_180_days(
    app: Flask, cli: FlaskCliRunner, member: Phone, village: str
) -> None:
    item = put(body(village))
    member.send(item)
    member.send(delete(item["id"], 2, reason=WHY))
    for days, left in ((179, 1), (181, 0)):
        with clock.travel(timedelta(days=days)):
            assert cli.invoke(args=["nightly"]).exit_code == 0
        with app.app_context():
            assert db.session.query(Visit).filter(Visit.void_reason == WHY).count() == left
            found = db.session.query(VisitRevision).filter(VisitRevision.reason == WHY)
            assert found.count() == left


def test_a_phone_whose_clock_runs_ahead_keeps_no_label_for_years(
    app: Flask, cli: FlaskCliRunner, member: Phone, village: str
) -> None:
    item = put(body(village, visited_on="2099-12-31", label="bà Lan"))
    assert member.send(item)["status"] == "accepted"
    with clock.travel(timedelta(days=91)):
        assert cli.invoke(args=["nightly"]).exit_code == 0
    with app.app_context():
        assert db.session.query(Visit).filter(Visit.label.is_not(None)).count() == 0


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ADMIN])
def test_who_reads_sums_alone_is_refused_a_visit_in_the_own_place(
    app: Flask, member: Phone, village: str, role: Role
) -> None:
    item = put(body(village))
    member.send(item)
    address = f"/visits/{visit_id(app, item['id'])}"
    place = "VN" if role is Role.ADMIN else COMMUNE
    assert make_phone(app, role, place).get(address).status_code == 403
    if role is Role.VIEWER:
        assert make_phone(app, role, FAR).get(address).status_code == 404


def test_undo_is_for_at_once_and_later_asks_why(app: Flask, member: Phone, village: str) -> None:
    item = put(body(village))
    member.send(item)
    number = visit_id(app, item["id"])
    with clock.travel(timedelta(minutes=6)):
        answer = member.post(f"/visits/{number}/undo")
    assert answer.location == f"/visits/{number}/void"
    with app.app_context():
        assert db.session.query(Visit).filter_by(status="live").count() == 1
    assert member.post(f"/visits/{number}/undo").location == "/visits/new?undone=1"
    with app.app_context():
        assert db.session.query(Visit).filter_by(status="live").count() == 0


@pytest.mark.parametrize(
    "address",
    [
        "/visits/new?saved=²",
        "/visits/new?saved=99999999999999999999",
        "/visits/new?village=%00&type=C1",
        "/visits?before=2026-01-01.99999999999999999999",
        "/visits?before=2026-01-01.²",
        "/visits/at/{village}?after=2026-01-01.99999999999999999999",
        "/visits/at/{village}?reason=%00",
        "/visits/at/{village}?support_type=Z9",
        "/tallies/{village}?period=%00",
    ],
)
def test_a_mistyped_address_is_no_fault_of_the_server(
    member: Phone, village: str, address: str
) -> None:
    assert member.get(address.format(village=village)).status_code in {200, 404}


@pytest.mark.parametrize(
    "more", [{"action": "drop:²"}, {"action": "split:999"}, {"village": "\0"}, {"action": "add:\0"}]
)
def test_a_forged_form_is_no_fault_of_the_server(
    member: Phone, village: str, more: dict[str, str]
) -> None:
    form = {"village": village, "people": "1", "lines-0-support_type": "C1", **more}
    assert member.post("/visits/new", form).status_code in {200, 422}


def test_production_knows_nobody_of_the_demo(
    app: Flask, cli: FlaskCliRunner, settings_of_app: dict[str, str]
) -> None:
    assert cli.invoke(args=["dev", "seed", "--visits", "0"]).exit_code == 0
    real = create_app({**settings_of_app, "HELPER_ENV": "production", "TESTING": True})
    with real.app_context():
        assert find_user_by_phone("0900000004") is None
        assert find_actor_by_session("x") is None
        made = real.test_cli_runner().invoke(
            args=["token", "make", "--phone", "0900000004", "--name", "x"]
        )
        assert made.exit_code != 0
        assert real.test_client().get("/readyz").status_code == 503
        db.session.remove()
        db.engine.dispose()


def test_the_instance_folder_is_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "instance"
    create_app({"HELPER_INSTANCE": str(folder), "TESTING": True})
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_same_seed_and_date_give_the_same_flags_on_any_day(
    app: Flask, cli: FlaskCliRunner
) -> None:
    args = ["dev", "seed", "--visits", "40", "--until", "2026-03-31"]
    assert cli.invoke(args=args, catch_exceptions=False).exit_code == 0
    with app.app_context():
        flags = {flag for visit in db.session.query(Visit) for flag in visit.flag_set}
        assert flags <= {"card_unknown"}


def test_sums_made_for_another_cut_day_are_made_anew_at_the_next_start(
    app: Flask, cli: FlaskCliRunner, member: Phone, village: str
) -> None:
    member.send(put(body(village, visited_on="2026-11-12")))
    app.config["HELPER_CUT_DAY"] = 10
    try:
        assert cli.invoke(args=["tallies", "check"]).exit_code == 1
        again = cli.invoke(args=["tallies", "rebuild", "--if-cut-day-changed"])
        assert again.output.startswith("rebuilt: 1 visits")
        assert cli.invoke(args=["tallies", "check"]).exit_code == 0
        assert cli.invoke(args=["tallies", "rebuild", "--if-cut-day-changed"]).output == ""
    finally:
        app.config["HELPER_CUT_DAY"] = 14


def test_voiding_anothers_visit_asks_the_pin_again_after_five_minutes(
    app: Flask, member: Phone, village: str
) -> None:
    item = put(body(village))
    member.send(item)
    number = visit_id(app, item["id"])
    lead = make_phone(app, Role.VILLAGE_LEAD, village)
    with app.app_context():
        pin_hash = hash_pin("482915")
        with unit_of_work() as session:
            set_pin(session.get_one(User, lead.person.id), pin_hash)
    with clock.travel(timedelta(minutes=6)):
        assert "6 số bí mật" in lead.get(f"/visits/{number}/void").text
        for pin in ("", "111111"):
            refused = lead.post(f"/visits/{number}/void", {"reason": "trùng", "pin": pin})
            assert refused.status_code == 422
            assert "trùng" in refused.text
        assert visit_status(app, number) == "live"
        done = lead.post(f"/visits/{number}/void", {"reason": "trùng", "pin": "482915"})
        assert done.status_code == 303
        assert visit_status(app, number) == "void"


def visit_status(app: Flask, number: int) -> str:
    """Return how a visit stands."""
    with app.app_context():
        return db.session.get_one(Visit, number).status
