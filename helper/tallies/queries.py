"""Reading tallies: sums of a bounded number of roll-up rows, whatever the size of the log."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, true, union

from helper.core.buckets import cover, day_bucket
from helper.core.periods import Period
from helper.core.placecodes import Level, PlacePath
from helper.db import db
from helper.places.models import Place
from helper.tallies.facts import Counts, cells_of
from helper.tallies.models import TallyCard, TallyCell, TallyProof
from helper.visits.models import LIVE, Visit, VisitLine
from helper.visits.queries import iter_counted

BY = ("none", "province", "commune", "village")
Cells = dict[tuple[str, str], Counts]


@dataclass(frozen=True)
class People:
    """Distinct cards, and the people without card beside them; the two are never added up."""

    cards: int = 0
    people_without_card: int = 0


@dataclass
class Tally:
    """The sums of one place and period: by (dimension, key), and people over all and by group."""

    cells: Cells = field(default_factory=dict)
    people: dict[str, People] = field(default_factory=dict)

    @property
    def total(self) -> Counts:
        """The visits as a whole."""
        return self.cells.get(("t", ""), Counts())

    def dim(self, name: str) -> dict[str, Counts]:
        """Return key -> counts of one dimension, in key order."""
        return {key: c for (dim, key), c in sorted(self.cells.items()) if dim == name}

    def everybody(self) -> People:
        """Return the distinct people over all groups."""
        return self.people.get("", People(0, self.total.without_card))


def read_tallies(
    path: PlacePath, period: Period, by: str = "none", dims: Iterable[str] = ("t",)
) -> dict[str, Tally]:
    """Return the tallies of a place and period, by the asked place level, code -> Tally.

    `by` is none (the place itself), province, commune or village; `dims` are the letters of
    `facts`. Places without any visit are left out. The caller has checked the permission.
    """
    wanted = tuple(sorted({*dims, "t"}))
    level = _level(path, by)
    buckets, days = cover(period.start, period.end, period.cut_day)
    tallies: dict[str, Tally] = defaultdict(Tally)
    if level is Level.VILLAGE:
        _add_log(tallies, path, days, wanted)
    else:
        buckets += [day_bucket(day) for day in days]
    for code, dim, key, *sums in db.session.execute(_cells(path, level, buckets, wanted)):
        cells = tallies[code].cells
        cells[dim, key] = cells.get((dim, key), Counts()) + Counts(*sums)
    groups = None if "g" in wanted else [""]
    _add_people(tallies, path, level, period, groups)
    return {code: tally for code, tally in tallies.items() if tally.total.sessions}


def read_total(path: PlacePath, period: Period, dims: Iterable[str] = ("t",)) -> Tally:
    """Return the tally of one place itself, empty where there is nothing."""
    return next(iter(read_tallies(path, period, "none", dims).values()), Tally())


def read_days(path: PlacePath, period: Period, by: str = "none") -> dict[tuple[str, date], Counts]:
    """Return (place, day) -> counts for each day with a visit."""
    level = _level(path, by)
    found: dict[tuple[str, date], Counts] = defaultdict(Counts)
    if level is Level.VILLAGE:
        for visit in iter_counted(_log_filter(path, [(period.start, period.end)])):
            key = (str(visit.path.village), visit.visited_on)
            found[key] += cells_of(visit)["t", ""]
        return dict(found)
    place = _place_column(path, level)
    query = (
        select(place, TallyCell.bucket, *_sums())
        .where(_cell_filter(path, level), TallyCell.dim == "t")
        .where(TallyCell.bucket.between(day_bucket(period.start), day_bucket(period.end)))
        .group_by(place, TallyCell.bucket)
    )
    for code, bucket, *sums in db.session.execute(query):
        if sums[0]:
            found[code, date.fromisoformat(bucket[1:])] = Counts(*sums)
    return dict(found)


def read_series(path: PlacePath, periods: Sequence[Period]) -> list[Counts]:
    """Return the totals of several calendar or report months of one place, in one reading."""
    covers = [cover(p.start, p.end, p.cut_day, quarters=False)[0] for p in periods]
    buckets = sorted({name for names in covers for name in names})
    query = (
        select(TallyCell.bucket, *_sums())
        .where(_cell_filter(path, path.level), TallyCell.dim == "t")
        .where(TallyCell.bucket.in_(buckets))
        .group_by(TallyCell.bucket)
    )
    found = {bucket: Counts(*sums) for bucket, *sums in db.session.execute(query)}
    return [sum((found.get(name, Counts()) for name in names), Counts()) for names in covers]


def last_visits(path: PlacePath) -> dict[str, date]:
    """Return, by village below a place, the day of its last live visit (an index step each)."""
    last = (
        select(func.max(Visit.visited_on))
        .where(Visit.village_code == Place.code, Visit.status == LIVE)
        .scalar_subquery()
    )
    query = select(Place.code, last).where(Place.level == Level.VILLAGE)
    if path.commune:
        query = query.where(Place.commune_code == path.commune)
    elif path.province:
        query = query.where(Place.province_code == path.province)
    return {code: day for code, day in db.session.execute(query) if day is not None}


def first_day(path: PlacePath) -> date | None:
    """Return the day of a place's first live visit: before it there are no figures, not zeros."""
    earliest = select(func.min(Visit.visited_on)).where(Visit.status == LIVE)
    if path.province:
        return db.session.scalar(earliest.where(_log_filter(path, [])))
    # One index step a province, where a plain minimum would read the whole log.
    by_province = earliest.where(Visit.province_code == Place.code).scalar_subquery()
    days = db.session.scalars(select(by_province).where(Place.level == Level.PROVINCE))
    return min((day for day in days if day is not None), default=None)


