"""No page or answer asks the database once a row: more visits, the same number of questions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import event

from helper.db import db
from helper.security.permissions import Role
from tests.support.people import COMMUNE, Phone, body, make_phone, make_user, make_village, put


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """Collect the statements sent to the database while the block runs."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        sent.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    ("reader", "address"),
    [
        ("officer", f"/api/v1/visits?place={COMMUNE}"),
        ("officer", f"/visits/at/{COMMUNE}"),
        ("officer", f"/tallies/{COMMUNE}"),
        ("member", "/visits"),
    ],
)
def test_ten_times_the_visits_ask_no_more(app: Flask, reader: str, address: str) -> None:
    village = make_village(app)
    colleague = make_user(app, Role.MEMBER, village)
    member = make_phone(app, Role.MEMBER, village)
    officer = make_phone(app, Role.COMMUNE_OFFICER, COMMUNE)
    phone = {"member": member, "officer": officer}[reader]
    few = _asked(app, member, phone, village, colleague.id, address, visits=2)
    many = _asked(app, member, phone, village, colleague.id, address, visits=20)
    assert many == few


def _asked(
    app: Flask,
    member: Phone,
    reader: Phone,
    village: str,
    helper: int,
    address: str,
    *,
    visits: int,
) -> int:
    member.send_all([put(body(village, helpers=[helper])) for _ in range(visits)])
    with statements(app) as sent:
        assert reader.get(address).status_code == 200
    return len(sent)
