"""The log screen: one visit in a few taps, its form, and amending one's own."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from helper import policy
from helper.catalogue.model import Catalogue, load_catalogue
from helper.core.clock import now, today
from helper.core.errors import ForbiddenError, NotFoundError
from helper.core.ids import parse_uuid
from helper.security.actor import Actor
from helper.security.permissions import Permission
from helper.visits import offers, queries, service
from helper.visits.forms import CaptureForm
from helper.visits.messages import error_sentences
from helper.visits.models import VOID, Visit
from helper.visits.rules import DAYS_BACK
from helper.visits.service import Applied, Item
from helper.visits.sight import get_own
from helper.visits.views.blueprint import bp
from helper.web.access import requires
from helper.web.fields import error_list, whole_number

RECORD = Permission.VISIT_RECORD


@bp.get("/visits/new")
@requires(RECORD)
def new(actor: Actor) -> ResponseReturnValue:
    """The log screen: what was just helped with; then `?type=` asks how it ended."""
    asked = {name: request.args.get(name) for name in ("village", "on", "at")}
    villages = offers.village_choices(actor)
    context = offers.choose_context(actor, villages, asked)
    catalogue = load_catalogue()
    if context is None:
        return _choose_village(villages, asked)
    chosen = request.args.get("type", "")
    if chosen in catalogue.support_types:
        return _empty_form(actor, context, villages, chosen)
    if request.args.get("change"):
        return _choose_village(villages, asked, context)
    query = request.args.get("q", "")
    saved = _just_saved(actor)
    return render_template(
        "visits/new.html",
        context=context,
        asked={name: value for name, value in asked.items() if value},
        tiles=offers.usual_types(actor, context.village.code, catalogue),
        show_all=bool(request.args.get("all") or query),
        query=query,
        fresh=str(uuid4()),
        found=catalogue.search_types(query) if query else None,
        saved=saved,
        receipts=queries.receipts_of([saved]) if saved else {},
    )


@bp.post("/visits/new")
@requires(RECORD)
def new_submit(actor: Actor) -> ResponseReturnValue:
    """Save the visit, or do what another button asked: one more service, one more outcome."""
    return _submit(actor, None)


@bp.get("/visits/<int:visit_id>/edit")
@requires(RECORD)
def edit(actor: Actor, visit_id: int) -> ResponseReturnValue:
    """One's own visit in the form again; saving makes a new revision, the old one is kept."""
    visit = get_own(actor, visit_id)
    body = visit.body()
    if visit.status == VOID or body is None:
        raise ForbiddenError(RECORD)
    form = CaptureForm(formdata=None)
    form.id.data, form.rev.data = visit.client_id, str(visit.rev + 1)
    form.fill(body)
    return capture_page(actor, form, offers.village_choices(actor), visit=visit)


@bp.post("/visits/<int:visit_id>/edit")
@requires(RECORD)
def edit_submit(actor: Actor, visit_id: int) -> ResponseReturnValue:
    """Store the amended visit as its next revision."""
    return _submit(actor, get_own(actor, visit_id))


def _choose_village(
    villages: Any, asked: dict[str, str | None], context: offers.Context | None = None
) -> str:
    """Ask where and when; nothing is preset for whoever works in many villages."""
    if not any(villages.values()):
        return render_template("visits/no_village.html")
    return render_template(
        "visits/context.html", villages=villages, context=context, asked=asked, **_days()
    )


def _empty_form(
    actor: Actor, context: offers.Context, villages: Any, support_type: str
) -> ResponseReturnValue:
    """Ask how a chosen service ended.

    The visit's id was made on the page before and stands in the address: whoever goes back after
    saving is told so, instead of saving the same again unawares.
    """
    asked_id = parse_uuid(request.args.get("id"))
    stored = queries.find_own(policy.scope_for(actor, RECORD), asked_id) if asked_id else None
    form = CaptureForm(formdata=None)
    form.id.data = asked_id if asked_id and stored is None else str(uuid4())
    form.rev.data, form.source.data = "1", "phone"
    form.village.data, form.visited_on.data = context.village.code, context.on
    form.place_kind.data, form.people.data = context.place_kind, "1"
    form.lines.append_entry({"support_type": support_type})
    receipt = queries.receipts_of([stored]).get(stored.id) if stored else None
    return capture_page(actor, form, villages, stored=receipt)


