"""Eight phones send at once for a minute: nothing fails, is lost or doubled, tallies exact."""

from __future__ import annotations

import http.client
import json
import os
import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask

from helper.db import db, unit_of_work
from helper.people.signin import start_session
from helper.security.permissions import Role
from helper.tallies.proof import check_tallies
from helper.visits.models import Visit, VisitRevision
from tests.support.people import Person, body, delete, envelope, line, make_user, make_village, put
from tests.support.server import LiveServer

CLIENTS = 8
SECONDS = int(os.environ.get("HELPER_LOAD_SECONDS", "60"))


@dataclass
class Sender:
    """One phone: sends single visits and batches, repeats some, amends and deletes others."""

    address: str
    person: Person
    outbox: str
    villages: list[str]
    seed: int
    alive: set[str] = field(default_factory=set)
    dead: set[str] = field(default_factory=set)
    statuses: dict[int, int] = field(default_factory=dict)
    slowest: float = 0.0
    problems: list[str] = field(default_factory=list)

    def run(self, until: float) -> None:
        """Send until the time is over, one connection kept alive."""
        rng = random.Random(self.seed)
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=30)
        try:
            while time.monotonic() < until:
                items = self._items(rng)
                for _again in range(2 if rng.random() < 0.15 else 1):
                    self._send(connection, items)
        except Exception as error:
            self.problems.append(repr(error))
        finally:
            connection.close()

    def _items(self, rng: random.Random) -> list[dict[str, Any]]:
        roll = rng.random()
        if self.alive and roll < 0.08:
            client_id = rng.choice(sorted(self.alive))
            self.alive.discard(client_id)
            self.dead.add(client_id)
            return [delete(client_id, 9, reason="nhầm")]
        if self.alive and roll < 0.16:
            client_id = rng.choice(sorted(self.alive))
            return [put(self._visit(rng), client_id, rng.randint(2, 8))]
        fresh = [put(self._visit(rng)) for _ in range(rng.choice((1, 1, 1, 5)))]
        self.alive |= {item["id"] for item in fresh}
        return fresh

    def _visit(self, rng: random.Random) -> dict[str, Any]:
        lines = [line(rng.choice(("C1", "A4", "B2")), "DONE_SELF")]
        if rng.random() < 0.3:
            lines.append(line("D3", "NOT_DONE", reason="R06"))
        card = rng.choice((None, None, "7KQ2M9XR4T", "0ABCDEFGH1"))
        return body(rng.choice(self.villages), lines=lines, card=card)

    def _send(self, connection: http.client.HTTPConnection, items: list[dict[str, Any]]) -> None:
        started = time.monotonic()
        headers = {
            "Content-Type": "application/json",
            "X-Outbox": "1",
            "Cookie": f"outbox={self.outbox}",
        }
        connection.request("POST", "/api/v1/sync", json.dumps(envelope(items)), headers)
        answer = connection.getresponse()
        raw = answer.read()
        self.slowest = max(self.slowest, time.monotonic() - started)
        self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
        if answer.status != 200:
            self.problems.append(f"{answer.status} {raw[:200]!r}")
            return
        for result in json.loads(raw)["results"]:
            if result["status"] not in {"accepted", "duplicate", "stale", "conflict"}:
                self.problems.append(str(result))


@pytest.mark.slow
def test_eight_phones_sending_for_a_minute_lose_and_double_nothing(
    app: Flask, live_server: LiveServer
) -> None:
    villages = [make_village(app) for _ in range(3)]
    senders = []
    for n in range(CLIENTS):
        person = make_user(app, Role.MEMBER, villages[n % 3])
        with app.app_context(), unit_of_work():
            outbox = start_session(person.id, None, "Android").outbox_token
        senders.append(Sender(live_server.url, person, outbox, villages, n))
    until = time.monotonic() + SECONDS
    threads = [threading.Thread(target=sender.run, args=(until,)) for sender in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    problems = [problem for sender in senders for problem in sender.problems]
    assert problems == []
    with app.app_context():
        stored = {
            (visit.author_id, visit.client_id): visit.status for visit in db.session.query(Visit)
        }
        expected = {
            **{(s.person.id, client_id): "live" for s in senders for client_id in s.alive},
            **{(s.person.id, client_id): "void" for s in senders for client_id in s.dead},
        }
        assert stored == expected
        assert db.session.query(VisitRevision).count() >= len(stored)
        recount = check_tallies()
        assert recount.exact, recount.differing[:5]
        assert recount.visits == sum(len(sender.alive) for sender in senders)
    total = sum(sender.statuses.get(200, 0) for sender in senders)
    slowest = max(sender.slowest for sender in senders)
    print(f"{total} requests in {SECONDS} s, slowest {slowest * 1000:.0f} ms")
