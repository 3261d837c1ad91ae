"""Writing visits: record, amend, void, by one set of rules whatever door they come through.

Nothing here commits. A visit's versions are ordered by `rev`; the highest accepted one counts.
"""

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select

from helper import policy
from helper.audit.service import record_event
from helper.catalogue.model import load_catalogue
from helper.core.clock import now, today
from helper.core.errors import ForbiddenError, InvalidError, NotFoundError
from helper.db import db
from helper.people.models import RoleHolding
from helper.people.queries import list_past_paths
from helper.places.models import Place
from helper.security.actor import Actor
from helper.security.permissions import Permission
from helper.security.secrets import fingerprint
from helper.visits.body import Line, VisitBody, canonical
from helper.visits.messages import sentence
from helper.visits.models import (
    LIVE,
    QUARANTINED,
    VOID,
    Visit,
    VisitHelper,
    VisitLine,
    VisitRevision,
)
from helper.visits.rules import Problem, read_reason, read_visit
from helper.visits.signals import Counted, visit_changed

PUT, DEL, VOIDED = "put", "del", "void"
MAX_REV = 1_000_000
# A phone whose clock is off by more than this is worth a look.
CLOCK_SLACK = timedelta(days=90)


@dataclass(frozen=True)
class Item:
    """One version of a visit as saved; `data` is untrusted, `client_id` and `rev` were checked."""

    client_id: str
    rev: int
    op: str
    data: object = None
    reason: object = None
    recorded_at: datetime | None = None


@dataclass(frozen=True)
class Applied:
    """What became of an item: accepted, duplicate, stale, conflict, rejected (docs/protocol.md)."""

    status: str
    receipt: str | None = None
    problems: tuple[Problem, ...] = ()
    visit: Visit | None = None


@dataclass
class _Content:
    """An item's content after the rules that need no database."""

    body: VisitBody | None
    reason: str | None
    hash: str
    flags: set[str] = field(default_factory=set)


def apply_item(actor: Actor, item: Item) -> Applied:
    """Take one version of a visit by its author; sent again, it counts once.

    Order of questions: is it well formed; is exactly this stored already; is something newer
    stored; may it be stored. Nothing is written unless the answer is accepted or conflict.
    """
    content, problems = _read(item)
    if content is None:
        return Applied("rejected", problems=problems)
    visit = _find_and_lock(actor.user_id, item.client_id)
    if visit is None:
        return _create(actor, item, content)
    same = _find_stored(visit, item, content)
    if same is not None:
        return Applied("conflict" if same.held else "duplicate", same.receipt, visit=visit)
    if item.rev < visit.rev:
        return Applied("stale", visit=visit)
    if item.rev == visit.rev or (actor.quarantined and visit.status == LIVE):
        revision = _add_revision(actor, visit, item, content, held=True)
        return Applied("conflict", revision.receipt, visit=visit)
    return _supersede(actor, visit, item, content)


def void_visit(actor: Actor, visit_id: int, reason: str) -> Visit:
    """Void another's visit with a reason: it leaves every total at once, its history stays.

    For leads and officers (policy `visit.void`). NotFoundError out of scope, ForbiddenError without
    the permission, InvalidError for a bad reason. Voiding a void visit changes nothing.
    """
    visit = db.session.scalar(
        select(Visit).where(Visit.id == visit_id).with_for_update(key_share=True)
    )
    if visit is None or not policy.allows(actor, Permission.VISIT_READ, visit.path):
        raise NotFoundError(str(visit_id))
    if not policy.allows(actor, Permission.VISIT_VOID, visit.path):
        raise ForbiddenError(Permission.VISIT_VOID)
    text, problem = read_reason(reason, required=True)
    if problem:
        raise InvalidError({"reason": sentence(problem)})
    if visit.status == VOID:
        return visit
    before = counted(visit)
    _mark_void(visit, actor, text)
    content = _Content(None, text, fingerprint(canonical(VOIDED, None, text)))
    _add_revision(actor, visit, Item("", visit.rev, VOIDED), content)
    record_event(
        actor,
        "visit.void",
        "visit",
        visit.id,
        place_code=visit.village_code,
        author=visit.author_id,
    )
    visit_changed.send(before=before, after=None)
    return visit


def counted(visit: Visit) -> Counted | None:
    """Return what the tallies count of a visit, or None when it does not count."""
    body = visit.body() if visit.status == LIVE else None
    if body is None:
        return None
    return Counted(visit.path, body.visited_on, body.people, body.card, body.lines)


def _read(item: Item) -> tuple[_Content | None, tuple[Problem, ...]]:
    if item.op == DEL:
        reason, problem = read_reason(item.reason, required=False)
        if problem:
            return None, (problem,)
        return _Content(None, reason, fingerprint(canonical(DEL, None, reason))), ()
    reading = read_visit(item.data, load_catalogue(), today())
    if reading.body is None:
        return None, reading.problems
    flags = set(reading.flags)
    if item.recorded_at is None or abs(now() - item.recorded_at) > CLOCK_SLACK:
        flags.add("odd_clock")
    if reading.body.card:
        flags.add("card_unknown")  # no card has been printed by the register yet
    text = canonical(PUT, reading.body, None)
    return _Content(reading.body, None, fingerprint(text), flags), ()


