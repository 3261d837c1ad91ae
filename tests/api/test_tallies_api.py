"""GET /api/v1/tallies: rows, people and total, by place and dimension, as far as a role sees."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import World
from tests.support.people import body, line, put
from tests.support.recount import cells_of, total_of

NOVEMBER = "period=2026-11"


def tally(world: World, role: str, place: str, more: str = NOVEMBER) -> Any:
    return world.get(role, f"/api/v1/tallies?place={place}&{more}")


def cells(answer: Any, key: str) -> dict[Any, tuple[int, int]]:
    return {(r["place"], r[key]): (r["sessions"], r["turns"]) for r in answer["rows"]}


def test_a_village_answers_with_place_period_rows_people_and_total(world: World) -> None:
    found = tally(world, "member", world.a)
    assert found["place"]["code"] == world.a
    assert found["period"] == {"name": "2026-11", "start": "2026-11-01", "end": "2026-11-30"}
    assert sorted(found["rows"], key=lambda row: row["support_type"]) == [
        {"place": world.a, "support_type": "A4", "outcome": "DONE_SELF", "sessions": 1, "turns": 1},
        {"place": world.a, "support_type": "B2", "outcome": "DONE_SELF", "sessions": 1, "turns": 1},
        {"place": world.a, "support_type": "C1", "outcome": "DONE_SELF", "sessions": 2, "turns": 4},
        {"place": world.a, "support_type": "C2", "outcome": "NOT_DONE", "sessions": 1, "turns": 3},
    ]
    assert found["total"] == {
        "sessions": 3, "person_turns": 6, "turns": 9, "cards": 1, "people_without_card": 4
    }  # fmt: skip
    assert found["people"] == [
        {"place": world.a, "group": None, "cards": 1, "people_without_card": 4}
    ]
    assert "as_of" in found


LEVELS = [
    ("02221", "none", "commune"),
    ("02221", "commune", "commune"),
    ("02221", "village", "village"),
    ("08", "none", "province"),
    ("08", "commune", "commune"),
    ("08", "village", "village"),
    ("08", "province", "province"),
]


def test_rows_and_total_equal_a_recount_of_the_log(world: World) -> None:
    for place, by, level in LEVELS:
        found = tally(world, "province", place, f"by={by}&period=2026")
        rows = {
            (r["place"], r["support_type"], r["outcome"]): (r["sessions"], r["turns"])
            for r in found["rows"]
        }
        assert rows == cells_of(world.app, place, level)
        assert found["total"] == total_of(world.app, place)


def test_the_nation_by_province_is_the_admins(world: World) -> None:
    found = tally(world, "admin", "VN", "by=province&period=2026")
    assert {row["place"] for row in found["rows"]} == {"08"}
    assert found["total"] == total_of(world.app, "VN")


def test_the_total_is_of_the_whole_and_not_the_sum_of_the_rows(world: World) -> None:
    found = tally(world, "officer", "02221")
    assert sum(row["sessions"] for row in found["rows"]) > found["total"]["sessions"] == 4
    assert sum(row["turns"] for row in found["rows"]) == found["total"]["turns"]


@pytest.mark.parametrize(
    ("dim", "expected"),
    [("support_type", {"A4": (1, 1), "B2": (1, 1), "C1": (2, 4), "C2": (1, 3)}),
     ("group", {"A": (1, 1), "B": (1, 1), "C": (2, 7)}),
     ("outcome", {"DONE_SELF": (3, 6), "NOT_DONE": (1, 3)}),
     ("reason", {None: (3, 6), "R06": (1, 3)}),
     ("day", {"2026-11-10": (1, 6), "2026-11-14": (1, 2), "2026-11-15": (1, 1)})],
)  # fmt: skip
def test_a_dimension_stands_under_its_own_key(
    world: World, dim: str, expected: dict[Any, tuple[int, int]]
) -> None:
    found = tally(world, "lead", world.a, f"{NOVEMBER}&dim={dim}")
    assert cells(found, dim) == {(world.a, key): value for key, value in expected.items()}
    assert all(set(row) == {"place", dim, "sessions", "turns"} for row in found["rows"])


def test_days_of_a_commune_by_village_are_those_of_the_log(world: World) -> None:
    found = tally(world, "officer", "02221", f"{NOVEMBER}&dim=day&by=village")
    assert cells(found, "day") == {
        (world.a, "2026-11-10"): (1, 6), (world.a, "2026-11-14"): (1, 2),
        (world.a, "2026-11-15"): (1, 1), (world.b, "2026-11-30"): (1, 4),
    }  # fmt: skip


def test_people_by_group_are_cards_and_the_largest_sum_of_one_type(world: World) -> None:
    found = tally(world, "officer", world.a, f"{NOVEMBER}&dim=group")
    people = {p["group"]: (p["cards"], p["people_without_card"]) for p in found["people"]}
    # In C: 2 of C1 and 3 of C2 are at least 3 people, one of them with the card; then 2 more.
    assert people == {None: (1, 4), "A": (1, 0), "B": (1, 0), "C": (1, 4)}


def test_one_card_in_two_communes_is_one_person_of_the_province(world: World) -> None:
    twice = put(body(world.c, visited_on="2026-11-11", card="7kq2m9xr4t", lines=[line("A4")]))
    world.phones["sister"].send(twice)
    by_commune = tally(world, "province", "08", f"{NOVEMBER}&by=commune")
    assert {p["place"]: p["cards"] for p in by_commune["people"]} == {"02221": 1, "02269": 2}
    assert by_commune["total"]["cards"] == 2


PERIODS = [
    ("2026-11-10", 1, "2026-11-10", "2026-11-10"),
    ("2026-W46", 3, "2026-11-09", "2026-11-15"),
    ("2026-11", 3, "2026-11-01", "2026-11-30"),
    ("2026-Q4", 4, "2026-10-01", "2026-12-31"),
    ("2026-H1", 0, "2026-01-01", "2026-06-30"),
    ("2026-9M", 0, "2026-01-01", "2026-09-30"),
    ("2026", 4, "2026-01-01", "2026-12-31"),
    ("r2026-11", 3, "2026-10-15", "2026-11-14"),
    ("r2026-12", 1, "2026-11-15", "2026-12-14"),
    ("r2026", 4, "2025-12-15", "2026-12-14"),
    ("2026-10-31..2026-11-10", 2, "2026-10-31", "2026-11-10"),
]


def test_every_kind_of_period(world: World) -> None:
    for period, sessions, start, end in PERIODS:
        found = tally(world, "member", world.a, f"period={period}")
        assert found["period"] == {"name": period, "start": start, "end": end}
        assert found["total"]["sessions"] == sessions


def test_beside_it_stand_the_running_total_the_period_before_and_last_year(world: World) -> None:
    compare = tally(world, "member", world.a)["compare"]
    assert compare["running"]["total"]["sessions"] == 4
    assert compare["before"]["total"]["sessions"] == 1
    assert compare["last_year"]["total"]["sessions"] == 0


SIGHTS = [
    ("member", "a", 200),
    ("member", "02221", 200),
    ("member", "b", 404),
    ("member", "08", 404),
    ("member", "02269", 404),
    ("member", "VN", 404),
    ("lead", "02221", 200),
    ("lead", "b", 404),
    ("officer", "a", 200),
    ("officer", "b", 200),
    ("officer", "c", 404),
    ("officer", "02269", 404),
    ("officer", "08", 404),
    ("province", "c", 200),
    ("province", "VN", 404),
    ("far", "08", 404),
    ("far", "04", 200),
    ("viewer", "02221", 200),
    ("viewer", "a", 200),
    ("viewer", "08", 404),
    ("admin", "VN", 200),
    ("admin", "08", 200),
    ("admin", "a", 200),
]


def test_a_place_outside_the_scope_is_404(world: World) -> None:
    for role, place, status in SIGHTS:
        code = getattr(world, place, place)
        assert world.status(role, f"/api/v1/tallies?place={code}&{NOVEMBER}") == status, (
            role,
            place,
        )


@pytest.mark.parametrize("role", ["member", "lead"])
def test_the_own_commune_is_one_sum_to_a_member_and_not_by_village(world: World, role: str) -> None:
    assert world.status(role, "/api/v1/tallies?place=02221&by=village") == 403
    assert world.status(role, "/api/v1/tallies?place=02221&by=commune") == 200


NOWHERE = ["", "XX", "99999", "02221-999", "02221%00", "%ED%A0%80", "VN'--"]


def test_an_unknown_place_is_404(world: World) -> None:
    for place in NOWHERE:
        for path in ("tallies", "visits"):
            answer = world.phones["province"].get(f"/api/v1/{path}?place={place}&{NOVEMBER}")
            assert answer.status_code == 404
            assert answer.mimetype == "application/problem+json"
            assert answer.get_json()["code"] == "not_found"


WRONG = [
    ("period=2026-13", "period"),
    ("period=x", "period"),
    ("period=2026-W54", "period"),
    ("period=2026-01-01..2026-12-31", "period"),
    ("period=2026-11-10..2026-11-01", "period"),
    ("period=2026-02-30", "period"),
    ("period=9999", "period"),
    ("period=%00", "period"),
    ("period=1899", "period"),
    ("by=district", "by"),
    ("by=x", "by"),
    ("by=province", "by"),
    ("dim=x", "dim"),
    ("dim=card", "dim"),
]


def test_a_wrong_question_is_422_naming_the_field(world: World) -> None:
    for more, field in WRONG:
        answer = world.phones["officer"].get(f"/api/v1/tallies?place=02221&{more}")
        assert answer.status_code == 422, more
        assert list(answer.get_json()["errors"]) == [field]
        assert not answer.get_json()["errors"][field].isascii()


EDGES = [
    "2000",
    "r2000",
    "2000-01",
    "2000-01-01",
    "2000-W01",
    "2000-Q1",
    "2000-H1",
    "2000-9M",
    "r2000-01",
    "2000-01-01..2000-01-31",
    "2199",
    "r2199-12",
    "2199-12-31",
    "2199-W52",
]


def test_the_first_and_last_periods_break_nothing(world: World) -> None:
    for period in EDGES:
        for place in (world.a, "02221"):
            status = world.status("officer", f"/api/v1/tallies?place={place}&period={period}")
            assert status in {200, 422}, period
