"""Periods: calendar and report months, quarters, half years, nine months, years; days; free ranges.

A report period (kỳ báo cáo, Decree 09/2019/NĐ-CP) closes on the cut day: with cut day 14, report
month 11/2026 runs from 15/10 to 14/11. Calendar and report months are both sums of half-months
cut at the cut day, and quarters of both kinds are sums of those; `buckets` says which stored sums
make up a period, so that no tally needs to read the log.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

MAX_FREE_DAYS = 92
DEFAULT_CUT_DAY = 14
EARLIEST_YEAR, LATEST_YEAR = 1902, 2199

# Digits are 0 to 9 alone: `\d` would take those of other scripts too.
_ISO_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_FORMS = (
    ("day", re.compile(rf"{_ISO_DAY}\Z")),
    ("week", re.compile(r"([0-9]{4})-W([0-9]{2})\Z")),
    ("month", re.compile(r"(r?)([0-9]{4})-([0-9]{2})\Z")),
    ("quarter", re.compile(r"(r?)([0-9]{4})-Q([1-4])\Z")),
    ("half", re.compile(r"(r?)([0-9]{4})-H([12])\Z")),
    ("nine", re.compile(r"(r?)([0-9]{4})-9M\Z")),
    ("year", re.compile(r"(r?)([0-9]{4})\Z")),
    ("range", re.compile(rf"({_ISO_DAY})\.\.({_ISO_DAY})\Z")),
)
_MONTHS = {"quarter": 3, "half": 6, "nine": 9, "year": 12}
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """A named stretch of local days, both ends included.

    `kind` is day, week, month, quarter, half, nine, year or range; `report` tells report periods
    from calendar ones; `cut_day` is the last day of a report month (1-28).
    """

    name: str
    kind: str
    start: date
    end: date
    report: bool = False
    cut_day: int = DEFAULT_CUT_DAY

    @property
    def year(self) -> int:
        """The year whose running total this period belongs to."""
        return int(self.name[1:5]) if self.report else self.start.year

    @property
    def number(self) -> int:
        """The month, quarter or half-year number inside its year (1 for a year)."""
        tail = self.name.rpartition("-")[2].lstrip("QHW")
        return int(tail) if self.kind in {"month", "quarter", "half", "week"} else 1

    def running(self) -> "Period":
        """Return the running total's period (lũy kế): from the start of its year to its end."""
        start = year_start(self.year, report=self.report, cut_day=self.cut_day)
        if self.kind == "week":
            # Week 1 may begin in December: its running total holds the whole week all the same.
            start = min(date(int(self.name[:4]), 1, 1), self.start)
        return Period(f"{start}..{self.end}", "running", start, self.end, self.report, self.cut_day)

    def before(self) -> "Period":
        """Return the period of the same kind just before this one (kỳ trước)."""
        if self.kind == "day":
            return _parse(str(self.start - _DAY), self.cut_day)
        if self.kind == "week":
            return week_of(self.start - _DAY, self.cut_day)
        if self.kind == "range":
            days = (self.end - self.start).days + 1
            start = self.start - timedelta(days=days)
            return _parse(f"{start}..{self.start - _DAY}", self.cut_day)
        return self._shifted(-1)

    def after(self) -> "Period":
        """Return the period of the same kind just after this one."""
        if self.kind == "day":
            return _parse(str(self.end + _DAY), self.cut_day)
        if self.kind == "week":
            return week_of(self.end + _DAY, self.cut_day)
        if self.kind == "range":
            days = (self.end - self.start).days + 1
            return _parse(f"{self.end + _DAY}..{self.end + timedelta(days=days)}", self.cut_day)
        return self._shifted(1)

    def last_year(self) -> "Period":
        """Return the same period a year earlier (cùng kỳ năm trước); 29/2 falls back to 28/2."""
        if self.kind == "week":
            year, week, _ = self.start.isocalendar()
            return _week(year - 1, min(week, _weeks_in(year - 1)), self.cut_day)
        if self.kind in {"day", "range", "running"}:
            start, end = _year_back(self.start), _year_back(self.end)
            name = str(start) if self.kind == "day" else f"{start}..{end}"
            return Period(name, self.kind, start, end, self.report, self.cut_day)
        prefix = "r" if self.report else ""
        tail = self.name[len(prefix) + 4 :]
        return _parse(f"{prefix}{self.year - 1:04d}{tail}", self.cut_day)

    def days(self) -> Iterator[date]:
        """Yield each local day of the period in order."""
        day = self.start
        while day <= self.end:
            yield day
            day += _DAY

    def _shifted(self, step: int) -> "Period":
        prefix = "r" if self.report else ""
        if self.kind in {"year", "nine"}:
            tail = "-9M" if self.kind == "nine" else ""
            return _parse(f"{prefix}{self.year + step:04d}{tail}", self.cut_day)
        size, mark = {"month": (12, ""), "quarter": (4, "Q"), "half": (2, "H")}[self.kind]
        index = self.year * size + self.number - 1 + step
        year, number = divmod(index, size)
        tail = f"{number + 1:02d}" if self.kind == "month" else f"{mark}{number + 1}"
        return _parse(f"{prefix}{year:04d}-{tail}", self.cut_day)


