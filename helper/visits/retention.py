"""Erasing personal words when their time is over; counts stay exact, for no count rests on them."""

from datetime import date, timedelta

from sqlalchemy import Select, or_, select, update

from helper.db import db
from helper.visits.models import Visit, VisitRevision

LABEL_DAYS = 90  # after the last visit under that label in the village (docs/privacy.md)
NOTE_DAYS = 180  # docs/privacy.md
BATCH = 500


def erase_expired(today: date) -> int:
    """Erase labels and notes past their time, in visits and every revision; returns visits."""
    labels = _erase(_past_labels(today - timedelta(days=LABEL_DAYS)), "label", None)
    old = Visit.visited_on < today - timedelta(days=NOTE_DAYS)
    notes = list(db.session.scalars(_worded("note", "").where(old)))
    return labels + _erase(notes, "note", "")


def _past_labels(limit: date) -> list[int]:
    """Return visits whose label was last used before the limit, or stands in old revisions only."""
    still_used = (
        select(Visit.village_code, Visit.label)
        .where(Visit.label.is_not(None), Visit.visited_on >= limit)
        .distinct()
    )
    kept = {tuple(row) for row in db.session.execute(still_used)}
    rows = db.session.execute(
        select(Visit.id, Visit.village_code, Visit.label)
        .where(Visit.id.in_(_worded("label", None)), Visit.visited_on < limit)
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
