"""A small country with one person per role, and one visit in each place that matters to them.

world = build_world(app)
world.phones["member"].get(f"/tallies/{world.places['own village']}")
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from helper.core.clock import today
from helper.db import db
from helper.db.uow import write_intent
from helper.security.permissions import Role
from helper.visits.models import Visit
from tests.support.database import wipe
from tests.support.people import (
    COMMUNE,
    FAR,
    FAR_PROVINCE,
    PROVINCE,
    SISTER,
    Phone,
    body,
    end_roles,
    make_user,
    make_village,
    put,
    sign_in,
)

NOBODY, ROLELESS = "nobody", "roleless"
ROLES = ("member", "village_lead", "commune_officer", "province_officer", "viewer", "admin")
EVERYBODY = (*ROLES, ROLELESS, NOBODY)
NOTE, LABEL, CARD = "hẹn lại chiều mai", "cô Sáu áo nâu", "7K3MXYZ2"
_CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


class Stranger:
    """A browser of nobody, able to send forms with a CSRF token all the same."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    @property
    def csrf_token(self) -> str:
        """The token of the sign-in page."""
        found = _CSRF.search(self.client.get("/sign-in").get_data(as_text=True))
        assert found is not None
        return found[1]

    def get(self, path: str, **options: Any) -> Any:
        """Get a page or an API answer."""
        return self.client.get(path, **options)

    def post(self, path: str, data: Mapping[str, Any] | None = None) -> Any:
        """Send a form with its CSRF token."""
        return self.client.post(path, data={"csrf_token": self.csrf_token, **(data or {})})


@dataclass
class World:
    """Places and visits by what they are to the people, and the people's phones by role."""

    app: Flask
    places: dict[str, str]
    phones: dict[str, Phone | Stranger]
    visits: dict[str, int]
    own_visits: dict[str, int]

    def visit(self, whose: str, role: str) -> int:
        """Return the number of a visit; `own` is the role's own one."""
        return self.own_visits[role] if whose == "own" else self.visits[whose]


def build_world(app: Flask) -> World:
    """Make the places, the people, their sessions and the visits."""
    own, near = make_village(app), make_village(app)
    sister, far = make_village(app, SISTER), make_village(app, FAR)
    places = {
        "own village": own,
        "near village": near,
        "own commune": COMMUNE,
        "sister commune": SISTER,
        "sister village": sister,
        "own province": PROVINCE,
        "far province": FAR_PROVINCE,
        "far commune": FAR,
        "far village": far,
        "nation": "VN",
        "unknown village": f"{COMMUNE}-998",
        "unknown commune": "99999",
        "malformed": "02221-1",
    }
    homes = {
        "member": own,
        "village_lead": own,
        "commune_officer": COMMUNE,
        "province_officer": PROVINCE,
        "viewer": COMMUNE,
        "admin": "VN",
    }
    phones: dict[str, Phone | Stranger] = {NOBODY: Stranger(app.test_client())}
    for role, home in homes.items():
        phones[role] = sign_in(app, make_user(app, Role(role), home))
    left = make_user(app, Role.MEMBER, own)
    end_roles(app, left, today() - timedelta(days=1))
    phones[ROLELESS] = sign_in(app, left)
    logged = {
        "team": _log(app, sign_in(app, make_user(app, Role.MEMBER, own)), own),
        "near": _log(app, sign_in(app, make_user(app, Role.MEMBER, near)), near),
        "sister": _log(app, sign_in(app, make_user(app, Role.MEMBER, sister)), sister),
        "far": _log(app, sign_in(app, make_user(app, Role.MEMBER, far)), far),
        "no such": 999_999_999,
    }
    writers = ("member", "village_lead", "commune_officer")
    owned = {role: _log(app, phones[role], own) for role in writers}
    return World(app, places, phones, logged, owned)


def _log(app: Flask, phone: Any, village: str) -> int:
    item = put(body(village, note=NOTE, label=LABEL, card=CARD))
    assert phone.send(item)["status"] == "accepted"
    with app.app_context():
        found = db.session.scalar(select(Visit.id).where(Visit.client_id == item["id"]))
        db.session.rollback()
    assert found is not None
    return found


@contextmanager
def borrowed_world(app: Flask) -> Iterator[World]:
    """Build the world for a block and take it away again, for tests that share one."""
    yield build_world(app)
    with app.app_context():
        db.session.remove()
        # Without it SQLite would begin as a reader, outside the writers' queue.
        token = write_intent.set(True)
        try:
            with db.engine.begin() as connection:
                wipe(connection, db.metadata)
        finally:
            write_intent.reset(token)


def snapshot(app: Flask) -> dict[str, tuple[int, str]]:
    """Return of each table how many rows it has and a digest of all of them."""
    found: dict[str, tuple[int, str]] = {}
    with app.app_context(), db.engine.connect() as connection:
        for table in db.metadata.sorted_tables:
            rows = connection.execute(select(table).order_by(*table.primary_key.columns)).all()
            digest = hashlib.sha256(repr([tuple(row) for row in rows]).encode()).hexdigest()
            found[table.name] = (len(rows), digest)
    return found
