"""When the server cannot: nothing is acknowledged that is not stored, one item hurts no other."""

from __future__ import annotations

import io
import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from helper.core.errors import InvalidError
from helper.db import db
from helper.security.permissions import Role
from helper.sync import service
from helper.visits.service import Applied
from helper.web.logs import JsonFormatter
from tests.support.people import Phone, body, delete, envelope, make_phone, put, sign_in
from tests.support.recount import count_rows, stored, total_of

POISON = "ffffffff-0000-4000-8000-00000000000f"
FAULTS = [
    IntegrityError("insert", {}, Exception("unique")),
    DataError("insert", {}, Exception("bad value")),
    ProgrammingError("insert", {}, Exception("cannot adapt")),
    KeyError("x"), AssertionError(), RecursionError(), OverflowError("x"), InvalidError({}),
]  # fmt: skip


@contextmanager
def every_commit_fails(error: BaseException) -> Iterator[list[int]]:
    """Let each commit fail before the database hears of it; counts the tries."""
    tries = [0]

    def fail(_session: Session) -> None:
        tries[0] += 1
        raise error

    event.listen(Session, "before_commit", fail)
    try:
        yield tries
    finally:
        event.remove(Session, "before_commit", fail)


def poison(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let applying the one item with the poisoned id raise, before or after it wrote."""
    real = service.apply_item

    def apply(actor: Any, item: Any) -> Applied:
        applied = real(actor, item)
        if item.client_id == POISON:
            raise error
        return applied

    monkeypatch.setattr(service, "apply_item", apply)


@pytest.mark.parametrize("error", FAULTS, ids=lambda error: type(error).__name__)
def test_one_poisoned_item_is_put_off_and_all_others_are_stored(
    app: Flask, member: Phone, village: str, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    good = 99 if isinstance(error, KeyError) else 9
    items = [put(body(village)) for _ in range(good)]
    items.insert(4, put(body(village, note="không được giữ"), POISON))
    with monkeypatch.context() as patch:
        poison(patch, error)
        results = member.send_all(items)
    found = [result["status"] for result in results]
    assert found == ["accepted"] * 4 + ["later"] + ["accepted"] * (good - 4)
    assert (results[4]["id"], results[4]["rev"], results[4]["receipt"]) == (POISON, 1, None)
    assert stored(app, POISON) == {}
    assert total_of(app, village)["sessions"] == good
    again = member.send_all(items)
    found = [result["status"] for result in again]
    assert found == ["duplicate"] * 4 + ["accepted"] + ["duplicate"] * (good - 4)
    assert again[0]["receipt"] == results[0]["receipt"]


def test_a_broken_constraint_in_the_batch_is_redone_item_by_item(
    app: Flask, member: Phone, village: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A twin committed between look and write: the first try breaks, the second finds it stored."""
    item = put(body(village, people=3), POISON)
    first = member.send(item)
    real, misses = service.apply_item, [1]
    from helper.visits import service as visits

    def blind_once(actor: Any, each: Any) -> Applied:
        if each.client_id == POISON and misses:
            misses.pop()
            with monkeypatch.context() as patch:
                patch.setattr(visits, "_find_and_lock", lambda *_args: None)
                return real(actor, each)
        return real(actor, each)

    monkeypatch.setattr(service, "apply_item", blind_once)
    before, twin, after = member.send_all([put(body(village)), item, put(body(village))])
    assert (before["status"], after["status"]) == ("accepted", "accepted")
    assert (twin["status"], twin["receipt"]) == ("duplicate", first["receipt"])
    assert misses == []
    assert total_of(app, village)["person_turns"] == 5


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("cut"), OSError(28, "no space left"),
        IntegrityError("commit", {}, Exception("deferred")),
        OperationalError("commit", {}, sqlite3.OperationalError("disk I/O error")),
    ],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_when_the_commit_fails_nothing_is_acknowledged(
    app: Flask, member: Phone, village: str, error: BaseException
) -> None:
    items = [put(body(village)) for _ in range(5)]
    _ = member.csrf_token
    with every_commit_fails(error) as tries:
        answer = member.sync(items)
    assert tries[0] >= 1
    if answer.status_code == 200:
        assert {r["status"] for r in answer.get_json()["results"]} == {"later"}
        assert {r["receipt"] for r in answer.get_json()["results"]} == {None}
    else:
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
    assert count_rows(app) == (0, 0)
    assert {r["status"] for r in member.send_all(items)} == {"accepted"}


