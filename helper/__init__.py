"""The field helper of community digital-technology teams (Tổ công nghệ số cộng đồng)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from flask_compress import Compress
from flask_migrate import Migrate
from flask_wtf import CSRFProtect

from helper.config import build_config
from helper.db import db, engine

ROOT = Path(__file__).parent.parent


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Build the app from the environment, or from given settings (tests)."""
    settings = build_config(config)
    app = Flask(
        __name__,
        instance_path=settings["HELPER_INSTANCE"],
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
    )
    app.config.update(settings)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine.engine_options(
        settings["SQLALCHEMY_DATABASE_URI"]
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    db.init_app(app)
    with app.app_context():
        engine.install(db.engine)
    Migrate(app, db, directory=str(ROOT / "helper" / "db" / "migrations"), render_as_batch=True)
    app.extensions["csrf"] = CSRFProtect(app)
    Compress(app)
    from helper.rooms import open_rooms

    open_rooms(app)
    return app
