"""Read-only API for data hubs: places, catalogue, tallies, visits in scope, OpenAPI."""

import hashlib
import json
from datetime import date
from typing import Any

import click
from flask import Blueprint, Response, current_app, request
from flask.cli import with_appcontext
from flask_babel import gettext as _

from helper import policy
from helper.api.openapi import document
from helper.api.shapes import place_json, tally_rows, total_json, visit_json
from helper.catalogue.model import load_catalogue
from helper.core.clock import now, today
from helper.core.errors import InvalidError
from helper.core.periods import Period, month_of, parse_period
from helper.core.placecodes import NATION
from helper.places.queries import get_path, get_place, list_children
from helper.security.actor import Actor
from helper.security.permissions import Permission
from helper.tallies import queries as tallies
from helper.visits import queries as visits
from helper.web.access import check_place, public, requires
from helper.web.fields import whole_number

bp = Blueprint("api", __name__, url_prefix="/api/v1")
DIMS = ("support_type", "group", "outcome", "reason", "day")
PAGE_MAX = 500


@bp.get("/places")
@requires(Permission.SIGNED_IN)
def places(_actor: Actor) -> Response:
    """The places below one: `?parent=02221`."""
    parent = get_place(request.args.get("parent") or NATION)
    return _json({"places": [place_json(view) for view in list_children(parent.code)]})


@bp.get("/catalogue")
@requires(Permission.SIGNED_IN)
def catalogue(_actor: Actor) -> Response:
    """Everything a visit can name, in both languages, with its version."""
    found = load_catalogue()
    sections = (
        "groups",
        "support_types",
        "outcomes",
        "reasons",
        "referrals",
        "place_kinds",
        "age_bands",
    )
    return _json(
        {
            "version": found.version,
            **{name: [vars(item) for item in getattr(found, name).values()] for name in sections},
        }
    )


@bp.get("/tallies")
@requires(Permission.TALLY_READ)
def tally(actor: Actor) -> Response:
    """Sums of a place and period: `?place=08&period=2026-11&by=commune&dim=group`."""
    path = get_path(request.args.get("place") or "")
    check_place(actor, Permission.TALLY_READ, path)
    period = _period()
    by = _choice("by", tallies.BY, "none")
    dim = _choice("dim", DIMS, "")
    if by not in {"none", path.level}:
        check_place(actor, Permission.TALLY_BREAKDOWN, path)
    wanted = {"": "x", "day": "t"}.get(dim) or {
        "support_type": "s",
        "group": "g",
        "outcome": "o",
        "reason": "r",
    }[dim]
    try:
        found = tallies.read_tallies(path, period, by, (wanted,))
        days = tallies.read_days(path, period, by) if dim == "day" else {}
    except ValueError as error:
        raise InvalidError({"by": _("Không chia nhỏ nơi này theo cấp đó được")}) from error
    place = get_place(path.code, period.end)
    groups = dim == "group"
    return _json(
        {
            "place": {"code": place.code, "name": place.name},
            "period": _period_json(period),
            "as_of": now().isoformat(timespec="seconds"),
            "rows": tally_rows(found, days, dim),
            "people": [
                {
                    "place": code,
                    "group": group or None,
                    "cards": people.cards,
                    "people_without_card": people.people_without_card,
                }
                for code, item in sorted(found.items())
                for group, people in sorted(item.people.items())
                if groups or not group
            ],
            "total": total_json(tallies.read_total(path, period)),
            "compare": {
                name: {**_period_json(other), "total": total_json(tallies.read_total(path, other))}
                for name, other in (
                    ("running", period.running()),
                    ("before", period.before()),
                    ("last_year", period.last_year()),
                )
            },
        },
        volatile=("as_of",),
    )


@bp.get("/visits")
@requires(Permission.SIGNED_IN)  # the place decides: 404 out of scope, 403 in it
def visit_rows(actor: Actor) -> Response:
    """Visits at a place in a period, as far as the reader may see them, paged by a cursor."""
    path = get_path(request.args.get("place") or "")
    check_place(actor, Permission.VISIT_READ, path)
    period = _period()
    limit = min(whole_number(request.args.get("limit")) or 100, PAGE_MAX)
    found = visits.list_visits(
        policy.scope_for(actor, Permission.VISIT_READ),
        path,
        period,
        after=_cursor(request.args.get("cursor")),
        limit=limit + 1,
    )
    page, more = found[:limit], found[limit:]
    receipts = visits.receipts_of(page)
    cursor = f"{page[-1].visited_on}.{page[-1].id}" if more else None
    return _json(
        {
            "visits": [visit_json(actor, visit, receipts.get(visit.id)) for visit in page],
            "next": cursor,
        }
    )


@bp.get("/openapi.json")
@public
def openapi() -> Response:
    """The API described for programs."""
    return _json(document())


@click.command("openapi")
@with_appcontext
def openapi_command() -> None:
    """Print the OpenAPI document."""
    click.echo(json.dumps(document(), ensure_ascii=False, indent=2))


def _json(data: dict[str, Any], volatile: tuple[str, ...] = ()) -> Response:
    """Return JSON with an ETag over its content but for what changes with every look."""
    stable = {name: value for name, value in data.items() if name not in volatile}
    digest = hashlib.sha256(
        json.dumps(stable, ensure_ascii=False, sort_keys=True).encode()
    ).hexdigest()
    response = Response(json.dumps(data, ensure_ascii=False), mimetype="application/json")
    response.set_etag(digest[:32])
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Authorization, Cookie"
    response.make_conditional(request)
    return response


def _period() -> Period:
    cut_day = current_app.config["HELPER_CUT_DAY"]
    name = request.args.get("period")
    try:
        period = parse_period(name, cut_day) if name else month_of(today(), cut_day=cut_day)
        # The answer compares with these; at the start of the calendar they are missing.
        period.before()
        period.last_year()
        return period
    except ValueError as error:
        raise InvalidError(
            {"period": _("Kỳ không đúng dạng, ví dụ 2026-11 hay r2026-11")}
        ) from error


def _period_json(period: Period) -> dict[str, str]:
    return {
        "name": period.name,
        "start": period.start.isoformat(),
        "end": period.end.isoformat(),
    }


def _choice(name: str, known: tuple[str, ...], default: str) -> str:
    value = request.args.get(name) or default
    if value not in known and value != default:
        raise InvalidError({name: _("Không có cách chia này")})
    return value


def _cursor(raw: str | None) -> tuple[date, int] | None:
    if not raw:
        return None
    day, _dot, number = raw.rpartition(".")
    row = whole_number(number)
    try:
        if row is None:
            raise ValueError(number)
        return date.fromisoformat(day), row
    except ValueError as error:
        raise InvalidError({"cursor": _("Con trỏ trang không đúng")}) from error
