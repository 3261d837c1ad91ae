"""The unit of work: one commit at the end or nothing at all; writers of all processes in turn."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import DateTime, Integer, select, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from helper.core.clock import now, today
from helper.db import before_commit, db, scratch, unit_of_work
from helper.db.engine import engine_options
from helper.db.upsert import add_up
from helper.people.models import RoleHolding, User
from helper.security.permissions import Role
from tests.support.people import make_user, make_village

ROOT = Path(__file__).resolve().parents[2]
PROCESSES, ROUNDS = 8, 50
# One process imports everything once and splits into the writers, before it opens any connection.
WRITERS = """
import multiprocessing, sys
from flask import Flask
from sqlalchemy import select
from helper.db import db, engine, unit_of_work
from helper.people.models import User
url, person, processes, rounds = sys.argv[1], *map(int, sys.argv[2:])
app = Flask("writer")
app.config["SQLALCHEMY_DATABASE_URI"] = url
app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine.engine_options(url)
db.init_app(app)
def work(start):
    with app.app_context():
        engine.install(db.engine)
        start.wait()
        for _ in range(rounds):
            with unit_of_work() as session:
                locked = select(User).where(User.id == person).with_for_update()
                user = session.scalars(locked, execution_options={"populate_existing": True}).one()
                user.failed_tries = user.failed_tries + 1
fork = multiprocessing.get_context("fork")
start = fork.Barrier(processes)
writers = [fork.Process(target=work, args=(start,)) for _ in range(processes)]
for writer in writers:
    writer.start()
for writer in writers:
    writer.join()
