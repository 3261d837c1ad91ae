"""The capture form: it renders and keeps answers; every rule is in `rules`, none here."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    DateField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)

from helper.catalogue.model import Catalogue
from helper.catalogue.words import full_name, short_name
from helper.visits.body import VisitBody
from helper.visits.rules import DAYS_BACK, Problem
from helper.web.fields import add_error, whole_number

# Fields whose names differ from the visit's own are none: a problem finds its field by name.
PLAIN = ("village", "place_kind", "card", "age_band", "note", "label", "source")


class LineForm(Form):
    """One service and how it ended."""

    support_type = HiddenField()
    outcome = RadioField(_l("Kết quả thế nào?"), choices=[], validate_choice=False)
    reason = RadioField(_l("Vì sao chưa xong?"), choices=[], validate_choice=False)
    referred_to = SelectField(_l("Chuyển đến đâu?"), choices=[], validate_choice=False)
    people = StringField(_l("Mấy người có kết quả này?"))
    count = StringField(_l("Số lượng"))


class CaptureForm(FlaskForm):
    """A visit; `id` and `rev` make a double tap or a resent form count once."""

    id = HiddenField()
    rev = HiddenField()
    source = HiddenField()
    village = SelectField(_l("Thôn"), choices=[], validate_choice=False)
    visited_on = DateField(_l("Ngày giúp"))
    place_kind = SelectField(_l("Giúp ở đâu"), choices=[], validate_choice=False)
    people = StringField(_l("Phiếu này có mấy người?"))
    lines = FieldList(FormField(LineForm), max_entries=30)
    card = StringField(_l("Mã phiếu nhớ việc"))
    age_band = SelectField(_l("Tuổi"), choices=[], validate_choice=False)
    note = TextAreaField(_l("Ghi chú"))
    label = StringField(_l("Tên gọi thường ngày"))
    revisit_on = DateField(_l("Hẹn lại ngày"))
    far_day = HiddenField()
    helpers = SelectMultipleField(_l("Người cùng đi"), choices=[], validate_choice=False)

    def offer(
        self,
        catalogue: Catalogue,
        villages: Mapping[str, list[tuple[str, str]]],
        colleagues: list[tuple[int, str]],
    ) -> None:
        """Fill the choices: the catalogue's, the villages one may log in, one's colleagues."""
        self.village.choices = {title: pairs for title, pairs in villages.items() if pairs}
        self.place_kind.choices = [
            (kind.code, full_name(kind)) for kind in catalogue.place_kinds.values()
        ]
        self.age_band.choices = [("", "–")] + [
            (band.code, full_name(band)) for band in catalogue.age_bands.values()
        ]
        self.helpers.choices = [(str(user_id), name) for user_id, name in colleagues]
        for entry in self.lines:
            self._offer_line(entry.form, catalogue)

    def _offer_line(self, form: LineForm, catalogue: Catalogue) -> None:
        form.outcome.choices = [
            (item.code, short_name(item)) for item in catalogue.outcomes.values()
        ]
        form.reason.choices = [(item.code, short_name(item)) for item in catalogue.reasons.values()]
        form.referred_to.choices = [("", "–")] + [
            (item.code, full_name(item)) for item in catalogue.referrals.values()
        ]

    def fill(self, body: VisitBody) -> None:
        """Show a stored visit, for amending it."""
        for name in PLAIN:
            getattr(self, name).data = getattr(body, name) or ""
        self.visited_on.data = body.visited_on
        self.revisit_on.data = body.revisit_on
        self.people.data = str(body.people)
        self.helpers.data = [str(user_id) for user_id in body.helpers]
        for line in body.lines:
            self.lines.append_entry(
                {
                    "support_type": line.support_type,
                    "outcome": line.outcome,
                    "reason": line.reason or "",
                    "referred_to": line.referred_to or "",
                    "people": str(line.people),
                    "count": str(line.count or ""),
                }
            )

    def as_visit(self, catalogue: Catalogue) -> dict[str, Any]:
        """Return the answers as the visit's JSON, for the one set of rules to judge."""
        people = whole_number(self.people.data)
        data: dict[str, Any] = {name: getattr(self, name).data or None for name in PLAIN}
        data["note"] = self.note.data or ""
        data["visited_on"] = _day(self.visited_on)
        data["revisit_on"] = _day(self.revisit_on)
        data["people"] = people
        data["helpers"] = [int(value) for value in self.helpers.data or [] if value.isdigit()]
        types = [entry.form.support_type.data for entry in self.lines]
        data["lines"] = [
            _line(entry.form, people or 1 if types.count(kind) == 1 else None, catalogue)
            for entry, kind in zip(self.lines, types, strict=True)
        ]
        return data

    def day_problem(self, today: date) -> bool:
        """Ask about days that a person hardly means; returns whether something was asked.

        Only the form asks: what a phone kept while it had no signal is flagged and taken.
        """
        day, revisit = self.visited_on.data, self.revisit_on.data
        if not isinstance(day, date):
            return False
        long_ago = day < today - timedelta(days=DAYS_BACK)
        if day > today:
            add_error(self.visited_on, _("Ngày giúp không thể sau hôm nay"))
        elif long_ago and self.far_day.data != day.isoformat():
            self.far_day.data = day.isoformat()
            add_error(self.visited_on, _("Ngày này đã lâu. Nếu đúng, bấm Lưu lần nữa"))
        elif isinstance(revisit, date) and revisit < day:
            add_error(self.revisit_on, _("Ngày hẹn lại phải sau ngày giúp"))
        return bool(self.visited_on.errors or self.revisit_on.errors)

    def show_problems(self, problems: tuple[Problem, ...], sentences: dict[str, str]) -> None:
        """Put each problem's sentence at its field; what fits no field goes to the lines."""
        for problem in problems:
            add_error(self._field_of(problem.field), sentences[problem.field])

    def _field_of(self, name: str) -> Any:
        parts = name.split(".")
        if parts[0] == "lines" and len(parts) == 3 and int(parts[1]) < len(self.lines):
            return getattr(self.lines[int(parts[1])].form, parts[2])
        return getattr(self, parts[0], None) if parts[0] != "lines" else self.people


class VoidForm(FlaskForm):
    """Why a visit is voided, and the PIN when it is another's and was not typed lately."""

    reason = TextAreaField(_l("Vì sao hủy phiếu này?"))
    pin = PasswordField(_l("6 số bí mật của anh/chị"))


def _line(form: LineForm, all_people: int | None, catalogue: Catalogue) -> dict[str, Any]:
    outcome = catalogue.outcomes.get(form.outcome.data or "")
    # Hidden answers of an outcome that was changed afterwards do not count against it.
    asks_why = outcome is None or outcome.needs_reason
    blank = not (form.people.data or "").strip()
    return {
        "support_type": form.support_type.data,
        "outcome": form.outcome.data or None,
        "reason": (form.reason.data or None) if asks_why else None,
        "referred_to": (form.referred_to.data or None) if asks_why else None,
        "people": all_people if blank and all_people else whole_number(form.people.data),
        "count": _count(form.count.data),
    }


def _count(raw: str | None) -> int | str | None:
    return (whole_number(raw) or raw) if (raw or "").strip() else None


def _day(field: DateField) -> str | None:
    if isinstance(field.data, date):
        return field.data.isoformat()
    # What was typed and is no day must reach the rules, not vanish.
    return str(field.raw_data[0]) if field.raw_data and field.raw_data[0] else None
