"""One world for all tests of a file that only look: building it takes longer than asking."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.support.world import World, borrowed_world


@pytest.fixture(scope="module")
def shared_world(app: Flask) -> Iterator[World]:
    """The world of this file; tests that change it borrow their own instead."""
    with borrowed_world(app) as world:
        yield world


@pytest.fixture(autouse=True)
def clean() -> None:
    """Replace the cleaning after each test: worlds here clean up after themselves."""
