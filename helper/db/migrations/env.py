"""One migration history for SQLite and PostgreSQL; two processes starting together take turns."""

from alembic import context
from flask import current_app
from sqlalchemy import Connection, text

from helper.db.uow import write_intent

# Any number will do, as long as it is always the same one.
ADVISORY_LOCK = 20260715


def run_migrations() -> None:
    """Run what is missing in one transaction, under a lock."""
    database = current_app.extensions["migrate"].db
    # On SQLite the transaction takes the writers' turn at its start.
    token = write_intent.set(True)
    try:
        with database.engine.begin() as connection:
            _lock(connection)
            context.configure(
                connection=connection,
                target_metadata=database.metadata,
                render_as_batch=True,
                compare_type=True,
            )
            context.run_migrations()
    finally:
        write_intent.reset(token)


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})


run_migrations()
