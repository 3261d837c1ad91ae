"""Phone numbers as people write them, and PINs that are guessed first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helper.people.phones import parse_phone, show_phone, weak_pin


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("0912345678", "0912345678"),
        ("0912 345 678", "0912345678"),
        ("0912.345.678", "0912345678"),
        ("0912-345-678", "0912345678"),
        ("+84912345678", "0912345678"),
        ("+84 912 345 678", "0912345678"),
        ("84912345678", "0912345678"),
        ("(0912) 345 678", "0912345678"),
        ("02073822123", "02073822123"),
        ("  0387654321\n", "0387654321"),
    ],
)
def test_a_number_is_read_in_each_usual_spelling(written: str, stored: str) -> None:
    assert parse_phone(written) == stored


@pytest.mark.parametrize(
    "written",
    ["", "   ", "abc", "113", "0112345678", "912345678", "09123456789012", "091234567",
     "+1 202 555 0100", "٠٩١٢٣٤٥٦٧٨", "０９１２３４５６７８", "+84+912345678", "0912+345678"],
)  # fmt: skip
def test_what_is_no_vietnamese_number_is_none(written: str) -> None:
    assert parse_phone(written) is None


@given(st.text(max_size=30))
def test_a_stored_number_is_plain_digits_and_reads_as_itself(text: str) -> None:
    number = parse_phone(text)
    if number is not None:
        assert number.isascii()
        assert number.isdigit()
        assert len(number) in {10, 11}
        assert parse_phone(number) == number


@given(st.from_regex(r"0[35789][0-9]{8}", fullmatch=True))
def test_the_shown_number_reads_as_the_stored_one(number: str) -> None:
    assert parse_phone(show_phone(number)) == number
    assert parse_phone("+84" + number[1:]) == number


def test_about_a_tenth_of_all_pins_is_refused() -> None:
    weak = sum(weak_pin(f"{number:06d}") for number in range(1_000_000))
    assert 0.08 <= weak / 1_000_000 <= 0.14


@pytest.mark.parametrize(
    "pin",
    ["000000", "777777", "112211", "123456", "654321", "012345", "987654", "890123", "123123",
     "909090", "121212", "310190", "010100", "150885", "311299"],
)  # fmt: skip
def test_what_is_guessed_first_is_weak(pin: str) -> None:
    assert weak_pin(pin)


@pytest.mark.parametrize("pin", ["482915", "739158", "906372", "991847", "583920"])
def test_an_ordinary_pin_is_not_weak(pin: str) -> None:
    assert not weak_pin(pin)


def test_digits_of_the_own_number_are_weak_for_their_owner_alone() -> None:
    assert weak_pin("482915", "0987482915")
    assert not weak_pin("482915", "0987482914")
