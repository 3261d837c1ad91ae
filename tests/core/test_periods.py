"""Periods: each form of a name, its days, its neighbours, and the buckets that make it up."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helper.core.buckets import cover, day_bucket, half_month_of, quarter_of, stored_buckets
from helper.core.periods import (
    MAX_FREE_DAYS,
    month_of,
    month_span,
    parse_period,
    week_of,
    year_start,
)

DAY = timedelta(days=1)
CUT_DAYS = st.integers(1, 28)
DAYS = st.dates(date(2002, 1, 1), date(2197, 12, 31))
# Name, first and last day, start of its running total, before, after, last year.
FORMS = """
2026-11-22 | 2026-11-22 2026-11-22 | 2026-01-01 | 2026-11-21 2026-11-23 2025-11-22
2026-03-01 | 2026-03-01 2026-03-01 | 2026-01-01 | 2026-02-28 2026-03-02 2025-03-01
2024-02-29 | 2024-02-29 2024-02-29 | 2024-01-01 | 2024-02-28 2024-03-01 2023-02-28
2025-02-28 | 2025-02-28 2025-02-28 | 2025-01-01 | 2025-02-27 2025-03-01 2024-02-28
2026-01-01 | 2026-01-01 2026-01-01 | 2026-01-01 | 2025-12-31 2026-01-02 2025-01-01
2026-W47 | 2026-11-16 2026-11-22 | 2026-01-01 | 2026-W46 2026-W48 2025-W47
2026-W01 | 2025-12-29 2026-01-04 | 2025-12-29 | 2025-W52 2026-W02 2025-W01
2026-W53 | 2026-12-28 2027-01-03 | 2026-01-01 | 2026-W52 2027-W01 2025-W52
2027-W01 | 2027-01-04 2027-01-10 | 2027-01-01 | 2026-W53 2027-W02 2026-W01
2021-W01 | 2021-01-04 2021-01-10 | 2021-01-01 | 2020-W53 2021-W02 2020-W01
2026-11 | 2026-11-01 2026-11-30 | 2026-01-01 | 2026-10 2026-12 2025-11
2026-01 | 2026-01-01 2026-01-31 | 2026-01-01 | 2025-12 2026-02 2025-01
2024-02 | 2024-02-01 2024-02-29 | 2024-01-01 | 2024-01 2024-03 2023-02
2026-12 | 2026-12-01 2026-12-31 | 2026-01-01 | 2026-11 2027-01 2025-12
2026-Q4 | 2026-10-01 2026-12-31 | 2026-01-01 | 2026-Q3 2027-Q1 2025-Q4
2026-Q1 | 2026-01-01 2026-03-31 | 2026-01-01 | 2025-Q4 2026-Q2 2025-Q1
2026-H1 | 2026-01-01 2026-06-30 | 2026-01-01 | 2025-H2 2026-H2 2025-H1
2026-H2 | 2026-07-01 2026-12-31 | 2026-01-01 | 2026-H1 2027-H1 2025-H2
2026-9M | 2026-01-01 2026-09-30 | 2026-01-01 | 2025-9M 2027-9M 2025-9M
2026 | 2026-01-01 2026-12-31 | 2026-01-01 | 2025 2027 2025
r2026-11 | 2026-10-15 2026-11-14 | 2025-12-15 | r2026-10 r2026-12 r2025-11
r2026-01 | 2025-12-15 2026-01-14 | 2025-12-15 | r2025-12 r2026-02 r2025-01
r2024-03 | 2024-02-15 2024-03-14 | 2023-12-15 | r2024-02 r2024-04 r2023-03
r2026-12 | 2026-11-15 2026-12-14 | 2025-12-15 | r2026-11 r2027-01 r2025-12
r2026-Q1 | 2025-12-15 2026-03-14 | 2025-12-15 | r2025-Q4 r2026-Q2 r2025-Q1
r2026-Q4 | 2026-09-15 2026-12-14 | 2025-12-15 | r2026-Q3 r2027-Q1 r2025-Q4
r2026-H1 | 2025-12-15 2026-06-14 | 2025-12-15 | r2025-H2 r2026-H2 r2025-H1
r2026-H2 | 2026-06-15 2026-12-14 | 2025-12-15 | r2026-H1 r2027-H1 r2025-H2
r2026-9M | 2025-12-15 2026-09-14 | 2025-12-15 | r2025-9M r2027-9M r2025-9M
r2026 | 2025-12-15 2026-12-14 | 2025-12-15 | r2025 r2027 r2025
2026-10-01..2026-10-15 | 2026-10-01 2026-10-15 | 2026-01-01 | 2026-09-16..2026-09-30 \
2026-10-16..2026-10-30 2025-10-01..2025-10-15
2024-02-29..2024-02-29 | 2024-02-29 2024-02-29 | 2024-01-01 | 2024-02-28..2024-02-28 \
2024-03-01..2024-03-01 2023-02-28..2023-02-28
2025-12-20..2026-01-10 | 2025-12-20 2026-01-10 | 2025-01-01 | 2025-11-28..2025-12-19 \
2026-01-11..2026-02-01 2024-12-20..2025-01-10
"""
ROWS = [tuple(part.split() for part in row.split("|")) for row in FORMS.strip().splitlines()]
BAD = (
    "", " ", "2026-", "26-11", "2026-13", "2026-00", "2026-1", "2026-11-31", "2026-02-29",
    "2026-11-00", "2026-W00", "2026-W54", "2025-W53", "2026-W1", "rW2026", "r2026-W47",
    "r2026-11-22", "2026-Q0", "2026-Q5", "2026-H0", "2026-H3", "2026-6M", "2026-9m", "R2026-11",
    "2026-q4", "1899", "2200", "0000-01", "9999-12", "2026-11 ", " 2026-11", "2026-11\n",
    "２０２６-11",
    "2026-10-15..2026-10-01", "2026-01-01..2026-04-03", "2026-10-01..", "..2026-10-01",
    "2026-10-01...2026-10-02", "2026-10..2026-11", "2026-10-01..2026-10-32", "now", "VN", "2026-٠١",
    "2026/11", "-2026", "2026-11-22T00:00", "1899-12-31..1900-01-02", "2026-W47..2026-W48",
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][0])
def test_a_period_has_its_days_and_neighbours(row: tuple[list[str], ...]) -> None:
    (name,), (start, end), (running,), (before, after, last_year) = row
    period = parse_period(name)
    assert (period.name, str(period.start), str(period.end)) == (name, start, end)
    assert (str(period.running().start), str(period.running().end)) == (running, end)
    assert period.before().name == before
    assert period.after().name == after
    assert period.last_year().name == last_year
    assert period.report is name.startswith("r")


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_period_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_period(name)


def test_a_free_range_is_one_to_ninety_two_days() -> None:
    for days in (1, MAX_FREE_DAYS):
        end = date(2026, 1, 1) + (days - 1) * DAY
        assert len(list(parse_period(f"2026-01-01..{end}").days())) == days
    with pytest.raises(ValueError, match="92"):
        parse_period("2026-01-01..2026-04-03")


@pytest.mark.parametrize("cut", range(1, 29))
def test_report_months_follow_each_other_without_gap_for_each_cut_day(cut: int) -> None:
    period = parse_period("r2023-12", cut)
    for _ in range(27):
        following = period.after()
        assert period.end.day == cut
        assert following.start == period.end + DAY
        assert following.before() == period
        assert following.cut_day == cut
        period = following


@pytest.mark.parametrize("cut", range(1, 29))
@pytest.mark.parametrize("prefix", ["", "r"])
def test_wholes_are_made_of_their_months(prefix: str, cut: int) -> None:
    def span(tail: str) -> tuple[date, date]:
        period = parse_period(f"{prefix}2024{tail}", cut)
        return period.start, period.end

    starts = {m: span(f"-{m:02d}")[0] for m in range(1, 13)}
    ends = {m: span(f"-{m:02d}")[1] for m in range(1, 13)}
    for quarter in range(1, 5):
        assert span(f"-Q{quarter}") == (starts[quarter * 3 - 2], ends[quarter * 3])
    assert span("-H1") == (starts[1], ends[6])
    assert span("-H2") == (starts[7], ends[12])
    assert span("-9M") == (starts[1], ends[9])
    assert span("") == (starts[1], ends[12])
    assert year_start(2024, report=bool(prefix), cut_day=cut) == starts[1]


@given(DAYS, st.booleans(), CUT_DAYS)
def test_each_day_falls_in_exactly_the_month_that_holds_it(
    day: date, report: bool, cut: int
) -> None:
    month = month_of(day, report=report, cut_day=cut)
    assert month.start <= day <= month.end
    span = month_span(month.year, month.number, report=report, cut_day=cut)
    assert span == (month.start, month.end)
    assert not month.before().start <= day <= month.before().end


@given(DAYS)
def test_each_day_falls_in_its_week_from_monday(day: date) -> None:
    week = week_of(day)
    assert week.start <= day <= week.end
    assert (week.start.weekday(), (week.end - week.start).days) == (0, 6)
    assert parse_period(week.name) == week
    assert week.after().before() == week


@given(DAYS, st.integers(0, 91), CUT_DAYS)
def test_a_range_and_its_neighbours_are_equally_long_and_adjoin(
    day: date, more: int, cut: int
) -> None:
    period = parse_period(f"{day}..{day + more * DAY}", cut)
    before, after = period.before(), period.after()
    assert before.end + DAY == period.start
    assert after.start - DAY == period.end
    assert len(list(before.days())) == len(list(after.days())) == more + 1
    assert period.running().end == period.end


@given(DAYS)
def test_the_same_day_a_year_earlier_exists(day: date) -> None:
    earlier = parse_period(str(day)).last_year().start
    assert (earlier.year, earlier.month) == (day.year - 1, day.month)
    assert earlier.day == (28 if (day.month, day.day) == (2, 29) else day.day)


def days_of(bucket: str, cut: int) -> set[date]:
    """The days of a bucket, by a second, plain opinion: day by day through its year and around."""
    if bucket.startswith("d"):
        return {date.fromisoformat(bucket[1:])}
    year = int(bucket[1:5])
    day, found = date(year - 1, 11, 1), set()
    while day <= date(year, 12, 31):
        following = day.month % 12 + 1
        report_month = day.month if day.day <= cut else following
        report_year = day.year + (day.day > cut and day.month == 12)
        names = {
            f"h{day:%Y-%m}{'a' if day.day <= cut else 'b'}",
            f"q{day.year}-{(day.month + 2) // 3}",
            f"r{report_year}-{(report_month + 2) // 3}",
        }
        if bucket in names:
            found.add(day)
        day += DAY
    return found


@given(DAYS, st.integers(0, 800), CUT_DAYS, st.booleans())
def test_buckets_cover_each_day_of_a_stretch_exactly_once(
    start: date, more: int, cut: int, quarters: bool
) -> None:
    end = start + more * DAY
    buckets, days = cover(start, end, cut, quarters=quarters)
    covered = [day for bucket in buckets for day in days_of(bucket, cut)] + days
    assert len(covered) == len(set(covered)) == more + 1
    assert (min(covered), max(covered)) == (start, end)
    if not quarters:
        assert all(bucket.startswith("h") for bucket in buckets)
    # Days stand alone only at the two ends, less than a half-month at each.
    assert len(days) <= 2 * 30


@given(st.sampled_from([row[0][0] for row in ROWS]), CUT_DAYS)
def test_buckets_of_a_named_period_hold_its_days_and_no_other(name: str, cut: int) -> None:
    period = parse_period(name, cut)
    buckets, days = cover(period.start, period.end, cut)
    covered = [day for bucket in buckets for day in days_of(bucket, cut)] + days
    assert sorted(covered) == list(period.days())


@given(DAYS, CUT_DAYS)
def test_a_day_stands_in_the_buckets_it_is_stored_in(day: date, cut: int) -> None:
    for bucket in (*stored_buckets(day, cut), day_bucket(day)):
        assert day in days_of(bucket, cut)


@pytest.mark.parametrize(
    ("name", "cut", "reads"),
    [
        ("2026", 14, 4),
        ("r2026", 14, 4),
        ("2026-11", 14, 2),
        ("r2026-11", 14, 2),
        ("2026-Q4", 14, 1),
        ("r2026-Q4", 14, 1),
        ("r2026-H1", 28, 2),
        ("2026-11-22", 14, 1),
        ("2026-W47", 14, 7),
    ],
)
def test_a_period_is_read_from_few_sums(name: str, cut: int, reads: int) -> None:
    period = parse_period(name, cut)
    buckets, days = cover(period.start, period.end, cut)
    assert len(buckets) + len(days) == reads


def test_bucket_names_are_those_stored() -> None:
    day = date(2026, 12, 20)
    assert half_month_of(day) == "h2026-12b"
    assert quarter_of(day, report=False) == "q2026-4"
    assert quarter_of(day, report=True) == "r2027-1"
    assert day_bucket(day) == "d2026-12-20"


def test_an_empty_stretch_needs_no_bucket() -> None:
    assert cover(date(2026, 5, 2), date(2026, 5, 1)) == ([], [])
