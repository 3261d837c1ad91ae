"""Keeping the roll-ups: deltas gathered while visits change, added once just before the commit."""

from collections import defaultdict
from typing import Any, cast

from flask import current_app
from sqlalchemy import Table
from sqlalchemy.orm import Session

from helper.db import before_commit, scratch
from helper.db.upsert import add_up
from helper.tallies.facts import CardKey, CellKey, stored_cards, stored_cells
from helper.tallies.models import TallyCard, TallyCell
from helper.visits.signals import Counted, visit_changed

CELL_KEYS = ("parent_code", "bucket", "dim", "place_code", "key")
CELL_COUNTS = ("sessions", "person_turns", "turns", "without_card")
CARD_KEYS = ("village_code", "half", "group_code", "card", "commune_code", "province_code")
CELLS, CARDS = cast(Table, TallyCell.__table__), cast(Table, TallyCard.__table__)
_PENDING = "tally_deltas"


class Deltas:
    """What the visits of one unit of work add to, or take from, the roll-ups."""

    def __init__(self) -> None:
        self.cells: dict[CellKey, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        self.cards: dict[CardKey, list[int]] = defaultdict(lambda: [0])

    def add(self, visit: Counted, sign: int, cut_day: int) -> None:
        """Add (1) or take away (-1) one visit."""
        for cell, counts in stored_cells(visit, cut_day):
            sums = self.cells[cell]
            for n, number in enumerate(counts.as_tuple()):
                sums[n] += sign * number
        for card in stored_cards(visit, cut_day):
            self.cards[card][0] += sign


def init_app() -> None:
    """Listen to changes of visits."""
    visit_changed.connect(_gather)


def apply_deltas(session: Session, deltas: Deltas) -> None:
    """Add gathered deltas to the roll-ups, cells before cards, each in key order (no deadlocks)."""
    add_up(session, CELLS, CELL_KEYS, CELL_COUNTS, deltas.cells)
    add_up(session, CARDS, CARD_KEYS, ("visits",), deltas.cards)


def _gather(_sender: Any, before: Counted | None, after: Counted | None) -> None:
    deltas = scratch().setdefault(_PENDING, Deltas())
    cut_day = current_app.config["HELPER_CUT_DAY"]
    if before is not None:
        deltas.add(before, -1, cut_day)
    if after is not None:
        deltas.add(after, 1, cut_day)
    before_commit(_flush)


def _flush(session: Session) -> None:
    apply_deltas(session, scratch()[_PENDING])