sys.exit(sum(writer.exitcode != 0 for writer in writers))
"""


def write(work: Callable[[Any], object]) -> None:
    """Do a piece of work in one unit of work."""
    with unit_of_work() as session:
        work(session)


def names(app: Flask) -> list[str]:
    with app.app_context():
        found = list(db.session.scalars(select(User.name).order_by(User.name)))
        db.session.rollback()
    return found


def test_what_a_unit_of_work_did_is_there_when_it_ends(app: Flask) -> None:
    with app.app_context(), unit_of_work() as session:
        session.add(User(name="Nhung"))
    assert names(app) == ["Nhung"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_inside_leaves_nothing(app: Flask, error: type[BaseException]) -> None:
    def work(session: Any) -> None:
        session.add(User(name="Nhung"))
        session.flush()
        raise error

    with app.app_context(), pytest.raises(error):
        write(work)
    assert names(app) == []
    with app.app_context(), unit_of_work() as session:  # and the next one may begin
        session.add(User(name="Sau"))
    assert names(app) == ["Sau"]


def test_an_error_of_the_database_leaves_nothing(app: Flask) -> None:
    def work(session: Any) -> None:
        session.add(User(name="Nhung"))
        session.flush()
        session.add(RoleHolding(user_id=10**6, role="member", place_code="VN", starts_on=today()))

    with app.app_context(), pytest.raises(IntegrityError):
        write(work)
    assert names(app) == []


def test_an_error_in_work_before_the_commit_leaves_nothing(app: Flask) -> None:
    def fail(_session: Session) -> None:
        raise LookupError

    def work(session: Any) -> None:
        session.add(User(name="Nhung"))
        before_commit(fail)

    with app.app_context(), pytest.raises(LookupError):
        write(work)
    assert names(app) == []


def test_a_unit_of_work_inside_another_is_refused_and_spoils_the_outer(app: Flask) -> None:
    def work(session: Any) -> None:
        session.add(User(name="Nhung"))
        write(lambda _session: None)

    with app.app_context(), pytest.raises(RuntimeError, match="already open"):
        write(work)
    assert names(app) == []
    with app.app_context(), unit_of_work() as session:
        session.add(User(name="Sau"))
    assert names(app) == ["Sau"]


def test_work_before_the_commit_is_done_once_in_order_and_sees_everything(app: Flask) -> None:
    done: list[str] = []

    def first(session: Session) -> None:
        done.append(f"first sees {len(session.scalars(select(User)).all())}")

    def second(_session: Session) -> None:
        done.append("second")

    with app.app_context(), unit_of_work() as session:
        before_commit(first)
        before_commit(second)
        before_commit(first)
        session.add(User(name="Nhung"))
        assert done == []
    assert done == ["first sees 1", "second"]
    with app.app_context(), unit_of_work():
        pass
    assert done == ["first sees 1", "second"]


def test_there_is_no_scratch_paper_outside_of_a_unit_of_work(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(RuntimeError):
            scratch()
        with pytest.raises(RuntimeError):
            before_commit(lambda _session: None)
        with unit_of_work():
            scratch()["own"] = 1
        with unit_of_work():
            assert "own" not in scratch()


def test_what_was_pending_before_a_unit_of_work_is_not_written_by_it(app: Flask) -> None:
    with app.app_context():
        db.session.add(User(name="Lạc"))
        with unit_of_work() as session:
            session.add(User(name="Nhung"))
    assert names(app) == ["Nhung"]


def test_rows_stay_readable_after_the_commit(app: Flask) -> None:
    with app.app_context():
        with unit_of_work() as session:
            user = User(name="Nhung")
            session.add(user)
        assert (user.name, user.id > 0) == ("Nhung", True)


def test_the_database_is_set_to_survive_a_power_cut(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        if db.engine.dialect.name != "sqlite":
            for name, value in (("synchronous_commit", "on"), ("fsync", "on"), ("timezone", "UTC")):
                found = connection.execute(text(f"SHOW {name}")).scalar()
                if name != "fsync":  # a test server may run without it
                    assert found == value
            return
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 10_000,
    }


def test_foreign_keys_hold(app: Flask) -> None:
    with app.app_context(), pytest.raises(IntegrityError), unit_of_work() as session:
        session.execute(text("UPDATE place SET parent_code = '77777' WHERE code = '08'"))


def test_two_active_users_with_one_phone_are_refused_by_the_database(app: Flask) -> None:
    with app.app_context(), unit_of_work() as session:
        session.add(User(name="A", phone="0912000001", left_at=now()))
        session.add(User(name="B", phone="0912000001"))
    with app.app_context(), pytest.raises(IntegrityError), unit_of_work() as session:
        session.add(User(name="C", phone="0912000001"))
    assert names(app) == ["A", "B"]


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 22, 9, 16, 0, 123456, tzinfo=UTC),
        datetime(2026, 1, 1, 0, 0, tzinfo=timezone(timedelta(hours=7))),
        datetime(2026, 6, 1, 23, 59, 59, 999999, tzinfo=timezone(timedelta(hours=-9, minutes=-30))),
        datetime(1999, 12, 31, 23, 0, tzinfo=UTC),
    ],
)
def test_a_moment_comes_back_aware_and_the_same(app: Flask, moment: datetime) -> None:
    with app.app_context():
        with unit_of_work() as session:
            session.add(User(name="Nhung", left_at=moment))
        db.session.expire_all()
        found = db.session.scalars(select(User)).one().left_at
        ordered = db.session.scalar(select(User.id).where(User.left_at == moment))
        db.session.rollback()
    assert found == moment
    assert found is not None
    assert found.utcoffset() == timedelta(0)
    assert ordered is not None


def test_a_moment_without_a_zone_is_refused(app: Flask) -> None:
    naive = User(name="Nhung", left_at=datetime(2026, 11, 22, 9, 16))
    with app.app_context(), pytest.raises(StatementError, match="time zone"):
        write(lambda session: session.add(naive))


def test_a_reader_is_not_held_up_by_a_writer_and_sees_nothing_half_done(app: Flask) -> None:
    make_user(app, Role.MEMBER, make_village(app))
    writing, go_on = threading.Event(), threading.Event()

    def write() -> None:
        with app.app_context(), unit_of_work() as session:
            session.add(User(name="Nửa chừng"))
            session.flush()
            writing.set()
            go_on.wait(10)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert writing.wait(10)
        started = time.monotonic()
        assert "Nửa chừng" not in names(app)
        assert app.test_client().get("/sign-in").status_code == 200
        assert time.monotonic() - started < 2
    finally:
        go_on.set()
        writer.join(10)
    assert "Nửa chừng" in names(app)


def test_a_reader_that_turns_writer_sees_what_came_in_between(app: Flask) -> None:
    person = make_user(app, Role.MEMBER, make_village(app))
    with app.app_context():
        read = db.session.get_one(User, person.id).failed_tries  # a snapshot is open now

        def elsewhere() -> None:
            with app.app_context(), unit_of_work() as session:
                session.get_one(User, person.id).failed_tries = 7

        other = threading.Thread(target=elsewhere)
        other.start()
        other.join(10)
        with unit_of_work() as session:
            user = session.get_one(User, person.id, populate_existing=True)
            assert (read, user.failed_tries) == (0, 7)
            user.failed_tries += 1
    with app.app_context():
        assert db.session.get_one(User, person.id).failed_tries == 8
        db.session.rollback()


def test_writers_of_eight_processes_take_turns_and_lose_nothing(
    app: Flask, database_url: str
) -> None:
    person = make_user(app, Role.MEMBER, make_village(app))
    command = [sys.executable, "-c", WRITERS, database_url]
    command += [str(number) for number in (person.id, PROCESSES, ROUNDS)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=90, check=False
    )
    assert "database is locked" not in done.stderr
    assert done.returncode == 0, done.stderr
    with app.app_context():
        assert db.session.get_one(User, person.id).failed_tries == PROCESSES * ROUNDS
        db.session.rollback()


def test_writers_of_many_threads_take_turns_too(app: Flask) -> None:
    person = make_user(app, Role.MEMBER, make_village(app))

    def work() -> None:
        for _ in range(10):
            with app.app_context(), unit_of_work() as session:
                session.execute(
                    text("UPDATE user_account SET failed_tries = failed_tries + 1 WHERE id = :id"),
                    {"id": person.id},
                )

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with app.app_context():
        assert db.session.get_one(User, person.id).failed_tries == 80
        db.session.rollback()


def test_counts_add_up_in_place_and_zeroes_make_no_row(app: Flask) -> None:
    cells: Any = db.metadata.tables["tally_cell"]
    keys = tuple(c.name for c in cells.primary_key.columns)
    counts = tuple(
        c.name for c in cells.columns if c.name not in keys and isinstance(c.type, Integer)
    )
    key = tuple(f"{name[0]}" for name in keys)
    with app.app_context():
        for step in (2, 3, -1):
            with unit_of_work() as session:
                other = tuple("z" for _ in keys)
                zero = [0] * len(counts)
                add_up(session(), cells, keys, counts, {key: [step] * len(counts), other: zero})
        rows = db.session.execute(select(*(cells.c[name] for name in counts))).all()
        db.session.rollback()
    assert [tuple(row) for row in rows] == [(4,) * len(counts)]


def test_postgresql_is_asked_with_limits_on_time() -> None:
    options = engine_options("postgresql+psycopg://x@y/z")["connect_args"]["options"]
    for limit in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        assert limit in options


def test_the_front_door_is_a_few_lines() -> None:
    assert len((ROOT / "app.py").read_text().splitlines()) <= 40


def test_the_database_s_clock_column_types_are_all_aware(app: Flask) -> None:
    for each in db.metadata.sorted_tables:
        for col in each.columns:
            assert type(col.type) is not DateTime, f"{each.name}.{col.name}"
