"""The catalogue as plain data: no Flask, no database, so that rules and phones can share it."""

import csv
import hashlib
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from helper.core.text import matches, search_key

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Words:
    """A thing with a code and names in Vietnamese and English (`full`, and `short` for buttons)."""

    code: str
    full: dict[str, str]
    short: dict[str, str]
    position: int = 0
    icon: str = ""


@dataclass(frozen=True)
class SupportType(Words):
    """A kind of help (loại việc); `unit` is T turn, P person, A account, H household, B business,
    S session; `count_unit` the word for its own countable things, empty when there is none."""

    group: str = ""
    unit: str = "T"
    count_unit: dict[str, str] = field(default_factory=dict)
    done: dict[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    active: bool = True
    feeds: str = ""


@dataclass(frozen=True)
class Outcome(Words):
    """How a service ended; `headline` is self, assisted, open, or apart (outside headlines)."""

    tone: str = "open"
    front: bool = False
    needs_reason: bool = False
    headline: str = "open"
    explain: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Catalogue:
    """Everything a visit can name, by code, in the catalogue's own order."""

    groups: dict[str, Words]
    support_types: dict[str, SupportType]
    outcomes: dict[str, Outcome]
    reasons: dict[str, Words]
    referrals: dict[str, Words]
    place_kinds: dict[str, Words]
    age_bands: dict[str, Words]
    version: str

    @cached_property
    def active_types(self) -> list[SupportType]:
        """Support types that may be chosen now."""
        return [item for item in self.support_types.values() if item.active]

    def search_types(self, query: str) -> list[SupportType]:
        """Return active types whose names or aliases match, accents ignored; best matches first."""
        found = [
            item
            for item in self.active_types
            if matches(query, item.code, *item.full.values(), *item.short.values(), *item.aliases)
        ]
        key = search_key(query)
        return sorted(found, key=lambda item: not search_key(item.short["vi"]).startswith(key))


@lru_cache(maxsize=1)
def load_catalogue() -> Catalogue:
    """Return the catalogue shipped with the program; its version is a digest of its files."""
    digest = hashlib.sha256()
    for path in sorted(DATA.glob("*.csv")):
        digest.update(path.read_bytes())
    return Catalogue(
        groups={row["code"]: _words(row) for row in _rows("groups")},
        support_types={row["code"]: _support_type(row) for row in _rows("support_types")},
        outcomes={row["code"]: _outcome(row) for row in _rows("outcomes")},
        reasons={row["code"]: _words(row) for row in _rows("reasons")},
        referrals={row["code"]: _words(row) for row in _rows("referrals")},
        place_kinds={row["code"]: _words(row) for row in _rows("place_kinds")},
        age_bands={row["code"]: _words(row) for row in _rows("age_bands")},
        version=digest.hexdigest()[:10],
    )


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _pair(row: dict[str, str], stem: str, fallback: dict[str, str] | None = None) -> dict[str, str]:
    other = fallback or {"vi": "", "en": ""}
    return {lang: row.get(f"{stem}_{lang}") or other[lang] for lang in ("vi", "en")}


def _common(row: dict[str, str]) -> dict[str, Any]:
    full = _pair(row, "name")
    short = _pair(row, "phrase", _pair(row, "short", full))
    position = int(row.get("position") or 0)
    return {
        "code": row["code"],
        "full": full,
        "short": short,
        "position": position,
        "icon": row.get("icon", ""),
    }


def _words(row: dict[str, str]) -> Words:
    return Words(**_common(row))


def _support_type(row: dict[str, str]) -> SupportType:
    return SupportType(
        **_common(row),
        group=row["group"],
        unit=row["unit"],
        count_unit=_pair(row, "count_unit"),
        done=_pair(row, "done"),
        aliases=tuple(row["aliases"].split("|")) if row["aliases"] else (),
        reasons=tuple(row["reasons"].split()),
        active=row["active"] == "1",
        feeds=row["feeds"],
    )


def _outcome(row: dict[str, str]) -> Outcome:
    return Outcome(
        **_common(row),
        tone=row["tone"],
        front=row["front"] == "1",
        needs_reason=row["needs_reason"] == "1",
        headline=row["headline"],
        explain=_pair(row, "explain"),
    )
