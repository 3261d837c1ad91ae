"""Every column has its line in docs/data-inventory.md, and none is of a forbidden kind."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest
from wtforms import Form
from wtforms.fields.core import UnboundField

import helper
import helper.rooms  # every room, so that every table is known
from helper.db import db
from helper.visits.body import Line, VisitBody
from tests.docs.reading import DOCS, ROOT, rows, section

CLASSES = {
    "none",
    "staff personal",
    "resident personal words",
    "pseudonymous",
    "secret hash",
}
# Parts of names (split at `_` and capitals) that tell of what is never kept.
NEVER = """
cccd cmnd cic citizen passport identity bhxh bhyt password passcode passphrase otp mk
gps lat lng lon latitude longitude location address household ethnic ethnicity dantoc religion
health disease photo image picture avatar face signature biometric birth birthday dob sex gender
bank income email mail contacts ip agent imei phone pin
"""
FORBIDDEN = frozenset(NEVER.split())
ALLOWED = {
    # Points of communes and provinces from the official list; villages and visits have none.
    "place.lat",
    "place.lon",
    # Staff sign in with them; the PIN is stored as a hash.
    "user_account.phone",
    "user_account.pin_hash",
    "InviteForm.phone",
    # When the PIN was last typed: a moment.
    "device_session.pin_at",
    # Their own PIN and number, typed by staff.
    "SignInForm.phone",
    "SignInForm.pin",
    "InviteForm.pin",
    "VoidForm.pin",
}


def inventory() -> list[list[str]]:
    """Return the rows of the inventory: column, class, purpose, retention."""
    text = section((DOCS / "data-inventory.md").read_text(), "## Columns")
    return [cells for cells in rows(text) if cells[0].startswith("`")]


def columns() -> list[str]:
    """Return every `table.column` of the database."""
    return [
        f"{table.name}.{column.name}"
        for table in db.metadata.sorted_tables
        for column in table.columns
    ]


def form_fields() -> Iterator[str]:
    """Yield `Form.field` of every form of the application."""
    for module in pkgutil.walk_packages(helper.__path__, "helper."):
        if not module.name.endswith("forms"):
            continue
        for kind in vars(importlib.import_module(module.name)).values():
            if isinstance(kind, type) and issubclass(kind, Form):
                for name, value in vars(kind).items():
                    if isinstance(value, UnboundField):
                        yield f"{kind.__name__}.{name}"


def words_of(name: str) -> set[str]:
    """Return the parts of the last name of `table.column`, in lower case."""
    last = name.rpartition(".")[2]
    return set(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", last).lower().replace("-", "_").split("_"))


def test_every_column_has_its_line_and_no_line_is_left_over() -> None:
    named = [cells[0].strip("`") for cells in inventory()]
    missing, extra = set(columns()) - set(named), set(named) - set(columns())
    assert (sorted(missing), sorted(extra)) == ([], [])
    assert len(named) == len(set(named))


def test_every_line_has_a_class_a_purpose_and_a_retention() -> None:
    for cells in inventory():
        assert len(cells) == 4, cells
        assert cells[1] in CLASSES, cells
        assert cells[2], cells
        assert cells[3], cells


def test_hashes_are_classed_as_secrets() -> None:
    classes = {cells[0].strip("`"): cells[1] for cells in inventory()}
    hashed = {name for name in columns() if name.endswith("_hash")}
    assert {name for name in hashed if classes[name] != "secret hash"} == set()


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(columns(), id="columns"),
        pytest.param(sorted(form_fields()), id="form fields"),
        pytest.param([f.name for kind in (VisitBody, Line) for f in dataclasses.fields(kind)],
                     id="stored content"),
    ],
)  # fmt: skip
def test_nothing_is_named_like_what_is_never_kept(names: list[str]) -> None:
    assert len(names) > 5
    assert [name for name in names if words_of(name) & FORBIDDEN and name not in ALLOWED] == []


def test_no_template_asks_for_what_is_never_kept() -> None:
    allowed = {name.rpartition(".")[2] for name in ALLOWED if "Form." in name}
    asked = [
        (file.name, name)
        for file in ROOT.glob("templates/**/*.html")
        for name in re.findall(
            r'<(?:input|select|textarea)[^>]*\sname="([\w.-]+)"', file.read_text()
        )
    ]
    assert [pair for pair in asked if words_of(pair[1]) & FORBIDDEN - allowed] == []


def test_nothing_is_allowed_that_does_not_exist() -> None:
    assert {*columns(), *form_fields()} >= ALLOWED