def test_when_the_commit_of_an_edit_fails_the_stored_visit_is_as_before(
    app: Flask, member: Phone, village: str
) -> None:
    member.send(put(body(village, people=2), POISON))
    before = stored(app, POISON)
    with every_commit_fails(RuntimeError("cut")):
        member.sync([put(body(village, people=9), POISON, 2), delete(POISON, 3)])
    assert stored(app, POISON) == before
    assert count_rows(app) == (1, 1)


def test_the_answer_is_made_only_after_the_commit(
    app: Flask, member: Phone, village: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    real = service._result

    def noted(*args: Any) -> Any:
        order.append("answer")
        return real(*args)

    def committed(_session: Session) -> None:
        order.append("commit")

    monkeypatch.setattr(service, "_result", noted)
    event.listen(Session, "after_commit", committed)
    try:
        member.send(put(body(village)))
    finally:
        event.remove(Session, "after_commit", committed)
    assert order == ["commit", "answer"]


def test_a_batch_is_one_commit(member: Phone, village: str) -> None:
    commits = [0]
    _ = member.csrf_token

    def committed(_session: Session) -> None:
        commits[0] += 1

    event.listen(Session, "after_commit", committed)
    try:
        member.send_all([put(body(village)) for _ in range(100)])
    finally:
        event.remove(Session, "after_commit", committed)
    assert commits == [1]


@contextmanager
def locked_database(app: Flask) -> Iterator[None]:
    """Hold the database from outside, and let nobody wait for it longer than a moment."""
    with app.app_context():
        engine = db.engine
        if engine.dialect.name == "sqlite":
            holder = sqlite3.connect(str(engine.url.database), isolation_level=None)
            wait, hold = "PRAGMA busy_timeout=50", "BEGIN IMMEDIATE"
        else:
            holder = engine.raw_connection()
            wait, hold = "SET lock_timeout = '50ms'", "LOCK TABLE visit IN ACCESS EXCLUSIVE MODE"

    def impatient(dbapi_connection: Any, *_args: Any) -> None:
        cursor = dbapi_connection.cursor()
        cursor.execute(wait)
        cursor.close()

    cursor = holder.cursor()
    cursor.execute(hold)
    event.listen(engine, "checkout", impatient)
    try:
        yield
    finally:
        event.remove(engine, "checkout", impatient)
        holder.rollback()
        cursor.close()
        holder.close()
        engine.dispose()


def test_a_locked_database_is_503_with_retry_after_and_nothing_is_lost(
    app: Flask, member: Phone, village: str
) -> None:
    items = [put(body(village)) for _ in range(30)]
    _ = member.csrf_token
    with locked_database(app):
        answer = member.sync(items)
    assert answer.status_code == 503, answer.get_data(as_text=True)
    assert answer.mimetype == "application/problem+json"
    assert int(answer.headers["Retry-After"]) > 0
    assert count_rows(app) == (0, 0)
    assert {r["status"] for r in member.send_all(items)} == {"accepted"}


def test_a_locked_database_is_waited_for_once_not_once_an_item(
    app: Flask, member: Phone, village: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = [0]
    busy = OperationalError("BEGIN", {}, sqlite3.OperationalError("database is locked"))

    def locked(*_args: Any) -> Applied:
        tries[0] += 1
        raise busy

    monkeypatch.setattr(service, "apply_item", locked)
    answer = member.sync([put(body(village)) for _ in range(100)])
    assert answer.status_code == 503
    assert tries[0] <= 2


def test_a_deadlock_is_tried_again_at_once(
    app: Flask, member: Phone, village: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from psycopg.errors import DeadlockDetected

    real, fails = service.apply_item, [1]

    def once(actor: Any, item: Any) -> Applied:
        if fails:
            fails.pop()
            raise OperationalError("update", {}, DeadlockDetected())
        return real(actor, item)

    monkeypatch.setattr(service, "apply_item", once)
    results = member.send_all([put(body(village)) for _ in range(5)])
    assert {r["status"] for r in results} == {"accepted"}


def test_the_same_batch_sent_by_four_at_once_counts_once(
    app: Flask, member: Phone, village: str
) -> None:
    items = [put(body(village), f"{n:08x}-0000-4000-8000-000000000000") for n in range(10)]
    phones = [member, *(sign_in(app, member.person) for _ in range(3))]
    tokens = [phone.csrf_token for phone in phones]
    start = threading.Barrier(4)
    answers: list[Any] = [None] * 4

    def send(n: int) -> None:
        start.wait(10)
        order = items[n:] + items[:n]
        headers = {"X-CSRFToken": tokens[n]}
        answers[n] = phones[n].client.post("/api/v1/sync", json=envelope(order), headers=headers)

    threads = [threading.Thread(target=send, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    found: dict[str, list[tuple[str, str]]] = {}
    for answer in answers:
        assert answer.status_code == 200
        for result in answer.get_json()["results"]:
            found.setdefault(result["id"], []).append((result["status"], result["receipt"]))
    assert len(found) == 10
    for results in found.values():
        assert sorted(status for status, _ in results) == ["accepted"] + ["duplicate"] * 3
        assert len({receipt for _, receipt in results}) == 1
    assert count_rows(app) == (10, 10)


def test_two_people_at_once_in_one_village_both_count(
    app: Flask, member: Phone, village: str
) -> None:
    phones = [member, make_phone(app, Role.MEMBER, village)]
    tokens = [phone.csrf_token for phone in phones]
    start = threading.Barrier(2)
    codes: list[int] = []

    def send(n: int) -> None:
        start.wait(10)
        for _ in range(5):
            batch = envelope([put(body(village)) for _ in range(4)])
            headers = {"X-CSRFToken": tokens[n]}
            answer = phones[n].client.post("/api/v1/sync", json=batch, headers=headers)
            codes.append(answer.status_code)

    threads = [threading.Thread(target=send, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert codes == [200] * 10
    assert total_of(app, village)["sessions"] == 40


def test_a_failed_batch_leaves_no_open_transaction(app: Flask, member: Phone, village: str) -> None:
    with every_commit_fails(RuntimeError("cut")):
        member.sync([put(body(village))])
    with app.app_context(), db.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM visit")).scalar_one() == 0
    assert member.send(put(body(village)))["status"] == "accepted"


def test_what_went_wrong_is_logged_without_the_words_of_the_visit(
    member: Phone, village: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from helper.visits import service as visits

    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())

    member.send(put(body(village, note="quên kính ở nhà", label="bà Mẩy"), POISON))
    monkeypatch.setattr(visits, "_find_and_lock", lambda *_args: None)
    logging.getLogger("helper").addHandler(handler)
    try:
        result = member.send(put(body(village, note="quên kính ở nhà", label="bà Mẩy"), POISON))
    finally:
        logging.getLogger("helper").removeHandler(handler)
    assert result["status"] == "later"
    assert "IntegrityError" in written.getvalue()
    assert "kính" not in written.getvalue()
    assert "Mẩy" not in written.getvalue()


def test_when_the_database_goes_away_half_way_what_is_stored_is_acknowledged(
    app: Flask, member: Phone, village: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = sorted((put(body(village)) for _ in range(9)), key=lambda item: item["id"])
    gone = OperationalError("INSERT", {}, sqlite3.OperationalError("disk full"))
    real, calls = service.apply_item, [0]

    def apply(actor: Any, item: Any) -> Applied:
        calls[0] += 1
        if calls[0] == 1:
            raise KeyError("the whole batch breaks first")
        if calls[0] > 4:
            raise gone
        return real(actor, item)

    with monkeypatch.context() as patch:
        patch.setattr(service, "apply_item", apply)
        results = member.send_all(items)
    assert [r["status"] for r in results] == ["accepted"] * 3 + ["later"] * 6
    assert calls[0] == 5
    assert count_rows(app) == (3, 3)
    again = [r["status"] for r in member.send_all(items)]
    assert again == ["duplicate"] * 3 + ["accepted"] * 6
