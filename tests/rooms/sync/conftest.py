"""A village, its member's phone, and a recount after every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from helper.security.permissions import Role
from tests.support.people import Phone, make_phone, make_village
from tests.support.recount import assert_exact


@pytest.fixture(autouse=True)
def exact_tallies(app: Flask, clean: None) -> Iterator[None]:
    """Whatever a test sent, every stored sum equals a recount of the log afterwards."""
    yield
    assert_exact(app)


@pytest.fixture
def village(app: Flask) -> str:
    """A village of the commune 02221."""
    return make_village(app)


@pytest.fixture
def member(app: Flask, village: str) -> Phone:
    """The phone of a member of that village."""
    return make_phone(app, Role.MEMBER, village)
