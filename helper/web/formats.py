"""Vietnamese formats: 1.234,5 · 53% · 22/11/2026 · 13:16 · Chủ nhật."""

from datetime import date, datetime

from babel.numbers import format_decimal
from flask import Flask
from flask_babel import get_locale
from flask_babel import gettext as _

from helper.core.clock import LOCAL_ZONE, local_day, today
from helper.core.numbers import whole_percent
from helper.core.periods import Period


def number(value: float | int | None, digits: int = 0) -> str:
    """Return a number as read here (`1.234,5`), or a dash when there is none: blank is not 0."""
    if value is None:
        return "–"
    return format_decimal(round(value, digits) if digits else value, locale=get_locale())


def percent(part: int, whole: int) -> str:
    """Return a share in whole percent without space (`53%`), or a dash without a denominator."""
    share = whole_percent(part, whole)
    return "–" if share is None else f"{share}%"


def day(value: date | None) -> str:
    """Return a day as dd/mm/yyyy."""
    return f"{value:%d/%m/%Y}" if value else "–"


def short_day(value: date) -> str:
    """Return a day as dd/mm."""
    return f"{value:%d/%m}"


def moment(value: datetime | None) -> str:
    """Return a moment in local time, `13:16, 22/11/2026`."""
    if value is None:
        return "–"
    local = value.astimezone(LOCAL_ZONE)
    return f"{local.hour}:{local:%M}, {local:%d/%m/%Y}"


def clock_time(value: datetime | None) -> str:
    """Return the local time of day, `9:05`."""
    if value is None:
        return ""
    local = value.astimezone(LOCAL_ZONE)
    return f"{local.hour}:{local:%M}"


def weekday(value: date) -> str:
    """Return the name of the day of the week."""
    names = (
        _("Thứ hai"),
        _("Thứ ba"),
        _("Thứ tư"),
        _("Thứ năm"),
        _("Thứ sáu"),
        _("Thứ bảy"),
        _("Chủ nhật"),
    )
    return names[value.weekday()]


def near_day(value: date) -> str:
    """Return Hôm nay, Hôm qua, or the weekday."""
    distance = (today() - value).days
    return {0: _("Hôm nay"), 1: _("Hôm qua")}.get(distance, weekday(value))


def period_title(period: Period) -> str:
    """Return a period's name in words: `Kỳ báo cáo tháng 11/2026`, `Tuần 47/2026`."""
    prefix = _("Kỳ báo cáo") + " " if period.report else ""
    words = {
        "day": lambda: f"{weekday(period.start)} {day(period.start)}",
        "week": lambda: _("Tuần %(n)d/%(year)s", n=period.number, year=period.name[:4]),
        "month": lambda: _("Tháng %(n)d/%(year)d", n=period.number, year=period.year),
        "quarter": lambda: _("Quý %(n)d/%(year)d", n=period.number, year=period.year),
        "half": lambda: (
            _("6 tháng đầu năm %(year)d", year=period.year)
            if period.number == 1
            else _("6 tháng cuối năm %(year)d", year=period.year)
        ),
        "nine": lambda: _("9 tháng năm %(year)d", year=period.year),
        "year": lambda: _("Năm %(year)d", year=period.year),
        "range": lambda: f"{day(period.start)} – {day(period.end)}",
        "running": lambda: f"{day(period.start)} – {day(period.end)}",
    }[period.kind]()
    return prefix + (words[0].lower() + words[1:] if prefix else words)


def period_span(period: Period) -> str:
    """Return first and last day of a period, `15/10 – 14/11/2026`."""
    if period.start == period.end:
        return day(period.start)
    first = short_day(period.start) if period.start.year == period.end.year else day(period.start)
    return f"{first} – {day(period.end)}"


def init_app(app: Flask) -> None:
    """Offer the formats to templates as filters."""
    for function in (local_day, number, day, short_day, moment, clock_time, weekday, near_day):
        app.add_template_filter(function)
    app.add_template_filter(period_title)
    app.add_template_filter(period_span)
    app.add_template_global(percent)
    app.add_template_global(lambda: str(get_locale()), "current_locale")
