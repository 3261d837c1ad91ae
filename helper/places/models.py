"""Places and their dated names."""

from datetime import date

from sqlalchemy import Date, Float, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from helper.core.placecodes import Level, PlacePath
from helper.db.base import Model


class Place(Model):
    """A unit of the tree; its code and parent never change, so the past keeps its place.

    `valid_to` is the last day it existed; `successor_code` the unit that took it over. A village
    that moves to another commune becomes a new place with a new code.
    """

    __tablename__ = "place"
    __table_args__ = (Index("ix_place_parent_code_level", "parent_code", "level"),)

    code: Mapped[str] = mapped_column(String(9), primary_key=True)
    level: Mapped[str] = mapped_column(String(8))
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("place.code"))
    province_code: Mapped[str | None] = mapped_column(String(2), index=True)
    commune_code: Mapped[str | None] = mapped_column(String(5))
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    successor_code: Mapped[str | None] = mapped_column(ForeignKey("place.code"))
    lat: Mapped[float | None] = mapped_column(Float)
    lon: Mapped[float | None] = mapped_column(Float)

    @property
    def path(self) -> PlacePath:
        """The place's path from the nation down."""
        village = self.code if self.level == Level.VILLAGE else None
        return PlacePath(self.province_code, self.commune_code, village)


class PlaceName(Model):
    """The type and name of a place from a day to a day (units are renamed and change type)."""

    __tablename__ = "place_name"
    __table_args__ = (UniqueConstraint("place_code", "valid_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    place_code: Mapped[str] = mapped_column(ForeignKey("place.code"))
    name: Mapped[str] = mapped_column(String(100))
    type: Mapped[str] = mapped_column(String(20))
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    search_key: Mapped[str] = mapped_column(String(120), index=True)
    sort_key: Mapped[str] = mapped_column(String(440))
