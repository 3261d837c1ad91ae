"""Static files under names that change with their content, so that phones may keep them a year."""

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, url_for


def init_app(app: Flask) -> None:
    """Offer `asset(file)` to templates: its address with a digest of its content."""
    folder = Path(str(app.static_folder))

    @cache
    def digest(name: str) -> str:
        path = folder / name
        # A page that tells of an error must not fail for want of a file.
        content = path.read_bytes() if path.is_file() else b""
        return hashlib.sha256(content).hexdigest()[:10]

    def asset(name: str) -> str:
        return url_for("static", filename=name, v=digest(name))

    app.jinja_env.globals["asset"] = asset
