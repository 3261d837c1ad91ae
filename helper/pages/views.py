"""The front page, the own account, the look, and what each kind of help means."""

from flask import Blueprint, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from helper.catalogue.model import load_catalogue
from helper.places.queries import list_places
from helper.security.actor import Actor
from helper.security.permissions import Permission
from helper.web.access import find_actor, public, requires
from helper.web.navigation import SUNLIGHT_COOKIE, home_url

bp = Blueprint("pages", __name__)
YEAR = 365 * 24 * 3600


@bp.get("/")
@public
def front() -> ResponseReturnValue:
    """Go where the person starts."""
    actor = find_actor()
    return redirect(home_url(actor) if actor else url_for("people.sign_in"))


@bp.get("/me")
@requires(Permission.SIGNED_IN)
def me(actor: Actor) -> ResponseReturnValue:
    """Who one is here: name, roles, the look, the way out."""
    places = {view.code: view for view in list_places(g.path.code for g in actor.grants)}
    return render_template("pages/me.html", places=places)


@bp.post("/heard")
@requires(Permission.SIGNED_IN)
def heard(_actor: Actor) -> ResponseReturnValue:
    """Take note that this device is alive: sent by the pages' script once a day, as a GET writes
    nothing; the noting itself is done at the edge, for every POST."""
    return "", 204


@bp.get("/guides")
@requires(Permission.SIGNED_IN)
def guides(_actor: Actor) -> ResponseReturnValue:
    """What each kind of help means, when it counts as done, and what usually stops it."""
    query = request.args.get("q", "")
    catalogue = load_catalogue()
    found = catalogue.search_types(query) if query else catalogue.active_types
    return render_template("pages/guides.html", query=query, found=found)


@bp.post("/sunlight")
@public(own_transaction=True)
def sunlight() -> ResponseReturnValue:
    """Switch the look for reading in the sun, kept on this device."""
    on = request.cookies.get(SUNLIGHT_COOKIE) != "1"
    response = make_response(redirect(_back()))
    response.set_cookie(
        SUNLIGHT_COOKIE,
        "1" if on else "0",
        max_age=YEAR,
        secure=current_app.config["HTTPS"],
        httponly=True,
        samesite="Lax",
    )
    return response


def _back() -> str:
    known = {"/sign-in", "/me", "/visits"}
    target = request.form.get("back", "")
    return target if target in known else url_for("pages.front")
