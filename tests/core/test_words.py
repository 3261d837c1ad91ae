"""Text, ids and the clock: one normal form, the alphabet's order, codes as people write them."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helper.core.clock import LOCAL_ZONE, local_day, now, today, travel
from helper.core.ids import CROCKFORD, hash_secret, new_secret, parse_card, parse_uuid
from helper.core.placecodes import Level, PlacePath, level_of
from helper.core.text import clean, matches, search_key, sort_key

TEXT = st.text(st.characters(exclude_categories=()), max_size=40)


@given(TEXT)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert not {"Cc", "Cf", "Cs"} & {unicodedata.category(char) for char in once}
    assert "  " not in once
    assert once == once.strip()
    once.encode()


@given(st.text(max_size=30))
def test_composed_and_decomposed_letters_are_one_text(text: str) -> None:
    nfc, nfd = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)
    assert clean(nfc) == clean(nfd)
    assert search_key(nfc) == search_key(nfd)
    assert sort_key(nfc) == sort_key(nfd)


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("Nguyễn Thị Nhung".encode().decode(), "Nguyễn Thị Nhung"),
        (unicodedata.normalize("NFD", "Nguyễn Thị Hường"), "Nguyễn Thị Hường"),
        ("  hẹn\n lại\t\tsau  ", "hẹn lại sau"),
        ("a\u202eb\u200bc\ufeffd", "abcd"),
        ("a\u00a0b\u3000c", "a b c"),
        ("x\x00y\x7f", "xy"),
        ("\ud800ok\udfff", "ok"),
        ("dòng 1\r\ndòng 2", "dòng 1 dòng 2"),
        ("\u200b \u200b", ""),
    ],
)
def test_what_cannot_be_seen_is_dropped(raw: str, kept: str) -> None:
    assert clean(raw) == kept


@given(TEXT)
def test_a_search_key_is_its_own_search_key(text: str) -> None:
    assert search_key(search_key(text)) == search_key(text)


@pytest.mark.parametrize(
    ("text", "key"),
    [("Hoà", "hoa"), ("Hòa", "hoa"), ("ĐẮK LẮK", "dak lak"), ("Thừa Thiên Huế", "thua thien hue"),
     ("Bà Rịa - Vũng Tàu", "ba ria - vung tau"), ("ƯỜNG", "uong"), ("Thôn 3", "thon 3")],
)  # fmt: skip
def test_a_search_key_has_neither_marks_nor_case(text: str, key: str) -> None:
    assert search_key(text) == key


def test_every_word_of_a_search_must_stand_somewhere() -> None:
    assert matches("dinh danh muc 2", "Kích hoạt định danh điện tử mức 2")
    assert matches("", "anything")
    assert not matches("dinh danh mức 3", "Kích hoạt định danh điện tử mức 2")


LETTERS = list("AĂÂBCDĐEÊGHIKLMNOÔƠPQRSTUƯVXY")
TONES = ["ma", "mà", "mả", "mã", "má", "mạ"]
DICTIONARY = [
    "An Giang", "Ăn", "Ân Thi", "Bà Rịa", "Bạc Liêu", "Bắc Giang", "Bắc Kạn", "Bắc Ninh", "Bến Tre",
    "Cà Mau", "Cao Bằng", "Cần Thơ", "Dạ", "Đa", "Đà Nẵng", "Đắk Lắk", "Điện Biên", "Đồng Nai",
    "Em", "Ê a", "Gia Lai", "Hà Giang", "Hà Nội", "Hà Tĩnh", "hoa", "Hòa Bình", "Hưng Yên",
    "Nà Hang", "Na Sầm", "Nghệ An", "Ngọc Long", "Ninh Bình", "On", "Ôn", "Ơn", "Sơn La",
    "Thái Bình", "Thanh Hóa", "Tuyên Quang", "Ung", "Ưng", "Vĩnh Long", "Yên Bái",
]  # fmt: skip
# `Nà Hang` before `Na Sầm`: letters decide first (h before s), tones only between equal letters.


@pytest.mark.parametrize("ordered", [LETTERS, TONES, DICTIONARY], ids=["letters", "tones", "names"])
def test_words_stand_in_the_order_of_the_dictionary(ordered: list[str]) -> None:
    assert sorted(ordered[::-1], key=sort_key) == ordered


def test_tones_decide_before_case_and_a_shorter_word_comes_first() -> None:
    assert sorted(["Mà", "ma", "Ma", "mà"], key=sort_key) == ["ma", "Ma", "mà", "Mà"]
    assert sorted(["Thanh Hóa", "Thanh", "Thanhh"], key=sort_key) == [
        "Thanh", "Thanh Hóa", "Thanhh",
    ]  # fmt: skip


@given(st.lists(st.sampled_from([*DICTIONARY, *LETTERS, *TONES]), min_size=2, max_size=2))
def test_the_key_orders_alike_as_plain_bytes(pair: list[str]) -> None:
    first, second = (sort_key(text) for text in pair)
    assert (first < second) == (first.encode() < second.encode())
    assert first.isascii()


UUID = "3f2b8c1e-9a4d-4e6f-8b7a-1c2d3e4f5a6b"


def test_uuids_are_case_blind_and_nothing_else_is_one() -> None:
    assert parse_uuid(UUID.upper()) == UUID
    odd = [UUID[:-1], UUID + "0", UUID.replace("-", ""), f"{{{UUID}}}", UUID + "\n", " " + UUID[1:]]
    odd += [UUID.replace("3", "g"), UUID.replace("3", "３"), ""]
    for wrong in (*odd, None, 7, [UUID]):
        assert parse_uuid(wrong) is None


@pytest.mark.parametrize(
    ("written", "stored"),
    [("7k3mxyz2", "7K3MXYZ2"), ("7K3M-XYZ2", "7K3MXYZ2"), (" 7k3m xyz2 ", "7K3MXYZ2"),
     ("ILOilo", "110110"), ("A" * 16, "A" * 16), ("123456", "123456"),
     ("UUUUUU", None), ("12345", None), ("A" * 17, None), ("", None), ("7K3M_XYZ", None),
     ("７K3MXYZ", None), ("7K3MXYZé", None), ("123456\n", None)],
)  # fmt: skip
def test_a_card_code_is_read_as_written_by_hand(written: str, stored: str | None) -> None:
    assert parse_card(written) == stored


@given(st.text(CROCKFORD, min_size=6, max_size=16))
def test_a_stored_card_code_is_read_as_itself(code: str) -> None:
    assert parse_card(code) == code
    assert parse_card(code.lower()) == code


def test_secrets_are_long_different_and_stored_as_digests() -> None:
    made = {new_secret() for _ in range(200)}
    assert len(made) == 200
    assert min(map(len, made)) >= 43
    assert len(new_secret(192)) >= 32
    assert hash_secret("a") != hash_secret("b")
    assert len(hash_secret("a")) == 64


def test_the_local_day_is_that_of_viet_nam() -> None:
    assert local_day(datetime(2026, 11, 21, 17, 0, tzinfo=UTC)) == date(2026, 11, 22)
    assert local_day(datetime(2026, 11, 21, 16, 59, 59, tzinfo=UTC)) == date(2026, 11, 21)
    assert today() == now().astimezone(LOCAL_ZONE).date()


def test_travel_moves_the_clock_adds_up_and_comes_back() -> None:
    before = now()
    with travel(timedelta(days=2)), travel(timedelta(hours=1)):
        assert timedelta(days=2, hours=1) <= now() - before < timedelta(days=2, hours=1, minutes=1)
    assert now() - before < timedelta(minutes=1)
    with pytest.raises(KeyError), travel(timedelta(days=9)):
        raise KeyError
    assert now() - before < timedelta(minutes=1)


@given(st.text("0123456789VN-", max_size=10))
def test_a_code_has_at_most_one_level(code: str) -> None:
    level = level_of(code)
    if level is Level.VILLAGE:
        assert level_of(code[:5]) is Level.COMMUNE
    assert (level is None) or code == "VN" or code[:2].isdigit()


def test_paths_lie_within_themselves_and_those_above() -> None:
    chain = [
        PlacePath(),
        PlacePath("08"),
        PlacePath("08", "02221"),
        PlacePath("08", "02221", "02221-001"),
    ]
    for low, path in enumerate(chain):
        for high, above in enumerate(chain):
            assert path.within(above) is (high <= low)
    assert not PlacePath("08", "02221", "02221-002").within(chain[3])
    assert not PlacePath("04", "02221").within(chain[1])
    assert [path.level for path in chain] == list(Level)
