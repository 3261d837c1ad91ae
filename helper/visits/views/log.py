"""The own log, one visit with its history, voiding, and the rows behind a tally."""

from collections.abc import Container
from datetime import date, timedelta

from flask import current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from helper import policy
from helper.catalogue.model import load_catalogue
from helper.core.clock import now, today
from helper.core.errors import ForbiddenError, InvalidError, NotFoundError
from helper.core.periods import Period, month_of, parse_period
from helper.db import unit_of_work
from helper.people.queries import find_names
from helper.people.signin import note_pin_try, pin_fits
from helper.places.queries import get_path, get_place, list_places
from helper.security.actor import Actor
from helper.security.permissions import Permission
from helper.visits import queries, service
from helper.visits.forms import VoidForm
from helper.visits.messages import error_sentences
from helper.visits.models import Visit
from helper.visits.service import Applied, Item
from helper.visits.sight import get_own, get_readable, sight_of
from helper.visits.views.blueprint import bp
from helper.web.access import check_place, requires
from helper.web.fields import add_error, error_list, whole_number

RECORD = Permission.VISIT_RECORD
READ = Permission.VISIT_READ
# The page offers it for ten seconds; a slow line and a slow hand get a little longer.
UNDO_WITHIN = timedelta(minutes=5)


@bp.get("/visits/<int:visit_id>/void")
@requires(RECORD)
def void(actor: Actor, visit_id: int) -> ResponseReturnValue:
    """Ask why before a visit leaves the totals."""
    visit = _voidable(actor, visit_id)
    return _void_page(actor, visit, VoidForm(formdata=None))


@bp.post("/visits/<int:visit_id>/void")
@requires(RECORD, own_transaction=True)
def void_submit(actor: Actor, visit_id: int) -> ResponseReturnValue:
    """Void one's own visit, or another's as lead or officer (with the PIN)."""
    visit = _voidable(actor, visit_id)
    form = VoidForm()
    if not (form.reason.data or "").strip():
        add_error(form.reason, _("Viết vài chữ vì sao hủy"))
        return _void_page(actor, visit, form)
    if visit.author_id != actor.user_id:
        return _void_other(actor, visit, form)
    with unit_of_work():
        applied = _delete_own(actor, visit, form.reason.data)
    if applied.status == "rejected":
        add_error(form.reason, error_sentences(applied.problems)["reason"])
        return _void_page(actor, visit, form)
    return redirect(url_for("visits.own"), 303)


@bp.post("/visits/<int:visit_id>/undo")
@requires(RECORD)
def undo(actor: Actor, visit_id: int) -> ResponseReturnValue:
    """Take back what was just saved (the toast's button)."""
    visit = get_own(actor, visit_id)
    if now() - visit.first_received_at > UNDO_WITHIN:
        # Later than that a visit is voided with a reason.
        return redirect(url_for("visits.void", visit_id=visit_id), 303)
    _delete_own(actor, visit, _("Hoàn tác ngay sau khi lưu"))
    return redirect(url_for("visits.new", undone=1), 303)


@bp.get("/visits")
@requires(RECORD)
def own(actor: Actor) -> ResponseReturnValue:
    """One's own log by day, with the month at a glance."""
    scope = policy.scope_for(actor, READ)
    before = _cursor(request.args.get("before"))
    visits = queries.list_own(scope, before=before, limit=queries.PAGE_SIZE + 1)
    more = visits[queries.PAGE_SIZE :]
    visits = visits[: queries.PAGE_SIZE]
    month = month_of(today())
    last = visits[-1] if more else None
    return render_template(
        "visits/own.html",
        visits=visits,
        receipts=queries.receipts_of(visits),
        month=month,
        today=today(),
        figures=queries.own_month(scope, month),
        older=f"{last.visited_on}.{last.id}" if last else None,
        first_page=before is None,
    )


