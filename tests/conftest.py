"""Fixtures: a database, the app, the real server and a phone's browser.

A test that needs none of the database fixtures is marked `once` by itself, one that needs a
browser fixture is marked `browser`. TEST_DATABASE_URL names a PostgreSQL server to run on
instead of SQLite.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.support.browser import NO_BROWSER, PHONE, find_browser
from tests.support.database import fresh_database, kept_counts, wipe
from tests.support.server import LiveServer, serve

SECRET_KEY = "test-only-" + "0" * 54

# The default runs draw the same examples each time; the soak run looks for new ones.
_common: dict[str, Any] = {
    "deadline": None,
    "print_blob": True,
    "suppress_health_check": [HealthCheck.too_slow],
}
settings.register_profile("quick", max_examples=25, derandomize=True, **_common)
settings.register_profile("ci", max_examples=100, derandomize=True, **_common)
settings.register_profile("soak", max_examples=2000, **_common)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        needs = getattr(item, "fixturenames", ())
        if "browser" in needs:
            item.add_marker(pytest.mark.browser)
        if "database_url" not in needs:
            item.add_marker(pytest.mark.once)


@pytest.fixture(scope="session")
def worker_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A temporary folder of this test process."""
    return tmp_path_factory.mktemp("helper")


@pytest.fixture(scope="session")
def database_url(worker_folder: Path) -> Iterator[str]:
    """An empty database of this test process: a SQLite file, or one on TEST_DATABASE_URL."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    with fresh_database(os.environ.get("TEST_DATABASE_URL"), worker, worker_folder) as url:
        yield url


@pytest.fixture(scope="session")
def settings_of_app(database_url: str, worker_folder: Path) -> dict[str, str]:
    """What the app in the tests and the live server have in common."""
    instance = worker_folder / "instance"
    instance.mkdir()
    return {
        "DATABASE_URL": database_url,
        "HELPER_ENV": "demo",
        "HELPER_INSTANCE": str(instance),
        "SECRET_KEY": SECRET_KEY,
    }


@pytest.fixture(scope="session")
def app(settings_of_app: dict[str, str]) -> Iterator[Flask]:
    """The app on a migrated database that holds the official units and the catalogue."""
    from helper import create_app
    from helper.db import db

    app = create_app({**settings_of_app, "TESTING": True})
    runner = app.test_cli_runner()
    for command in (["db", "upgrade"], ["units", "load"]):
        result = runner.invoke(args=command, catch_exceptions=False)
        assert result.exit_code == 0, f"flask {' '.join(command)}: {result.output}"
    yield app
    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture(scope="session")
def _kept_rows(app: Flask) -> dict[str, int]:
    from helper.db import db

    with app.app_context(), db.engine.connect() as connection:
        return kept_counts(connection, db.metadata)


@pytest.fixture(autouse=True)
def clean(request: pytest.FixtureRequest) -> Iterator[None]:
    """After a test that could write, delete its rows; fail if it spoiled the official ones."""
    if "database_url" not in request.fixturenames:
        yield
        return
    from helper.db import db
    from helper.db.uow import write_intent

    app: Flask = request.getfixturevalue("app")
    before: dict[str, int] = request.getfixturevalue("_kept_rows")
    yield
    with app.app_context():
        db.session.remove()
        # Without it SQLite would begin as a reader, outside the writers' queue.
        token = write_intent.set(True)
        try:
            with db.engine.begin() as connection:
                wipe(connection, db.metadata)
                after = kept_counts(connection, db.metadata)
        finally:
            write_intent.reset(token)
    assert after == before, f"the test changed rows that others rely on: {before} -> {after}"


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client without a session."""
    return app.test_client()


@pytest.fixture
def cli(app: Flask) -> FlaskCliRunner:
    """Run a command: cli.invoke(args=["dev", "seed", "--visits", "0"])."""
    return app.test_cli_runner()


@pytest.fixture(scope="session")
def live_server(
    app: Flask, settings_of_app: dict[str, str], worker_folder: Path
) -> Iterator[LiveServer]:
    """The real gunicorn with 2 workers on the tests' database: .url, .process, .log."""
    with serve(settings_of_app, worker_folder / "server.log") as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window; the test is skipped where there is none."""
    path = find_browser()
    if path is None:
        pytest.skip(NO_BROWSER)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture
def new_context(
    browser: Browser, live_server: LiveServer
) -> Iterator[Callable[..., BrowserContext]]:
    """Make a phone's browser context: new_context(java_script_enabled=False), say."""
    contexts: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        context = browser.new_context(**{"base_url": live_server.url, **PHONE, **options})
        context.set_default_timeout(10_000)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def phone(new_context: Callable[..., BrowserContext]) -> Page:
    """A page on a phone of 360 x 740; phone.goto("/sign-in") works without a host."""
    return new_context().new_page()


@pytest.fixture
def phone_without_js(new_context: Callable[..., BrowserContext]) -> Page:
    """The same phone with JavaScript switched off."""
    return new_context(java_script_enabled=False).new_page()
