"""Numbers that must not be written into notes: identity and phone numbers, one-time codes.

Words are never refused: "quên mật khẩu, hẹn lại" is an honest note, and so are amounts, dates,
hotlines and dossier codes such as `H60.12-251105-0012` (docs/glossary.md "A visit").
"""

import re
import unicodedata

from helper.core.text import search_key

_DAY, _MONTH, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:19|20)\d{2}"
_DATE = rf"{_DAY}[/.\-]{_MONTH}[/.\-](?:{_YEAR}|\d{{2}})"
_ALONE, _ENDS = r"(?<!\d)(?<!\d[/.\-])", r"(?![/.\-]?\d)"
# Text is lower case and without accents by the time these look at it.
# Honest wherever it stands, even beside a code word: taken out first.
_HONEST = (
    # Dossier code: an office (a letter, two digits), a day as YYMMDD, a serial.
    re.compile(
        r"\b(?:\d{3}\.\d\d\.\d\d\.)?[a-z]\d\d(?:\.\d{1,3}){0,3}-\d\d[01]\d[0-3]\d-\d{1,6}\b"
    ),
    # A day, or days from-to; pairs of digits that go on (`09-12-34-56-78`) are no date.
    re.compile(rf"{_ALONE}(?:\d{{1,2}} ?- ?)?{_DATE}(?: ?- ?{_DATE})?{_ENDS}"),
    re.compile(rf"{_ALONE}{_DAY}/{_MONTH}{_ENDS}"),
    re.compile(r"\b20\d{2}(?:-\d{2}-\d{2}|\s?-\s?20\d{2})\b"),
    re.compile(rf"\b(?:nam {_YEAR}|(?:ngay|thang) \d{{1,2}})(?![ /.\-]?\d)"),
    re.compile(r"(?<!\d)(?<!\d:)(?<!\d: )\d{1,2}[:h]\d{2}(?!\d| ?: ?\d)"),
    re.compile(r"\b1[89]00[ .]?(?:\d{3}[ .]\d{3}|\d{2}[ .]\d{2}|\d{6}|\d{4})(?!\d)"),
    re.compile(r"\bgui (?:toi |den )?(?:80\d{2}|1414)\b"),
)
# Honest unless directly beside a code word: figures with their unit ...
_COUNTED = (
    re.compile(r"\b\d{1,3}(?:[.,]\d{3})+(?:,\d+)?\s?(?:d|dong|vnd|nghin|ngan|trieu|ty)\b"),
    re.compile(r"\b\d{1,3}(?: \d{3})+\s?(?:d|dong|vnd)\b"),
    re.compile(r"\b\d{1,8}(?:[.,]\d+)?\s?(?:d|dong|vnd|k|nghin|ngan|trieu|ty|kg|km|m2|mb|gb)\b"),
    re.compile(r"\bgui (?:toi |den )?\d{3,4}\b"),
    re.compile(r"\b\d{4,8} (?:ho|nguoi|luot|quay|san pham|cai|may|the|tai khoan|ba con)\b"),
)
# ... and an amount in thousands, a year, or a month of a year that stands alone.
_FIGURE = re.compile(rf"[1-9]\d{{0,2}}(?:[.,]\d{{3}})+|{_YEAR}|{_MONTH}[/.\-]{_YEAR}")
# Digits that belong together though written apart: `0912 345 678`, `001-095-012345`, `0.9.1.2`.
# A comma or semicolon joins them only without a space after it: "3, 4, 5" is a list.
_RUN = re.compile(r"\d(?:(?:[ .\-_/():]{0,3}|[,;])\d)*")
# Starts as only a phone number (commas and all) or an identity number does; no unit excuses it.
_S, _C = r"[ .\-_/()]{0,3}", r"[ .,;:\-_/()]{0,3}"
_SURE = re.compile(
    rf"(?<!\d)(?:(?P<id_number>0\d{{2}}(?:{_S}\d){{9}})"
    rf"|(?P<phone_number>(?:\+84{_C}|0)[235789]\d(?:\d(?:{_C}\d){{6}}|(?:{_C}\d){{7}})))"
)
_PHONE = re.compile(r"(?:0|84)?[235789]\d{8}\Z|(?:0|84)2\d{9}\Z")
# A QR or dossier code is not a secret; a plain "mã" next to digits may be one.
_MA = "ma(?! (?:qr|ho so|vach|vung|loi|buu))"
_CODE_WORD = re.compile(rf"(?<![a-z])(?:otp|pin|mat khau|pass(?:code|word)?|mk|{_MA})(?![a-z])")
# What may stand between a code word and digits that are directly beside each other.
_SMALL = "la|cua|so|moi|cu|gui|doc|nhap|sinh|nam|ba|ong|bac|co|anh|chi|em|chau|xac (?:nhan|thuc)"
_BETWEEN = re.compile(rf"(?:[ :=\-_#/()\"'>]|\.(?! )|(?:{_SMALL})(?![a-z])){{0,20}}")
_NEAR = 24
# Dashes and dots of other shapes separate digits just as well.
_FOLDED = str.maketrans("‐‑‒–—―−·•∙‧・", "-------.....")


def find_private_number(text: str) -> str | None:
    """Return why a text is refused: `id_number`, `phone_number`, `secret_code`; None when fine.

    Catches 9 to 12 digit identity numbers (and longer ones) and phone numbers, also spaced or
    dotted, and codes of 4 digits or more beside or near OTP, mã, PIN or mật khẩu.
    """
    plain = _ascii_digits(search_key(unicodedata.normalize("NFKC", text)).translate(_FOLDED))
    plain = _without(plain, _HONEST)
    if sure := _SURE.search(plain):
        return sure.lastgroup
    words = [found.span() for found in _CODE_WORD.finditer(plain)]
    beside = any(_is_code(run, plain, words, beside=True) for run in _RUN.finditer(plain))
    plain = _without(plain, _COUNTED)
    kinds = (_kind_of(run, plain, words) for run in _RUN.finditer(plain))
    return next((kind for kind in kinds if kind), "secret_code" if beside else None)


def _without(plain: str, patterns: tuple[re.Pattern[str], ...]) -> str:
    """Blot out what matches; everything else keeps its place."""
    for pattern in patterns:
        plain = pattern.sub(lambda found: "~" * len(found[0]), plain)
    return plain


def _kind_of(run: re.Match[str], plain: str, words: list[tuple[int, int]]) -> str | None:
    """Name what a run of digits is, once the honest ones are gone."""
    digits = re.sub(r"\D", "", run[0])
    if len(digits) >= 9:
        return "phone_number" if _PHONE.match(digits) else "id_number"
    code = not _FIGURE.fullmatch(run[0]) and _is_code(run, plain, words, beside=False)
    return "secret_code" if code else None


def _is_code(run: re.Match[str], plain: str, words: list[tuple[int, int]], beside: bool) -> bool:
    """Tell whether four digits or more stand near a code word, or directly beside one."""
    if sum(char.isdigit() for char in run[0]) < 4:
        return False
    first, last = run.span()
    near = [word for word in words if first - word[1] <= 2 * _NEAR and word[0] - last <= 2 * _NEAR]
    gaps = [plain[end:first] if end <= first else plain[last:start] for start, end in near]
    return any(_BETWEEN.fullmatch(gap) if beside else len(gap) <= _NEAR for gap in gaps)


def _ascii_digits(text: str) -> str:
    """Read digits of other scripts and full-width forms as what they show."""
    shown = (str(unicodedata.digit(c)) if c.isdigit() and not c.isascii() else c for c in text)
    return "".join(shown)
