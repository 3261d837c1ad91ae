"""The proof: recount the whole log and compare with every stored sum; repair by rebuilding."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from flask import current_app
from sqlalchemy import delete, select, text

from helper.core.clock import LOCAL_ZONE, now, today
from helper.db import db
from helper.tallies.models import TallyCard, TallyCell, TallyProof
from helper.tallies.service import CARD_KEYS, CELL_COUNTS, CELL_KEYS, Deltas, apply_deltas
from helper.visits.queries import iter_counted

Progress = Callable[[int], None]
REPORT_EVERY = 50_000


@dataclass
class Recount:
    """What a recount found: numbers looked at, each differing cell with stored and true value."""

    visits: int = 0
    cells: int = 0
    differing: list[tuple[str, tuple[int, ...], tuple[int, ...]]] = field(default_factory=list)

    @property
    def exact(self) -> bool:
        """Whether every stored sum equals the recount."""
        return not self.differing


def check_tallies(progress: Progress | None = None) -> Recount:
    """Recount the log and list each differing cell; reads one snapshot, changes nothing."""
    _read_one_snapshot()
    recount = Recount()
    truth = _count_log(recount, progress)
    cells = {key: tuple(numbers) for key, numbers in truth.cells.items() if any(numbers)}
    cards = {key: tuple(numbers) for key, numbers in truth.cards.items() if any(numbers)}
    _compare(recount, _stored(TallyCell, CELL_KEYS, CELL_COUNTS), cells)
    _compare(recount, _stored(TallyCard, CARD_KEYS, ("visits",)), cards)
    return recount


def record_proof(recount: Recount) -> None:
    """Keep a recount's result, to stand at the foot of every tally page; one a day is kept."""
    midnight = datetime.combine(today(), time(), LOCAL_ZONE)
    db.session.execute(delete(TallyProof).where(TallyProof.checked_at >= midnight))
    db.session.add(
        TallyProof(
            checked_at=now(),
            visits=recount.visits,
            cells=recount.cells,
            differing=len(recount.differing),
            cut_day=current_app.config["HELPER_CUT_DAY"],
        )
    )


def rebuild_tallies(progress: Progress | None = None) -> Recount:
    """Throw the roll-ups away and make them anew from the log, in the present unit of work.

    Visits may go on being stored: on PostgreSQL writers wait at the tables until this commits, on
    SQLite they wait for their turn.
    """
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("LOCK TABLE tally_cell, tally_card IN SHARE ROW EXCLUSIVE MODE"))
    db.session.execute(delete(TallyCell))
    db.session.execute(delete(TallyCard))
    recount = Recount()
    truth = _count_log(recount, progress)
    apply_deltas(db.session(), truth)
    recount.cells = len(truth.cells) + len(truth.cards)
    return recount


def drop_empty_cells() -> None:
    """Delete sums that came back to nothing (clean-up of `flask nightly`)."""
    db.session.execute(
        delete(TallyCell).where(
            TallyCell.sessions == 0,
            TallyCell.person_turns == 0,
            TallyCell.turns == 0,
            TallyCell.without_card == 0,
        )
    )
    db.session.execute(delete(TallyCard).where(TallyCard.visits == 0))


def _read_one_snapshot() -> None:
    db.session.rollback()
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))


def _count_log(recount: Recount, progress: Progress | None) -> Deltas:
    truth = Deltas()
    cut_day = current_app.config["HELPER_CUT_DAY"]
    for visit in iter_counted():
        truth.add(visit, 1, cut_day)
        recount.visits += 1
        if progress and recount.visits % REPORT_EVERY == 0:
            progress(recount.visits)
    return truth


def _stored(
    model: type[Any], keys: tuple[str, ...], counts: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], tuple[int, ...]]]:
    columns = [getattr(model, name) for name in (*keys, *counts)]
    for row in db.session.execute(select(*columns), execution_options={"yield_per": 10_000}):
        yield tuple(row[: len(keys)]), tuple(row[len(keys) :])


def _compare(
    recount: Recount,
    stored: Iterator[tuple[tuple[str, ...], tuple[int, ...]]],
    truth: dict[Any, tuple[int, ...]],
) -> None:
    recount.cells += len(truth)
    for key, numbers in stored:
        right = truth.pop(key, (0,) * len(numbers))
        if numbers != right:
            recount.differing.append(("/".join(key), numbers, right))
    recount.differing += [
        ("/".join(key), (0,) * len(numbers), numbers) for key, numbers in sorted(truth.items())
    ]
