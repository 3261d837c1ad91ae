"""The rules of a visit at their bounds; what is accepted reads the same a second time."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helper.catalogue.model import load_catalogue
from helper.visits.body import body_from_json, canonical
from helper.visits.rules import Reading, read_reason, read_visit

TODAY = date(2026, 11, 22)
CATALOGUE = load_catalogue()
NEED_REASON = ["PARTIAL", "NOT_DONE", "REFERRED", "DECLINED"]
NO_REASON = ["DONE_SELF", "DONE_ASSISTED", "ALREADY", "REFRESH"]
UUID = "0192f0c1-5b7a-7c3e-9d21-6f0e8a4b1c2d"


def visit(**fields: Any) -> dict[str, Any]:
    plain = {"village": "02221-003", "visited_on": "2026-11-22", "people": 1, "lines": [line()]}
    return {**plain, **fields}


def line(support_type: str = "C1", outcome: str = "DONE_SELF", **more: Any) -> dict[str, Any]:
    return {"support_type": support_type, "outcome": outcome, **more}


def read(data: object) -> Reading:
    return read_visit(data, CATALOGUE, TODAY)


def problems(data: object) -> set[tuple[str, str]]:
    reading = read(data)
    assert (reading.body is None) == bool(reading.problems)
    return {(problem.field, problem.code) for problem in reading.problems}


def accepted(data: object) -> dict[str, Any]:
    reading = read(data)
    assert reading.body is not None, reading.problems
    return reading.body.as_json()


def test_only_village_day_people_and_lines_are_needed_and_the_rest_has_defaults() -> None:
    assert accepted(visit()) == {
        "village": "02221-003", "visited_on": "2026-11-22", "people": 1,
        "lines": [{"support_type": "C1", "outcome": "DONE_SELF", "reason": None, "people": 1,
                   "count": None, "referred_to": None}],
        "place_kind": "home", "card": None, "age_band": None, "note": "", "label": None,
        "revisit_on": None, "source": "phone", "helpers": [], "follows": None, "event": None,
        "request": None,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["village", "visited_on", "people", "lines"])
def test_each_of_the_four_is_needed(name: str) -> None:
    data = visit()
    del data[name]
    assert {field for field, _code in problems(data)} == {name}


@pytest.mark.parametrize(("people", "fits"), [(0, 0), (-1, 0), (1, 1), (1000, 1), (1001, 0)])
def test_a_visit_is_for_1_to_1000_people(people: int, fits: int) -> None:
    assert problems(visit(people=people)) == (set() if fits else {("people", "number_range")})


@pytest.mark.parametrize(("people", "fits"), [(0, 0), (1, 1), (5, 1), (6, 0), (1001, 0)])
def test_a_line_is_for_1_to_as_many_as_the_visit(people: int, fits: int) -> None:
    found = problems(visit(people=5, lines=[line(people=people)]))
    assert bool(found) != bool(fits)
    assert all(field.startswith("lines") for field, _code in found)


def test_the_people_of_one_type_add_up_to_at_most_the_visits_and_types_do_not_mix() -> None:
    ends = [line(people=12), line(outcome="DONE_ASSISTED", people=5),
            line(outcome="NOT_DONE", reason="R06", people=3)]  # fmt: skip
    assert problems(visit(people=20, lines=ends)) == set()
    assert problems(visit(people=19, lines=ends)) == {("lines", "type_over_visit")}
    other = [line("A4", people=20), line("B2", "ALREADY", people=20)]
    assert problems(visit(people=20, lines=[*ends, *other])) == set()


def thirty(number: int) -> list[dict[str, Any]]:
    types = [code for code, item in CATALOGUE.support_types.items() if item.active]
    return [line(code) for code in types[:number]]


@pytest.mark.parametrize(("number", "fits"), [(0, 0), (1, 1), (30, 1), (31, 0), (40, 0)])
def test_a_visit_has_1_to_30_lines(number: int, fits: int) -> None:
    lines = thirty(number)
    assert len(lines) == number
    assert bool(problems(visit(lines=lines))) != bool(fits)


def test_lines_differ_in_type_outcome_or_reason() -> None:
    twins = [
        line(outcome="NOT_DONE", reason="R06"),
        line(outcome="NOT_DONE", reason="R06", count=2),
    ]
    assert ("lines", "lines_alike") in problems(visit(people=2, lines=twins))
    for other in (line(outcome="NOT_DONE", reason="R01"), line(outcome="PARTIAL", reason="R06"),
                  line("A4", "NOT_DONE", reason="R06")):  # fmt: skip
        assert problems(visit(people=2, lines=[twins[0], other])) == set()


@pytest.mark.parametrize("outcome", NEED_REASON)
def test_what_is_not_done_needs_a_reason_or_where_it_went(outcome: str) -> None:
    assert problems(visit(lines=[line(outcome=outcome)])) == {("lines.0.reason", "reason_missing")}
    for why in (
        {"reason": "R06"},
        {"referred_to": "police"},
        {"reason": "R99", "referred_to": "bank"},
    ):
        assert problems(visit(lines=[line(outcome=outcome, **why)])) == set()


@pytest.mark.parametrize("outcome", NO_REASON)
def test_what_is_done_takes_no_reason_and_nowhere_to_go(outcome: str) -> None:
    assert problems(visit(lines=[line(outcome=outcome)])) == set()
    for why in ({"reason": "R06"}, {"referred_to": "police"}):
        assert problems(visit(lines=[line(outcome=outcome, **why)])) == {
            ("lines.0.reason", "reason_not_allowed")
        }


@pytest.mark.parametrize("reason", ["R00", "R27", "r06", "", "R6", 6, True, ["R06"]])
def test_a_reason_is_one_of_the_list(reason: object) -> None:
    found = problems(visit(lines=[line(outcome="NOT_DONE", reason=reason)]))
    assert ("lines.0.reason", "reason_unknown") in found


def test_every_code_of_the_catalogue_is_taken() -> None:
    for code in CATALOGUE.support_types:
        assert problems(visit(lines=[line(code)])) == set()
    for code in CATALOGUE.outcomes:
        more = {"reason": "R06"} if code in NEED_REASON else {}
        assert problems(visit(lines=[line(outcome=code, **more)])) == set()
    for code in CATALOGUE.reasons:
        assert problems(visit(lines=[line(outcome="NOT_DONE", reason=code)])) == set()
    for code in CATALOGUE.referrals:
        assert problems(visit(lines=[line(outcome="REFERRED", referred_to=code)])) == set()


@pytest.mark.parametrize(
    ("field", "good"),
    [("place_kind",
      ["home", "culture_house", "market", "school", "service_centre", "online", "other"]),
     ("age_band", ["under_16", "16_17", "18_59", "60_plus", None]),
     ("source", ["phone", "paper", "clicker", "office"])],
)  # fmt: skip
def test_choices_are_those_of_the_contract(field: str, good: list[str | None]) -> None:
    for value in good:
        assert accepted(visit(**{field: value}))[field] == value
    for value in ("HOME", "house", "x", 1, True, False, 0, [], {}):
        assert problems(visit(**{field: value})) == {(field, "choice")}


@pytest.mark.parametrize(
    ("count", "fits"),
    [(None, 1), (1, 1), (1_000_000, 1), (0, 0), (-1, 0), (1_000_001, 0), ("1", 0)],
)
def test_a_count_is_a_whole_number(count: object, fits: int) -> None:
    assert bool(problems(visit(lines=[line(count=count)]))) != bool(fits)


@pytest.mark.parametrize(
    ("written", "stored"),
    [("7KQ2M9", "7KQ2M9"), ("7kq2m9xr4t", "7KQ2M9XR4T"), ("ilo10o", "110100"),
     ("0123456789ABCDEF", "0123456789ABCDEF"), ("7KQ2-M9XR 4T", "7KQ2M9XR4T")],
)  # fmt: skip
def test_a_card_is_stored_in_its_one_spelling(written: str, stored: str) -> None:
    assert accepted(visit(card=written))["card"] == stored


@pytest.mark.parametrize(
    "card",
    ["7KQ2M", "0123456789ABCDEFG", "7KQ2MU", "7KQ2M!", "đABCDE", "７KQ2M9", "-", 123456, "A" * 99],
)
def test_what_is_no_card_is_refused(card: object) -> None:
    assert problems(visit(card=card)) == {("card", "card")}


def test_a_note_has_at_most_200_letters_after_cleaning() -> None:
    assert accepted(visit(note="ế" * 200))["note"] == "ế" * 200
    assert accepted(visit(note="e\u0302\u0301" * 200))["note"] == "ế" * 200
    assert accepted(visit(note="  " + "a  " * 100))["note"] == ("a " * 100).strip()
    assert problems(visit(note="ế" * 201)) == {("note", "too_long")}


def test_a_label_has_at_most_20_letters_and_never_digits() -> None:
    assert accepted(visit(label="bà Mẩy đầu xóm trên"))["label"] == "bà Mẩy đầu xóm trên"
    assert problems(visit(label="a" * 21)) == {("label", "too_long")}
    for label in ("bà Mẩy 2", "nhà số ９", "x²", "٣"):
        assert problems(visit(label=label)) == {("label", "label_digits")}


@pytest.mark.parametrize(
    "day",
    ["2026-11-31", "2025-02-29", "2026-13-01", "2026-00-10", "2026-1-5", "20261122", "2026-W47-1",
     "2026-326", "22/11/2026", "2026-11-22T00:00", " 2026-11-22", "2026-11-22\n", "２０２６-11-22",
     "1901-12-31", "2198-01-01", "0000-00-00", "-026-11-22", "", None, 20261122, True, []],
)  # fmt: skip
def test_a_day_is_written_one_way_and_exists(day: object) -> None:
    assert problems(visit(visited_on=day)) == {("visited_on", "date")}
    if day is not None and day != "":
        assert problems(visit(revisit_on=day)) == {("revisit_on", "date")}


@pytest.mark.parametrize(("days", "odd"), [(-91, 1), (-90, 0), (0, 0), (1, 0), (2, 1), (-2000, 1)])
def test_an_odd_day_is_flagged_alone(days: int, odd: int) -> None:
    reading = read(visit(visited_on=str(TODAY + timedelta(days=days))))
    assert reading.problems == ()
    assert reading.flags == (("odd_date",) if odd else ())


def test_a_retired_type_is_flagged_alone() -> None:
    reading = read(visit(lines=[line("I4"), line("C1")]))
    assert (reading.problems, reading.flags) == ((), ("retired_code",))


@pytest.mark.parametrize(
    "helpers", [[0], [-1], ["1"], [1.0], [True], [None], [2**31], list(range(1, 12)), "1", 1, {}]
)
def test_helpers_are_at_most_ten_numbers(helpers: object) -> None:
    assert problems(visit(helpers=helpers)) == {("helpers", "helpers")}


def test_helpers_are_a_set() -> None:
    assert accepted(visit(helpers=[9, 3, 9]))["helpers"] == [3, 9]


def test_the_visit_followed_is_named_by_its_id_in_small_letters() -> None:
    assert accepted(visit(follows=UUID.upper()))["follows"] == UUID
    for wrong in ("x", UUID[:-1], 5, True, [UUID], "{" + UUID + "}"):
        assert problems(visit(follows=wrong)) == {("follows", "link")}


@pytest.mark.parametrize("name", ["event", "request"])
def test_events_and_requests_are_named_by_a_short_code_that_is_no_phone_number(name: str) -> None:
    for code in ("E1", "7KQ2M9XR4T", "ngay-1010", UUID):
        assert accepted(visit(**{name: code}))[name] == code
    for wrong in ("", None):
        assert accepted(visit(**{name: wrong}))[name] is None
    for wrong in ("hai chữ", "a" * 37, "0912345678", "001095012345", 5, True, [UUID], "x\n"):
        assert problems(visit(**{name: wrong})) == {(name, "link")}


@pytest.mark.parametrize("day", ["1970-01-01", "2000-01-01", "2019-12-31", "2100-01-01"])
def test_a_clock_that_forgot_the_time_is_flagged_not_refused(day: str) -> None:
    reading = read_visit(visit(visited_on=day), load_catalogue(), date(2026, 11, 22))
    assert reading.problems == ()
    assert "odd_date" in reading.flags


@pytest.mark.parametrize("data", [None, 1, "x", [], [visit()], True, 1.5])
def test_what_is_no_object_is_no_visit(data: object) -> None:
    assert problems(data) == {("body", "not_an_object")}


def test_all_problems_are_told_at_once() -> None:
    lines = [line("Z9"), line(outcome="x")]
    wrong = {"village": 1, "visited_on": 1, "people": 0, "note": 5, "card": "U", "source": "x"}
    found = problems({**wrong, "lines": lines})
    assert {field for field, _code in found} == {
        "village", "visited_on", "people", "lines.0.support_type", "lines.1.outcome", "note",
        "card", "source",
    }  # fmt: skip


def test_a_reason_is_held_to_the_rules_of_a_note() -> None:
    assert read_reason("  ghi\n nhầm ", required=True) == ("ghi nhầm", None)
    assert read_reason(None, required=False) == (None, None)
    for empty in (None, "", " \u200b"):
        text, problem = read_reason(empty, required=True)
        assert (text, problem.code if problem else "") == (None, "reason_missing")
    for wrong, code in (("0912345678", "phone_number"), ("a" * 201, "too_long"), (5, "text")):
        text, problem = read_reason(wrong, required=False)
        assert (text, problem.code if problem else "") == (None, code)


words = st.one_of(
    st.text(max_size=30),
    st.text(st.sampled_from("aăâ eếẹ\u0301\u0323\u0302 đĐ\n\t\u200b\u00a0\x00ÅﬁΩ"), max_size=40),
    st.none(),
)
why = st.sampled_from([None, "R01", "R06", "R99"])
drawn_lines = st.lists(
    st.builds(
        lambda code, outcome, reason, where, people, count: line(
            code, outcome, reason=reason, referred_to=where, people=people, count=count
        ),
        st.sampled_from(["A4", "C1", "I4"]),
        st.sampled_from(["DONE_SELF", "NOT_DONE", "REFERRED", "ALREADY"]),
        why,
        st.sampled_from([None, "police"]),
        st.integers(0, 4),
        st.sampled_from([None, 1, 7]),
    ),
    max_size=4,
)
likely = st.fixed_dictionaries(
    {
        "village": st.sampled_from(["02221-003", "02221-999", "x"]),
        "visited_on": st.dates(date(2019, 12, 1), date(2027, 1, 1)).map(str),
        "people": st.integers(0, 12),
        "lines": drawn_lines,
    },
    optional={
        "note": words,
        "label": words,
        "card": st.one_of(st.none(), st.text("0oOiIlL1abcdEF- uU", max_size=18)),
        "place_kind": st.sampled_from([None, "", "home", "market"]),
        "age_band": st.sampled_from([None, "", "60_plus"]),
        "source": st.sampled_from([None, "", "paper"]),
        "revisit_on": st.sampled_from([None, "", "2026-12-01"]),
        "helpers": st.one_of(st.none(), st.lists(st.integers(1, 5), max_size=4)),
        "follows": st.sampled_from([None, "", UUID, UUID.upper()]),
    },
)
sound = likely.map(
    lambda data: {
        **data,
        "village": "02221-003",
        "people": data["people"] + 16,
        "lines": [line("B1", people=1), line("C1", "NOT_DONE", reason="R06", people=2)],
    }
)
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=12,
)


@given(st.one_of(likely, sound))
def test_what_is_accepted_reads_the_same_a_second_time(data: dict[str, Any]) -> None:
    reading = read(data)
    if reading.body is None:
        assert reading.problems
        return
    text = canonical("put", reading.body, None)
    as_json = reading.body.as_json()
    again = read(json.loads(json.dumps(as_json)))
    assert again.problems == ()
    assert again.body is not None
    assert canonical("put", again.body, None) == text
    assert again.flags == reading.flags
    assert body_from_json(as_json) == reading.body
    assert json.loads(text)[1] == as_json


@given(sound, st.randoms())
def test_the_order_of_lines_and_helpers_is_no_part_of_the_content(
    data: dict[str, Any], rng: Any
) -> None:
    first = read(data)
    mixed = {**data, "lines": rng.sample(data["lines"], len(data["lines"]))}
    if data.get("helpers"):
        mixed["helpers"] = rng.sample(data["helpers"], len(data["helpers"]))
    second = read(mixed)
    assert (first.body is None) == (second.body is None)
    if first.body is not None:
        assert canonical("put", first.body, None) == canonical("put", second.body, None)


@given(anything, st.dictionaries(st.sampled_from(list(visit(note=1, card=1, helpers=1))), anything))
def test_no_data_whatever_breaks_the_reading(data: object, fields: dict[str, Any]) -> None:
    for each in (data, {**visit(), **fields}, visit(lines=[{**line(), **fields}])):
        reading = read(each)
        assert (reading.body is None) == bool(reading.problems)
