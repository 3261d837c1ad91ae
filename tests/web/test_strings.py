"""Every sentence a person reads goes through the language layer, in templates and in code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted(
    path for path in (ROOT / "templates").rglob("*.html") if "patterns" not in path.parts
)
JINJA = re.compile(r"{#.*?#}|{% block \w*class %}.*?{% endblock %}|{%.*?%}|{{.*?}}", re.DOTALL)
HTML = re.compile(r"<!--.*?-->|<[^>]*>|&\w+;", re.DOTALL)
LETTERS = re.compile(r"[^\W\d_]{2,}")
MARKED = re.compile(r"[ăâđêôơưĂÂĐÊÔƠƯ\u0300-\u036fà-ỹÀ-Ỹ]")
SHOWN_ATTRIBUTES = re.compile(r'(?:title|alt|aria-label|placeholder)="([^"{]*[^\W\d_][^"{]*)"')


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_holds_no_bare_words(path: Path) -> None:
    source = path.read_text()
    words = LETTERS.findall(HTML.sub(" ", JINJA.sub("", source)))
    assert words == [], "bare words: put them in _('…')"
    assert SHOWN_ATTRIBUTES.findall(source) == []


def test_vietnamese_in_code_is_marked_for_translation_or_is_data() -> None:
    """Sentences in views, forms and messages stand inside _() or _l()."""
    bare: list[str] = []
    folders = ("web", "people", "visits", "tallies", "sync", "api", "pages")
    for folder in folders:
        for path in sorted((ROOT / "helper" / folder).rglob("*.py")):
            if path.name in {"commands.py", "nightly.py", "openapi.py"}:
                continue
            bare += [f"{path.relative_to(ROOT)}: {text}" for text in _bare_strings(path)]
    assert bare == []


def _bare_strings(path: Path) -> list[str]:
    import ast

    tree = ast.parse(path.read_text())
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    marked: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"_", "_l", "ngettext"}:
            marked |= {id(inner) for inner in ast.walk(node)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and MARKED.search(node.value)
        and id(node) not in docs | marked
    ]
