"""A second, plain opinion on what the tallies must say: no shared code with the application.

Visits are kept as the JSON that was sent; sums are made by reading all of them each time.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

DIM_FIELDS = {"support_type": "support_type", "outcome": "outcome", "reason": "reason"}


@dataclass
class Truth:
    """Every visit that counts, by author and id, with the province and commune of its village."""

    visits: dict[tuple[int, str], dict[str, Any]] = field(default_factory=dict)
    provinces: dict[str, str] = field(default_factory=dict)  # commune -> province

    def place_of(self, visit: dict[str, Any], level: str) -> str:
        """Return the code of the visit's place at a level."""
        village = visit["village"]
        commune = village[:5]
        return {
            "village": village,
            "commune": commune,
            "province": self.provinces[commune],
            "nation": "VN",
        }[level]

    def select(self, start: date, end: date, level: str, place: str) -> list[dict[str, Any]]:
        """Return the visits of a place in a stretch of days."""
        return [
            visit
            for visit in self.visits.values()
            if start <= date.fromisoformat(visit["visited_on"]) <= end
            and self.place_of(visit, level) == place
        ]


def total(visits: list[dict[str, Any]]) -> dict[str, int]:
    """Return the five numbers of a whole."""
    lines = [line for visit in visits for line in visit["lines"]]
    return {
        "sessions": len(visits),
        "person_turns": sum(visit["people"] for visit in visits),
        "turns": sum(line["people"] for line in lines),
        "cards": len({visit["card"] for visit in visits if visit.get("card")}),
        "people_without_card": sum(
            visit["people"] - (1 if visit.get("card") else 0) for visit in visits
        ),
    }


def rows(visits: list[dict[str, Any]], dim: str) -> dict[Any, tuple[int, int]]:
    """Return key -> (sessions, turns) for a dimension; `cross` keys are (type, outcome)."""
    sessions: dict[Any, int] = defaultdict(int)
    turns: dict[Any, int] = defaultdict(int)
    for visit in visits:
        keys = set()
        for line in visit["lines"]:
            key = _key(visit, line, dim)
            keys.add(key)
            turns[key] += line["people"]
        for key in keys:
            sessions[key] += 1
    return {key: (sessions[key], turns[key]) for key in sessions}


def people_by_group(visits: list[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    """Return group -> (different cards, people without card)."""
    cards: dict[str, set[str]] = defaultdict(set)
    without: dict[str, int] = defaultdict(int)
    for visit in visits:
        sums: dict[str, int] = defaultdict(int)
        for line in visit["lines"]:
            sums[line["support_type"]] += line["people"]
        for group in {code[0] for code in sums}:
            largest = max(people for code, people in sums.items() if code[0] == group)
            without[group] += largest
            cards.setdefault(group, set())
            if visit.get("card"):
                cards[group].add(visit["card"])
                without[group] -= 1
    return {group: (len(cards[group]), without[group]) for group in cards}


def _key(visit: dict[str, Any], line: dict[str, Any], dim: str) -> Any:
    if dim == "cross":
        return line["support_type"], line["outcome"]
    if dim == "group":
        return line["support_type"][0]
    if dim == "day":
        return visit["visited_on"]
    return line.get(DIM_FIELDS[dim])
