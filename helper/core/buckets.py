"""Buckets: the stored stretches of time whose sums make up any period.

Grains: half-months cut at the cut day (`h2026-11a`, `h2026-11b`), calendar quarters (`q2026-4`),
report quarters (`r2026-4`) and days (`d2026-11-22`). Half-months make calendar and report months
alike; quarters keep a year's tally to four reads.
"""

from datetime import date, timedelta

from helper.core.periods import DEFAULT_CUT_DAY, month_of, month_span

_DAY = timedelta(days=1)


def half_month_of(day: date, cut_day: int = DEFAULT_CUT_DAY) -> str:
    """Return the half-month bucket of a day."""
    return f"h{day:%Y-%m}{'a' if day.day <= cut_day else 'b'}"


def day_bucket(day: date) -> str:
    """Return the day bucket of a day."""
    return f"d{day.isoformat()}"


def quarter_of(day: date, *, report: bool, cut_day: int = DEFAULT_CUT_DAY) -> str:
    """Return the calendar (`q`) or report (`r`) quarter bucket of a day."""
    month = month_of(day, report=report, cut_day=cut_day)
    return f"{'r' if report else 'q'}{month.year:04d}-{(month.number + 2) // 3}"


def stored_buckets(day: date, cut_day: int = DEFAULT_CUT_DAY) -> tuple[str, str, str]:
    """Return the buckets other than the day's own into which a visit of that day is summed."""
    return (
        half_month_of(day, cut_day),
        quarter_of(day, report=False, cut_day=cut_day),
        quarter_of(day, report=True, cut_day=cut_day),
    )


def cover(
    start: date, end: date, cut_day: int = DEFAULT_CUT_DAY, *, quarters: bool = True
) -> tuple[list[str], list[date]]:
    """Split a stretch of days into the fewest whole buckets and the days left over.

    Returns bucket names (quarters where whole ones fit and `quarters` is set, else half-months)
    and single days, together covering each day exactly once.
    """
    buckets: list[str] = []
    days: list[date] = []
    day = start
    while day <= end:
        name, last = _longest(day, end, cut_day, quarters=quarters)
        if name:
            buckets.append(name)
            day = last + _DAY
        else:
            days.append(day)
            day += _DAY
    return buckets, days


def _longest(day: date, end: date, cut_day: int, *, quarters: bool) -> tuple[str, date]:
    if quarters:
        for report in (False, True):
            month = month_of(day, report=report, cut_day=cut_day)
            if month.start == day and month.number % 3 == 1:
                last = month_span(month.year, month.number + 2, report=report, cut_day=cut_day)[1]
                if last <= end:
                    return quarter_of(day, report=report, cut_day=cut_day), last
    if day.day in {1, cut_day + 1}:
        last = day.replace(day=cut_day) if day.day == 1 else month_of(day).end
        if last <= end:
            return half_month_of(day, cut_day), last
    return "", day
