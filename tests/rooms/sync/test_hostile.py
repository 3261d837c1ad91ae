"""Bodies from anywhere: unreadable items, sizes, packing, depth; the good items never suffer."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.support.people import Phone, body, envelope, new_id, put
from tests.support.recount import count_rows, dump, total_of

MAX = 524_288
ID = "0192f0c1-5b7a-7c3e-9d21-6f0e8a4b1c2d"
GIANT = "9" * 5_000  # more digits than Python turns into a number


def send_raw(phone: Phone, data: bytes, encoding: str | None = None) -> TestResponse:
    headers = {"X-CSRFToken": phone.csrf_token}
    if encoding is not None:
        headers["Content-Encoding"] = encoding
    return phone.client.post(
        "/api/v1/sync", data=data, content_type="application/json", headers=headers
    )


def padded(items: list[Any], size: int) -> bytes:
    """Return a batch of exactly so many bytes, filled up in a field that nobody knows."""
    bare = json.dumps(envelope(items, pad="")).encode()
    return json.dumps(envelope(items, pad="x" * (size - len(bare)))).encode()


def raw_item(village: str, **raw: str) -> str:
    """Return a put whose fields are JSON texts, for what json.dumps would not write."""
    fields = {
        "id": f'"{new_id()}"', "rev": "1", "op": '"put"', "body": json.dumps(body(village)), **raw
    }  # fmt: skip
    return "{" + ",".join(f'"{name}":{value}' for name, value in fields.items()) + "}"


def refused(answer: TestResponse, status: int, code: str) -> None:
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["code"] == code


ODD_ITEMS: list[Any] = [
    None, 0, 7, 1.5, True, False, "", "put", [], [[]], [1, {}], {}, {"id": ID}, {"rev": 1},
    {"id": None, "rev": 1, "op": "put"}, {"id": 5, "rev": 1, "op": "put"},
    {"id": [ID], "rev": 1, "op": "put"}, {"id": {"a": ID}, "rev": 1, "op": "put"},
    {"id": "", "rev": 1, "op": "put"}, {"id": ID + "\x00", "rev": 1, "op": "put"},
    {"id": "\x00" * 36, "rev": 1, "op": "put"}, {"id": ID[:-1] + "g", "rev": 1, "op": "put"},
    {"id": "{" + ID[:-2] + "}", "rev": 1, "op": "put"}, {"id": ID + "\n", "rev": 1, "op": "put"},
    {"id": "\ud800" * 36, "rev": 1, "op": "put"}, {"id": "x" * 5_000, "rev": 1, "op": "put"},
    {"id": ID.replace("0", "０"), "rev": 1, "op": "put"},
    *({"id": ID, "rev": rev, "op": "put"} for rev in (
        None, 0, -1, 1.0, 1.5, True, False, "1", [], {}, 10**30, 10**400, -(10**400), 2**63,
        1_000_001,
    )),
    *({"id": ID, "rev": 1, "op": op} for op in (
        None, "", "PUT", "patch", 1, True, [], {}, ["put"], "put\x00", "void", "\ud800",
    )),
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD_ITEMS, ids=lambda item: repr(item)[:50])
def test_an_unreadable_item_is_rejected_alone_and_its_neighbours_are_stored(
    app: Flask, member: Phone, village: str, odd: Any
) -> None:
    if isinstance(odd, dict) and "op" in odd:
        odd = {"body": body(village), **odd}
    before, bad, after = member.send_all([put(body(village)), odd, put(body(village))])
    assert (before["status"], after["status"]) == ("accepted", "accepted")
    assert (bad["status"], bad["receipt"]) == ("rejected", None)
    assert set(bad) == {"id", "rev", "status", "receipt", "errors"}
    assert bad["errors"]
    assert all(isinstance(sentence, str) and sentence for sentence in bad["errors"].values())
    assert count_rows(app) == (2, 2)


def test_id_and_rev_of_an_unreadable_item_are_echoed_or_null(member: Phone) -> None:
    results = member.send_all(
        [
            {"id": "not-a-uuid", "rev": 7, "op": "put"},
            {"id": ID, "rev": "7", "op": "put"},
            {"id": 7, "rev": -7, "op": "put"},
            {"id": "\ud800", "rev": 10**400, "op": "put"},
            [],
        ]
    )
    assert [(r["id"], r["rev"]) for r in results] == [
        ("not-a-uuid", 7), (ID, None), (None, -7), (None, None), (None, None)
    ]  # fmt: skip
    assert [sorted(r["errors"]) for r in results] == [
        ["id"], ["rev"], ["id", "rev"], ["id", "rev"], ["id"]
    ]  # fmt: skip


WRONG: list[Any] = [
    0,
    1,
    -1,
    1.0,
    1.5,
    True,
    False,
    "",
    "x",
    "\x00",
    "\ud800",
    [],
    [[]],
    {},
    {"a": 1},
]
WRONG += [10**30, 10**400, "1", None, [None], ["x"], "\u202e", "９"]
REQUIRED = {"village", "visited_on", "lines"}


@pytest.mark.parametrize(
    "field",
    ["village", "visited_on", "people", "lines", "place_kind", "card", "age_band", "note", "label",
     "revisit_on", "source", "helpers", "follows", "event", "request"],
)  # fmt: skip
def test_a_field_of_any_wrong_type_is_answered_item_by_item(
    app: Flask, member: Phone, village: str, field: str
) -> None:
    results = member.send_all([put({**body(village), field: value}) for value in WRONG])
    for value, result in zip(WRONG, results, strict=True):
        assert result["status"] in {"accepted", "rejected"}, (value, result)
        if result["status"] == "rejected":
            assert field in result["errors"], (value, result)
        if isinstance(value, bool | float | list | dict) and value != []:
            assert result["status"] == "rejected", (value, result)
        if field in REQUIRED:
            assert result["status"] == "rejected", (value, result)
    accepted = sum(result["status"] == "accepted" for result in results)
    assert total_of(app, village)["sessions"] == accepted


@pytest.mark.parametrize(
    "field", ["support_type", "outcome", "reason", "people", "count", "referred_to"]
)
def test_a_field_of_a_line_of_any_wrong_type_is_answered_item_by_item(
    member: Phone, village: str, field: str
) -> None:
    lines = [
        {"support_type": "C1", "outcome": "NOT_DONE", "reason": "R06", field: value}
        for value in WRONG
    ]
    results = member.send_all([put(body(village, lines=[each])) for each in lines])
    for value, result in zip(WRONG, results, strict=True):
        if result["status"] == "accepted":
            assert value is None or (value == 1 and type(value) is int), (value, result)
        else:
            assert "lines" in result["errors"], (value, result)


@pytest.mark.parametrize("bad_line", [None, 1, "C1", [], True, {}, [{}]], ids=repr)
def test_a_line_that_is_none_is_rejected(member: Phone, village: str, bad_line: object) -> None:
    result = member.send(put(body(village, lines=[bad_line])))
    assert result["status"] == "rejected"
    assert "lines" in result["errors"]


@pytest.mark.parametrize("content", [None, 0, "", "x", [], [{}], True, 1.5], ids=repr)
def test_a_body_that_is_no_object_is_rejected(member: Phone, content: object) -> None:
    result = member.send(put(content))
    assert (result["status"], list(result["errors"])) == ("rejected", ["body"])


@pytest.mark.parametrize("reason", [5, 1.5, True, [], {"a": 1}, "x" * 201], ids=repr)
def test_a_del_with_a_reason_that_is_no_short_text_is_rejected(
    app: Flask, member: Phone, village: str, reason: object
) -> None:
    member.send(put(body(village), ID))
    result = member.send({"id": ID, "rev": 2, "op": "del", "reason": reason})
    assert (result["status"], list(result["errors"])) == ("rejected", ["reason"])
    assert total_of(app, village)["sessions"] == 1


def test_unseen_characters_in_words_are_dropped_and_stored_nowhere(
    app: Flask, member: Phone, village: str
) -> None:
    note = "hẹn\x00 lại\ud800 \u202ethứ\u200b hai\x1b"
    assert member.send(put(body(village, note=note), ID))["status"] == "accepted"
    assert "visit.note=hẹn lại thứ hai" in dump(app)


@pytest.mark.parametrize(
    "field", ["device", "app", "now", "extra"], ids=lambda name: f"envelope {name}"
)
@pytest.mark.parametrize("value", ["\ud800\x00", None, 10**400, [[]], {"a": {"b": 1}}, 1.5])
def test_other_words_of_the_envelope_may_be_anything(
    member: Phone, village: str, field: str, value: object
) -> None:
    answer = member.sync([put(body(village))], **{field: value})
    assert answer.get_json()["results"][0]["status"] == "accepted"


def test_a_batch_without_the_other_words_is_fine(member: Phone, village: str) -> None:
    raw = json.dumps({"proto": 1, "items": [put(body(village))]}).encode()
    assert send_raw(member, raw).get_json()["results"][0]["status"] == "accepted"


@pytest.mark.parametrize(
    ("field", "raw"),
    [("rev", GIANT), ("rev", "-" + GIANT), ("rev", "1e999"), ("rev", "1e0"), ("id", GIANT),
     ("op", GIANT), ("body", GIANT), ("body", f'{{"people": {GIANT}}}')],
    ids=lambda value: value[:20],
)  # fmt: skip
def test_a_number_of_thousands_of_digits_hurts_its_own_item_alone(
    app: Flask, member: Phone, village: str, field: str, raw: str
) -> None:
    items = [raw_item(village), raw_item(village, **{field: raw}), raw_item(village)]
    answer = send_raw(member, f'{{"proto":1,"items":[{",".join(items)}]}}'.encode())
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found = [result["status"] for result in answer.get_json()["results"]]
    assert found == ["accepted", "rejected", "accepted"]


def test_a_number_of_thousands_of_digits_in_an_unknown_field_is_ignored(
    member: Phone, village: str
) -> None:
    item = raw_item(village, extra=GIANT)
    answer = send_raw(member, f'{{"proto":1,"now":{GIANT},"items":[{item}]}}'.encode())
    assert answer.get_json()["results"][0]["status"] == "accepted"


MALFORMED = [
    b"", b" ", b"{", b"null", b"1", b'"x"', b"[]", b"{}", b"true", b"nonsense", b"\xff\xfe",
    b"\x00", b"\xef\xbb\xbf{}", b'{"proto":1}', b'{"proto":1,"items":null}',
    b'{"proto":1,"items":{}}',
    b'{"proto":1,"items":"x"}', b'{"proto":1,"items":5}', b'{"items":[]}',
    b'{"proto":2,"items":[]}',
    b'{"proto":"1","items":[]}', b'{"proto":true,"items":[]}', b'{"proto":null,"items":[]}',
    b'{"proto":[1],"items":[]}', b'{"proto":1,"items":[NaN]}', b'{"proto":1,"items":[Infinity]}',
    b'{"proto":1,"items":[-Infinity]}', b'{"proto":1,"items":[],}', b"{'proto':1,'items':[]}",
    b'{"proto":1,"items":[]}{}', b'{"proto":1,"items":[]} x', b'{"proto":1,"items":["\x01"]}',
    b'{"proto":1,"items":["\xc3\x28"]}',
]  # fmt: skip


@pytest.mark.parametrize("raw", MALFORMED, ids=repr)
def test_a_malformed_envelope_is_400_with_a_reason_and_stores_nothing(
    app: Flask, member: Phone, raw: bytes
) -> None:
    answer = send_raw(member, raw)
    refused(answer, 400, "malformed")
    assert answer.get_json()["reason"]
    assert count_rows(app) == (0, 0)


def test_good_items_in_a_malformed_envelope_are_not_stored(
    app: Flask, member: Phone, village: str
) -> None:
    good = json.dumps([put(body(village))])
    for raw in (f'{{"proto":1,"items":{good}', f'{{"proto":2,"items":{good}}}',
                f'{{"proto":1,"now":NaN,"items":{good}}}'):  # fmt: skip
        refused(send_raw(member, raw.encode()), 400, "malformed")
    assert count_rows(app) == (0, 0)


@pytest.mark.parametrize("depth", [10_000, 40_000])
def test_json_of_endless_depth_is_400(app: Flask, member: Phone, village: str, depth: int) -> None:
    deep = "[" * depth + "]" * depth
    for raw in (deep, f'{{"proto":1,"items":[{deep}]}}', f'{{"proto":1,"items":[],"x":{deep}}}',
                '{"a":' * depth + "1" + "}" * depth,
                f'{{"proto":1,"items":[{raw_item(village, body=deep)}]}}'):  # fmt: skip
        refused(send_raw(member, raw.encode()), 400, "malformed")
    assert count_rows(app) == (0, 0)


@pytest.mark.parametrize("depth", [13, 100, 400])
def test_a_body_nested_too_deep_is_rejected_alone(member: Phone, village: str, depth: int) -> None:
    nested: Any = 1
    for n in range(depth):
        nested = [nested] if n % 2 else {"a": nested}
    good, bad = member.send_all([put(body(village)), put(body(village, extra=nested))])
    assert (good["status"], bad["status"]) == ("accepted", "rejected")


def test_100_items_are_taken_and_101_are_413_and_store_nothing(
    app: Flask, member: Phone, village: str
) -> None:
    items = [put(body(village)) for _ in range(101)]
    refused(member.sync(items), 413, "too_large")
    refused(member.sync([*items, *([None] * 499)]), 413, "too_large")
    assert count_rows(app) == (0, 0)
    assert {result["status"] for result in member.send_all(items[:100])} == {"accepted"}
    assert total_of(app, village)["sessions"] == 100


def test_600_items_sent_in_halves_as_a_phone_does_all_arrive(
    app: Flask, member: Phone, village: str
) -> None:
    waiting = [put(body(village)) for _ in range(600)]
    size = len(waiting)
    while waiting:
        answer = member.sync(waiting[:size])
        if answer.status_code == 413:
            size //= 2
            continue
        done = {r["id"] for r in answer.get_json()["results"] if r["status"] == "accepted"}
        assert done
        waiting = [item for item in waiting if item["id"] not in done]
    assert total_of(app, village)["sessions"] == 600


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_524288_bytes_unpacked_are_taken_and_one_more_is_413(
    app: Flask, member: Phone, village: str, packed: bool
) -> None:
    def send(data: bytes) -> TestResponse:
        return send_raw(member, gzip.compress(data) if packed else data, "gzip" if packed else None)

    refused(send(padded([put(body(village))], MAX + 1)), 413, "too_large")
    assert count_rows(app) == (0, 0)
    answer = send(padded([put(body(village))], MAX))
    assert answer.get_json()["results"][0]["status"] == "accepted"


@pytest.mark.parametrize("size", [MAX + 1, 1024 * 1024, 1024 * 1024 + 1, 5_000_000])
def test_any_larger_body_is_413(member: Phone, size: int) -> None:
    refused(send_raw(member, b"x" * size), 413, "too_large")
    refused(send_raw(member, b"\x1f\x8b" * (size // 2 + 1), "gzip"), 413, "too_large")


def test_a_gzip_bomb_is_413_and_is_never_unpacked_whole(
    app: Flask, member: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = gzip.compress(b" " * 200_000_000, 9)
    assert len(bomb) < MAX
    asked: list[int] = []
    make = zlib.decompressobj

    class Watched:
        def __init__(self, wbits: int) -> None:
            self.inner = make(wbits)

        def decompress(self, data: bytes, max_length: int = 0) -> bytes:
            asked.append(max_length)
            return self.inner.decompress(data, max_length)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inner, name)

    monkeypatch.setattr("helper.sync.envelope.zlib.decompressobj", Watched)
    refused(send_raw(member, bomb, "gzip"), 413, "too_large")
    assert asked
    assert all(0 < most <= MAX + 1 for most in asked)
    assert count_rows(app) == (0, 0)


def test_a_gzip_batch_is_read_like_a_plain_one(member: Phone, village: str) -> None:
    item = put(body(village), ID)
    plain = send_raw(member, json.dumps(envelope([item])).encode()).get_json()["results"][0]
    for encoding in ("gzip", "GZIP", "Gzip"):
        raw = gzip.compress(json.dumps(envelope([item])).encode())
        again = send_raw(member, raw, encoding).get_json()["results"][0]
        assert (again["status"], again["receipt"]) == ("duplicate", plain["receipt"])


def test_gzip_that_is_cut_prolonged_or_none_is_400_and_stores_nothing(
    app: Flask, member: Phone, village: str
) -> None:
    whole = gzip.compress(json.dumps(envelope([put(body(village))])).encode())
    broken = bytearray(whole)
    broken[-6] ^= 0xFF  # the checksum
    for raw in (b"", b"\x1f", b"nonsense", whole[:10], whole[:-1], whole[: len(whole) // 2],
                bytes(broken), whole + b"x", whole + whole, whole + b"\x00" * 9,
                zlib.compress(b"{}"), json.dumps(envelope([])).encode()):  # fmt: skip
        refused(send_raw(member, raw, "gzip"), 400, "malformed")
    assert count_rows(app) == (0, 0)


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd", "\xff", "x" * 500])
def test_an_unknown_packing_is_400(app: Flask, member: Phone, encoding: str) -> None:
    raw = json.dumps(envelope([])).encode()
    refused(send_raw(member, raw, encoding), 400, "malformed")


def test_json_is_read_whatever_the_content_type_says(member: Phone, village: str) -> None:
    for n, kind in enumerate(
        ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "")
    ):
        raw = json.dumps(envelope([put(body(village))])).encode()
        answer = member.client.post(
            "/api/v1/sync", data=raw, content_type=kind, headers={"X-CSRFToken": member.csrf_token}
        )
        assert answer.status_code == 200, (n, answer.get_data(as_text=True))
        assert answer.get_json()["results"][0]["status"] == "accepted"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_405_as_json(member: Phone, method: str) -> None:
    answer = member.client.open("/api/v1/sync", method=method)
    assert answer.status_code == 405
    assert answer.mimetype == "application/problem+json"
