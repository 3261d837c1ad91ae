"""What one visit brings to the tallies: the same for storing, amending and recounting.

Counting words (docs/tallies.md): sessions = phiếu, person_turns = lượt người, turns = lượt dịch vụ,
without_card = people without card. Dimensions: `t` the visit as a whole, `x` support type x
outcome (`C1.DONE_SELF`), `s` support type, `g` group, `o` outcome, `r` reason (empty: none given).
Sessions of a cell count the visits with at least one such line, so cells do not add up to the
whole; each dimension is therefore stored for itself.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from helper.core.buckets import day_bucket, half_month_of, stored_buckets
from helper.visits.body import Line
from helper.visits.signals import Counted

CellKey = tuple[str, str, str, str, str]  # parent, bucket, dim, place, key
CardKey = tuple[str, str, str, str, str, str]  # village, half, group, card, commune, province
DIMENSIONS = {
    "total": "t",
    "cross": "x",
    "support_type": "s",
    "group": "g",
    "outcome": "o",
    "reason": "r",
}


@dataclass(frozen=True)
class Counts:
    """The four additive numbers of a cell."""

    sessions: int = 0
    person_turns: int = 0
    turns: int = 0
    without_card: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.sessions + other.sessions,
            self.person_turns + other.person_turns,
            self.turns + other.turns,
            self.without_card + other.without_card,
        )

    def as_tuple(self) -> tuple[int, int, int, int]:
        """Return the numbers in column order."""
        return self.sessions, self.person_turns, self.turns, self.without_card


def group_of(support_type: str) -> str:
    """Return the service group of a support type: its code's letter."""
    return support_type[0]


def cells_of(visit: Counted) -> dict[tuple[str, str], Counts]:
    """Return (dimension, key) -> counts that one visit brings to each of its places and buckets."""
    turns: dict[tuple[str, str], int] = defaultdict(int)
    for line in visit.lines:
        for cell in _cells_of_line(line):
            turns[cell] += line.people
    without = _people_by_group(visit)
    cells = {
        (dim, key): Counts(1, 0, number, without.get(key, 0) if dim == "g" else 0)
        for (dim, key), number in turns.items()
    }
    carded = 1 if visit.card else 0
    total = sum(line.people for line in visit.lines)
    cells["t", ""] = Counts(1, visit.people, total, visit.people - carded)
    return cells


def _cells_of_line(line: Line) -> Iterator[tuple[str, str]]:
    yield "x", f"{line.support_type}.{line.outcome}"
    yield "s", line.support_type
    yield "g", group_of(line.support_type)
    yield "o", line.outcome
    yield "r", line.reason or ""


def _people_by_group(visit: Counted) -> dict[str, int]:
    # To a group a visit brings the largest sum of people over one type of it; where
    # a card is given it is one of them, the others count as without card.
    by_type: dict[str, int] = defaultdict(int)
    for line in visit.lines:
        by_type[line.support_type] += line.people
    largest: dict[str, int] = defaultdict(int)
    for support_type, people in by_type.items():
        group = group_of(support_type)
        largest[group] = max(largest[group], people)
    carded = 1 if visit.card else 0
    return {group: people - carded for group, people in largest.items()}


def stored_cells(visit: Counted, cut_day: int) -> Iterator[tuple[CellKey, Counts]]:
    """Yield the roll-up cells a visit moves: village and commune, half-month and both quarters;
    and the commune's day (a village's days are read from its own short log)."""
    path = visit.path
    commune, village = str(path.commune), str(path.village)
    buckets = stored_buckets(visit.visited_on, cut_day)
    places = [(commune, village, bucket) for bucket in buckets]
    places += [(str(path.province), commune, bucket) for bucket in buckets]
    places.append((str(path.province), commune, day_bucket(visit.visited_on)))
    cells = cells_of(visit)
    for parent, place, bucket in places:
        for (dim, key), counts in cells.items():
            yield (parent, bucket, dim, place, key), counts


def stored_cards(visit: Counted, cut_day: int) -> Iterator[CardKey]:
    """Yield the sightings of a visit's card in village and half-month, over all and by group."""
    if not visit.card:
        return
    path = visit.path
    half = half_month_of(visit.visited_on, cut_day)
    for group in ["", *sorted({group_of(line.support_type) for line in visit.lines})]:
        yield (
            str(path.village),
            half,
            group,
            visit.card,
            str(path.commune),
            str(path.province),
        )
