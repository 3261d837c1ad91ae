"""Personal words go when their time is over; every count stays as it was."""

from __future__ import annotations

import json
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskCliRunner

from helper.core import clock
from helper.db import db
from helper.security.permissions import Role
from helper.tallies.proof import check_tallies
from helper.visits.models import Visit, VisitRevision
from tests.support.people import body, make_phone, make_village, put


def _words(app: Flask) -> str:
    with app.app_context():
        visits = [(v.label, v.note) for v in db.session.query(Visit)]
        bodies = [r.body for r in db.session.query(VisitRevision)]
        return json.dumps([visits, bodies], ensure_ascii=False)


def _night(app: Flask, cli: FlaskCliRunner, days: int) -> None:
    with clock.travel(timedelta(days=days)):
        result = cli.invoke(args=["nightly"])
        assert result.exit_code == 0, result.output
    with app.app_context():
        assert check_tallies().exact


def test_a_label_goes_90_days_after_the_last_visit_under_it(
    app: Flask, cli: FlaskCliRunner
) -> None:
    village = make_village(app)
    phone = make_phone(app, Role.MEMBER, village)
    today = clock.today()
    long_ago = (today - timedelta(days=60)).isoformat()
    phone.send(put(body(village, label="bà Lan", visited_on=long_ago)))
    phone.send(put(body(village, label="bà Lan")))
    phone.send(put(body(village, label="ông Páo", visited_on=long_ago)))
    _night(app, cli, 89)
    assert "bà Lan" in _words(app)
    assert "ông Páo" not in _words(app)
    _night(app, cli, 91)
    assert "bà Lan" not in _words(app)


def test_a_label_that_was_amended_away_goes_from_old_revisions_too(
    app: Flask, cli: FlaskCliRunner
) -> None:
    village = make_village(app)
    phone = make_phone(app, Role.MEMBER, village)
    first = put(body(village, label="bà Lan"))
    phone.send(first)
    phone.send(put(body(village), first["id"], 2))
    assert "bà Lan" in _words(app)
    _night(app, cli, 91)
    assert "bà Lan" not in _words(app)


def test_a_note_goes_after_180_days_and_the_night_may_come_twice(
    app: Flask, cli: FlaskCliRunner
) -> None:
    village = make_village(app)
    phone = make_phone(app, Role.MEMBER, village)
    phone.send(put(body(village, note="quên mật khẩu, hẹn lại")))
    _night(app, cli, 179)
    assert "quên mật khẩu" in _words(app)
    _night(app, cli, 181)
    _night(app, cli, 181)
    assert "quên mật khẩu" not in _words(app)


def test_an_erased_visit_sent_again_is_still_a_duplicate(app: Flask, cli: FlaskCliRunner) -> None:
    village = make_village(app)
    phone = make_phone(app, Role.MEMBER, village)
    item = put(body(village, note="hẹn lại", label="bà Lan"))
    first = phone.send(item)
    _night(app, cli, 200)
    again = phone.send(item)
    assert (again["status"], again["receipt"]) == ("duplicate", first["receipt"])
    assert "bà Lan" not in _words(app)
