"""Languages: sentences in templates and code are Vietnamese; a catalogue file adds another one.

Vietnamese is the source language, so the default needs no catalogue and can never be incomplete.
"""

from flask import Flask
from flask_babel import Babel, get_locale

LANGUAGES = ("vi",)


def init_app(app: Flask) -> None:
    """Set up Flask-Babel; times are shown in Viet Nam's own zone."""
    Babel(
        app,
        default_locale="vi",
        default_timezone="Asia/Ho_Chi_Minh",
        default_translation_directories="translations",
        locale_selector=lambda: "vi",
    )

    @app.context_processor
    def language() -> dict[str, str]:
        return {"locale": str(get_locale())}
