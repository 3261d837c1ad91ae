"""A database for each test process, and the cleaning after each test."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import Connection, MetaData, func, select, table, text
from sqlalchemy.engine import make_url

# Tables that the set-up fills once and no test empties: table -> which of its rows go all the same.
# Table and condition come from here alone, never from outside.
VILLAGES = "level = 'village'"
KEEP: dict[str, str | None] = {
    "alembic_version": None,
    "place": VILLAGES,
    "place_name": f"place_code IN (SELECT code FROM place WHERE {VILLAGES})",  # noqa: S608
}


@contextmanager
def fresh_database(server: str | None, worker: str, folder: Path) -> Iterator[str]:
    """Yield the address of an empty database: a file, or a new one on the given server."""
    if not server:
        yield f"sqlite:///{folder / 'test.sqlite3'}"
        return
    url = make_url(server)
    name = f"helper_test_{worker}_{secrets.token_hex(4)}"
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(
                sql.Identifier(name)
            )
        )
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )


def wipe(connection: Connection, metadata: MetaData) -> None:
    """Delete the rows that tests wrote, children before parents."""
    for each in reversed(metadata.sorted_tables):
        if each.name not in KEEP:
            connection.execute(each.delete())
        elif KEEP[each.name] is not None:
            connection.execute(each.delete().where(text(str(KEEP[each.name]))))


def kept_counts(connection: Connection, metadata: MetaData) -> dict[str, int]:
    """Count the rows of the kept tables, to notice a test that spoils them."""
    names = sorted(set(KEEP) & set(metadata.tables))
    return {
        name: connection.execute(select(func.count()).select_from(table(name))).scalar_one()
        for name in names
    }
