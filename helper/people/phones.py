"""Phone numbers as people write them, and PINs that are too easy."""

import re

_MOBILE = re.compile(r"0[235789][0-9]{8,9}\Z")
_RUNS = ("0123456789", "9876543210")

# Numbers that belong to nobody: the demo's people (0900 000 000 to 0900 000 999).
DEMO_PREFIX = "0900000"


def parse_phone(text: str) -> str | None:
    """Return a Vietnamese number as stored (`0912345678`), or None when it is none.

    Takes `0912 345 678`, `0912.345.678`, `+84912345678` and `84912345678`.
    """
    digits = re.sub(r"[^0-9+]", "", text or "")
    if digits.startswith("+84"):
        digits = "0" + digits[3:]
    elif digits.startswith("84") and len(digits) >= 11:
        digits = "0" + digits[2:]
    return digits if _MOBILE.match(digits) else None


def show_phone(phone: str) -> str:
    """Return a stored number in groups, `0912 345 678`."""
    return f"{phone[:4]} {phone[4:7]} {phone[7:]}"


def weak_pin(pin: str, phone: str | None = None) -> bool:
    """Tell whether a 6-digit PIN is one of those that are guessed first.

    Repeats, runs, repeated or mirrored halves, pairs, a date in any order (ddmmyy, mmddyy, yymmdd,
    mmyyyy), or digits of the own phone number: about a tenth of all PINs (NIST SP 800-63B-4,
    blocklists for activation secrets).
    """
    if len(set(pin)) <= 2 or pin[3:] in {pin[:3], pin[2::-1]} or pin[:2] * 3 == pin:
        return True
    if pin[0::2] == pin[1::2]:
        return True
    if any(pin in run * 2 for run in _RUNS):
        return True
    if _like_a_date(int(pin[:2]), int(pin[2:4]), int(pin[4:])):
        return True
    return bool(phone and pin in phone)


def _like_a_date(first: int, second: int, third: int) -> bool:
    days, months = range(1, 32), range(1, 13)
    return (
        (first in days and second in months)
        or (first in months and (second in days or second in {19, 20}))
        or (second in months and third in days)
    )