def _find_and_lock(author_id: int, client_id: str) -> Visit | None:
    # key_share: a plain FOR UPDATE would collide with the foreign-key lock of its own lines.
    return db.session.scalar(
        select(Visit)
        .where(Visit.author_id == author_id, Visit.client_id == client_id)
        .with_for_update(key_share=True)
    )


def _find_stored(visit: Visit, item: Item, content: _Content) -> VisitRevision | None:
    return db.session.scalar(
        select(VisitRevision).where(
            VisitRevision.visit_id == visit.id,
            VisitRevision.rev == item.rev,
            VisitRevision.op == item.op,
            VisitRevision.content_hash == content.hash,
        )
    )


def _create(actor: Actor, item: Item, content: _Content) -> Applied:
    visit = Visit(
        author_id=actor.user_id,
        client_id=item.client_id,
        rev=item.rev,
        status=QUARANTINED if actor.quarantined else LIVE,
        first_received_at=now(),
    )
    if content.body is None:
        _mark_void(visit, actor, content.reason)
    else:
        problems = _place_content(actor, visit, content, content.body)
        if problems:
            return Applied("rejected", problems=problems)
    db.session.add(visit)
    db.session.flush()
    revision = _add_revision(actor, visit, item, content)
    visit_changed.send(before=None, after=counted(visit))
    return Applied("accepted", revision.receipt, visit=visit)


def _supersede(actor: Actor, visit: Visit, item: Item, content: _Content) -> Applied:
    before = counted(visit)
    if content.body is None:
        if visit.status != VOID:
            _mark_void(visit, actor, content.reason)
    elif visit.status == VOID:
        return Applied("rejected", problems=(_why_void(visit),), visit=visit)
    else:
        problems = _place_content(actor, visit, content, content.body)
        if problems:
            return Applied("rejected", problems=problems, visit=visit)
    visit.rev = item.rev
    revision = _add_revision(actor, visit, item, content)
    after = counted(visit)
    if before != after:
        visit_changed.send(before=before, after=after)
    return Applied("accepted", revision.receipt, visit=visit)


def _why_void(visit: Visit) -> Problem:
    if visit.voided_by == visit.author_id:
        return Problem("visit", "visit_deleted")
    return Problem("visit", "visit_voided", {"reason": visit.void_reason})


def _place_content(
    actor: Actor, visit: Visit, content: _Content, body: VisitBody
) -> tuple[Problem, ...]:
    """Check what needs the database and write the content; returns problems instead of writing."""
    place = db.session.get(Place, body.village)
    if place is None:
        return (Problem("village", "village_unknown"),)
    flag = _village_flag(actor, place)
    if flag == "outside":
        return (Problem("village", "village_outside"),)
    if body.helpers and not _are_colleagues(body.helpers, place):
        return (Problem("helpers", "helper_unknown"),)
    if flag:
        content.flags.add(flag)
    if place.valid_to is not None and place.valid_to < body.visited_on:
        content.flags.add("closed_village")
    _write_body(visit, place, body)
    visit.flags = " ".join(sorted(content.flags))
    return ()


def _village_flag(actor: Actor, place: Place) -> str | None:
    if policy.allows(actor, Permission.VISIT_RECORD, place.path):
        return None
    if policy.allows(actor, Permission.VISIT_RECORD_NEARBY, place.path):
        return "other_village"
    if any(path.commune == place.commune_code for path in list_past_paths(actor.user_id)):
        return "left_village"
    return "outside"


def _are_colleagues(user_ids: tuple[int, ...], village: Place) -> bool:
    found = db.session.scalars(
        select(RoleHolding.user_id)
        .join(Place, Place.code == RoleHolding.place_code)
        .where(RoleHolding.user_id.in_(user_ids), Place.commune_code == village.commune_code)
        .distinct()
    )
    return set(found) == set(user_ids)


def _write_body(visit: Visit, place: Place, body: VisitBody) -> None:
    visit.province_code, visit.commune_code = place.province_code, place.commune_code
    visit.village_code = place.code
    for name in (
        "visited_on",
        "people",
        "place_kind",
        "card",
        "age_band",
        "note",
        "label",
        "revisit_on",
        "source",
        "follows",
        "event",
        "request",
    ):
        setattr(visit, name, getattr(body, name))
    # A line whose key comes back is updated in place by the unit of work, not deleted first.
    visit.lines = [_line_row(line) for line in body.lines]
    visit.helpers = [VisitHelper(user_id=user_id) for user_id in body.helpers]


def _line_row(line: Line) -> VisitLine:
    return VisitLine(**{**asdict(line), "reason": line.reason or ""})


def _mark_void(visit: Visit, actor: Actor, reason: str | None) -> None:
    visit.status = VOID
    visit.voided_at = now()
    visit.voided_by = actor.user_id
    visit.void_reason = reason


def _add_revision(
    actor: Actor, visit: Visit, item: Item, content: _Content, *, held: bool = False
) -> VisitRevision:
    revision = VisitRevision(
        visit_id=visit.id,
        rev=item.rev,
        op=item.op,
        content_hash=content.hash,
        body=content.body.as_json() if content.body else None,
        reason=content.reason,
        held=held,
        commune_code=visit.commune_code,
        actor_id=actor.user_id,
        device_id=actor.device_id,
        via=actor.via,
        recorded_at=item.recorded_at,
        received_at=now(),
    )
    db.session.add(revision)
    db.session.flush()
    return revision
