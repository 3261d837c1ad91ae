"""What stands on every page: the places one may go to, the demo mark, the sunlight look."""

from dataclasses import dataclass

from flask import Flask, current_app, request, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import SQLAlchemyError

from helper import policy
from helper.core.placecodes import Level
from helper.security.actor import Actor
from helper.security.permissions import Permission, Role
from helper.web.access import find_actor

SUNLIGHT_COOKIE = "sunlight"


@dataclass(frozen=True)
class NavPlace:
    """One of at most four places of the bottom bar."""

    url: str
    icon: str
    label: str
    current: bool


def home_url(actor: Actor) -> str:
    """Return where a person starts: the log screen, or the tally of the own place."""
    if _logs_first(actor):
        return url_for("visits.new")
    return url_for("tallies.show", place=main_place(actor)) if actor.grants else url_for("pages.me")


def main_place(actor: Actor) -> str:
    """Return the code of the widest place the actor reads sums of."""
    order = [Level.NATION, Level.PROVINCE, Level.COMMUNE, Level.VILLAGE]
    readable = [grant.path for grant in actor.grants]
    return min(readable, key=lambda path: order.index(path.level)).code


def navigation(actor: Actor) -> list[NavPlace]:
    """Return the bottom bar of an actor: Ghi · Của tôi · … by what the roles allow."""
    if not actor.grants:
        return []
    here = request.path
    tally = url_for("tallies.show", place=main_place(actor))
    rows = url_for("visits.rows", place=main_place(actor))
    account = (url_for("pages.me"), "people", _("Tài khoản"))
    record = (url_for("visits.new"), "pencil", _("Ghi"))
    own = (url_for("visits.own"), "doc", _("Của tôi"))
    if _logs_first(actor):
        places = [
            record,
            own,
            (url_for("pages.guides"), "book", _("Hướng dẫn")),
            (tally, "people", _("Tổ mình")),
        ]
    elif policy.holds(actor, Permission.VISIT_RECORD):
        places = [(tally, "target", _("Tổng hợp")), (rows, "doc", _("Phiếu")), record, own]
    elif policy.holds(actor, Permission.VISIT_READ):
        places = [(tally, "target", _("Tổng hợp")), (rows, "doc", _("Phiếu")), account]
    else:
        places = [(tally, "target", _("Tổng hợp")), account]
    return [NavPlace(url, icon, label, _is_current(url, here)) for url, icon, label in places]


def _is_current(url: str, here: str) -> bool:
    if url == url_for("visits.own"):
        return here == url
    if url == url_for("visits.new"):
        return here in {url, url_for("visits.clicker"), url_for("visits.paper")}
    if url.startswith("/tallies/"):
        return here.startswith("/tallies/")
    return here == url


def _logs_first(actor: Actor) -> bool:
    return any(grant.role in {Role.MEMBER, Role.VILLAGE_LEAD} for grant in actor.grants)


def init_app(app: Flask) -> None:
    """Give every template the frame's variables."""

    @app.context_processor
    def frame() -> dict[str, object]:
        try:
            actor = find_actor()
        except SQLAlchemyError:
            actor = None  # a page that tells of a lost database must not need it
        return {
            "demo": current_app.config["DEMO"],
            "sunlight": request.cookies.get(SUNLIGHT_COOKIE) == "1",
            "actor": actor,
            "nav": navigation(actor) if actor else [],
            "user_name": actor.name if actor else "",
        }
