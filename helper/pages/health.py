"""`/livez` and `/readyz`: for the process manager and the load balancer, without data."""

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, current_app
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from helper.db import db, unit_of_work
from helper.people.demo import has_demo_people
from helper.web.access import public

bp = Blueprint("health", __name__)


class _RolledBackError(Exception):
    """Leaves the unit of work without a commit."""


@bp.get("/livez")
@public
def livez() -> ResponseReturnValue:
    """The process answers."""
    return {"status": "ok"}


@bp.get("/readyz")
@public
def readyz() -> ResponseReturnValue:
    """The database takes a write (rolled back), migrations are current, keys are present.

    In production the demo's people, whose PIN everybody knows, make it unready.
    """
    checks = {
        "database": _takes_a_write(),
        "migrations": _migrations_current(),
        "keys": bool(current_app.config["SECRET_KEY"] and current_app.config["PEPPER"]),
        "no_demo_data": current_app.config["DEMO"] or _free_of_demo_people(),
    }
    ready = all(checks.values())
    status = {"status": "ok" if ready else "unready", "checks": checks}
    return status, 200 if ready else 503, {} if ready else {"Retry-After": "5"}


def _takes_a_write() -> bool:
    try:
        with unit_of_work() as session:
            session.execute(text("UPDATE place SET valid_to = valid_to WHERE code = 'VN'"))
            raise _RolledBackError
    except _RolledBackError:
        return True
    except SQLAlchemyError:
        return False


def _free_of_demo_people() -> bool:
    try:
        return not has_demo_people()
    except SQLAlchemyError:
        return False


def _migrations_current() -> bool:
    try:
        directory = current_app.extensions["migrate"].directory
        heads = set(ScriptDirectory(directory).get_heads())
        with db.engine.connect() as connection:
            return set(MigrationContext.configure(connection).get_current_heads()) == heads
    except SQLAlchemyError:
        return False
