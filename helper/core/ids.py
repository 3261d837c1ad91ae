"""Identifiers: UUIDs made on phones, random secrets, Crockford base32 codes."""

import hashlib
import re
import secrets

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
_CARD = re.compile(rf"[{CROCKFORD}]{{6,16}}\Z")
_ALIKE = str.maketrans("ILO", "110")


def parse_uuid(value: object) -> str | None:
    """Return a UUID in lower case, or None when the value is not one (UUIDs are case-blind)."""
    if not isinstance(value, str) or len(value) != 36:
        return None
    lowered = value.lower()
    return lowered if _UUID.match(lowered) else None


def parse_card(value: str) -> str | None:
    """Return a card code as stored (upper case, I and L as 1, O as 0), or None when it is none.

    6-16 characters of Crockford base32; U is refused (docs/glossary.md "A visit"). Spaces and
    hyphens, which people write between groups, are dropped.
    """
    code = value.upper().replace(" ", "").replace("-", "").translate(_ALIKE)
    return code if _CARD.match(code) else None


def new_secret(bits: int = 256) -> str:
    """Return a random URL-safe secret of at least `bits` bits."""
    return secrets.token_urlsafe(bits // 8)


def hash_secret(secret: str) -> str:
    """Return the SHA-256 hex digest under which a random secret is stored (never the secret)."""
    return hashlib.sha256(secret.encode()).hexdigest()
