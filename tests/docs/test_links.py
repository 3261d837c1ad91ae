"""What the pages name exists: links, files, commands, settings, addresses."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from flask import Flask
from flask.cli import FlaskGroup

from helper import create_app
from helper.config import NAMES
from tests.docs.reading import (
    DOCS,
    PAGES,
    ROOT,
    anchors,
    code_words,
    fenced,
    name_of,
    prose,
    rows,
    section,
)

README = ROOT / "README.md"
PICTURES = DOCS / "images"
LINK = re.compile(r"\]\(([^)\s]+)\)")
FILE = re.compile(r"(?:helper|tests|bin|docs|templates|static|\.ci)/[\w./*<>-]*\Z")
TOP_FILE = re.compile(
    r"(?:app\.py|pyproject\.toml|requirements(?:-dev)?\.txt|README\.md|LICENSE)\Z"
)
COMMAND = re.compile(r"flask --app app ([a-z-]+)((?: [^\n`#|]+)?)")
SETTING = re.compile(r"(?:HELPER_|TEST_|HYPOTHESIS_|DATABASE_|SECRET_|WEB_)[A-Z_]+\Z|HOST\Z|PORT\Z")
CAPITALS = re.compile(r"[A-Z]+_[A-Z_]+\Z")
ADDRESS = re.compile(r"(GET|POST) (/[^\s?]*)")

every_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


@pytest.fixture(scope="module")
def described_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The demo's app, whose database nobody opens."""
    folder = tmp_path_factory.mktemp("docs")
    return create_app({"HELPER_INSTANCE": str(folder), "HELPER_ENV": "demo", "TESTING": True})


@every_page
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    broken = []
    for target in LINK.findall(prose(page.read_text())):
        if target.startswith(("https://", "http://")):
            continue
        path, _hash, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if file.parent == PICTURES and not PICTURES.exists():
            continue
        if not file.exists() or (anchor and anchor not in anchors(file.read_text())):
            broken.append(target)
    assert not broken


@every_page
def test_every_file_named_exists(page: Path) -> None:
    missing = []
    for word in code_words(page.read_text()):
        if not (FILE.match(word) or TOP_FILE.match(word)) or "<" in word:
            continue
        found = list(ROOT.glob(word)) if "*" in word else [ROOT / word]
        if not found or not found[0].exists():
            missing.append(word)
    assert not missing


@every_page
def test_every_command_named_exists_with_its_options(page: Path, described_app: Flask) -> None:
    text = page.read_text()
    unknown = []
    for name, rest in COMMAND.findall(text):
        words = rest.split()
        command = _command(described_app, name)
        if isinstance(command, click.Group):
            sub = words.pop(0) if words else ""
            command = command.commands.get(sub) if sub else command
        options = {opt for param in getattr(command, "params", []) for opt in param.opts}
        wrong = [word for word in words if word.startswith("--") and word not in options]
        if command is None or wrong:
            unknown.append(f"{name} {rest}")
    assert not unknown


def test_every_command_stands_in_the_readme(described_app: Flask) -> None:
    text = section(README.read_text(), "## Commands")
    named = {
        f"{name} {group}".strip()
        for name, command in described_app.cli.commands.items()
        for group in (command.commands if isinstance(command, click.Group) else [""])
        if name != "db"  # Flask-Migrate's own: one of its commands is needed here
    }
    assert not {name for name in named if f"`{name}" not in text}


@every_page
def test_every_setting_and_name_in_capitals_stands_in_the_code(page: Path) -> None:
    text = page.read_text()
    code = _code()
    words = {re.split(r"[=<> ]", word)[0] for word in code_words(text)}
    words |= set(re.findall(r"\b([A-Z][A-Z_]+)=", fenced(text)))
    asked = {word for word in words if SETTING.match(word) or CAPITALS.match(word)}
    assert not {word for word in asked if not re.search(rf"\b{word}\b", code)}


def test_every_setting_stands_in_the_readme() -> None:
    table = rows(section(README.read_text(), "## Configuration"))
    named = {cells[0].strip("`") for cells in table[1:]}
    assert named == {*NAMES, "HOST", "PORT", "WEB_CONCURRENCY"}


@every_page
def test_every_address_named_is_a_route(page: Path, described_app: Flask) -> None:
    text = page.read_text()
    known = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"<\1>", rule.rule))
        for rule in described_app.url_map.iter_rules()
        for method in rule.methods or ()
    }
    named = {pair for word in code_words(text) for pair in ADDRESS.findall(word)}
    assert not named - known


def _command(app: Flask, name: str) -> click.Command | None:
    # `flask db` comes from Flask-Migrate's entry point, which the app's own group does not load.
    group = FlaskGroup(create_app=lambda: app)
    with click.Context(group) as context:
        return app.cli.commands.get(name) or group.get_command(context, name)


def _code() -> str:
    files = [*ROOT.glob("bin/*"), *ROOT.glob("tests/**/*.py"), ROOT / "pyproject.toml"]
    files += [*ROOT.glob("helper/**/*.py"), *ROOT.glob("helper/**/*.csv")]
    own = Path(__file__).parent
    return "\n".join(file.read_text() for file in files if file.is_file() and file.parent != own)