@bp.get("/visits/<int:visit_id>")
@requires(Permission.SIGNED_IN)
def show(actor: Actor, visit_id: int) -> ResponseReturnValue:
    """One visit with its history, as far as the reader may see it."""
    visit = get_readable(actor, visit_id)
    sight = sight_of(actor, visit)
    people = {visit.author_id, *(r.actor_id for r in visit.revisions)}
    people |= {helper.user_id for helper in visit.helpers}
    return render_template(
        "visits/show.html",
        visit=visit,
        sight=sight,
        receipt=queries.receipts_of([visit]).get(visit.id),
        village=get_place(visit.village_code) if visit.village_code else None,
        names=find_names(people) if sight.author else {},
    )


@bp.get("/visits/at/<place>")
@requires(Permission.SIGNED_IN)
def rows(actor: Actor, place: str) -> ResponseReturnValue:
    """The visits behind a number: those of a place and period, narrowed to a cell."""
    path = get_path(place)
    check_place(actor, READ, path)
    period = _period(request.args.get("period"))
    only = _row_filter()
    after = _cursor(request.args.get("after"))
    found = queries.list_visits(
        policy.scope_for(actor, READ),
        path,
        period,
        only=only,
        after=after,
        limit=queries.PAGE_SIZE + 1,
    )
    visits, more = found[: queries.PAGE_SIZE], found[queries.PAGE_SIZE :]
    last = visits[-1] if more else None
    return render_template(
        "visits/rows.html",
        place=get_place(place, period.end),
        period=period,
        only=only,
        visits=visits,
        villages={v.code: v for v in list_places({str(x.village_code) for x in visits})},
        sights={visit.id: sight_of(actor, visit) for visit in visits},
        authors=find_names({visit.author_id for visit in visits}),
        older=f"{last.visited_on}.{last.id}" if last else None,
    )


def _voidable(actor: Actor, visit_id: int) -> Visit:
    visit = get_readable(actor, visit_id)
    if visit.author_id != actor.user_id and not policy.allows(
        actor, Permission.VISIT_VOID, visit.path
    ):
        raise ForbiddenError(Permission.VISIT_VOID)
    return visit


def _delete_own(actor: Actor, visit: Visit, reason: str) -> Applied:
    item = Item(visit.client_id, visit.rev + 1, service.DEL, reason=reason, recorded_at=now())
    return service.apply_item(actor, item)


def _void_other(actor: Actor, visit: Visit, form: VoidForm) -> ResponseReturnValue:
    if not actor.pin_is_fresh:
        fits = pin_fits(actor, form.pin.data or "")
        with unit_of_work():
            note_pin_try(actor, fits=fits)
        if not fits:
            add_error(form.pin, _("6 số chưa đúng. Gõ lại giúp"))
            return _void_page(actor, visit, form)
    try:
        with unit_of_work():
            service.void_visit(actor, visit.id, form.reason.data or "")
    except InvalidError as error:
        add_error(form.reason, error.problems["reason"])
        return _void_page(actor, visit, form)
    return redirect(url_for("visits.show", visit_id=visit.id), 303)


def _void_page(actor: Actor, visit: Visit, form: VoidForm) -> ResponseReturnValue:
    errors = error_list(form)
    ask_pin = visit.author_id != actor.user_id and not actor.pin_is_fresh
    page = render_template(
        "visits/void.html", visit=visit, form=form, errors=errors, ask_pin=ask_pin
    )
    return page, 422 if errors else 200


def _cursor(raw: str | None) -> tuple[date, int] | None:
    day, _dot, number = (raw or "").rpartition(".")
    try:
        row = whole_number(number)
        return (date.fromisoformat(day), row) if row is not None else None
    except ValueError:
        return None


def _row_filter() -> queries.RowFilter:
    """Return the asked cell; a code that the catalogue does not know names no rows."""
    catalogue = load_catalogue()
    known: dict[str, Container[str]] = {
        "support_type": catalogue.support_types,
        "group": catalogue.groups,
        "outcome": catalogue.outcomes,
        "reason": {*catalogue.reasons, ""},
    }
    asked = {name: request.args.get(name) for name in known}
    for name, code in asked.items():
        if code is not None and code not in known[name]:
            raise NotFoundError(name)
    return queries.RowFilter(**asked)


def _period(name: str | None) -> Period:
    cut_day = current_app.config["HELPER_CUT_DAY"]
    try:
        return parse_period(name or "", cut_day)
    except ValueError:
        return month_of(today(), cut_day=cut_day)
