"""Settings: the environment's names (README.md "Configuration") into Flask's."""

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from helper.core.periods import DEFAULT_CUT_DAY
from helper.security.secrets import load_or_make

ROOT = Path(__file__).parent.parent
NAMES = (
    "DATABASE_URL",
    "HELPER_INSTANCE",
    "HELPER_ENV",
    "SECRET_KEY",
    "HELPER_BASE_URL",
    "HELPER_CUT_DAY",
)
SESSION_LIFE = timedelta(days=90)


def build_config(overrides: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return Flask's settings from the environment, overridden by name (tests).

    Raises ValueError when a setting makes no sense, rather than starting in an odd state.
    """
    given = {name: os.environ[name] for name in NAMES if os.environ.get(name)}
    given.update(overrides or {})
    env = given.get("HELPER_ENV", "demo")
    if env not in {"demo", "production"}:
        raise ValueError(f"HELPER_ENV must be demo or production, not {env!r}")
    instance = Path(given.get("HELPER_INSTANCE", ROOT / "instance")).resolve()
    instance.mkdir(parents=True, exist_ok=True)
    if instance.stat().st_uid == os.geteuid():
        instance.chmod(0o700)  # notes and phone numbers lie in it, and the keys
    base_url = str(given.get("HELPER_BASE_URL", "")).rstrip("/")
    https = base_url.startswith("https://")
    cut_day = int(given.get("HELPER_CUT_DAY", DEFAULT_CUT_DAY))
    if not 1 <= cut_day <= 28:
        raise ValueError("HELPER_CUT_DAY must be 1 to 28")
    return {
        "HELPER_ENV": env,
        "DEMO": env == "demo",
        "HELPER_INSTANCE": str(instance),
        "HELPER_BASE_URL": base_url,
        "HELPER_CUT_DAY": cut_day,
        "HTTPS": https,
        "SECRET_KEY": given.get("SECRET_KEY") or load_or_make(instance, "secret_key"),
        "PEPPER": given.get("PEPPER") or load_or_make(instance, "pepper"),
        "SQLALCHEMY_DATABASE_URI": database_url(given.get("DATABASE_URL"), instance),
        "PERMANENT_SESSION_LIFETIME": SESSION_LIFE,
        "SESSION_REFRESH_EACH_REQUEST": True,
        "SESSION_COOKIE_NAME": "__Host-session" if https else "session",
        "SESSION_COOKIE_SECURE": https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_TIME_LIMIT": None,  # a form left open for days on a phone still sends
        "MAX_CONTENT_LENGTH": 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 256 * 1024,
        "MAX_FORM_PARTS": 2000,
        "BABEL_DEFAULT_LOCALE": "vi",
        "BABEL_DEFAULT_TIMEZONE": "Asia/Ho_Chi_Minh",
        "COMPRESS_ALGORITHM": ["br", "gzip"],
        # Without this, static files go out uncompressed to clients that know gzip alone.
        "COMPRESS_ALGORITHM_STREAMING": ["br", "gzip"],
        "COMPRESS_MIMETYPES": [
            "text/html",
            "text/css",
            "text/javascript",
            "application/json",
            "application/problem+json",
            "application/manifest+json",
            "image/svg+xml",
        ],
        "SEND_FILE_MAX_AGE_DEFAULT": timedelta(days=365),
        **{k: v for k, v in (overrides or {}).items() if k not in {"DATABASE_URL", "SECRET_KEY"}},
    }


def database_url(url: str | None, instance: Path) -> str:
    """Return the SQLAlchemy URL; PostgreSQL in any spelling goes through psycopg 3."""
    if not url:
        return f"sqlite:///{instance / 'helper.sqlite3'}"
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url[len(prefix) :]
    return url
