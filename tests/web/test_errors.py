"""Errors tell people in Vietnamese what happened, and machines in problem JSON."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from helper import create_app
from helper.people import queries
from helper.security.permissions import Role
from tests.support.people import make_phone, make_village


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A database that answers nobody."""

    def fail(*_args: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("database is locked"))

    with monkeypatch.context() as patch:
        patch.setattr(queries, "find_actor_by_session", fail)
        yield


def test_a_page_says_it_is_busy_when_the_database_is_not_there(app: Flask, broken: None) -> None:
    phone = make_phone(app, Role.MEMBER, make_village(app))
    page = phone.get("/visits")
    assert page.status_code == 503
    assert page.headers["Retry-After"]
    assert "Máy chủ đang bận" in page.get_data(as_text=True)


def test_a_machine_gets_problem_json_when_the_database_is_not_there(
    app: Flask, broken: None
) -> None:
    phone = make_phone(app, Role.MEMBER, make_village(app))
    answer = phone.get("/api/v1/places")
    assert answer.status_code == 503
    assert answer.content_type.startswith("application/problem+json")
    assert answer.get_json()["code"] == "busy"
    assert answer.headers["Retry-After"]


def test_an_unknown_page_is_not_found_in_vietnamese_signed_in_or_not(app: Flask) -> None:
    for client in (app.test_client(), make_phone(app, Role.MEMBER, make_village(app)).client):
        page = client.get("/khong-co")
        assert page.status_code == 404
        assert "Không tìm thấy trang này" in page.get_data(as_text=True)


def test_settings_that_make_no_sense_stop_the_start(settings_of_app: dict[str, str]) -> None:
    for wrong in ({"HELPER_ENV": "prod"}, {"HELPER_CUT_DAY": "31"}, {"HELPER_CUT_DAY": "0"}):
        with pytest.raises(ValueError, match="HELPER_"):
            create_app({**settings_of_app, **wrong})
