"""Villages, people with roles, signed-in phones, and visits as a phone sends them.

    village = make_village(app)
    nhung = make_user(app, Role.MEMBER, village)
    phone = sign_in(app, nhung)
    phone.sync([put(body(village))]).json["results"]

Everything here opens its own app context and commits; ids and names never repeat.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from helper.core.clock import LOCAL_ZONE, now, today
from helper.db import unit_of_work
from helper.people.models import RoleHolding, User
from helper.people.signin import SignedIn, make_invite, start_session
from helper.places.queries import get_path
from helper.places.service import add_village
from helper.security.actor import Actor, Grant
from helper.security.permissions import Role

COMMUNE, SISTER, FAR = "02221", "02269", "01273"  # two of Tuyên Quang (08), one of Cao Bằng (04)
PROVINCE, FAR_PROVINCE = "08", "04"
_numbers = itertools.count(1)


def make_village(app: Flask, commune: str = COMMUNE, name: str | None = None) -> str:
    """Add a village under a commune; returns its code."""
    with app.app_context(), unit_of_work():
        return add_village(None, commune, name or f"Nà {next(_numbers)}", "thôn").code


@dataclass(frozen=True)
class Person:
    """A user as the tests know one: id, name, phone number and the first role."""

    id: int
    name: str
    phone: str
    role: Role
    place: str


def make_user(
    app: Flask,
    role: Role,
    place: str,
    *,
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> Person:
    """Add a user with a role at a place, by default since long ago and for good; without a PIN."""
    number = next(_numbers)
    with app.app_context(), unit_of_work() as session:
        user = User(name=f"Người {number}", phone=f"0912{number:06d}")
        session.add(user)
        session.flush()
        person = Person(user.id, user.name, str(user.phone), role, place)
    give_role(app, person, role, place, starts_on=starts_on, ends_on=ends_on)
    return person


def give_role(
    app: Flask,
    person: Person,
    role: Role,
    place: str,
    *,
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> None:
    """Give somebody one role more."""
    with app.app_context(), unit_of_work() as session:
        session.add(
            RoleHolding(
                user_id=person.id,
                role=role,
                place_code=place,
                starts_on=starts_on or today() - timedelta(days=700),
                ends_on=ends_on,
            )
        )


def end_roles(app: Flask, person: Person, last_day: date) -> None:
    """Let all roles of a person end with a day."""
    with app.app_context(), unit_of_work() as session:
        for holding in session.query(RoleHolding).filter_by(user_id=person.id):
            holding.ends_on = last_day


def invite_for(app: Flask, person: Person) -> str:
    """Make an invite for a person; returns its token."""
    with app.app_context(), unit_of_work() as session:
        return make_invite(None, session.get_one(User, person.id))


def actor_of(person: Person) -> Actor:
    """Return the person as one who acts with the first role; needs an app context."""
    return Actor(person.id, person.name, (Grant(person.role, get_path(person.place)),))


class Phone:
    """A browser of a person: with a session and its CSRF token, an outbox token, or neither."""

    def __init__(self, client: FlaskClient, person: Person, secrets: SignedIn) -> None:
        self.client = client
        self.person = person
        self.secrets = secrets
        self._csrf: str | None = None

    @property
    def csrf_token(self) -> str:
        """A CSRF token of this session, fetched as a phone does."""
        if self._csrf is None:
            answer = self.client.get("/api/v1/csrf")
            assert answer.status_code == 200, answer.get_data(as_text=True)
            self._csrf = answer.get_json()["csrf_token"]
        return self._csrf

    def get(self, path: str, **options: Any) -> TestResponse:
        """Get a page or an API answer."""
        return self.client.get(path, **options)

    def post(self, path: str, data: Mapping[str, Any] | None = None) -> TestResponse:
        """Send a form with its CSRF token."""
        return self.client.post(path, data={"csrf_token": self.csrf_token, **(data or {})})

    def sync(self, items: Sequence[Any], **more: Any) -> TestResponse:
        """Send a batch with the session and its CSRF token."""
        headers = {"X-CSRFToken": self.csrf_token}
        return self.client.post("/api/v1/sync", json=envelope(items, **more), headers=headers)

    def send(self, item: Any) -> dict[str, Any]:
        """Send one item; returns its result."""
        return self.send_all([item])[0]

    def send_all(self, items: Sequence[Any]) -> list[dict[str, Any]]:
        """Send a batch that is answered with 200; returns the results."""
        answer = self.sync(items)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        results: list[dict[str, Any]] = answer.get_json()["results"]
        assert len(results) == len(items)
        return results


def sign_in(app: Flask, person: Person) -> Phone:
    """Open a session for a person on a new phone, as after a right PIN (which hashes slowly)."""
    with app.app_context(), unit_of_work():
        secrets = start_session(person.id, None, "Android · Chrome")
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = secrets.session_token
        session["_fresh"] = True
        session.permanent = True
    client.set_cookie("device", secrets.device_token)
    return Phone(client, person, secrets)


def make_phone(app: Flask, role: Role, place: str) -> Phone:
    """Make a user with a role and sign in."""
    return sign_in(app, make_user(app, role, place))


def envelope(items: Sequence[Any], **more: Any) -> dict[str, Any]:
    """Return a batch as a phone sends it."""
    moment = now().astimezone(LOCAL_ZONE).isoformat(timespec="seconds")
    return {"proto": 1, "device": "d", "app": "test", "now": moment, "items": list(items), **more}


def body(village: str, **fields: Any) -> dict[str, Any]:
    """Return a plain visit of today, one person, one service; fields given replace its own."""
    lines = [{"support_type": "C1", "outcome": "DONE_SELF"}]
    visit = {"village": village, "visited_on": today().isoformat(), "people": 1, "lines": lines}
    return {**visit, **fields}


def line(
    support_type: str = "C1", outcome: str = "DONE_SELF", people: int = 1, **more: Any
) -> dict[str, Any]:
    """Return a line of a visit."""
    return {"support_type": support_type, "outcome": outcome, "people": people, **more}


def put(visit: Any, client_id: str | None = None, rev: int = 1, **more: Any) -> dict[str, Any]:
    """Return a put of a visit, under a new id unless one is given."""
    return {**_item(client_id, rev), "op": "put", "body": visit, **more}


def delete(client_id: str, rev: int = 2, **more: Any) -> dict[str, Any]:
    """Return a tombstone of a visit."""
    return {**_item(client_id, rev), "op": "del", **more}


def new_id() -> str:
    """Return an id as a phone makes one."""
    return str(uuid.uuid4())


def _item(client_id: str | None, rev: int) -> dict[str, Any]:
    return {"id": client_id or new_id(), "rev": rev, "recorded_at": _stamp(now())}


def _stamp(moment: datetime) -> str:
    return moment.astimezone(LOCAL_ZONE).isoformat(timespec="seconds")
