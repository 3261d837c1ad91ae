"""Catalogue names in the reader's language, for templates and messages."""

from flask import Flask
from flask_babel import get_locale

from helper.catalogue.model import Catalogue, Words, load_catalogue


def in_locale(pair: dict[str, str]) -> str:
    """Return the text of a pair in the reader's language, Vietnamese where that is missing."""
    return pair.get(str(get_locale()), "") or pair["vi"]


def full_name(item: Words) -> str:
    """Return an item's full name in the reader's language."""
    return in_locale(item.full)


def short_name(item: Words) -> str:
    """Return an item's short name in the reader's language."""
    return in_locale(item.short)


def init_app(app: Flask) -> None:
    """Offer the catalogue and its names to templates."""
    app.add_template_filter(full_name)
    app.add_template_filter(short_name)
    app.add_template_filter(in_locale)

    @app.context_processor
    def catalogue() -> dict[str, Catalogue]:
        return {"catalogue": load_catalogue()}
