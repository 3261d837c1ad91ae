"""A visit's content in its one normal form, and its canonical text for comparing revisions."""

import json
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True, order=True)
class Line:
    """One service of a visit: so many people ended so. `count` is in the type's own unit."""

    support_type: str
    outcome: str
    reason: str | None = None
    people: int = 1
    count: int | None = None
    referred_to: str | None = None


@dataclass(frozen=True)
class VisitBody:
    """The content of a visit (phiếu) as docs/glossary.md "A visit" names it, normalised."""

    village: str
    visited_on: date
    people: int
    lines: tuple[Line, ...]
    place_kind: str = "home"
    card: str | None = None
    age_band: str | None = None
    note: str = ""
    label: str | None = None
    revisit_on: date | None = None
    source: str = "phone"
    helpers: tuple[int, ...] = field(default=())
    follows: str | None = None
    event: str | None = None
    request: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the content as JSON data, days in ISO form, lines in their sorted order."""
        data = asdict(self)
        data["visited_on"] = self.visited_on.isoformat()
        data["revisit_on"] = self.revisit_on.isoformat() if self.revisit_on else None
        data["lines"] = [asdict(line) for line in self.lines]
        data["helpers"] = list(self.helpers)
        return data


def canonical(op: str, body: VisitBody | None, reason: str | None) -> str:
    """Return the text whose equality means "the same content": op, normalised body and reason."""
    data = body.as_json() if body else None
    return json.dumps([op, data, reason], ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def body_from_json(data: dict[str, Any]) -> VisitBody:
    """Return the content from its stored JSON (the inverse of `as_json`)."""
    fields = dict(data)
    fields["visited_on"] = date.fromisoformat(data["visited_on"])
    fields["revisit_on"] = date.fromisoformat(data["revisit_on"]) if data["revisit_on"] else None
    fields["lines"] = tuple(Line(**line) for line in data["lines"])
    fields["helpers"] = tuple(data["helpers"])
    return VisitBody(**fields)
