"""The clicker for market days, and the paper tally sheet typed in afterwards.

Both are one page: a card per service with a number per outcome. On the clicker a press adds one
(by script, or by a plain form post); on paper the numbers are typed and the day is chosen.
"""

from collections import defaultdict
from datetime import date
from typing import Any
from uuid import uuid4

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from helper.catalogue.model import Catalogue, load_catalogue
from helper.core.clock import now, today
from helper.core.ids import parse_uuid
from helper.security.actor import Actor
from helper.security.permissions import Permission
from helper.visits import offers, service
from helper.visits.forms import CaptureForm
from helper.visits.messages import error_sentences
from helper.visits.service import Item
from helper.visits.views.blueprint import bp
from helper.visits.views.capture import capture_page
from helper.web.access import requires
from helper.web.fields import whole_number

RECORD = Permission.VISIT_RECORD
OUTCOMES = ("DONE_SELF", "DONE_ASSISTED", "NOT_DONE")
CARDS = 3
MARKET = ("D3", "D5", "H3")
MOST = 1000


@bp.get("/visits/clicker")
@requires(RECORD)
def clicker(actor: Actor) -> ResponseReturnValue:
    """Count people on a market day, one press each."""
    return _page(actor, "clicker", _asked_types(actor), {}, [])


@bp.get("/visits/paper")
@requires(RECORD)
def paper(actor: Actor) -> ResponseReturnValue:
    """Type in a paper tally sheet, for the day it was kept."""
    return _page(actor, "paper", _asked_types(actor), {}, [])


@bp.get("/visits/sheet")
@requires(RECORD)
def sheet(actor: Actor) -> ResponseReturnValue:
    """A tally sheet to print on A5, with the same icons."""
    catalogue = load_catalogue()
    types = [catalogue.support_types[code] for code in _asked_types(actor)]
    return render_template(
        "visits/sheet.html", types=types, outcomes=[catalogue.outcomes[code] for code in OUTCOMES]
    )


@bp.post("/visits/clicker")
@requires(RECORD)
def clicker_submit(actor: Actor) -> ResponseReturnValue:
    """One press without script, one service more, or the whole count saved as one visit."""
    return _submit(actor, "clicker")


@bp.post("/visits/paper")
@requires(RECORD)
def paper_submit(actor: Actor) -> ResponseReturnValue:
    """Save a typed-in sheet as one visit of its day."""
    return _submit(actor, "paper")


def _submit(actor: Actor, source: str) -> ResponseReturnValue:
    counts = _counts()
    types = list(dict.fromkeys(code for code, _outcome in counts))
    taps = [tap for tap in request.form.get("taps", "").split(",") if tap][-200:]
    action, _colon, argument = (request.form.get("action") or "").partition(":")
    pressed = request.form.get("plus")
    if action == "less":
        pressed = taps.pop() if taps else None
        _add(counts, pressed, -1)
    elif pressed:
        _add(counts, pressed, 1)
        taps.append(pressed)
    elif action == "add":
        if argument in load_catalogue().support_types:
            types = list(dict.fromkeys([*types, argument]))
        else:
            return _page(actor, source, types, counts, taps, choosing=True)
    elif action == "save":
        return _save(actor, source, counts)
    return _page(actor, source, types, counts, taps)


def _save(actor: Actor, source: str, counts: dict[tuple[str, str], int]) -> ResponseReturnValue:
    """Store the count when it is whole, else open it in the capture form to be completed."""
    form = _as_capture(source, counts)
    catalogue = load_catalogue()
    if form.day_problem(today()):
        return capture_page(actor, form, offers.village_choices(actor)), 422
    item = Item(
        client_id=str(form.id.data),
        rev=1,
        op=service.PUT,
        data=form.as_visit(catalogue),
        recorded_at=now(),
    )
    applied = service.apply_item(actor, item)
    if applied.status in {"accepted", "duplicate"} and applied.visit is not None:
        return redirect(url_for("visits.new", saved=applied.visit.id), 303)
    if applied.status == "rejected":
        form.show_problems(applied.problems, error_sentences(applied.problems))
    stored = applied.visit if applied.status != "rejected" else None
    if stored is not None:
        form.rev.data = str(stored.rev + 1)
    villages = offers.village_choices(actor)
    page = capture_page(actor, form, villages, visit=stored, changed=stored is not None)
    return page, 422 if stored is None else 409


