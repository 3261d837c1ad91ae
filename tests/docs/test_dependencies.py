"""Each requirement has one line in docs/adr/0002-dependencies.md, and nothing else has."""

from __future__ import annotations

import re
from collections import Counter

from tests.docs.reading import DOCS, ROOT


def required() -> list[str]:
    """Return the names in both requirements files, without versions and extras."""
    names = []
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text().splitlines():
            bare = line.partition("#")[0].strip()
            if bare and not bare.startswith("-r"):
                names.append(re.split(r"[\[=<>~! ]", bare)[0].lower())
    return names


def test_every_requirement_has_its_line_and_nothing_else() -> None:
    text = (DOCS / "adr" / "0002-dependencies.md").read_text()
    told = re.findall(r"^- `([^`]+)`: \S.+$", text, re.M)
    assert Counter(told) == Counter(required())
