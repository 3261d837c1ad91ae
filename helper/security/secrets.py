"""The instance's own secrets: made at first start, kept 0600 in the instance folder.

SECRET_KEY signs cookies and forms; the pepper is mixed into PIN hashes and content fingerprints and
lives outside the database and its backups, so that a stolen database alone gives neither away.
"""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from flask import current_app

# OWASP's minimum for argon2id: 19 MiB, 2 passes, 1 lane; about 25 ms on a small server.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
# Checked when the phone number is unknown, so that both answers take the same time.
_DUMMY = _HASHER.hash("000000")


def load_or_make(folder: Path, name: str) -> str:
    """Return the secret of that file, making it (0600) when there is none.

    Two processes starting together agree: the file appears whole or not at all, and whoever comes
    second reads the first one's.
    """
    path = folder / name
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(draft)
    return path.read_text().strip()


def hash_pin(pin: str) -> str:
    """Return the argon2id hash of a peppered PIN."""
    return _HASHER.hash(_peppered(pin))


def verify_pin(pin_hash: str | None, pin: str) -> bool:
    """Tell whether the PIN fits; takes as long when there is no hash to compare with."""
    try:
        _HASHER.verify(pin_hash or _DUMMY, _peppered(pin))
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False
    return pin_hash is not None


def fingerprint(content: str) -> str:
    """Return a keyed fingerprint of a visit's content, the same for the same content.

    Keyed, because a label or note that retention has erased could otherwise be guessed back.
    """
    return hmac.new(_pepper(), content.encode(), hashlib.sha256).hexdigest()[:32]


def _peppered(pin: str) -> str:
    return hmac.new(_pepper(), pin.encode(), hashlib.sha256).hexdigest()


def _pepper() -> bytes:
    return str(current_app.config["PEPPER"]).encode()
