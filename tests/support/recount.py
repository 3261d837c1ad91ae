"""Looking behind the application: every stored word, and sums read straight from the rows."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import Flask
from sqlalchemy import select

from helper.db import db
from helper.tallies.proof import check_tallies
from helper.visits.models import Visit, VisitLine, VisitRevision

Cell = tuple[str, str, str]


def dump(app: Flask) -> str:
    """Return every value of every table but the official places, as text."""
    words: list[str] = []
    with app.app_context(), db.engine.connect() as connection:
        for table in db.metadata.sorted_tables:
            if table.name in {"place", "place_name"}:
                continue
            for row in connection.execute(select(table)):
                words.extend(f"{table.name}.{key}={value}" for key, value in row._mapping.items())
    return "\n".join(words)


def count_rows(app: Flask) -> tuple[int, int]:
    """Return how many visits and how many revisions are stored."""
    with app.app_context():
        return tuple(len(db.session.scalars(select(m.id)).all()) for m in (Visit, VisitRevision))  # type: ignore[return-value]


def live_rows(app: Flask, place: str) -> list[tuple[Visit, list[VisitLine]]]:
    """Return the live visits whose village, commune or province is the place, with their lines."""
    with app.app_context():
        visits = db.session.scalars(select(Visit).where(Visit.status == "live")).all()
        return [
            (visit, list(visit.lines))
            for visit in visits
            if place in {visit.village_code, visit.commune_code, visit.province_code, "VN"}
            or place == "VN"
        ]


def total_of(app: Flask, place: str) -> dict[str, int]:
    """Return the five numbers of all live visits of a place, whatever their day."""
    rows = live_rows(app, place)
    return {
        "sessions": len(rows),
        "person_turns": sum(visit.people for visit, _ in rows),
        "turns": sum(line.people for _, lines in rows for line in lines),
        "cards": len({visit.card for visit, _ in rows if visit.card}),
        "people_without_card": sum(visit.people - bool(visit.card) for visit, _ in rows),
    }


def cells_of(app: Flask, place: str, level: str) -> dict[Cell, tuple[int, int]]:
    """Return (place, support type, outcome) -> (sessions, turns) of all live visits of a place."""
    sessions: Counter[Cell] = Counter()
    turns: Counter[Cell] = Counter()
    for visit, lines in live_rows(app, place):
        here = getattr(visit, f"{level}_code")
        for key in {(here, line.support_type, line.outcome) for line in lines}:
            sessions[key] += 1
        for each in lines:
            turns[here, each.support_type, each.outcome] += each.people
    return {key: (sessions[key], turns[key]) for key in sessions}


def assert_exact(app: Flask) -> None:
    """Fail unless every stored sum equals a recount of the log."""
    with app.app_context():
        found = check_tallies()
        assert found.exact, found.differing[:10]


def stored(app: Flask, client_id: str) -> dict[str, Any]:
    """Return the columns of the one visit with this id; an empty dict when there is none."""
    with app.app_context():
        rows = db.session.scalars(select(Visit).where(Visit.client_id == client_id.lower())).all()
        assert len(rows) <= 1, "the id is stored more than once"
        if not rows:
            return {}
        visit = rows[0]
        columns = {column.key: getattr(visit, column.key) for column in Visit.__table__.columns}
        content = visit.body()
        return {**columns, "flags": visit.flag_set, "body": content.as_json() if content else None}
