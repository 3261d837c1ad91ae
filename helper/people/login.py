"""Joining Flask-Login: the cookie bears a session token, the database says whose it is."""

from flask import Flask, Request, request
from flask_login import LoginManager, UserMixin

from helper.people import queries
from helper.people.service import note_contact
from helper.security.actor import Actor
from helper.web.access import heard_from

DEVICE_COOKIE = "device"
OUTBOX_COOKIE = "outbox"
OUTBOX_PATH = "/api/v1/sync"


class Principal(UserMixin):
    """What Flask-Login carries around: an actor, known by its session token."""

    def __init__(self, actor: Actor, token: str) -> None:
        self.actor = actor
        self.token = token

    def get_id(self) -> str:
        """Return the session token, which the signed cookie keeps."""
        return self.token


def init_app(app: Flask) -> None:
    """Set up Flask-Login; its session protection is off, for phones change their address."""
    # The frame asks who is signed in itself, and bears a database that does not answer.
    manager = LoginManager(app, add_context_processor=False)
    manager.session_protection = None

    heard_from.connect(note_contact)

    @manager.user_loader
    def by_session(token: str) -> Principal | None:
        actor = queries.find_actor_by_session(token)
        return Principal(actor, token) if actor else None

    @manager.request_loader
    def by_bearer(req: Request) -> Principal | None:
        scheme, _space, token = req.headers.get("Authorization", "").partition(" ")
        # A bearer token reads the API; it never signs in to pages and never sends visits.
        if scheme.lower() != "bearer" or not token or not _readable_api():
            return None
        actor = queries.find_actor_by_api_token(token.strip())
        return Principal(actor, "") if actor else None


def _readable_api() -> bool:
    return request.path.startswith("/api/") and request.method in {"GET", "HEAD"}
