"""Erasing personal words when their time is over; counts stay exact, for no count rests on them."""

from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Select, not_, or_, select, update

from helper.core.clock import LOCAL_ZONE
from helper.db import db
from helper.visits.models import Visit, VisitRevision

LABEL_DAYS = 90  # after the last visit under that label in the village (docs/privacy.md)
NOTE_DAYS = 180  # docs/privacy.md
BATCH = 500


def erase_expired(today: date) -> int:
    """Erase labels, notes and reasons of voiding past their time; returns how many visits.

    A visit is as old as the earlier of its own day and the day it came: a phone whose clock runs
    years ahead does not keep words for years.
    """
    labels = _erase(_past_labels(today - timedelta(days=LABEL_DAYS)), "label", None)
    limit = today - timedelta(days=NOTE_DAYS)
    notes = _erase(list(db.session.scalars(_worded("note", "").where(_before(limit)))), "note", "")
    return labels + notes + _erase_reasons(limit)


def _before(limit: date) -> ColumnElement[bool]:
    moment = datetime.combine(limit, time(), LOCAL_ZONE)
    return or_(Visit.visited_on < limit, Visit.first_received_at < moment)


def _erase_reasons(limit: date) -> int:
    old = select(Visit.id).where(Visit.void_reason.is_not(None), _before(limit))
    ids = list(db.session.scalars(old))
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        db.session.execute(update(Visit).where(Visit.id.in_(some)).values(void_reason=None))
        db.session.execute(
            update(VisitRevision).where(VisitRevision.visit_id.in_(some)).values(reason=None)
        )
    return len(ids)


def _past_labels(limit: date) -> list[int]:
    """Return visits whose label was last used before the limit, or stands in old revisions only."""
    still_used = (
        select(Visit.village_code, Visit.label)
        .where(Visit.label.is_not(None), not_(_before(limit)))
        .distinct()
    )
    kept = {tuple(row) for row in db.session.execute(still_used)}
    rows = db.session.execute(
        select(Visit.id, Visit.village_code, Visit.label)
        .where(Visit.id.in_(_worded("label", None)), _before(limit))
        .order_by(Visit.id)
    )
    return [visit_id for visit_id, village, label in rows if (village, label) not in kept]


def _worded(name: str, empty: str | None) -> Select[tuple[int]]:
    """Select the visits that bear such words, now or in any revision."""
    column = getattr(Visit, name)
    now = column.is_not(None) if empty is None else column != empty
    before = VisitRevision.body[name].as_string()
    then = select(VisitRevision.visit_id).where(
        before.is_not(None), before != "", VisitRevision.visit_id == Visit.id
    )
    return select(Visit.id).where(or_(now, then.exists()))


def _erase(visit_ids: list[int], name: str, empty: str | None) -> int:
    for start in range(0, len(visit_ids), BATCH):
        ids = visit_ids[start : start + BATCH]
        db.session.execute(update(Visit).where(Visit.id.in_(ids)).values({name: empty}))
        revisions = db.session.scalars(
            select(VisitRevision)
            .where(VisitRevision.visit_id.in_(ids), VisitRevision.body.is_not(None))
            .order_by(VisitRevision.id)
        )
        for revision in revisions:
            revision.body = {**(revision.body or {}), name: empty}
    return len(visit_ids)
