"""`/tallies/<place>`: one page for village, commune, province and nation."""

from datetime import date

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from helper import policy
from helper.catalogue.model import load_catalogue
from helper.core.clock import now, today
from helper.core.errors import NotFoundError
from helper.core.periods import Period, month_of, parse_period, week_of
from helper.core.placecodes import Level, PlacePath
from helper.people.queries import list_team
from helper.places.queries import get_path, get_place
from helper.security.actor import Actor
from helper.security.permissions import Permission
from helper.tallies import queries, report
from helper.tallies.report import shares_of
from helper.web.access import check_place, requires

bp = Blueprint("tallies", __name__)
KINDS = (
    "month",
    "rmonth",
    "week",
    "day",
    "quarter",
    "rquarter",
    "half",
    "rhalf",
    "nine",
    "rnine",
    "year",
    "ryear",
)


@bp.get("/tallies/<place>")
@requires(Permission.TALLY_READ)
def show(actor: Actor, place: str) -> ResponseReturnValue:
    """The sums of a place and period, each number openable by those who may."""
    path = get_path(place)
    check_place(actor, Permission.TALLY_READ, path)
    if request.args.get("kind") or request.args.get("from"):
        chosen = _chosen()
        name, unread = (chosen.name, None) if chosen else (None, 1)
        return redirect(url_for("tallies.show", place=place, period=name, unread=unread))
    period = _period(request.args.get("period"))
    catalogue = load_catalogue()
    tally = queries.read_total(path, period, ("x", "s", "g", "o", "r"))
    rows = report.rows_below(actor, path, period, catalogue)
    beside = report.compare(path, period)
    shares = shares_of(tally, catalogue)
    beside_shares = {name: shares_of(item, catalogue) for name, item in beside.items()}
    scope = policy.scope_for(actor, Permission.TEAM_READ)
    team = list_team(scope, place) if path.level is Level.VILLAGE else []
    return render_template(
        "tallies/show.html",
        place=get_place(place, period.end),
        period=period,
        as_of=now(),
        tally=tally,
        shares=shares,
        points=report.points_between(shares, beside_shares["before"]),
        detail=report.detail_of(tally, catalogue),
        beside=beside,
        since=queries.first_day(path),
        beside_shares=beside_shares,
        rows=rows,
        series=report.series(path, period),
        proof=queries.latest_proof(),
        opens=policy.allows(actor, Permission.VISIT_READ, path),
        team=team,
        above=[get_place(code, period.end) for code in _above(actor, path)],
        kinds=KINDS,
        picker_day=min(period.end, today()),
        next_period=period.after() if period.end < today() else None,
    )


def _above(actor: Actor, path: PlacePath) -> list[str]:
    """Return the places above that this reader may open, nearest first."""
    chain = [PlacePath(path.province, path.commune), PlacePath(path.province), PlacePath()]
    return [
        above.code
        for above in chain
        if above != path
        and path.within(above)
        and policy.allows(actor, Permission.TALLY_READ, above)
    ]


def _period(name: str | None) -> Period:
    cut_day = current_app.config["HELPER_CUT_DAY"]
    if not name:
        return month_of(today(), cut_day=cut_day)
    try:
        period = parse_period(name, cut_day)
        # The page names its neighbours too; at the ends of the calendar they are missing.
        for neighbour in (period.before, period.after, period.last_year):
            neighbour()
    except ValueError as error:
        raise NotFoundError(name) from error
    return period


def _chosen() -> Period | None:
    """Return the period chosen in the picker: a kind and a day in it, or first and last day.

    None when it cannot be read, such as a free range over 92 days.
    """
    cut_day = current_app.config["HELPER_CUT_DAY"]
    first, last = _day(request.args.get("from")), _day(request.args.get("to"))
    kind, day = request.args.get("kind", ""), _day(request.args.get("day")) or today()
    try:
        if kind == "range":
            if first is None or last is None:
                return None
            return parse_period(f"{min(first, last)}..{max(first, last)}", cut_day)
        return _of_kind(kind, day, cut_day)
    except ValueError:
        return None


def _of_kind(kind: str, day: date, cut_day: int) -> Period:
    if kind == "day":
        return parse_period(day.isoformat(), cut_day)
    if kind == "week":
        return week_of(day, cut_day)
    report_kind = kind.startswith("r")
    month = month_of(day, report=report_kind, cut_day=cut_day)
    prefix = "r" if report_kind else ""
    tail = {
        "quarter": f"-Q{(month.number + 2) // 3}",
        "half": f"-H{(month.number + 5) // 6}",
        "nine": "-9M",
        "year": "",
    }.get(kind.removeprefix("r"))
    return month if tail is None else parse_period(f"{prefix}{month.year}{tail}", cut_day)


def _day(raw: str | None) -> date | None:
    try:
        return date.fromisoformat(raw or "")
    except ValueError:
        return None
