"""Sent again whole or in part, in any order: the same state, and each visit counts exactly once."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from helper.db import db
from helper.db.uow import write_intent
from helper.security.permissions import Role
from tests.support.people import Phone, body, delete, line, make_phone, make_village, put
from tests.support.recount import assert_exact, stored, total_of

# Each example is a dozen requests.
EXAMPLES = max(25, settings.default.max_examples // 4) if settings.default else 25
DONE = {"accepted", "duplicate", "stale", "conflict"}


@st.composite
def histories(draw: st.DrawFn) -> list[list[dict[str, Any]]]:
    """Draw what a phone really makes: versions of some visits, each maybe deleted at its end."""
    found = []
    for n in range(draw(st.integers(1, 4))):
        client_id = f"{n:08x}-1111-4111-8111-11111111111{n}"
        revs = draw(st.lists(st.integers(1, 9), min_size=1, max_size=4, unique=True).map(sorted))
        versions: list[dict[str, Any]] = []
        for rev in revs:
            people = draw(st.integers(1, 4))
            card = draw(st.sampled_from([None, "7KQ2M9XR4T", "ZZZZZZ"]))
            types = draw(st.sets(st.sampled_from(["A4", "C1", "C2"]), min_size=1))
            lines = [line(code, people=people) for code in sorted(types)]
            versions.append(put(body("?", people=people, card=card, lines=lines), client_id, rev))
        if draw(st.booleans()):
            versions[-1] = delete(client_id, revs[-1])
        found.append(versions)
    return found


def wanted(history: list[list[dict[str, Any]]], village: str) -> dict[str, int]:
    """Return the five numbers that must come out: the last version of each visit counts."""
    last = [versions[-1]["body"] for versions in history if versions[-1]["op"] == "put"]
    return {
        "sessions": len(last),
        "person_turns": sum(each["people"] for each in last),
        "turns": sum(each["people"] for visit in last for each in visit["lines"]),
        "cards": len({visit["card"] for visit in last if visit["card"]}),
        "people_without_card": sum(visit["people"] - bool(visit["card"]) for visit in last),
    }


def empty(app: Flask) -> None:
    """Forget all visits, for the next example."""
    names = {"visit_helper", "visit_line", "visit_revision", "visit", "tally_cell", "tally_card"}
    with app.app_context():
        db.session.remove()
        token = write_intent.set(True)
        try:
            with db.engine.begin() as connection:
                for table in reversed(db.metadata.sorted_tables):
                    if table.name in names:
                        connection.execute(table.delete())
        finally:
            write_intent.reset(token)


@pytest.fixture
def world(app: Flask) -> tuple[Flask, Phone, str]:
    """A village and its member's phone for many examples."""
    village = make_village(app)
    return app, make_phone(app, Role.MEMBER, village), village


def test_any_order_and_any_repetition_end_in_the_same_state(
    world: tuple[Flask, Phone, str],
) -> None:
    app, phone, village = world

    @settings(max_examples=EXAMPLES)
    @given(histories(), st.data())
    def check(history: list[list[dict[str, Any]]], data: st.DataObject) -> None:
        empty(app)
        items = [item for versions in history for item in versions]
        for item in items:
            if item["op"] == "put":
                item["body"]["village"] = village
        sent = data.draw(st.lists(st.sampled_from(items), max_size=8)) + items
        sent = data.draw(st.permutations(sent))
        receipts: dict[tuple[str, int], str] = {}
        while sent:
            size = data.draw(st.integers(1, len(sent)))
            part, sent = sent[:size], sent[size:]
            for result in phone.send_all(part):
                assert result["status"] in DONE - {"conflict"}, result
                if result["receipt"]:
                    key = (result["id"], result["rev"])
                    assert receipts.setdefault(key, result["receipt"]) == result["receipt"]
        assert total_of(app, village) == wanted(history, village)
        for versions in history:
            row = stored(app, versions[-1]["id"])
            assert row["rev"] == versions[-1]["rev"]
            assert row["status"] == ("live" if versions[-1]["op"] == "put" else "void")
        assert {r["status"] for r in phone.send_all(items)} <= {"duplicate", "stale"}
        assert total_of(app, village) == wanted(history, village)
        assert_exact(app)

    check()


versions = st.tuples(
    st.integers(0, 2),  # which visit
    st.integers(1, 3),  # rev
    st.sampled_from(["put1", "put2", "put3", "del", "delx", "bad"]),
)


def test_whatever_is_sent_a_second_time_changes_nothing(world: tuple[Flask, Phone, str]) -> None:
    """Also what no phone would make: conflicts, edits after a deletion, broken content."""
    app, phone, village = world

    def item(which: int, rev: int, kind: str) -> dict[str, Any]:
        client_id = f"{which:08x}-2222-4222-8222-222222222222"
        if kind.startswith("put"):
            people = int(kind[3])
            return put(body(village, people=people, lines=[line(people=people)]), client_id, rev)
        if kind == "bad":
            return put(body(village, people=0), client_id, rev)
        return delete(client_id, rev, reason=kind[3:] or None)

    @settings(max_examples=EXAMPLES)
    @given(st.lists(versions, min_size=1, max_size=12), st.data())
    def check(drawn: list[tuple[int, int, str]], data: st.DataObject) -> None:
        empty(app)
        items = [item(*each) for each in drawn]
        first = phone.send_all(items)
        totals = total_of(app, village)
        rows = [stored(app, f"{n:08x}-2222-4222-8222-222222222222") for n in range(3)]
        again = data.draw(st.permutations(list(zip(items, first, strict=True))))
        for result, (_item, before) in zip(
            phone.send_all([each for each, _ in again]), again, strict=True
        ):
            if before["status"] in {"accepted", "duplicate"}:
                assert result["status"] == "duplicate"
                assert result["receipt"] == before["receipt"]
            else:
                # What was refused may have been overtaken by a newer version since.
                assert result["status"] in {before["status"], "stale"}
        assert total_of(app, village) == totals
        now_rows = [stored(app, f"{n:08x}-2222-4222-8222-222222222222") for n in range(3)]
        assert now_rows == rows
        assert_exact(app)

    check()


def test_a_batch_cut_anywhere_and_sent_again_whole_ends_the_same(
    app: Flask, member: Phone, village: str
) -> None:
    items = [put(body(village)) for _ in range(7)]
    items += [put(body(village, people=2), items[0]["id"], 2), delete(items[1]["id"], 2)]
    for cut in range(len(items)):
        member.send_all(items[:cut])
    results = member.send_all(items)
    assert {result["status"] for result in results} == {"accepted", "duplicate"}
    assert total_of(app, village)["sessions"] == 6
    assert total_of(app, village)["person_turns"] == 7


def test_the_tallies_api_shows_the_same_numbers(app: Flask, member: Phone, village: str) -> None:
    items = [
        put(body(village, people=n, lines=[line("C1", people=n), line("A4")])) for n in (1, 2, 3)
    ]
    items.append(put(body(village, card="7KQ2M9XR4T", lines=[line("B2", "ALREADY")])))
    for _ in range(3):
        member.send_all(items)
    member.send(delete(items[1]["id"], 2))
    answer = member.get(f"/api/v1/tallies?place={village}").get_json()
    assert answer["total"] == total_of(app, village)
    assert answer["total"] == {
        "sessions": 3, "person_turns": 5, "turns": 7, "cards": 1, "people_without_card": 4
    }  # fmt: skip
