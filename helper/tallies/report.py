"""What a tally page shows, worked out from sums: shares, comparisons, silent villages."""

from dataclasses import dataclass
from datetime import date

from helper import policy
from helper.catalogue.model import Catalogue, Outcome, Words
from helper.core.clock import local_day, today
from helper.core.numbers import whole_percent
from helper.core.periods import Period, month_of
from helper.core.placecodes import Level, PlacePath
from helper.people.queries import last_contacts
from helper.places.queries import PlaceView, list_children
from helper.security.actor import Actor
from helper.security.permissions import Permission
from helper.tallies import queries
from helper.tallies.facts import Counts, group_of
from helper.tallies.queries import People, Tally

SILENT_DAYS = 30
# A phone not heard from for this long may hold visits; that is no silence of the village.
UNHEARD_DAYS = 7
SERIES_MONTHS = 12
BELOW = {
    Level.NATION: "province",
    Level.PROVINCE: "commune",
    Level.COMMUNE: "village",
    Level.VILLAGE: "none",
}


@dataclass(frozen=True)
class Shares:
    """Turns by headline: alone, with help, still open; and those that stand apart from shares."""

    alone: int
    assisted: int
    still_open: int
    declined: int
    already: int

    @property
    def whole(self) -> int:
        """The denominator of the shares: everything but declined and already."""
        return self.alone + self.assisted + self.still_open

    @property
    def apart(self) -> int:
        """The turns outside the shares: declined and already."""
        return self.declined + self.already

    @property
    def points(self) -> int | None:
        """The share done alone in whole percent, as pages print it; None without a denominator."""
        return whole_percent(self.alone, self.whole)


@dataclass(frozen=True)
class Row:
    """A place of the table, with a notice when nothing is heard of it."""

    place: PlaceView
    tally: Tally | None
    shares: Shares
    notice: str = ""
    notice_days: int = 0


@dataclass(frozen=True)
class TypeRow:
    """A support type or a whole group: its counts and shares; people only for a group."""

    item: Words
    counts: Counts
    shares: Shares
    people: People | None = None
    types: tuple["TypeRow", ...] = ()


@dataclass(frozen=True)
class Detail:
    """A tally by kind of help, by outcome, and by reason (most frequent first)."""

    groups: list[TypeRow]
    outcomes: list[tuple[Outcome, Counts]]
    reasons: list[tuple[Words, Counts]]


def shares_of(tally: Tally, catalogue: Catalogue) -> Shares:
    """Return the shares of a tally read with the outcome dimension."""
    return shares_of_counts(tally.dim("o"), catalogue)


def shares_of_counts(by_outcome: dict[str, Counts], catalogue: Catalogue) -> Shares:
    """Return the shares of counts by outcome code."""
    sums = dict.fromkeys(("self", "assisted", "open", "apart"), 0)
    for code, counts in by_outcome.items():
        sums[catalogue.outcomes[code].headline] += counts.turns
    declined = by_outcome.get("DECLINED", Counts()).turns
    return Shares(sums["self"], sums["assisted"], sums["open"], declined, sums["apart"] - declined)


def points_between(shares: Shares, before: Shares) -> int | None:
    """Return by how many points the printed percentage differs from the one before, or None."""
    if shares.points is None or before.points is None:
        return None
    return shares.points - before.points


def detail_of(tally: Tally, catalogue: Catalogue) -> Detail:
    """Return the parts of a tally read with all dimensions; codes without a line are left out."""
    outcomes, reasons = tally.dim("o"), tally.dim("r")
    given = [(item, reasons[code]) for code, item in catalogue.reasons.items() if code in reasons]
    return Detail(
        groups=_groups(tally, catalogue),
        outcomes=[(item, outcomes[c]) for c, item in catalogue.outcomes.items() if c in outcomes],
        reasons=sorted(given, key=lambda pair: (-pair[1].turns, pair[0].position)),
    )


def _groups(tally: Tally, catalogue: Catalogue) -> list[TypeRow]:
    by_type: dict[str, dict[str, Counts]] = {}
    by_group: dict[str, dict[str, Counts]] = {}
    for key, counts in tally.dim("x").items():
        code, _dot, outcome = key.partition(".")
        by_type.setdefault(code, {})[outcome] = counts
        cell = by_group.setdefault(group_of(code), {})
        cell[outcome] = cell.get(outcome, Counts()) + counts
    types, groups = tally.dim("s"), tally.dim("g")
    rows = []
    for group, name in catalogue.groups.items():
        if group not in groups:
            continue
        inner = tuple(
            TypeRow(item, types[code], shares_of_counts(by_type.get(code, {}), catalogue))
            for code, item in catalogue.support_types.items()
            if item.group == group and code in types
        )
        shares = shares_of_counts(by_group.get(group, {}), catalogue)
        people = tally.people.get(group, People())
        rows.append(TypeRow(name, groups[group], shares, people, inner))
    return rows


def compare(path: PlacePath, period: Period) -> dict[str, Tally]:
    """Return the tallies beside a period: running total, period before, same period last year."""
    others = {
        "before": period.before(),
        "last_year": period.last_year(),
        "running": period.running(),
    }
    return {name: queries.read_total(path, other, ("o",)) for name, other in others.items()}


def rows_below(
    actor: Actor, path: PlacePath, period: Period, catalogue: Catalogue
) -> list[Row] | None:
    """Return the table of places directly below, or None where they may not be seen apart."""
    by = BELOW[path.level]
    if by == "none" or not policy.allows(actor, Permission.TALLY_BREAKDOWN, path):
        return None
    tallies = queries.read_tallies(path, period, by, ("o",))
    notices = _notices(path) if path.level is Level.COMMUNE else {}
    rows = []
    for place in list_children(path.code, period.start, max(period.start, period.end)):
        tally = tallies.get(place.code)
        shares = shares_of(tally or Tally(), catalogue)
        kind, days = notices.get(place.code, ("", 0))
        rows.append(Row(place, tally, shares, kind, days))
    return rows


def series(path: PlacePath, period: Period) -> list[tuple[Period, Counts]]:
    """Return twelve months up to the period's last, report months beside a report period."""
    month = month_of(period.end, report=period.report, cut_day=period.cut_day)
    months = [month]
    while len(months) < SERIES_MONTHS:
        months.insert(0, months[0].before())
    return list(zip(months, queries.read_series(path, months), strict=True))


def _notices(path: PlacePath) -> dict[str, tuple[str, int]]:
    """Return village -> (kind, days): `silent` without a visit for 30 days, `unheard` when the
    team's phones have not been in contact either, `no_phone` when none was ever."""
    visits = queries.last_visits(path)
    villages = [view.code for view in list_children(path.code)]
    contacts = last_contacts(villages)
    found: dict[str, tuple[str, int]] = {}
    for code in villages:
        quiet = _days_since(visits.get(code))
        if quiet is not None and quiet < SILENT_DAYS:
            continue
        contact = contacts.get(code)
        unheard = _days_since(local_day(contact)) if contact else None
        if unheard is None:
            found[code] = ("no_phone", 0)
        elif unheard >= UNHEARD_DAYS:
            found[code] = ("unheard", unheard)
        else:
            found[code] = ("silent", quiet or 0) if quiet is not None else ("never", 0)
    return found


def _days_since(day: date | None) -> int | None:
    return (today() - day).days if day else None