def _as_capture(source: str, counts: dict[tuple[str, str], int]) -> CaptureForm:
    form = CaptureForm(formdata=None)
    form.id.data = parse_uuid(request.form.get("id")) or str(uuid4())
    form.rev.data, form.source.data = "1", source
    form.village.data = request.form.get("village")
    form.place_kind.data = request.form.get("place_kind") or "market"
    form.visited_on.data = _day(request.form.get("visited_on"))
    by_type: dict[str, int] = defaultdict(int)
    for (code, outcome), number in counts.items():
        raw = request.form.get(f"count-{code}:{outcome}", "").strip()
        unread = bool(raw) and whole_number(raw) is None
        if number or unread:
            by_type[code] += number
            # What was typed and is no number goes on as typed: the rules will ask for it.
            people = raw if unread else str(number)
            form.lines.append_entry({"support_type": code, "outcome": outcome, "people": people})
    # Nobody counts heads at a market stall: at least the largest service's people were there.
    least = max(by_type.values(), default=0)
    form.people.data = request.form.get("people") or str(least or "")
    return form


def _page(
    actor: Actor,
    source: str,
    types: list[str],
    counts: dict[tuple[str, str], int],
    taps: list[str],
    *,
    choosing: bool = False,
) -> ResponseReturnValue:
    catalogue = load_catalogue()
    villages = offers.village_choices(actor)
    asked: dict[str, Any] = {
        "village": request.values.get("village"),
        "on": request.values.get("visited_on") or request.values.get("on"),
        "at": request.values.get("place_kind") or "market",
    }
    context = offers.choose_context(actor, villages, asked)
    if context is None:
        return redirect(url_for("visits.new"), 303)
    return render_template(
        "visits/clicker.html",
        source=source,
        context=context,
        villages=villages,
        cards=[(catalogue.support_types[code], _card(code, counts, catalogue)) for code in types],
        others=[item for item in catalogue.active_types if item.code not in types],
        total=sum(counts.values()),
        taps=taps,
        last=_tap_words(taps, catalogue),
        choosing=choosing,
        id=parse_uuid(request.form.get("id")) or str(uuid4()),
        people=request.form.get("people", ""),
        today=today(),
    )


def _card(
    code: str, counts: dict[tuple[str, str], int], catalogue: Catalogue
) -> list[tuple[str, int, Any]]:
    return [
        (f"{code}:{outcome}", counts.get((code, outcome), 0), catalogue.outcomes[outcome])
        for outcome in OUTCOMES
    ]


def _tap_words(taps: list[str], catalogue: Catalogue) -> tuple[Any, Any] | None:
    code, _colon, outcome = (taps[-1] if taps else "").partition(":")
    if code not in catalogue.support_types or outcome not in catalogue.outcomes:
        return None
    return catalogue.support_types[code], catalogue.outcomes[outcome]


def _asked_types(actor: Actor) -> list[str]:
    catalogue = load_catalogue()
    asked = [code for code in request.args.getlist("type") if code in catalogue.support_types]
    return asked[:12] or list(MARKET[:CARDS])


def _counts() -> dict[tuple[str, str], int]:
    """Return the numbers of the page, (type, outcome) -> how many, in the page's order."""
    catalogue = load_catalogue()
    found: dict[tuple[str, str], int] = {}
    for name, raw in request.form.items():
        code, _colon, outcome = name.removeprefix("count-").partition(":")
        if code in catalogue.support_types and outcome in OUTCOMES:
            found[code, outcome] = min(whole_number(raw) or 0, MOST)
    return found


def _add(counts: dict[tuple[str, str], int], value: str | None, step: int) -> None:
    code, _colon, outcome = (value or "").partition(":")
    if code in load_catalogue().support_types and outcome in OUTCOMES:
        number = counts.get((code, outcome), 0) + step
        counts[code, outcome] = max(0, min(number, MOST))


def _day(raw: str | None) -> date | None:
    """Return the day of the page; None for what is no day, so that the rules ask for it."""
    if raw is None:
        return today()
    try:
        return date.fromisoformat(raw)
    except ValueError:
        return None
