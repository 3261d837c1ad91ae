"""Decision records are numbered, short, and made alike."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.reading import DOCS, name_of

RECORDS = sorted((DOCS / "adr").glob("*.md"))
LONGEST = 40


def test_they_are_numbered_without_gaps() -> None:
    assert [int(record.name[:4]) for record in RECORDS] == list(range(1, len(RECORDS) + 1))


@pytest.mark.parametrize("record", RECORDS, ids=name_of)
def test_each_is_short_and_has_its_three_parts(record: Path) -> None:
    text = record.read_text()
    assert len(text.splitlines()) <= LONGEST
    assert re.match(rf"# {record.name[:4]} ", text)
    assert re.findall(r"^## (.+)$", text, re.M) == ["Context", "Decision", "Consequences"]