def parse_period(name: str, cut_day: int = DEFAULT_CUT_DAY) -> Period:
    """Return the period of a contract name such as `2026-11`, `r2026-Q4`, `2026-W47`.

    Raises ValueError when the name is none, or a free range is reversed or over 92 days.
    """
    period = _parse(name, cut_day)
    if int(name.lstrip("r")[:4]) < EARLIEST_YEAR:
        raise ValueError(f"not a year of this register: {name!r}")
    return period


def _parse(name: str, cut_day: int) -> Period:
    """Return a period that may also lie before the earliest asked for, to compare with."""
    for kind, form in _FORMS:
        found = form.match(name)
        if found:
            return _build(name, kind, found, cut_day)
    raise ValueError(f"not a period: {name!r}")


def _build(name: str, kind: str, found: re.Match[str], cut_day: int) -> Period:
    if kind == "day":
        day = date.fromisoformat(name)
        _sane_year(day.year)
        return Period(name, kind, day, day, cut_day=cut_day)
    if kind == "week":
        year, week = int(found[1]), int(found[2])
        _sane_year(year)
        if not 1 <= week <= _weeks_in(year):
            raise ValueError(f"not a period: {name!r}")
        return _week(year, week, cut_day)
    if kind == "range":
        start, end = date.fromisoformat(found[1]), date.fromisoformat(found[2])
        _sane_year(start.year)
        _sane_year(end.year)
        if not 0 <= (end - start).days < MAX_FREE_DAYS:
            raise ValueError(f"not a period of 1 to {MAX_FREE_DAYS} days: {name!r}")
        return Period(name, kind, start, end, cut_day=cut_day)
    report, year = found[1] == "r", int(found[2])
    _sane_year(year)
    if kind == "month":
        first = last = int(found[3])
        if not 1 <= first <= 12:
            raise ValueError(f"not a period: {name!r}")
    else:
        number = int(found[3]) if kind in {"quarter", "half"} else 1
        first = (number - 1) * _MONTHS[kind] + 1
        last = first + _MONTHS[kind] - 1
    start, _ = month_span(year, first, report=report, cut_day=cut_day)
    _, end = month_span(year, last, report=report, cut_day=cut_day)
    return Period(name, kind, start, end, report, cut_day)


def month_span(
    year: int, month: int, *, report: bool = False, cut_day: int = DEFAULT_CUT_DAY
) -> tuple[date, date]:
    """Return first and last day of a calendar or report month."""
    if not report:
        return date(year, month, 1), date(year, month, monthrange(year, month)[1])
    before = date(year - 1, 12, 1) if month == 1 else date(year, month - 1, 1)
    start = before + timedelta(days=cut_day)
    return start, date(year, month, cut_day)


def year_start(year: int, *, report: bool = False, cut_day: int = DEFAULT_CUT_DAY) -> date:
    """Return the first day of a calendar or report year."""
    return month_span(year, 1, report=report, cut_day=cut_day)[0]


def month_of(day: date, *, report: bool = False, cut_day: int = DEFAULT_CUT_DAY) -> Period:
    """Return the calendar or report month in which a day falls."""
    if report and day.day > cut_day:
        day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    prefix = "r" if report else ""
    return _parse(f"{prefix}{day:%Y-%m}", cut_day)


def week_of(day: date, cut_day: int = DEFAULT_CUT_DAY) -> Period:
    """Return the week (from Monday) in which a day falls."""
    year, week, _ = day.isocalendar()
    return _week(year, week, cut_day)


def _week(year: int, week: int, cut_day: int) -> Period:
    start = date.fromisocalendar(year, week, 1)
    return Period(f"{year:04d}-W{week:02d}", "week", start, start + 6 * _DAY, cut_day=cut_day)


def _weeks_in(year: int) -> int:
    return date(year, 12, 28).isocalendar()[1]


def _year_back(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


def _sane_year(year: int) -> None:
    if not EARLIEST_YEAR - 2 <= year <= LATEST_YEAR:
        raise ValueError(f"not a year of this register: {year}")
