"""A small world of visits in two communes, and a phone of every role."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask

from helper.security.permissions import Role
from tests.support.people import Phone, body, line, make_phone, make_village, put


@dataclass
class World:
    """Villages a and b of 02221, c of its sister commune; phones by name of role."""

    app: Flask
    a: str
    b: str
    c: str
    phones: dict[str, Phone] = field(default_factory=dict)

    def get(self, role: str, path: str, **options: Any) -> Any:
        """Ask as somebody; returns the JSON of a good answer."""
        answer = self.phones[role].get(path, **options)
        assert answer.status_code == 200, (role, path, answer.get_data(as_text=True))
        return answer.get_json()

    def status(self, role: str, path: str) -> int:
        """Ask as somebody; returns the status of the answer."""
        return self.phones[role].get(path).status_code


DAY = "2026-11-10"


@pytest.fixture
def world(app: Flask) -> World:
    """Visits on several days with cards, groups, reasons; one void; notes and labels."""
    found = World(app, make_village(app), make_village(app), make_village(app, "02269"))
    found.phones = {
        "member": make_phone(app, Role.MEMBER, found.a),
        "mate": make_phone(app, Role.MEMBER, found.a),
        "neighbour": make_phone(app, Role.MEMBER, found.b),
        "lead": make_phone(app, Role.VILLAGE_LEAD, found.a),
        "officer": make_phone(app, Role.COMMUNE_OFFICER, "02221"),
        "sister": make_phone(app, Role.COMMUNE_OFFICER, "02269"),
        "province": make_phone(app, Role.PROVINCE_OFFICER, "08"),
        "viewer": make_phone(app, Role.VIEWER, "02221"),
        "far": make_phone(app, Role.PROVINCE_OFFICER, "04"),
        "admin": make_phone(app, Role.ADMIN, "VN"),
    }
    mate = found.phones["mate"].person
    done = {"visited_on": DAY, "card": "7KQ2M9XR4T", "note": "quên kính", "label": "bà Mẩy"}
    lines = [line("C1", people=2), line("C2", "NOT_DONE", people=3, reason="R06"), line("A4")]
    items = [
        put(body(found.a, **done, people=3, lines=lines, helpers=[mate.id])),
        put(body(found.a, visited_on="2026-11-14", people=2, lines=[line("C1", people=2)])),
        put(body(found.a, visited_on="2026-11-15", card="7KQ2M9XR4T", lines=[line("B2")])),
        put(body(found.a, visited_on="2026-10-31", lines=[line("C1", "ALREADY")])),
        put(body(found.b, visited_on="2026-11-30", people=4, lines=[line("D1", people=4)])),
    ]
    accepted = found.phones["member"].send_all(items)
    other = put(
        body(found.c, visited_on=DAY, people=5, card="ABCDEF", lines=[line("C1", people=5)])
    )
    accepted.append(found.phones["sister"].send(other))
    assert {result["status"] for result in accepted} == {"accepted"}
    gone = put(body(found.a, visited_on=DAY, people=50, lines=[line("C1", people=50)]))
    found.phones["member"].send(gone)
    found.phones["member"].send({"id": gone["id"], "rev": 2, "op": "del"})
    return found
