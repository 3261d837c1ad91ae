"""Reading the project's own pages: tables, code words, links."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
_FENCE = re.compile(r"^```.*?^```", re.M | re.S)
_CODE = re.compile(r"`([^`\n]+)`")
_CELL = re.compile(r"(?<!\\)\|")


def name_of(page: Path) -> str:
    """Return a page's path inside the project, for test ids."""
    return page.relative_to(ROOT).as_posix()


def prose(text: str) -> str:
    """Return a page without its fenced blocks."""
    return _FENCE.sub("", text)


def code_words(text: str) -> list[str]:
    """Return what stands between backticks outside fenced blocks."""
    return _CODE.findall(prose(text))


def fenced(text: str) -> str:
    """Return the fenced blocks of a page."""
    return "\n".join(_FENCE.findall(text))


def rows(text: str) -> list[list[str]]:
    """Return the cells of each row of each table, without the rulers under heads."""
    found = []
    for line in prose(text).splitlines():
        if line.startswith("|") and not set(line) <= set("|-: "):
            found.append([cell.strip() for cell in _CELL.split(line)[1:-1]])
    return found


def section(text: str, heading: str) -> str:
    """Return what stands under a heading, up to the next one of its level or above."""
    level = len(heading) - len(heading.lstrip("#"))
    start = text.index(f"\n{heading}\n") + len(heading) + 2
    following = re.search(rf"^#{{1,{level}}} ", text[start:], re.M)
    return text[start : start + following.start()] if following else text[start:]


def anchors(text: str) -> set[str]:
    """Return the names under which a page's headings can be linked to."""
    heads = re.findall(r"^#+ (.+)$", prose(text), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}