def latest_proof() -> TallyProof | None:
    """Return the last recount's result, or None before the first."""
    return db.session.scalar(select(TallyProof).order_by(TallyProof.id.desc()).limit(1))


def _level(path: PlacePath, by: str) -> Level:
    """Return the level of the rows; ValueError when `by` lies above the place."""
    order = [Level.NATION, Level.PROVINCE, Level.COMMUNE, Level.VILLAGE]
    level = path.level if by == "none" else Level(by)
    if order.index(level) < order.index(path.level):
        raise ValueError(f"no tally of {path.code} by {by}")
    return level


def _sums() -> list[ColumnElement[int]]:
    columns = (
        TallyCell.sessions,
        TallyCell.person_turns,
        TallyCell.turns,
        TallyCell.without_card,
    )
    return [func.sum(column) for column in columns]


def _cells(
    path: PlacePath, level: Level, buckets: list[str], dims: tuple[str, ...]
) -> Select[tuple[str, str, str, int, int, int, int]]:
    place = _place_column(path, level)
    columns = (place, TallyCell.dim, TallyCell.key, *_sums())
    return (
        select(*columns)
        .where(_cell_filter(path, level))
        .where(TallyCell.bucket.in_(buckets), TallyCell.dim.in_(dims))
        .group_by(place, TallyCell.dim, TallyCell.key)
        .having(func.sum(TallyCell.sessions) != 0)
    )


def _place_column(path: PlacePath, level: Level) -> ColumnElement[str]:
    if level is Level.PROVINCE and path.level is Level.NATION:
        return TallyCell.parent_code.expression
    if level in {Level.NATION, Level.PROVINCE}:
        return literal(path.code)
    return TallyCell.place_code.expression


def _cell_filter(path: PlacePath, level: Level) -> ColumnElement[bool]:
    """Name the rows by their parents, the head of the key; villages and communes never mix."""
    if level is Level.VILLAGE:
        if path.village:
            return and_(TallyCell.parent_code == path.commune, TallyCell.place_code == path.village)
        return TallyCell.parent_code.in_(_codes(Level.COMMUNE, path))
    if path.commune:
        return and_(TallyCell.parent_code == path.province, TallyCell.place_code == path.commune)
    return TallyCell.parent_code.in_(_codes(Level.PROVINCE, path))


