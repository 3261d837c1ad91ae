"""The unit of work: the one place where a transaction is opened for writing and committed.

Edges wrap an act in `unit_of_work()`; nothing below commits. Work that must happen once, last and
in a fixed order (moving roll-ups) is registered with `before_commit`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy.orm import Session, scoped_session

from helper.db.base import db

# The SQLite "begin" listener reads this: a write transaction must take the lock at its start,
# for a reader that turns writer later cannot wait for its turn (SQLITE_BUSY_SNAPSHOT).
write_intent: ContextVar[bool] = ContextVar("write_intent", default=False)

Hook = Callable[[Session], None]
_SCRATCH = "unit_of_work"


@contextmanager
def unit_of_work() -> Iterator[scoped_session[Any]]:
    """Run a block in one write transaction: commit at its end, roll back on any error.

    Nesting raises RuntimeError: an inner commit would make half of the outer act durable.
    """
    if write_intent.get():
        raise RuntimeError("a unit of work is already open")
    session = db.session
    session.rollback()
    hooks: dict[Hook, None] = {}
    session.info[_SCRATCH] = {"hooks": hooks}
    token = write_intent.set(True)
    try:
        yield session
        session.flush()
        for hook in hooks:
            hook(session())
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop(_SCRATCH, None)
        write_intent.reset(token)


def before_commit(hook: Hook) -> None:
    """Register work for the end of the present unit of work; the same hook runs once."""
    scratch()["hooks"][hook] = None


def scratch() -> dict[str, Any]:
    """Return what the present unit of work keeps for itself; it is gone when the work ends."""
    found: dict[str, Any] | None = db.session.info.get(_SCRATCH)
    if found is None:
        raise RuntimeError("no unit of work is open")
    return found
