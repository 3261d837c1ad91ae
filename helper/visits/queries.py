"""Reading visits: rows in the asker's scope, the own log, and what a recount counts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select

from helper.core.periods import Period
from helper.core.placecodes import PlacePath
from helper.db import db
from helper.security.actor import Scope
from helper.visits.body import Line
from helper.visits.models import LIVE, Visit, VisitHelper, VisitLine, VisitRevision
from helper.visits.signals import Counted

PAGE_SIZE = 50
BATCH = 5_000


@dataclass(frozen=True)
class RowFilter:
    """What rows a list asks for inside the scope: cells of a tally opened down to visits."""

    support_type: str | None = None
    group: str | None = None
    outcome: str | None = None
    reason: str | None = None
    status: str | None = None


def scope_filter(scope: Scope) -> ColumnElement[bool]:
    """Return the condition that keeps visits inside the scope's places."""
    parts = [_place_filter(path) for path in scope.places]
    return or_(false(), *parts)


def list_visits(
    scope: Scope,
    path: PlacePath,
    period: Period,
    *,
    only: RowFilter = RowFilter(),
    after: tuple[date, int] | None = None,
    limit: int = PAGE_SIZE,
) -> list[Visit]:
    """Return visits at a place in a period, newest day first, then newest number.

    `after` is the (day, id) of the last row of the page before.
    """
    query = (
        select(Visit)
        .where(scope_filter(scope), _place_filter(path))
        .where(Visit.visited_on.between(period.start, period.end))
        .where(Visit.status == (only.status or LIVE))
    )
    query = _narrow(query, only)
    return _page(query, after, limit)


def find_visit(visit_id: int) -> Visit | None:
    """Return the visit of this number, or None; `sight.get_readable` decides who may read it."""
    return db.session.get(Visit, visit_id) if 0 < visit_id < 2**63 else None


def find_own(scope: Scope, client_id: str) -> Visit | None:
    """Return the asker's own visit of this id, or None."""
    return db.session.scalar(
        select(Visit).where(Visit.author_id == scope.actor_id, Visit.client_id == client_id)
    )


def list_own(
    scope: Scope, *, before: tuple[date, int] | None = None, limit: int = PAGE_SIZE
) -> list[Visit]:
    """Return the asker's own visits, void ones too, newest first; empty tombstones left out."""
    query = select(Visit).where(Visit.author_id == scope.actor_id, Visit.visited_on.is_not(None))
    return _page(query, before, limit)


def _page(query: Select[tuple[Visit]], after: tuple[date, int] | None, limit: int) -> list[Visit]:
    """Read one page, newest day first, then newest number, after the row named."""
    if after:
        day, number = after
        same_day = and_(Visit.visited_on == day, Visit.id < number)
        query = query.where(or_(Visit.visited_on < day, same_day))
    query = query.order_by(Visit.visited_on.desc(), Visit.id.desc()).limit(limit)
    return list(db.session.scalars(query))


@dataclass(frozen=True)
class OwnMonth:
    """A member's month: phiếu, lượt người, days worked, and turns by outcome headline."""

    sessions: int
    person_turns: int
    days: int
    turns_by_outcome: dict[str, int]


def own_month(scope: Scope, period: Period) -> OwnMonth:
    """Return the asker's own figures in a period; a day as a colleague's helper is a day worked."""
    mine = and_(
        Visit.author_id == scope.actor_id,
        Visit.status == LIVE,
        Visit.visited_on.between(period.start, period.end),
    )
    sessions, turns = db.session.execute(
        select(func.count(), func.coalesce(func.sum(Visit.people), 0)).where(mine)
    ).one()
    helped = (
        select(Visit.visited_on)
        .join(VisitHelper, VisitHelper.visit_id == Visit.id)
        .where(VisitHelper.user_id == scope.actor_id, Visit.status == LIVE)
        .where(Visit.visited_on.between(period.start, period.end))
    )
    worked = select(Visit.visited_on).where(mine).union(helped).subquery()
    days = db.session.scalar(select(func.count()).select_from(worked)) or 0
    outcomes = db.session.execute(
        select(VisitLine.outcome, func.sum(VisitLine.people))
        .join(Visit, Visit.id == VisitLine.visit_id)
        .where(mine)
        .group_by(VisitLine.outcome)
    )
    return OwnMonth(sessions, turns, days, {code: number for code, number in outcomes})


