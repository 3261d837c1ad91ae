"""Erasing personal words when their time is over; counts stay exact, for no count rests on them."""

from datetime import date, timedelta

from sqlalchemy import func, select, update

from helper.db import db
from helper.visits.models import Visit, VisitRevision

LABEL_DAYS = 90  # after the last visit under that label in the village (contracts.md)
NOTE_DAYS = 180  # reliability.md 6.3
BATCH = 500


def erase_expired(today: date) -> int:
    """Erase labels and notes past their time, in visits and every revision; returns visits."""
    label_limit = today - timedelta(days=LABEL_DAYS)
    note_limit = today - timedelta(days=NOTE_DAYS)
    last_under_label = (
        select(Visit.village_code, Visit.label)
        .where(Visit.label.is_not(None))
        .group_by(Visit.village_code, Visit.label)
        .having(func.max(Visit.visited_on) < label_limit)
    )
    erased = 0
    for village, label in db.session.execute(last_under_label).all():
        found = select(Visit.id).where(Visit.village_code == village, Visit.label == label)
        erased += _erase(list(db.session.scalars(found)), "label", None)
    # Labels also go from revisions of visits whose present version no longer bears one.
    old_notes = select(Visit.id).where(Visit.note != "", Visit.visited_on < note_limit)
    erased += _erase(list(db.session.scalars(old_notes)), "note", "")
    return erased


def _erase(visit_ids: list[int], name: str, empty: str | None) -> int:
    for start in range(0, len(visit_ids), BATCH):
        ids = visit_ids[start : start + BATCH]
        db.session.execute(update(Visit).where(Visit.id.in_(ids)).values({name: empty}))
        revisions = db.session.scalars(
            select(VisitRevision).where(
                VisitRevision.visit_id.in_(ids), VisitRevision.body.is_not(None)
            )
        )
        for revision in revisions:
            revision.body = {**(revision.body or {}), name: empty}
    return len(visit_ids)
