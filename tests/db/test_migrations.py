"""Migrations: up, down and up again, and always the schema of the models."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import inspect

from helper import create_app
from helper.db import db
from tests.support.database import fresh_database


@pytest.fixture
def empty_app(tmp_path: Path, database_url: str) -> Iterator[Flask]:
    """An app on a database without any table, of the kind that the tests run on."""
    server = None if database_url.startswith("sqlite") else os.environ["TEST_DATABASE_URL"]
    with fresh_database(server, "migrations", tmp_path) as url:
        settings = {"DATABASE_URL": url, "HELPER_INSTANCE": str(tmp_path / "instance")}
        app = create_app({**settings, "SECRET_KEY": "0" * 64, "TESTING": True})
        yield app
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def run(app: Flask, *args: str) -> None:
    result = app.test_cli_runner().invoke(args=["db", *args], catch_exceptions=False)
    assert result.exit_code == 0, result.output


def schema(app: Flask) -> dict[str, dict[str, object]]:
    """Tables with columns, keys and indexes, as the database tells them."""
    with app.app_context():
        found = inspect(db.engine)
        return {
            name: {
                "columns": [
                    (c["name"], str(c["type"]), c["nullable"]) for c in found.get_columns(name)
                ],
                "key": found.get_pk_constraint(name)["constrained_columns"],
                "foreign": sorted(
                    str(key["constrained_columns"]) for key in found.get_foreign_keys(name)
                ),
                "indexes": sorted(
                    (str(index["name"]), str(index["column_names"]), bool(index["unique"]))
                    for index in found.get_indexes(name)
                ),
                "unique": sorted(str(c["name"]) for c in found.get_unique_constraints(name)),
                "checks": sorted(str(c["name"]) for c in found.get_check_constraints(name)),
            }
            for name in found.get_table_names()
        }


def test_up_down_and_up_again_leads_to_the_same_schema(empty_app: Flask) -> None:
    run(empty_app, "upgrade")
    first = schema(empty_app)
    assert set(db.metadata.tables) < set(first)
    run(empty_app, "downgrade", "base")
    assert set(schema(empty_app)) <= {"alembic_version"}
    run(empty_app, "upgrade")
    assert schema(empty_app) == first


def test_the_migrations_lead_to_the_schema_of_the_models(empty_app: Flask) -> None:
    run(empty_app, "upgrade")
    run(empty_app, "check")


def test_upgrading_twice_changes_nothing(empty_app: Flask) -> None:
    run(empty_app, "upgrade")
    first = schema(empty_app)
    run(empty_app, "upgrade")
    assert schema(empty_app) == first


def test_each_table_of_the_models_has_its_named_keys(empty_app: Flask) -> None:
    run(empty_app, "upgrade")
    found = schema(empty_app)
    for table in db.metadata.sorted_tables:
        here = found[table.name]
        assert here["key"] == [column.name for column in table.primary_key.columns]
        assert [name for name, _type, _null in here["columns"]] == [c.name for c in table.columns]
        assert len(here["foreign"]) == len(table.foreign_key_constraints), table.name


def test_an_unready_database_is_said_to_be_unready(empty_app: Flask) -> None:
    client = empty_app.test_client()
    before = client.get("/readyz")
    assert before.status_code == 503
    assert before.headers["Retry-After"]
    assert client.get("/livez").status_code == 200
    run(empty_app, "upgrade")
    assert client.get("/readyz").status_code == 200


def test_a_migrated_database_has_no_users_and_takes_the_official_units(empty_app: Flask) -> None:
    run(empty_app, "upgrade")
    result = empty_app.test_cli_runner().invoke(args=["units", "load"])
    assert "3355" in result.output, result.output
    assert empty_app.test_cli_runner().invoke(args=["dev", "is-empty"]).exit_code == 0
