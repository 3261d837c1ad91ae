"""Place codes: their shapes and levels, and the path from the nation down to a village.

Source of the shapes: docs/glossary.md (VN, province 2 digits, commune 5 digits, village
`<commune>-NNN`). Districts do not exist since 1/7/2025.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

NATION = "VN"


class Level(StrEnum):
    """The four levels of the tree of places."""

    NATION = "nation"
    PROVINCE = "province"
    COMMUNE = "commune"
    VILLAGE = "village"


_SHAPES = (
    (Level.NATION, re.compile(r"VN\Z")),
    (Level.PROVINCE, re.compile(r"[0-9]{2}\Z")),
    (Level.COMMUNE, re.compile(r"[0-9]{5}\Z")),
    (Level.VILLAGE, re.compile(r"[0-9]{5}-[0-9]{3}\Z")),
)


def level_of(code: str) -> Level | None:
    """Return the level that a code's shape tells, or None when it is no place code."""
    return next((level for level, shape in _SHAPES if shape.match(code)), None)


@dataclass(frozen=True)
class PlacePath:
    """Where a place stands: the codes of its province, commune and village, as far as it goes."""

    province: str | None = None
    commune: str | None = None
    village: str | None = None

    @property
    def code(self) -> str:
        """The code of the place itself."""
        return self.village or self.commune or self.province or NATION

    @property
    def level(self) -> Level:
        """The level of the place itself."""
        if self.village:
            return Level.VILLAGE
        if self.commune:
            return Level.COMMUNE
        return Level.PROVINCE if self.province else Level.NATION

    def within(self, above: "PlacePath") -> bool:
        """Tell whether this place is `above` or lies below it."""
        return all(
            theirs is None or theirs == ours
            for theirs, ours in (
                (above.province, self.province),
                (above.commune, self.commune),
                (above.village, self.village),
            )
        )
