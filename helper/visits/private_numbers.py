"""Numbers that must not be written into notes: identity and phone numbers, one-time codes.

Words are never refused: "quên mật khẩu, hẹn lại" is an honest note, and so are amounts, dates,
hotlines and dossier codes such as `H60.12-251105-0012` (docs/glossary.md "A visit").
"""

import re
import unicodedata

from helper.core.text import search_key

_DAY_MONTH = r"(?:0?[1-9]|[12]\d|3[01])[/.\-](?:0?[1-9]|1[0-2])"
_DATE = rf"{_DAY_MONTH}[/.\-](?:(?:19|20)\d{{2}}|\d{{2}})"
# Honest digits, taken out before looking (text is lower case and without accents by then).
_HONEST = (
    re.compile(r"\b(?:\d{3}\.\d{2}\.\d{2}\.)?h\d{2}(?:\.\d{1,3}){0,3}-\d{6}-\d{1,6}\b"),
    # A day, or days from-to; pairs of digits that go on (`09-12-34-56-78`) are no date.
    re.compile(rf"(?<!\d)(?<!\d[/.\-])(?:\d{{1,2}} ?- ?)?{_DATE}(?: ?- ?{_DATE})?(?![/.\-]?\d)"),
    re.compile(r"(?<!\d)(?<!\d[/.\-])(?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|1[0-2])(?![/.\-]?\d)"),
    re.compile(r"\b20\d{2}-\d{2}-\d{2}\b"),
    re.compile(r"\b20\d{2}\s?-\s?20\d{2}\b"),
    re.compile(r"\b(?:nam|ngay|thang) \d{1,4}\b"),
    re.compile(r"\b\d{1,3}(?:[.,]\d{3})+(?:,\d+)?\s?(?:d|dong|vnd|nghin|ngan|trieu|ty)\b"),
    re.compile(r"\b\d{1,3}(?: \d{3})+\s?(?:d|dong|vnd)\b"),
    re.compile(r"\b\d{1,8}(?:[.,]\d+)?\s?(?:d|dong|vnd|k|nghin|ngan|trieu|ty|kg|km|m2|mb|gb)\b"),
    re.compile(r"\b\d{1,2}[:h]\d{2}\b"),
    re.compile(r"\b1[89]00[ .]?(?:\d{3}[ .]\d{3}|\d{2}[ .]\d{2}|\d{6}|\d{4})(?!\d)"),
    re.compile(r"\bgui (?:toi |den )?\d{3,4}\b"),
    re.compile(r"\b\d{4,8} (?:ho|nguoi|luot|quay|san pham|cai|may|the|tai khoan|ba con)\b"),
)
# Digits that belong together though written apart: `0912 345 678`, `001-095-012345`, `0.9.1.2`.
# A comma joins them only without a space after it: "3, 4, 5" is a list.
_RUN = re.compile(r"\d(?:(?:[ .\-_/()]{0,3}|,)\d)*")
# A QR or dossier code is not a secret; a plain "mã" next to digits may be one.
_CODE_WORDS = re.compile(
    r"\b(?:otp|pin|mat khau|pass(?:code|word)?|mk|ma(?! (?:qr|ho so|vach|vung|loi|buu)))\b"
)
_NEAR = 24
# Dashes and dots of other shapes separate digits just as well.
_FOLDED = str.maketrans("‐‑‒–—―−·•∙‧・", "-------.....")
_PHONE = re.compile(r"(?:0|84)?[235789]\d{8}\Z|(?:0|84)2\d{9}\Z")


def find_private_number(text: str) -> str | None:
    """Return why a text is refused: `id_number`, `phone_number`, `secret_code`; None when fine.

    Catches 9 to 12 digit identity numbers (and longer ones) and phone numbers, also spaced or
    dotted, and 4 to 8 digit codes standing near OTP, mã, PIN or mật khẩu.
    """
    plain = _ascii_digits(search_key(unicodedata.normalize("NFKC", text)).translate(_FOLDED))
    for honest in _HONEST:
        plain = honest.sub(lambda found: "~" * len(found[0]), plain)
    kinds = (_kind_of(found, plain) for found in _RUN.finditer(plain))
    return next((kind for kind in kinds if kind), None)


def _kind_of(found: re.Match[str], plain: str) -> str | None:
    digits = re.sub(r"\D", "", found[0])
    if _PHONE.match(digits):
        return "phone_number"
    if len(digits) >= 9:
        return "id_number"
    around = plain[max(0, found.start() - _NEAR) : found.end() + _NEAR]
    if len(digits) >= 4 and _CODE_WORDS.search(around):
        return "secret_code"
    return None


def _ascii_digits(text: str) -> str:
    # Digits of other scripts and full-width forms are read as what they show.
    return "".join(
        str(unicodedata.digit(char)) if char.isdigit() and not char.isascii() else char
        for char in text
    )
