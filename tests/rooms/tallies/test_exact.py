"""Whatever people do, every tally at every level, period and dimension equals a recount."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest
from flask import Flask
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import text

from helper.core.periods import Period, parse_period
from helper.core.placecodes import PlacePath
from helper.db import db, unit_of_work
from helper.db.uow import write_intent
from helper.people.models import RoleHolding, User
from helper.places.queries import get_path
from helper.places.service import add_village
from helper.security.actor import Actor, Grant
from helper.security.permissions import Role
from helper.tallies import proof, queries
from helper.visits import service
from helper.visits.service import Item
from tests.support.database import wipe
from tests.support.model import Truth, people_by_group, rows, total

COMMUNES = ("02221", "02269", "01273")  # two of Tuyên Quang, one of Cao Bằng
DAYS = (
    "2025-12-14", "2025-12-15", "2025-12-31", "2026-01-01", "2026-03-14", "2026-06-30",
    "2026-10-14", "2026-10-15", "2026-10-31", "2026-11-01", "2026-11-14", "2026-11-15",
    "2026-11-21", "2026-11-22",
)  # fmt: skip
PERIODS = (
    "2026-11-22", "2026-11-14", "2026-W47", "2026-W01", "2026-11", "2026-10", "2026-Q4", "2026-H1",
    "2026-H2", "2026-9M", "2026", "2025", "r2026-11", "r2026-12", "r2026-01", "r2026-Q1",
    "r2026-Q4",
    "r2026-H1", "r2026-9M", "r2026", "2026-10-01..2026-10-15", "2025-12-10..2026-03-01",
    "2026-10-15..2026-11-14", "2026-11-10..2026-11-21",
)  # fmt: skip
DIMS = {"x": "cross", "s": "support_type", "g": "group", "o": "outcome", "r": "reason"}
ENDINGS = (
    ("DONE_SELF", None), ("DONE_ASSISTED", None), ("NOT_DONE", "R06"), ("NOT_DONE", "R01"),
    ("PARTIAL", "R25"), ("DECLINED", "R17"), ("ALREADY", None),
)  # fmt: skip
CARDS = (None, None, "7KQ2M9XR4T", "0ABCDEFGH1", "ZZZZZZ")

lines = st.lists(
    st.tuples(
        st.sampled_from(("C1", "C2", "A4", "B2", "D3")),
        st.sampled_from(ENDINGS),
        st.integers(1, 3),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda line: (line[0], line[1]),
)


class World(RuleBasedStateMachine):
    """Several people record, amend, void and re-send; roles and villages change meanwhile."""

    app: Flask

    def __init__(self) -> None:
        super().__init__()
        self.context = self.app.app_context()
        self.context.push()
        self.truth = Truth()
        self.sent: list[tuple[Actor, Item]] = []
        self.revs: dict[tuple[int, str], int] = {}
        self.dead: set[tuple[int, str]] = set()
        self.ids = random.Random(1)
        with unit_of_work():
            self.villages = [
                add_village(None, commune, name, "thôn").code
                for commune in COMMUNES
                for name in ("Nà Khá", "Nà Mỏ")
            ]
            self.actors = [self._officer(commune) for commune in COMMUNES]
            self.actors += [self._member(village) for village in self.villages[:3]]
        for commune in COMMUNES:
            self.truth.provinces[commune] = str(get_path(commune).province)

    def _person(self, role: Role, place: str) -> Actor:
        user = User(name=f"{role} {place}")
        db.session.add(user)
        db.session.flush()
        db.session.add(
            RoleHolding(user_id=user.id, role=role, place_code=place, starts_on=date(2025, 7, 1))
        )
        db.session.flush()
        return Actor(user.id, user.name, (Grant(role, get_path(place)),))

    def _officer(self, commune: str) -> Actor:
        return self._person(Role.COMMUNE_OFFICER, commune)

    def _member(self, village: str) -> Actor:
        return self._person(Role.MEMBER, village)

    @rule(
        data=st.data(), village=st.integers(0, 5), day=st.sampled_from(DAYS),
        chosen=lines, card=st.sampled_from(CARDS), extra=st.integers(0, 2),
    )  # fmt: skip
    def record(self, data: Any, village: int, day: str, chosen: Any, card: Any, extra: int) -> None:
        code = self.villages[village]
        near = [a for a in self.actors if a.grants[0].path.commune == code[:5]]
        actor = data.draw(st.sampled_from(near))
        client_id = f"00000000-0000-4000-8000-{self.ids.randrange(16**12):012x}"
        self._put(actor, client_id, 1, self._body(code, day, chosen, card, extra))

    @precondition(lambda self: self.revs)
    @rule(
        data=st.data(), day=st.sampled_from(DAYS), chosen=lines, card=st.sampled_from(CARDS),
        gap=st.integers(1, 3), move=st.booleans(),
    )  # fmt: skip
    def amend(self, data: Any, day: str, chosen: Any, card: Any, gap: int, move: bool) -> None:
        author, client_id = data.draw(st.sampled_from(sorted(self.revs)))
        actor = next(a for a in self.actors if a.user_id == author)
        known = self.truth.visits.get((author, client_id))
        code = known["village"] if known else self.villages[0]
        if move:
            sisters = [v for v in self.villages if v[:5] == actor.grants[0].path.commune]
            code = data.draw(st.sampled_from(sisters))
        body = self._body(code, day, chosen, card, 0)
        self._put(actor, client_id, self.revs[author, client_id] + gap, body)

    @precondition(lambda self: self.revs)
    @rule(data=st.data())
    def delete(self, data: Any) -> None:
        author, client_id = data.draw(st.sampled_from(sorted(self.revs)))
        actor = next(a for a in self.actors if a.user_id == author)
        rev = self.revs[author, client_id] + 1
        item = Item(client_id, rev, "del", reason="nhầm")
        assert self._send(actor, item) == "accepted"
        self._forget(author, client_id, rev)

    @rule(data=st.data())
    def delete_before_it_came(self, data: Any) -> None:
        actor = data.draw(st.sampled_from(self.actors))
        client_id = f"00000000-0000-4000-9000-{self.ids.randrange(16**12):012x}"
        assert self._send(actor, Item(client_id, 2, "del", reason=None)) == "accepted"
        self._forget(actor.user_id, client_id, 2)
        code = next(v for v in self.villages if v[:5] == actor.grants[0].path.commune)
        body = self._body(code, "2026-11-22", [("C1", ("DONE_SELF", None), 1)], None, 0)
        assert self._send(actor, Item(client_id, 1, "put", body)) == "stale"

    @precondition(lambda self: self.truth.visits)
    @rule(data=st.data())
    def void_as_officer(self, data: Any) -> None:
        author, client_id = data.draw(st.sampled_from(sorted(self.truth.visits)))
        body = self.truth.visits[author, client_id]
        commune = body["village"][:5]
        officer = self.actors[COMMUNES.index(commune)]
        with unit_of_work():
            visit = service._find_and_lock(author, client_id)
            assert visit is not None
            service.void_visit(officer, visit.id, "trùng phiếu khác")
        self._forget(author, client_id, self.revs[author, client_id])

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def send_old_items_again(self, data: Any) -> None:
        picked = data.draw(st.lists(st.sampled_from(range(len(self.sent))), max_size=6))
        for n in picked:
            actor, item = self.sent[n]
            assert self._again(actor, item) in {"duplicate", "stale"}

    @rule(data=st.data())
    def hand_over_a_role(self, data: Any) -> None:
        """A member leaves, another comes: past visits stay where they were."""
        if len(self.actors) > 9:
            return
        village = data.draw(st.sampled_from(self.villages))
        with unit_of_work():
            self.actors.append(self._member(village))

    @invariant()
    def proof_is_exact(self) -> None:
        recount = proof.check_tallies()
        assert recount.exact, recount.differing[:5]
        assert recount.visits == len(self.truth.visits)

    @rule(names=st.lists(st.sampled_from(PERIODS), min_size=1, max_size=3, unique=True))
    def look(self, names: list[str]) -> None:
        for name in names:
            self._compare(parse_period(name))

    def teardown(self) -> None:
        try:
            for name in PERIODS:
                period = parse_period(name)
                self._compare(period)
                self._compare(period.running())
        finally:
            db.session.remove()
            token = write_intent.set(True)
            with db.engine.begin() as connection:
                wipe(connection, db.metadata)
            write_intent.reset(token)
            self.context.pop()

    def _body(self, village: str, day: str, chosen: Any, card: Any, extra: int) -> dict[str, Any]:
        sums: dict[str, int] = {}
        for code, _ending, people in chosen:
            sums[code] = sums.get(code, 0) + people
        return {
            "village": village, "visited_on": day, "people": max(sums.values()) + extra,
            "card": card,
            "lines": [
                {"support_type": code, "outcome": outcome, "reason": reason, "people": people}
                for code, (outcome, reason), people in chosen
            ],
        }  # fmt: skip

    def _put(self, actor: Actor, client_id: str, rev: int, body: dict[str, Any]) -> None:
        status = self._send(actor, Item(client_id, rev, "put", body))
        if (actor.user_id, client_id) in self.dead:
            assert status == "rejected"
            return
        assert status == "accepted"
        self.truth.visits[actor.user_id, client_id] = body
        self.revs[actor.user_id, client_id] = rev

    def _send(self, actor: Actor, item: Item) -> str:
        status = self._again(actor, item)
        if status == "accepted":
            self.sent.append((actor, item))
        return status

    def _again(self, actor: Actor, item: Item) -> str:
        with unit_of_work():
            return service.apply_item(actor, item).status

    def _forget(self, author: int, client_id: str, rev: int) -> None:
        self.truth.visits.pop((author, client_id), None)
        self.dead.add((author, client_id))
        self.revs[author, client_id] = rev

    def _compare(self, period: Period) -> None:
        places = [
            (PlacePath(), "nation"),
            (get_path("08"), "province"),
            (get_path("02221"), "commune"),
            (get_path(self.villages[0]), "village"),
        ]
        order = ["nation", "province", "commune", "village"]
        for path, level in places:
            for by in ("none", *order[order.index(level) + 1 :]):
                self._compare_by(period, path, level, by)

    def _compare_by(self, period: Period, path: PlacePath, level: str, by: str) -> None:
        inside = self.truth.select(period.start, period.end, level, path.code)
        row_level = level if by == "none" else by
        codes = {self.truth.place_of(visit, row_level) for visit in inside}
        found = queries.read_tallies(path, period, by, DIMS)
        days = queries.read_days(path, period, by)
        assert set(found) == codes, (period.name, path.code, by)
        for code in codes:
            visits = [v for v in inside if self.truth.place_of(v, row_level) == code]
            self._compare_one(found[code], visits)
            expected = {
                date.fromisoformat(day): counts for day, counts in rows(visits, "day").items()
            }
            actual = {
                day: (counts.sessions, counts.turns)
                for (place, day), counts in days.items()
                if place == code
            }
            assert actual == expected

    def _compare_one(self, tally: queries.Tally, visits: list[dict[str, Any]]) -> None:
        everybody = tally.everybody()
        assert {
            "sessions": tally.total.sessions,
            "person_turns": tally.total.person_turns,
            "turns": tally.total.turns,
            "cards": everybody.cards,
            "people_without_card": everybody.people_without_card,
        } == total(visits)
        for letter, name in DIMS.items():
            actual: dict[Any, tuple[int, int]] = {}
            for key, counts in tally.dim(letter).items():
                plain: Any = tuple(key.split(".")) if letter == "x" else (key or None)
                actual[plain] = (counts.sessions, counts.turns)
            assert actual == rows(visits, name), name
        groups = {
            group: (people.cards, people.people_without_card)
            for group, people in tally.people.items()
            if group
        }
        assert groups == people_by_group(visits)


@pytest.mark.slow
def test_every_tally_equals_a_recount_whatever_people_do(app: Flask, clean: None) -> None:
    World.app = app
    profile = settings()
    examples = max(8, profile.max_examples // 5)
    run = settings(profile, max_examples=examples, stateful_step_count=14)
    World.TestCase.settings = run
    World.TestCase().runTest()


def test_a_wrong_cell_is_found_and_named_and_rebuilding_mends_it(app: Flask, cli: Any) -> None:
    World.app = app
    world = World()
    world._put(
        world.actors[0],
        "00000000-0000-4000-8000-000000000001",
        1,
        world._body(world.villages[0], "2026-11-22", [("C1", ("DONE_SELF", None), 1)], "ZZZZZZ", 0),
    )
    with unit_of_work() as session:
        session.execute(
            text("UPDATE tally_cell SET turns = turns + 1 WHERE place_code = '02221' AND dim = 's'")
        )
    checked = cli.invoke(args=["tallies", "check"])
    assert checked.exit_code == 1
    assert "02221" in checked.output
    assert "differing cells: 4 of" in checked.output
    assert cli.invoke(args=["tallies", "rebuild"]).exit_code == 0
    checked = cli.invoke(args=["tallies", "check"])
    assert checked.exit_code == 0
    assert checked.output.splitlines()[-1].startswith("exact: 1 visits")
    world.teardown()
