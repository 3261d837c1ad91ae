"""Reading a sync batch: a body from anywhere, under caps, into items to judge one by one."""

import json
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeGuard

from helper.core.ids import parse_uuid
from helper.visits.rules import Problem
from helper.visits.service import DEL, MAX_REV, PUT, Item

PROTO = 1
MAX_ITEMS = 100
MAX_BYTES = 524_288
MAX_DEPTH = 12
MAX_DIGITS = 20


class TooLargeError(Exception):
    """Over 100 items or 524,288 bytes unpacked: the phone halves the batch."""


class MalformedError(Exception):
    """The envelope cannot be read; the reason is for a program's log, not for a person."""


@dataclass(frozen=True)
class Entry:
    """One element of a batch: an item, or why it is none; id and rev as they came, to be echoed."""

    echo_id: str | None
    echo_rev: int | None
    item: Item | None
    problems: tuple[Problem, ...] = ()


def unpack(raw: bytes, encoding: str) -> bytes:
    """Return the body, gunzipped if it says so; TooLargeError past the cap, however packed."""
    if encoding in {"", "identity"}:
        if len(raw) > MAX_BYTES:
            raise TooLargeError
        return raw
    if encoding != "gzip":
        raise MalformedError(f"unknown content encoding {encoding[:20]!r}")
    inflater = zlib.decompressobj(wbits=31)
    try:
        data = inflater.decompress(raw, MAX_BYTES + 1)
    except zlib.error as error:
        raise MalformedError("not gzip") from error
    if len(data) > MAX_BYTES or inflater.unconsumed_tail:
        raise TooLargeError
    if not inflater.eof or inflater.unused_data:
        raise MalformedError("gzip was cut off, or goes on after its end")
    return data


def read_batch(body: bytes) -> list[Entry]:
    """Return the entries of a batch in order; MalformedError or TooLargeError for the whole."""
    try:
        text = body.decode("utf-8")
        data = json.loads(text, parse_int=_whole, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedError("not JSON") from error
    if not isinstance(data, dict):
        raise MalformedError("the batch is not an object")
    if data.get("proto") != PROTO or isinstance(data.get("proto"), bool):
        raise MalformedError(f"proto is not {PROTO}")
    items = data.get("items")
    if not isinstance(items, list):
        raise MalformedError("items is not a list")
    if len(items) > MAX_ITEMS:
        raise TooLargeError
    return [read_entry(item) for item in items]


def read_entry(raw: object) -> Entry:
    """Return one element's item, or the problems that make it unreadable."""
    if not isinstance(raw, dict):
        return Entry(None, None, None, (Problem("id", "id"),))
    raw_id, raw_rev = raw.get("id"), raw.get("rev")
    echo_id = (
        raw_id if isinstance(raw_id, str) and len(raw_id) <= 64 and _sendable(raw_id) else None
    )
    echo_rev = raw_rev if _is_whole(raw_rev) and abs(raw_rev) < 2**53 else None
    problems: list[Problem] = []
    client_id = parse_uuid(raw_id)
    if client_id is None:
        problems.append(Problem("id", "id"))
    if not _is_whole(raw_rev) or not 1 <= raw_rev <= MAX_REV:
        problems.append(Problem("rev", "rev"))
    op = raw.get("op")
    if op not in {PUT, DEL} if isinstance(op, str) else True:
        problems.append(Problem("op", "op"))
    if _depth(raw.get("body")) > MAX_DEPTH:
        problems.append(Problem("body", "not_an_object"))
    if problems or client_id is None:
        return Entry(echo_id, echo_rev, None, tuple(problems))
    item = Item(
        client_id=client_id,
        rev=raw["rev"],
        op=str(op),
        data=raw.get("body"),
        reason=raw.get("reason"),
        recorded_at=_moment(raw.get("recorded_at")),
    )
    return Entry(echo_id, echo_rev, item)


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _sendable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _moment(raw: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(raw) if isinstance(raw, str) else None
        return moment.astimezone(UTC) if moment and moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _depth(value: object, level: int = 0) -> int:
    if level > MAX_DEPTH:
        return level
    if isinstance(value, dict):
        return max((_depth(inner, level + 1) for inner in value.values()), default=level + 1)
    if isinstance(value, list):
        return max((_depth(inner, level + 1) for inner in value), default=level + 1)
    return level


def _whole(digits: str) -> int | str:
    # Python refuses to read thousands of digits; as text they spoil their own item alone.
    return int(digits) if len(digits) <= MAX_DIGITS else digits


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
