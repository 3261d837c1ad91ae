"""Taking a batch: one transaction, items in sorted order; if that breaks, item by item."""

import logging
import sqlite3

from sqlalchemy.exc import OperationalError

from helper.core.clock import now
from helper.db import unit_of_work
from helper.people.service import note_contact
from helper.security.actor import Actor
from helper.sync.envelope import Entry
from helper.visits.messages import error_sentences
from helper.visits.service import Applied, Item, apply_item

log = logging.getLogger(__name__)
Result = dict[str, object]


def take_batch(actor: Actor, entries: list[Entry]) -> list[Result]:
    """Return one result an entry, in order; what says accepted is committed by then.

    Savepoints are not used (they commit half a batch on SQLite): when one item breaks the
    transaction, all is rolled back and each item gets a transaction of its own. OperationalError
    when the database takes nothing now.
    """
    items = {n: entry.item for n, entry in enumerate(entries) if entry.item}
    order = sorted(items, key=lambda n: (items[n].client_id, items[n].rev, items[n].op))
    items = {n: items[n] for n in order}
    try:
        with unit_of_work():
            note_contact(actor)
            applied = {n: apply_item(actor, item) for n, item in items.items()}
    except Exception as error:
        if _is_down(error):
            raise
        log.warning("batch redone item by item: %s", type(error).__name__)
        applied = _one_by_one(actor, items)
    return [_result(entry, applied.get(n)) for n, entry in enumerate(entries)]


def _one_by_one(actor: Actor, items: dict[int, Item]) -> dict[int, Applied]:
    applied = dict.fromkeys(items, Applied("later"))
    for n, item in items.items():
        try:
            with unit_of_work():
                applied[n] = apply_item(actor, item)
        except Exception as error:
            # Whatever it was, the visit stays on the phone and comes again; nothing is stored.
            applied[n] = Applied("later")
            log.error("item put off: %s", type(error).__name__, exc_info=error)
            if _is_down(error):
                break
    return applied


def _is_down(error: Exception) -> bool:
    """Tell whether the database takes nothing now (locked, full, gone): the next item would only
    wait as long. A deadlock passes, and a limit or a faulty statement is one item's own."""
    if not isinstance(error, OperationalError):
        return False
    state = getattr(error.orig, "sqlstate", None) or ""
    faulty = getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
    return not faulty and not state.startswith(("40", "54"))


def _result(entry: Entry, applied: Applied | None) -> Result:
    problems = applied.problems if applied else entry.problems
    return {
        "id": entry.echo_id,
        "rev": entry.echo_rev,
        "status": applied.status if applied else "rejected",
        "receipt": applied.receipt if applied else None,
        "errors": error_sentences(problems),
    }


def server_time() -> str:
    """Return the server's own time, for phones to see how far off theirs is."""
    return now().isoformat(timespec="seconds")
