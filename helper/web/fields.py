"""Form fields with Vietnamese sentences; WTForms ships none, so they are said here once."""

from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import Field


def error_list(form: FlaskForm) -> list[tuple[str, str]]:
    """Return (anchor, sentence) of each field in error, in the form's order, for the summary."""
    found: list[tuple[str, str]] = []
    for field in form:
        found += _errors_of(field)
    return found


def _errors_of(field: Field) -> list[tuple[str, str]]:
    if hasattr(field, "entries"):
        return [error for entry in field.entries for error in _errors_of(entry)]
    if hasattr(field, "form"):
        return [error for inner in field.form for error in _errors_of(inner)]
    return [(field.id, str(field.errors[0]))] if field.errors else []


def add_error(field: Field, sentence: str) -> None:
    """Put an error at a field, after validation too."""
    field.errors = [*field.errors, sentence]


def whole_number(raw: Any) -> int | None:
    """Return the whole number a person typed (`12`, `1.200`), or None."""
    text = str(raw or "").strip().replace(".", "").replace(" ", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def not_a_number() -> str:
    """Return the sentence for something that is no number."""
    return _("Gõ một số, ví dụ 3")