def common_types(scope: Scope, village_codes: list[str], limit: int = 6) -> list[str]:
    """Return the support types these villages' teams logged most in their last 200 visits."""
    recent = (
        select(Visit.id)
        .where(Visit.village_code.in_(village_codes), Visit.status == LIVE)
        .order_by(Visit.visited_on.desc(), Visit.id.desc())
        .limit(200)
        .subquery()
    )
    own = case((Visit.author_id == scope.actor_id, 3), else_=1)
    rows = db.session.execute(
        select(VisitLine.support_type, func.sum(own).label("weight"))
        .join(recent, recent.c.id == VisitLine.visit_id)
        .join(Visit, Visit.id == VisitLine.visit_id)
        .group_by(VisitLine.support_type)
        .order_by(func.sum(own).desc(), VisitLine.support_type)
        .limit(limit)
    )
    return [code for code, _weight in rows]


def iter_counted(where: ColumnElement[bool] | None = None) -> Iterator[Counted]:
    """Yield what the tallies count of each live visit, by id, streaming: a recount's source."""
    columns = (
        Visit.id,
        Visit.province_code,
        Visit.commune_code,
        Visit.village_code,
        Visit.visited_on,
        Visit.people,
        Visit.card,
        VisitLine.support_type,
        VisitLine.outcome,
        VisitLine.reason,
        VisitLine.people.label("line_people"),
    )
    query = (
        select(*columns)
        .join(VisitLine, VisitLine.visit_id == Visit.id)
        .where(Visit.status == LIVE)
        .order_by(Visit.id, VisitLine.support_type, VisitLine.outcome, VisitLine.reason)
    )
    if where is not None:
        query = query.where(where)
    rows = db.session.execute(query, execution_options={"yield_per": BATCH})
    for _id, lines in groupby(rows, key=lambda row: row.id):
        yield _counted(list(lines))


def _counted(rows: list[Any]) -> Counted:
    first = rows[0]
    return Counted(
        path=PlacePath(first.province_code, first.commune_code, first.village_code),
        visited_on=first.visited_on,
        people=first.people,
        card=first.card,
        lines=tuple(
            Line(row.support_type, row.outcome, row.reason or None, row.line_people) for row in rows
        ),
    )


def _place_filter(path: PlacePath) -> ColumnElement[bool]:
    if path.village:
        return Visit.village_code == path.village
    if path.commune:
        return Visit.commune_code == path.commune
    if path.province:
        return Visit.province_code == path.province
    return Visit.village_code.is_not(None)


def _narrow(query: Select[tuple[Visit]], only: RowFilter) -> Select[tuple[Visit]]:
    wanted: list[ColumnElement[bool]] = []
    if only.support_type:
        wanted.append(VisitLine.support_type == only.support_type)
    if only.group:
        wanted.append(func.substr(VisitLine.support_type, 1, 1) == only.group)
    if only.outcome:
        wanted.append(VisitLine.outcome == only.outcome)
    if only.reason is not None:
        wanted.append(VisitLine.reason == only.reason)
    if wanted:
        query = query.where(
            select(VisitLine.visit_id).where(VisitLine.visit_id == Visit.id, *wanted).exists()
        )
    return query


def receipts_of(visits: list[Visit]) -> dict[int, str]:
    """Return the receipt of each visit's counted revision, by visit id."""
    revisions = db.session.scalars(
        select(VisitRevision)
        .where(VisitRevision.visit_id.in_([visit.id for visit in visits]))
        .where(VisitRevision.held.is_(False), VisitRevision.op.in_(("put", "del")))
        .order_by(VisitRevision.rev, VisitRevision.id)
    )
    return {revision.visit_id: revision.receipt for revision in revisions}
