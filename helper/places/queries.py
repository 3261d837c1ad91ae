"""Reading the tree of places; a place is public knowledge, so no scope is asked for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, select

from helper.core.clock import today
from helper.core.errors import NotFoundError
from helper.core.placecodes import NATION, Level, PlacePath, level_of
from helper.core.text import search_key
from helper.db import db
from helper.places.models import Place, PlaceName


@dataclass(frozen=True)
class PlaceView:
    """A place as it was called on a day."""

    code: str
    level: Level
    name: str
    type: str
    path: PlacePath
    parent: str | None
    valid_from: date
    valid_to: date | None
    lat: float | None = None
    lon: float | None = None

    @property
    def title(self) -> str:
        """Type and name as written on a screen: `Xã Nà Hang`, `Thôn Nà Khá`; `Việt Nam`."""
        if self.level is Level.NATION:
            return self.name
        return f"{self.type[:1].upper()}{self.type[1:]} {self.name}"


def get_place(code: str, on: date | None = None) -> PlaceView:
    """Return the place of this code as named on a day (today); NotFoundError when there is none."""
    found = find_place(code, on)
    if found is None:
        raise NotFoundError(code)
    return found


def find_place(code: str, on: date | None = None) -> PlaceView | None:
    """Return the place of this code as named on a day, or None."""
    if level_of(code) is None:
        return None
    return next(iter(list_places([code], on)), None)


def list_places(codes: Iterable[str], on: date | None = None) -> list[PlaceView]:
    """Return these places as named on a day, in Vietnamese order; unknown codes are left out.

    A place is returned whether or not it existed on that day, under the name nearest to it.
    """
    wanted = sorted(set(codes))
    found: dict[str, PlaceView] = {}
    keys: dict[str, str] = {}
    for start in range(0, len(wanted), 500):
        query = _named().where(Place.code.in_(wanted[start : start + 500]))
        for place, name in db.session.execute(query.order_by(PlaceName.valid_from)):
            if place.code not in found or name.valid_from <= (on or today()):
                found[place.code] = _view(place, name)
                keys[place.code] = name.sort_key
    return sorted(found.values(), key=lambda p: (keys[p.code], p.code))


def list_children(
    parent: str, start: date | None = None, end: date | None = None
) -> list[PlaceView]:
    """Return the places directly below one that existed at any time of a stretch of days (today).

    Named as on the last of these days, in Vietnamese order.
    """
    first, last = start or today(), end or today()
    codes = db.session.scalars(
        select(Place.code).where(
            Place.parent_code == parent,
            Place.valid_from <= last,
            (Place.valid_to.is_(None)) | (Place.valid_to >= first),
        )
    )
    return list_places(codes, last)


def list_codes_below(code: str, level: Level) -> list[str]:
    """Return the codes of all places of a level at or below a place, whenever they existed."""
    path = get_path(code)
    query = select(Place.code).where(Place.level == level)
    if path.commune:
        query = query.where(Place.commune_code == path.commune)
    elif path.province:
        query = query.where(Place.province_code == path.province)
    if path.village:
        query = query.where(Place.code == path.village)
    return list(db.session.scalars(query.order_by(Place.code)))


def get_path(code: str) -> PlacePath:
    """Return the path of a place from the nation down; NotFoundError when there is none."""
    place = db.session.get(Place, code) if level_of(code) else None
    if place is None:
        raise NotFoundError(code)
    return place.path


def find_paths(codes: Iterable[str]) -> dict[str, Place]:
    """Return the places of these codes by code, in one query; unknown codes are left out."""
    places = db.session.scalars(select(Place).where(Place.code.in_(set(codes))))
    return {place.code: place for place in places}


def search_places(text: str, *, within: str = NATION, limit: int = 20) -> list[PlaceView]:
    """Return places whose name holds the text, accents and case ignored, in Vietnamese order."""
    needle = search_key(text).replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    query = _named().where(
        PlaceName.search_key.like(f"%{needle}%", escape="\\"), PlaceName.valid_to.is_(None)
    )
    path = get_path(within)
    if path.commune:
        query = query.where(Place.commune_code == path.commune)
    elif path.province:
        query = query.where(Place.province_code == path.province)
    rows = db.session.execute(query.order_by(PlaceName.sort_key, Place.code).limit(limit))
    return [_view(place, name) for place, name in rows]


def _named() -> Select[tuple[Place, PlaceName]]:
    return select(Place, PlaceName).join(PlaceName, PlaceName.place_code == Place.code)


def _view(place: Place, name: PlaceName) -> PlaceView:
    return PlaceView(
        code=place.code,
        level=Level(place.level),
        name=name.name,
        type=name.type,
        path=place.path,
        parent=place.parent_code,
        valid_from=place.valid_from,
        valid_to=place.valid_to,
        lat=place.lat,
        lon=place.lon,
    )