def _submit(actor: Actor, visit: Visit | None) -> ResponseReturnValue:
    form = CaptureForm()
    catalogue = load_catalogue()
    villages = offers.village_choices(actor)
    action, _colon, argument = (request.form.get("action") or "save").partition(":")
    if action != "save":
        return _other_button(actor, form, villages, visit, (action, argument))
    if form.day_problem(today()):
        return capture_page(actor, form, villages, visit=visit), 422
    item = Item(
        client_id=visit.client_id if visit else parse_uuid(form.id.data) or str(uuid4()),
        rev=whole_number(form.rev.data) or 1,
        op=service.PUT,
        data=form.as_visit(catalogue),
        recorded_at=now(),
    )
    applied = service.apply_item(actor, item)
    return _answer(actor, form, villages, visit, applied)


def _answer(
    actor: Actor, form: CaptureForm, villages: Any, visit: Visit | None, applied: Applied
) -> ResponseReturnValue:
    if applied.status in {"accepted", "duplicate"} and applied.visit is not None:
        if visit is not None:
            return redirect(url_for("visits.show", visit_id=visit.id), 303)
        return redirect(url_for("visits.new", saved=applied.visit.id, **_kept_context(form)), 303)
    if applied.status == "rejected":
        form.show_problems(applied.problems, error_sentences(applied.problems))
        return capture_page(actor, form, villages, visit=visit), 422
    # The visit was saved before, and these answers differ: keep them, as an amendment to confirm.
    stored = applied.visit or visit
    if stored is None:
        raise NotFoundError("visit")
    form.rev.data = str(stored.rev + 1)
    page = capture_page(actor, form, villages, visit=stored, changed=True)
    return page, 409


def _other_button(
    actor: Actor,
    form: CaptureForm,
    villages: Any,
    visit: Visit | None,
    pressed: tuple[str, str],
) -> ResponseReturnValue:
    action, argument = pressed
    number = whole_number(argument)
    place = len(form.lines) if number is None else number
    catalogue = load_catalogue()
    if action == "add" and argument not in catalogue.support_types:
        kept = [
            (k, v) for k, v in request.form.items(multi=True) if k not in {"action", "csrf_token"}
        ]
        known = {view.code for group in villages.values() for view in group}
        village = form.village.data if form.village.data in known else ""
        return render_template(
            "visits/add.html",
            kept=kept,
            tiles=offers.usual_types(actor, village, catalogue),
            action=request.path,
        )
    if action == "add":
        form.lines.append_entry({"support_type": argument})
    elif action == "split" and place < len(form.lines):
        kind = form.lines[place].form.support_type.data
        form.lines.append_entry({"support_type": kind})
    elif action == "drop" and place < len(form.lines):
        kept_lines = [entry.data for n, entry in enumerate(form.lines) if n != place]
        _reset_lines(form, kept_lines)
    return capture_page(actor, form, villages, visit=visit)


def _reset_lines(form: CaptureForm, lines: list[dict[str, Any]]) -> None:
    while len(form.lines):
        form.lines.pop_entry()
    form.lines.last_index = -1
    for line in lines:
        form.lines.append_entry(line)


def capture_page(
    actor: Actor,
    form: CaptureForm,
    villages: Any,
    *,
    visit: Visit | None = None,
    changed: bool = False,
    stored: str | None = None,
) -> str:
    """Render the capture form with its choices; `changed` says a saved visit is being amended."""
    catalogue = load_catalogue()
    titles = {view.code: view for group in villages.values() for view in group}
    village = form.village.data if form.village.data in titles else ""
    form.offer(catalogue, offers.as_pairs(villages), offers.list_colleagues(actor, village))
    return render_template(
        "visits/capture.html",
        form=form,
        visit=visit,
        changed=changed,
        stored=stored,
        village=titles.get(village),
        likely=_likely_reasons(form, catalogue),
        errors=error_list(form),
        **_days(),
        split=len({e.form.support_type.data for e in form.lines}) != len(form.lines),
    )


def _days() -> dict[str, date]:
    """Return the first and last day that date pickers offer."""
    return {"today": today(), "earliest": today() - timedelta(days=DAYS_BACK)}


def _likely_reasons(form: CaptureForm, catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    kinds = {entry.form.support_type.data for entry in form.lines}
    return {k: catalogue.support_types[k].reasons for k in kinds if k in catalogue.support_types}


def _kept_context(form: CaptureForm) -> dict[str, Any]:
    kept = {"village": form.village.data or "", "at": form.place_kind.data or "home"}
    if isinstance(form.visited_on.data, date) and form.visited_on.data != today():
        kept["on"] = form.visited_on.data.isoformat()
    return kept


def _just_saved(actor: Actor) -> Visit | None:
    saved = whole_number(request.args.get("saved"))
    if saved is None:
        return None
    try:
        visit = get_own(actor, saved)
    except (NotFoundError, ForbiddenError):
        return None
    return visit if visit.status != VOID else None
