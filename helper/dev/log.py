"""Seeding the log: visits with a weekly rhythm, groups, cards, reasons, through the one service."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from helper.catalogue.model import Catalogue, load_catalogue
from helper.db import db, unit_of_work
from helper.dev.people import SeededVillage
from helper.visits.service import PUT, Item, apply_item

DAYS = 90
BATCH = 100
# From Monday: evenings in the week, more on market days and Sundays.
WEEKDAYS = (0.8, 0.8, 0.9, 0.8, 1.0, 1.6, 1.9)
POPULAR = {
    "C1": 10,
    "C2": 9,
    "A4": 9,
    "B1": 7,
    "B2": 7,
    "D3": 7,
    "D4": 6,
    "H3": 6,
    "A1": 5,
    "A5": 5,
    "H1": 5,
    "G1": 4,
    "A8": 4,
    "C3": 3,
    "F1": 3,
    "D5": 3,
    "A6": 3,
    "A3": 3,
    "B4": 2,
    "E1": 2,
    "D2": 2,
    "G4": 2,
    "E4": 1,
    "I1": 1,
    "I2": 1,
    "G5": 1,
    "B6": 1,
    "G3": 1,
}


def seed_visits(
    villages: list[SeededVillage],
    count: int,
    rng: Random,
    until: date,
    progress: Callable[[int], None],
) -> None:
    """Log so many visits in the 90 days up to a day; the same seed and day give the same log."""
    catalogue = load_catalogue()
    days = [until - timedelta(days=n) for n in range(DAYS)]
    day_weights = [WEEKDAYS[day.weekday()] for day in days]
    loud = [village for village in villages if not village.silent] or villages
    busy = [village.busy for village in loud]
    for start in range(0, count, BATCH):
        with unit_of_work():
            for _ in range(min(BATCH, count - start)):
                village = rng.choices(loud, busy)[0]
                day = rng.choices(days, day_weights)[0]
                _log_one(village, day, rng, catalogue)
        db.session.expunge_all()
        progress(min(start + BATCH, count))


def _log_one(village: SeededVillage, day: date, rng: Random, catalogue: Catalogue) -> None:
    people = rng.choices((1, 2, rng.randint(3, 6), rng.randint(8, 30)), (80, 11, 6, 3))[0]
    data = {
        "village": village.place.code,
        "visited_on": day.isoformat(),
        "people": people,
        "lines": _lines(village, people, rng, catalogue),
        "place_kind": rng.choices(
            ("home", "culture_house", "market", "service_centre"), (70, 15, 10, 5)
        )[0]
        if people < 8
        else "culture_house",
        "card": rng.choice(village.cards) if rng.random() < 0.45 else None,
        "age_band": rng.choices((None, "18_59", "60_plus", "16_17"), (40, 33, 25, 2))[0],
        **_words(rng, day),
    }
    moment = datetime.combine(day, time(11, rng.randrange(60)), UTC)
    item = Item(str(UUID(int=rng.getrandbits(128), version=4)), 1, PUT, data, None, moment)
    applied = apply_item(rng.choice(village.team), item)
    if applied.status != "accepted":
        raise RuntimeError(f"a seeded visit was {applied.status}: {applied.problems}")


def _lines(
    village: SeededVillage, people: int, rng: Random, catalogue: Catalogue
) -> list[dict[str, Any]]:
    wanted = rng.choices((1, 2, 3), (78, 17, 5))[0]
    codes = list(dict.fromkeys(rng.choices(list(POPULAR), list(POPULAR.values()), k=wanted)))
    lines: dict[tuple[str, str, str | None], int] = {}
    for code in codes:
        left = people
        while left:
            part = left if people < 4 else rng.randint(1, left)
            outcome, reason = _ending(village, code, rng, catalogue)
            key = (code, outcome, reason)
            lines[key] = lines.get(key, 0) + part
            left -= part
    return [
        {"support_type": code, "outcome": outcome, "reason": reason, "people": number}
        for (code, outcome, reason), number in list(lines.items())[:30]
    ]


def _ending(
    village: SeededVillage, code: str, rng: Random, catalogue: Catalogue
) -> tuple[str, str | None]:
    skill = village.skill
    weights = {
        "DONE_SELF": skill * 82,
        "DONE_ASSISTED": (1 - skill) * 55,
        "NOT_DONE": 14,
        "PARTIAL": 5,
        "REFERRED": 3,
        "ALREADY": 3,
        "DECLINED": 2,
        "REFRESH": 1,
    }
    outcome = rng.choices(list(weights), list(weights.values()))[0]
    if not catalogue.outcomes[outcome].needs_reason:
        return outcome, None
    if outcome == "DECLINED":
        return outcome, rng.choice(("R17", "R18"))
    return outcome, rng.choice(catalogue.support_types[code].reasons)


def _words(rng: Random, day: date) -> dict[str, Any]:
    from helper.dev.names import LABELS, NOTES

    label = rng.choice(LABELS) if rng.random() < 0.08 else None
    return {
        "note": rng.choice(NOTES) if rng.random() < 0.12 else "",
        "label": label,
        "revisit_on": (day + timedelta(days=7)).isoformat() if label else None,
    }
