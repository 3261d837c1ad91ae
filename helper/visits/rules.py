"""The rules of a visit, in one place: forms, the sync door and the seeder all come through here.

Knows neither Flask nor the database. `read_visit` takes untrusted data and returns the content in
normal form with flags, or the problems, each naming its field and a message code with its
parameters; `messages` turns codes into sentences.
"""

import dataclasses
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from helper.catalogue.model import Catalogue
from helper.core.ids import parse_card, parse_uuid
from helper.core.placecodes import Level, level_of
from helper.core.text import clean
from helper.visits.body import Line, VisitBody
from helper.visits.private_numbers import find_private_number

MAX_PEOPLE = 1000
MAX_LINES = 30
MAX_NOTE = 200
MAX_LABEL = 20
MAX_COUNT = 1_000_000
MAX_HELPERS = 10
SOURCES = ("phone", "paper", "clicker", "office")
# Pickers offer 90 days back; an odd day is flagged, never refused (docs/protocol.md).
DAYS_BACK = 90
# What a clock that forgot the time may say; only what no calendar of periods can hold is refused.
EARLIEST, LATEST = date(1902, 1, 1), date(2197, 12, 31)
# Python's own reading also takes weeks (2026-W47-7), which other programs would not.
_CODE = re.compile(r"[A-Za-z0-9-]{1,36}\Z")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


@dataclass(frozen=True)
class Problem:
    """One broken rule: the field, the code of its message, and what the sentence needs."""

    field: str
    code: str
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """What came of reading untrusted data: a body with flags, or problems."""

    body: VisitBody | None
    problems: tuple[Problem, ...] = ()
    flags: tuple[str, ...] = ()


class _Reader:
    """Collects problems and flags while fields are read one by one."""

    def __init__(self, data: Mapping[str, Any], catalogue: Catalogue, today: date) -> None:
        self.data = data
        self.catalogue = catalogue
        self.today = today
        self.problems: list[Problem] = []
        self.flags: set[str] = set()

    def fail(self, field_name: str, code: str, **params: Any) -> None:
        """Note a broken rule."""
        self.problems.append(Problem(field_name, code, params))

    def whole(self, value: object, field_name: str, low: int, high: int) -> int | None:
        """Return a whole number within bounds, or note a problem; 1.0, "1" and true are none."""
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self.fail(field_name, "number_range", low=low, high=high)
        return None

    def choice(self, value: object, field_name: str, known: Any, code: str) -> str | None:
        """Return a value that is one of the known ones, or note a problem."""
        if isinstance(value, str) and value in known:
            return value
        self.fail(field_name, code)
        return None

    def day(self, value: object, field_name: str) -> date | None:
        """Return a day from `2026-11-22`, or note a problem."""
        try:
            shaped = isinstance(value, str) and _DAY.match(value)
            parsed = date.fromisoformat(str(value)) if shaped else None
        except ValueError:
            parsed = None
        if parsed is None or not EARLIEST <= parsed <= LATEST:
            self.fail(field_name, "date")
            return None
        return parsed

    def text(self, value: object, field_name: str, longest: int) -> str:
        """Return cleaned free text without private numbers, or note a problem."""
        if value is None:
            return ""
        if not isinstance(value, str):
            self.fail(field_name, "text")
            return ""
        cleaned = clean(value)
        if len(cleaned) > longest:
            self.fail(field_name, "too_long", longest=longest)
            return ""
        kind = find_private_number(cleaned)
        if kind:
            self.fail(field_name, kind)
            return ""
        return cleaned


def read_visit(data: object, catalogue: Catalogue, today: date) -> Reading:
    """Check untrusted data against every rule of a visit that needs no database.

    Source of the rules: docs/glossary.md "A visit".
    """
    if not isinstance(data, Mapping):
        return Reading(None, (Problem("body", "not_an_object"),))
    reader = _Reader(data, catalogue, today)
    village = data.get("village")
    if not isinstance(village, str) or level_of(village) is not Level.VILLAGE:
        reader.fail("village", "village_unknown")
    visited_on = reader.day(data.get("visited_on"), "visited_on")
    people = reader.whole(data.get("people"), "people", 1, MAX_PEOPLE)
    lines = _read_lines(reader, people)
    extras = _read_extras(reader)
    if reader.problems or visited_on is None or people is None:
        return Reading(None, tuple(reader.problems))
    if not today - timedelta(days=DAYS_BACK) <= visited_on <= today + timedelta(days=1):
        reader.flags.add("odd_date")
    body = VisitBody(
        village=str(village), visited_on=visited_on, people=people, lines=lines, **extras
    )
    return Reading(body, (), tuple(sorted(reader.flags)))


def read_reason(value: object, *, required: bool) -> tuple[str | None, Problem | None]:
    """Return the cleaned reason of a voiding, or the rule it breaks (the same as a note's)."""
    reader = _Reader({}, _NO_CATALOGUE, EARLIEST)
    text = reader.text(value, "reason", MAX_NOTE)
    if not reader.problems and required and not text:
        reader.fail("reason", "reason_missing")
    return (text or None), (reader.problems[0] if reader.problems else None)


def _read_lines(reader: _Reader, people: int | None) -> tuple[Line, ...]:
    raw = reader.data.get("lines")
    if not isinstance(raw, list) or not raw:
        reader.fail("lines", "lines_missing")
        return ()
    if len(raw) > MAX_LINES:
        reader.fail("lines", "too_many_lines", most=MAX_LINES)
        return ()
    before = len(reader.problems)
    lines = [_read_line(reader, item, f"lines.{n}", people) for n, item in enumerate(raw)]
    whole = [line for line in lines if line is not None]
    if len(reader.problems) == before:
        _check_together(reader, whole, people)
    return tuple(sorted(whole, key=line_key))


