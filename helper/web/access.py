"""Access at the edge: every view names what it requires, or that it is public; else it is refused.

The decorators also hold the one commit: a view that answers an unsafe method runs inside one unit
of work, unless it says `own_transaction` because slow work (hashing a PIN) must stay outside.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from blinker import Namespace
from flask import Flask, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.exc import IntegrityError

from helper import policy
from helper.core.errors import ForbiddenError, NotFoundError
from helper.core.placecodes import PlacePath
from helper.db import unit_of_work
from helper.security.actor import Actor
from helper.security.permissions import Permission

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
# Sent inside the transaction of each write with the actor: the person's device was heard from.
heard_from = Namespace().signal("heard-from")
View = Callable[..., ResponseReturnValue]


@dataclass(frozen=True)
class Access:
    """What a view asks of whoever calls it; `permission` None means public."""

    permission: Permission | None
    own_transaction: bool = False


class UnauthenticatedError(Exception):
    """Nobody is signed in, and the view needs somebody."""


def requires(permission: Permission, *, own_transaction: bool = False) -> Callable[[View], View]:
    """Let a view run only for an actor with this permission, passed as its first argument."""

    def decorate(view: View) -> View:
        access = Access(permission, own_transaction)

        @wraps(view)
        def guarded(**kwargs: Any) -> ResponseReturnValue:
            actor = signed_in_actor()
            if not policy.holds(actor, permission):
                raise ForbiddenError(permission)
            return _run(access, view, actor, **kwargs)

        guarded.access = access  # type: ignore[attr-defined]  # read by refuse_by_default
        return guarded

    return decorate


def public(view: View | None = None, *, own_transaction: bool = False) -> Any:
    """Let anybody call a view."""

    def decorate(inner: View) -> View:
        access = Access(None, own_transaction)

        @wraps(inner)
        def guarded(**kwargs: Any) -> ResponseReturnValue:
            return _run(access, inner, **kwargs)

        guarded.access = access  # type: ignore[attr-defined]  # read by refuse_by_default
        return guarded

    return decorate(view) if view else decorate


def find_actor() -> Actor | None:
    """Return who is signed in on this request, or None."""
    return current_user.actor if current_user.is_authenticated else None


def signed_in_actor() -> Actor:
    """Return who is signed in; UnauthenticatedError when nobody is."""
    actor = find_actor()
    if actor is None:
        raise UnauthenticatedError
    return actor


def check_place(actor: Actor, permission: Permission, path: PlacePath) -> None:
    """Raise NotFoundError for a place out of scope, ForbiddenError for an act not granted."""
    if policy.allows(actor, permission, path):
        return
    raise ForbiddenError(permission) if policy.sees(actor, path) else NotFoundError(path.code)


def init_app(app: Flask) -> None:
    """Refuse every view that named neither a permission nor `public`."""

    @app.before_request
    def refuse_by_default() -> ResponseReturnValue | None:
        if request.endpoint is None or request.endpoint == "static":
            return None
        view = current_app.view_functions[request.endpoint]
        if not hasattr(view, "access"):
            raise ForbiddenError(request.endpoint)
        return None

    @app.errorhandler(UnauthenticatedError)
    def ask_to_sign_in(_error: UnauthenticatedError) -> ResponseReturnValue:
        from helper.web.errors import problem, wants_json

        if wants_json():
            return problem(401, "unauthenticated", _("Cần đăng nhập"))
        target = request.full_path.rstrip("?") if request.method in SAFE_METHODS else None
        return redirect(url_for("people.sign_in", next=target))


def _run(access: Access, view: View, *args: Any, **kwargs: Any) -> ResponseReturnValue:
    if request.method in SAFE_METHODS or access.own_transaction:
        return view(*args, **kwargs)
    # A slow client must have sent its whole body before anyone waits for the write lock.
    request.get_data(cache=True, parse_form_data=True)
    try:
        return _in_one_transaction(view, *args, **kwargs)
    except IntegrityError:
        # Two of the same came at once (a double tap): the second now finds what the first stored.
        return _in_one_transaction(view, *args, **kwargs)


def _in_one_transaction(view: View, *args: Any, **kwargs: Any) -> ResponseReturnValue:
    with unit_of_work():
        for actor in args:
            heard_from.send(actor)
        return view(*args, **kwargs)
