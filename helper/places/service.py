"""Writing places: the official list, its amendments, and villages under communes."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from flask_babel import gettext as _
from sqlalchemy import delete, func, select, update

from helper.audit.service import record_event
from helper.core.clock import today
from helper.core.errors import InvalidError, NotFoundError
from helper.core.placecodes import NATION, Level, level_of
from helper.core.text import clean, search_key, sort_key
from helper.db import db
from helper.places.models import Place, PlaceName
from helper.security.actor import Actor

DATA = Path(__file__).parent / "data"
OFFICIAL_LIST = DATA / "units.csv"
AMENDMENTS = DATA / "amendments-2026.csv"
# Two-level local government and the list of 34 provinces begin (QĐ 19/2025/QĐ-TTg).
REFORM_DAY = date(2025, 7, 1)
VILLAGE_TYPES = ("thôn", "bản", "tổ dân phố")


@dataclass(frozen=True)
class LoadReport:
    """What a load of the official list changed."""

    added: int
    renamed: int
    total: int


def load_units(path: Path = OFFICIAL_LIST, amendments: Path = AMENDMENTS) -> LoadReport:
    """Load the official provinces and communes; loading the same list again changes nothing.

    New codes are added from the reform day; a unit whose name or type differs from the stored one
    gets a new dated name. Columns: code,name,type,province_code,lat,lon,area_km2. Raises
    InvalidError with the row when a code has no official shape.
    """
    rows = _read(path)
    known = set(db.session.scalars(select(Place.code)))
    _add_nation(known)
    names = {
        name.place_code: name
        for name in db.session.scalars(select(PlaceName).where(PlaceName.valid_to.is_(None)))
    }
    changes = {row["code"]: row for row in _read(amendments)} if amendments.exists() else {}
    fresh = [row for row in rows if row["code"] not in known]
    # Provinces first: a commune's parent must be there before it.
    for level in (Level.PROVINCE, Level.COMMUNE):
        _insert_units([row for row in fresh if _checked_level(row["code"]) is level], level)
    _insert_names(fresh, changes)
    renamed = [row for row in rows if row["code"] in names and _differs(names[row["code"]], row)]
    for row in renamed:
        rename_place(row["code"], row["name"], row["type"], today())
    db.session.flush()
    return LoadReport(added=len(fresh), renamed=len(renamed), total=len(rows))


def rename_place(code: str, name: str, type_: str, on: date) -> None:
    """Give a place another name or type from a day on; what it was called before is kept.

    A name given on that same day is replaced: nobody was called by it for a whole day.
    """
    db.session.execute(
        delete(PlaceName).where(PlaceName.place_code == code, PlaceName.valid_from == on)
    )
    db.session.execute(
        update(PlaceName)
        .where(PlaceName.place_code == code, PlaceName.valid_to.is_(None))
        .values(valid_to=on - timedelta(days=1))
    )
    db.session.add(_name_row(code, name, type_, on))


def add_village(
    actor: Actor | None, commune_code: str, name: str, type_: str, valid_from: date = REFORM_DAY
) -> Place:
    """Add a village under a commune with the next free `<commune>-NNN` code.

    Raises NotFoundError for an unknown commune, InvalidError for an empty name, a type that is
    none of thôn, bản, tổ dân phố, or when all 999 codes are spent (codes are never reused).
    """
    commune = db.session.get(Place, commune_code)
    if commune is None or commune.level != Level.COMMUNE:
        raise NotFoundError(commune_code)
    name, type_ = clean(name), clean(type_).lower()
    if not name or type_ not in VILLAGE_TYPES:
        raise InvalidError({"name" if not name else "type": _("Cần tên thôn và loại thôn")})
    last = db.session.scalar(
        select(func.max(Place.code)).where(
            Place.commune_code == commune_code, Place.level == Level.VILLAGE
        )
    )
    number = int(last[-3:]) + 1 if last else 1
    if number > 999:
        raise InvalidError({"name": _("Xã đã dùng hết 999 mã thôn")})
    village = Place(
        code=f"{commune_code}-{number:03d}",
        level=Level.VILLAGE,
        parent_code=commune_code,
        province_code=commune.province_code,
        commune_code=commune_code,
        valid_from=valid_from,
    )
    db.session.add(village)
    db.session.flush()
    db.session.add(_name_row(village.code, name, type_, valid_from))
    record_event(actor, "place.add", "place", village.code, place_code=village.code)
    return village


def close_place(actor: Actor | None, code: str, last_day: date, successor: str | None) -> None:
    """End a place on its last day; visits logged there stay its own."""
    place = db.session.get(Place, code)
    if place is None:
        raise NotFoundError(code)
    place.valid_to = last_day
    place.successor_code = successor
    record_event(actor, "place.close", "place", code, place_code=code, successor=successor)


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _checked_level(code: str) -> Level:
    level = level_of(code)
    if level not in {Level.PROVINCE, Level.COMMUNE}:
        raise InvalidError({"code": _("Mã đơn vị không đúng dạng: %(code)s", code=code)})
    return Level(level)


def _add_nation(known: set[str]) -> None:
    if NATION in known:
        return
    db.session.add(Place(code=NATION, level=Level.NATION, valid_from=REFORM_DAY))
    db.session.flush()
    db.session.add(_name_row(NATION, "Việt Nam", "quốc gia", REFORM_DAY))


def _insert_units(rows: Iterable[dict[str, str]], level: Level) -> None:
    for row in rows:
        commune = row["code"] if level is Level.COMMUNE else None
        db.session.add(
            Place(
                code=row["code"],
                level=level,
                parent_code=row["province_code"] or NATION,
                province_code=row["province_code"] or row["code"],
                commune_code=commune,
                valid_from=REFORM_DAY,
                lat=float(row["lat"]) if row.get("lat") else None,
                lon=float(row["lon"]) if row.get("lon") else None,
            )
        )
    db.session.flush()


def _insert_names(rows: Iterable[dict[str, str]], changes: dict[str, dict[str, str]]) -> None:
    for row in rows:
        change = changes.get(row["code"])
        if not change:
            db.session.add(_name_row(row["code"], row["name"], row["type"], REFORM_DAY))
            continue
        since = date.fromisoformat(change["effective_from"])
        before = _name_row(row["code"], change["name"], change["old_type"], REFORM_DAY)
        before.valid_to = since - timedelta(days=1)
        db.session.add_all(
            [before, _name_row(row["code"], change["name"], change["new_type"], since)]
        )


def _name_row(code: str, name: str, type_: str, valid_from: date) -> PlaceName:
    name = clean(name)
    return PlaceName(
        place_code=code,
        name=name,
        type=clean(type_),
        valid_from=valid_from,
        search_key=search_key(name),
        sort_key=sort_key(name),
    )


def _differs(stored: PlaceName, row: dict[str, str]) -> bool:
    return (stored.name, stored.type) != (clean(row["name"]), clean(row["type"]))