def _codes(level: Level, path: PlacePath) -> list[str]:
    if level is path.level:
        return [path.code]
    query = select(Place.code).where(Place.level == level)
    if path.province:
        query = query.where(Place.province_code == path.province)
    return list(db.session.scalars(query))


def _add_log(
    tallies: dict[str, Tally], path: PlacePath, days: list[date], dims: tuple[str, ...]
) -> None:
    if not days:
        return
    for visit in iter_counted(_log_filter(path, _ranges(days))):
        cells = tallies[str(visit.path.village)].cells
        for (dim, key), counts in cells_of(visit).items():
            if dim in dims:
                cells[dim, key] = cells.get((dim, key), Counts()) + counts


def _log_filter(path: PlacePath, ranges: list[tuple[date, date]]) -> ColumnElement[bool]:
    parts = [Visit.visited_on.between(start, end) for start, end in ranges]
    days = or_(*parts) if parts else true()
    if path.village:
        return and_(Visit.village_code == path.village, days)
    if path.commune:
        return and_(Visit.commune_code == path.commune, days)
    if path.province:
        return and_(Visit.province_code == path.province, days)
    return days


def _ranges(days: list[date]) -> list[tuple[date, date]]:
    ranges: list[tuple[date, date]] = []
    for day in days:
        if ranges and (day - ranges[-1][1]).days == 1:
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return ranges


def _add_people(
    tallies: dict[str, Tally],
    path: PlacePath,
    level: Level,
    period: Period,
    groups: list[str] | None,
) -> None:
    cards: dict[tuple[str, str], int] = {}
    for code, group, number in db.session.execute(_cards(path, level, period, groups)):
        cards[code, group] = number
    for code, tally in tallies.items():
        tally.people[""] = People(cards.get((code, ""), 0), tally.total.without_card)
        for group, counts in tally.dim("g").items():
            tally.people[group] = People(cards.get((code, group), 0), counts.without_card)


def _cards(
    path: PlacePath, level: Level, period: Period, groups: list[str] | None
) -> Select[tuple[str, str, int]]:
    """Distinct cards over whole half-months, joined with those of the days left over."""
    halves, days = cover(period.start, period.end, period.cut_day, quarters=False)
    parts: list[Select[Any]] = []
    if halves or not days:
        seen = select(
            _sight_column(TallyCard, path, level).label("place"),
            TallyCard.group_code.label("grp"),
            TallyCard.card.label("card"),
        ).where(_sight_filter(TallyCard, path), TallyCard.half.in_(halves), TallyCard.visits > 0)
        parts.append(seen.where(TallyCard.group_code.in_(groups)) if groups else seen)
    if days:
        live = and_(Visit.status == LIVE, Visit.card.is_not(None), _log_filter(path, _ranges(days)))
        place = _sight_column(Visit, path, level)
        parts.append(
            select(place.label("place"), literal("").label("grp"), Visit.card.label("card")).where(
                live
            )
        )
        if groups is None:
            letter = func.substr(VisitLine.support_type, 1, 1)
            parts.append(
                select(place.label("place"), letter.label("grp"), Visit.card.label("card"))
                .join(VisitLine, VisitLine.visit_id == Visit.id)
                .where(live)
            )
    seen_in = union(*parts).subquery() if len(parts) > 1 else parts[0].distinct().subquery()
    return select(seen_in.c.place, seen_in.c.grp, func.count(seen_in.c.card.distinct())).group_by(
        seen_in.c.place, seen_in.c.grp
    )


def _sight_column(model: type, path: PlacePath, level: Level) -> ColumnElement[str]:
    if level is path.level or level is Level.NATION:
        return literal(path.code)
    name = {
        Level.PROVINCE: "province_code",
        Level.COMMUNE: "commune_code",
        Level.VILLAGE: "village_code",
    }[level]
    column: ColumnElement[str] = getattr(model, name).expression
    return column


def _sight_filter(model: type[TallyCard], path: PlacePath) -> ColumnElement[bool]:
    if path.village:
        return model.village_code == path.village
    if path.commune:
        return model.commune_code == path.commune
    if path.province:
        return model.province_code == path.province
    return true()
