"""Engine settings: SQLite made safe for several writing processes, PostgreSQL made strict.

SQLite: the driver's own transaction handling is switched off (`isolation_level=None`) and we say
BEGIN ourselves, IMMEDIATE when writing; WAL with synchronous=FULL, so that what was acknowledged
survives a power cut. Writers of all processes take turns on a lock file, asking every millisecond:
SQLite's own busy handler sleeps ever longer, which starves some writers for seconds.
"""

import fcntl
import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError

from helper.db.uow import write_intent

BUSY_TIMEOUT_MS = 10_000
# Writers ask this often whose turn it is: SQLite itself waits up to a hundred times longer.
POLL_SECONDS = 0.001


def engine_options(url: str) -> dict[str, Any]:
    """Return the engine options for a database URL."""
    if url.startswith("sqlite"):
        return {"connect_args": {"isolation_level": None, "check_same_thread": False}}
    return {
        "pool_size": 8,
        "max_overflow": 8,
        "pool_pre_ping": True,
        "pool_recycle": 1800,
        "connect_args": {
            "options": "-c statement_timeout=30000 -c lock_timeout=10000"
            " -c idle_in_transaction_session_timeout=60000 -c timezone=UTC",
            "connect_timeout": 5,
        },
    }


def install(engine: Engine) -> None:
    """Attach the listeners an engine needs; PostgreSQL needs none."""
    if engine.dialect.name != "sqlite":
        return
    database = engine.url.database
    lock_path = Path(f"{database}.writers") if database and database != ":memory:" else None
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", lambda conn: _begin(conn, lock_path))
    event.listen(engine, "commit", _commit)
    event.listen(engine, "rollback", _rollback)
    event.listen(engine, "checkin", _release_on_checkin)


def _set_pragmas(dbapi_connection: sqlite3.Connection, _record: Any) -> None:
    cursor = dbapi_connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA trusted_schema=OFF")
    cursor.execute("PRAGMA temp_store=MEMORY")
    cursor.execute("PRAGMA cache_size=-32768")
    cursor.close()


def _begin(connection: Connection, lock_path: Path | None) -> None:
    if not write_intent.get():
        connection.exec_driver_sql("BEGIN")
        return
    if lock_path:
        connection.info["turn"] = _take_turn(lock_path)
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except BaseException:
        _release(connection)
        raise


def _take_turn(lock_path: Path) -> int:
    handle = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(handle)
                # The same words as SQLite's own, so that edges answer 503 and phones come again.
                locked = sqlite3.OperationalError("database is locked")
                raise OperationalError("BEGIN IMMEDIATE", None, locked) from None
            time.sleep(POLL_SECONDS)


def _commit(connection: Connection) -> None:
    # SQLAlchemy tells of a commit before the driver does it; saying COMMIT here first lets the
    # turn pass on only when the data is on disk.
    _end(connection, "COMMIT")


def _rollback(connection: Connection) -> None:
    _end(connection, "ROLLBACK")


def _end(connection: Connection, word: str) -> None:
    try:
        driver = connection.connection.driver_connection
        if isinstance(driver, sqlite3.Connection) and driver.in_transaction:
            connection.exec_driver_sql(word)
    finally:
        _release(connection)


def _release(connection: Connection) -> None:
    handle = connection.info.pop("turn", None)
    if handle is not None:
        os.close(handle)


def _release_on_checkin(_dbapi_connection: Any, record: Any) -> None:
    handle = record.info.pop("turn", None)
    if handle is not None:
        os.close(handle)
