"""One place to ask the time; local days are those of Viet Nam (no daylight saving since 1975)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

LOCAL_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")

_offset = timedelta(0)


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC) + _offset


def today() -> date:
    """Return the present local day in Viet Nam."""
    return local_day(now())


def local_day(moment: datetime) -> date:
    """Return the local day on which an aware moment falls."""
    return moment.astimezone(LOCAL_ZONE).date()


@contextmanager
def travel(delta: timedelta) -> Iterator[None]:
    """Shift this process's clock while the block runs, for tests of lapses and retention."""
    global _offset
    before = _offset
    _offset = before + delta
    try:
        yield
    finally:
        _offset = before
