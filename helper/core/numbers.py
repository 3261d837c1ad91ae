"""Figures made of figures: one way to round, wherever a share is printed or compared."""


def whole_percent(part: int, whole: int) -> int | None:
    """Return a share in whole percent, halves rounded up; None without a denominator."""
    return (part * 200 + whole) // (2 * whole) if whole else None