def line_key(line: Line) -> tuple[str, str, str]:
    """Return what tells lines of one visit apart, and their order: type, outcome, reason."""
    return line.support_type, line.outcome, line.reason or ""


def _read_line(reader: _Reader, item: object, name: str, people: int | None) -> Line | None:
    if not isinstance(item, Mapping):
        reader.fail(name, "not_an_object")
        return None
    types = reader.catalogue.support_types
    support_type = reader.choice(
        item.get("support_type"), f"{name}.support_type", types, "support_type_unknown"
    )
    if support_type and not types[support_type].active:
        reader.flags.add("retired_code")
    outcome = reader.choice(
        item.get("outcome"), f"{name}.outcome", reader.catalogue.outcomes, "outcome_missing"
    )
    reason, referred_to = _read_why(reader, item, name, outcome)
    number = reader.whole(item.get("people", 1), f"{name}.people", 1, MAX_PEOPLE)
    if number and people and number > people:
        reader.fail(f"{name}.people", "line_over_visit", people=people)
    count = item.get("count")
    if count is not None:
        count = reader.whole(count, f"{name}.count", 1, MAX_COUNT)
    if support_type is None or outcome is None or number is None:
        return None
    return Line(support_type, outcome, reason, number, count, referred_to)


def _read_why(
    reader: _Reader, item: Mapping[str, Any], name: str, outcome: str | None
) -> tuple[str | None, str | None]:
    reason, referred_to = item.get("reason"), item.get("referred_to")
    if reason is not None:
        reason = reader.choice(reason, f"{name}.reason", reader.catalogue.reasons, "reason_unknown")
    if referred_to is not None:
        known = reader.catalogue.referrals
        referred_to = reader.choice(referred_to, f"{name}.referred_to", known, "referral_unknown")
    if outcome is None:
        return reason, referred_to
    given = item.get("reason") is not None or item.get("referred_to") is not None
    needed = reader.catalogue.outcomes[outcome].needs_reason
    if needed and not given:
        reader.fail(f"{name}.reason", "reason_missing")
    if given and not needed:
        reader.fail(f"{name}.reason", "reason_not_allowed")
    return reason, referred_to


def _check_together(reader: _Reader, lines: list[Line], people: int | None) -> None:
    if len({line_key(line) for line in lines}) != len(lines):
        reader.fail("lines", "lines_alike")
    sums: dict[str, int] = defaultdict(int)
    for line in lines:
        sums[line.support_type] += line.people
    for support_type, total in sorted(sums.items()):
        if people is not None and total > people:
            words = reader.catalogue.support_types[support_type].short
            reader.fail("lines", "type_over_visit", type=words, total=total, people=people)


def _read_extras(reader: _Reader) -> dict[str, Any]:
    data, catalogue = reader.data, reader.catalogue
    extras: dict[str, Any] = {
        "place_kind": reader.choice(
            _given(data, "place_kind", "home"), "place_kind", catalogue.place_kinds, "choice"
        ),
        "source": reader.choice(_given(data, "source", "phone"), "source", SOURCES, "choice"),
        "note": reader.text(data.get("note"), "note", MAX_NOTE),
        "label": _read_label(reader),
        "card": _read_card(reader),
        "age_band": None,
        "revisit_on": None,
        "helpers": _read_helpers(reader),
    }
    if _given(data, "age_band") is not None:
        extras["age_band"] = reader.choice(
            data["age_band"], "age_band", catalogue.age_bands, "choice"
        )
    if _given(data, "revisit_on") is not None:
        extras["revisit_on"] = reader.day(data["revisit_on"], "revisit_on")
    for name in ("follows", "event", "request"):
        extras[name] = _read_link(reader, name)
    return extras


def _given(data: Mapping[str, Any], name: str, default: str | None = None) -> Any:
    """Return a field's value; null and empty text (an unfilled form) are as good as absent."""
    value = data.get(name)
    return default if value is None or value == "" else value


def _read_label(reader: _Reader) -> str | None:
    label = reader.text(reader.data.get("label"), "label", MAX_LABEL)
    if any(char.isnumeric() for char in label):
        reader.fail("label", "label_digits")
    return label or None


def _read_card(reader: _Reader) -> str | None:
    raw = _given(reader.data, "card")
    if raw is None:
        return None
    card = parse_card(raw) if isinstance(raw, str) and len(raw) <= 40 else None
    if card is None:
        reader.fail("card", "card")
    return card


def _read_helpers(reader: _Reader) -> tuple[int, ...]:
    raw = reader.data.get("helpers")
    if raw is None:
        return ()
    valid = isinstance(raw, list) and all(
        isinstance(item, int) and not isinstance(item, bool) and 0 < item < 2**31 for item in raw
    )
    if not valid or len(raw) > MAX_HELPERS:
        reader.fail("helpers", "helpers")
        return ()
    return tuple(sorted(set(raw)))


def _read_link(reader: _Reader, name: str) -> str | None:
    raw = _given(reader.data, name)
    if raw is None:
        return None
    # A visit is named by its id; events and requests by whatever code they were given.
    shaped = isinstance(raw, str) and _CODE.match(raw) and not find_private_number(raw)
    link = parse_uuid(raw) or (str(raw) if shaped and name != "follows" else None)
    if link is None:
        reader.fail(name, "link")
    return link


_NO_CATALOGUE = Catalogue({}, {}, {}, {}, {}, {}, {}, "")
