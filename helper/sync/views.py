"""`POST /api/v1/sync` and `GET /api/v1/csrf` (docs/protocol.md)."""

from flask import Blueprint, current_app, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf, validate_csrf
from wtforms.validators import ValidationError

from helper.people.login import OUTBOX_COOKIE
from helper.people.queries import find_actor_by_outbox
from helper.security.actor import Actor
from helper.security.permissions import Permission
from helper.sync.envelope import (
    MAX_BYTES,
    MalformedError,
    TooLargeError,
    read_batch,
    unpack,
)
from helper.sync.service import server_time, take_batch
from helper.web.access import UnauthenticatedError, find_actor, public, requires
from helper.web.errors import problem

bp = Blueprint("sync", __name__, url_prefix="/api/v1")


@bp.record_once
def _exempt(state: BlueprintSetupState) -> None:
    # CSRF is checked in the view itself: after the session, and answered as JSON.
    state.app.extensions["csrf"].exempt(bp)


@bp.get("/csrf")
@requires(Permission.SIGNED_IN)
def csrf(_actor: Actor) -> ResponseReturnValue:
    """A fresh CSRF token for a phone whose page has gone stale."""
    return {"csrf_token": generate_csrf()}


@bp.post("/sync")
@public(own_transaction=True)
def sync() -> ResponseReturnValue:
    """Take a batch of visits; one result an item, in order."""
    # The outbox token first: with it a phone sends for its own member, whoever is signed in now.
    actor = _outbox_actor() or find_actor()
    if actor is None:
        raise UnauthenticatedError
    if actor.via == "session" and not _csrf_fits():
        return problem(403, "csrf", _("Trang đã cũ. Lấy mã mới rồi gửi lại"))
    try:
        if (request.content_length or 0) > current_app.config["MAX_CONTENT_LENGTH"]:
            raise TooLargeError
        # Chunked bodies have no length: read one byte past the cap and no further.
        raw = request.stream.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise TooLargeError
        entries = read_batch(unpack(raw, request.headers.get("Content-Encoding", "").lower()))
    except TooLargeError:
        return problem(413, "too_large", _("Gửi quá nhiều một lúc. Hãy chia nhỏ"))
    except MalformedError as error:
        return problem(400, "malformed", _("Không đọc được lô phiếu"), reason=str(error))
    results = take_batch(actor, entries)
    return {"results": results, "server_time": server_time()}


def _outbox_actor() -> Actor | None:
    token = request.cookies.get(OUTBOX_COOKIE, "")
    if request.headers.get("X-Outbox") != "1" or not token:
        return None
    return find_actor_by_outbox(token)


def _csrf_fits() -> bool:
    try:
        validate_csrf(request.headers.get("X-CSRFToken", ""))
    except ValidationError:
        return False
    return True
