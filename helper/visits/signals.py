"""News from visits to the rooms above, told inside the same transaction."""

from dataclasses import dataclass
from datetime import date

from blinker import Namespace

from helper.core.placecodes import PlacePath
from helper.visits.body import Line

_signals = Namespace()
# Sent as visit_changed.send(before=Counted | None, after=Counted | None).
visit_changed = _signals.signal("visit-changed")


@dataclass(frozen=True)
class Counted:
    """What of a live visit the tallies count."""

    path: PlacePath
    visited_on: date
    people: int
    card: str | None
    lines: tuple[Line, ...]
