"""One result an item: accepted, duplicate, stale, conflict, rejected; what counts and what not."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from helper.core.clock import now, today
from helper.security.permissions import Role
from tests.support.people import (
    Phone,
    body,
    delete,
    line,
    make_phone,
    make_user,
    make_village,
    new_id,
    put,
    sign_in,
)
from tests.support.recount import count_rows, stored, total_of

ID = "0192f0c1-5b7a-7c3e-9d21-6f0e8a4b1c2d"


def statuses(results: list[dict[str, Any]]) -> list[str]:
    return [result["status"] for result in results]


def test_a_good_visit_is_accepted_with_a_receipt_and_counts_once(
    app: Flask, member: Phone, village: str
) -> None:
    result = member.send(put(body(village, people=3), ID))
    assert result["id"] == ID
    assert (result["rev"], result["status"], result["errors"]) == (1, "accepted", {})
    assert result["receipt"].startswith("02221-")
    assert total_of(app, village)["sessions"] == 1
    assert total_of(app, village)["person_turns"] == 3


def test_the_answer_bears_the_server_time(member: Phone, village: str) -> None:
    answer = member.sync([])
    assert answer.get_json()["results"] == []
    assert answer.get_json()["server_time"].endswith("+00:00")


def test_results_stand_in_the_order_of_the_items(member: Phone, village: str) -> None:
    items = [put(body(village), f"{n:08x}-0000-4000-8000-000000000000") for n in (9, 1, 5, 3)]
    items.insert(2, None)
    results = member.send_all(items)
    assert [r["id"] for r in results] == [item["id"] if item else None for item in items]
    assert statuses(results) == ["accepted", "accepted", "rejected", "accepted", "accepted"]


def test_sent_again_it_is_a_duplicate_with_the_same_receipt(
    app: Flask, member: Phone, village: str
) -> None:
    item = put(body(village), ID)
    first = member.send(item)
    for _ in range(3):
        again = member.send(item)
        assert (again["status"], again["receipt"]) == ("duplicate", first["receipt"])
    assert count_rows(app) == (1, 1)


def test_twice_in_one_batch_counts_once(app: Flask, member: Phone, village: str) -> None:
    item = put(body(village), ID)
    first, second, third = member.send_all([item, item, item])
    assert statuses([first, second, third]) == ["accepted", "duplicate", "duplicate"]
    assert first["receipt"] == second["receipt"] == third["receipt"]
    assert count_rows(app) == (1, 1)


def test_a_higher_rev_replaces_the_content_and_gaps_are_fine(
    app: Flask, member: Phone, village: str
) -> None:
    first = member.send(put(body(village, people=2), ID))
    second = member.send(put(body(village, people=5, lines=[line("A4", people=5)]), ID, 40))
    assert second["status"] == "accepted"
    assert second["receipt"] != first["receipt"]
    assert stored(app, ID)["people"] == 5
    assert total_of(app, village) == {
        "sessions": 1, "person_turns": 5, "turns": 5, "cards": 0, "people_without_card": 5
    }  # fmt: skip


def test_an_old_rev_with_other_content_is_stale_and_changes_nothing(
    app: Flask, member: Phone, village: str
) -> None:
    member.send(put(body(village, people=5), ID, 3))
    before = stored(app, ID)
    result = member.send(put(body(village, people=2), ID, 2))
    assert (result["status"], result["receipt"]) == ("stale", None)
    assert stored(app, ID) == before
    assert count_rows(app) == (1, 1)


def test_an_old_rev_with_exactly_the_stored_content_is_a_duplicate(
    member: Phone, village: str
) -> None:
    first = member.send(put(body(village, people=2), ID, 1))
    member.send(put(body(village, people=3), ID, 2))
    again = member.send(put(body(village, people=2), ID, 1))
    assert (again["status"], again["receipt"]) == ("duplicate", first["receipt"])


def test_an_old_put_stays_a_duplicate_after_the_visit_was_deleted(
    app: Flask, member: Phone, village: str
) -> None:
    item = put(body(village), ID)
    first = member.send(item)
    member.send(delete(ID, 2))
    again = member.send(item)
    assert (again["status"], again["receipt"]) == ("duplicate", first["receipt"])
    assert stored(app, ID)["status"] == "void"


def test_the_same_rev_with_other_content_is_a_conflict_each_time_and_both_are_kept(
    app: Flask, member: Phone, village: str
) -> None:
    first = put(body(village, people=2), ID)
    other = put(body(village, people=7), ID)
    member.send(first)
    conflict = member.send(other)
    again = member.send(other)
    assert (conflict["status"], again["status"]) == ("conflict", "conflict")
    assert conflict["receipt"] == again["receipt"]
    assert member.send(first)["status"] == "duplicate"
    assert stored(app, ID)["people"] == 2  # the first stored counts
    assert total_of(app, village)["person_turns"] == 2
    assert count_rows(app) == (1, 2)


def test_a_third_content_of_the_same_rev_is_kept_too(
    app: Flask, member: Phone, village: str
) -> None:
    found = [member.send(put(body(village, people=n), ID))["status"] for n in (1, 2, 3, 2)]
    assert found == ["accepted", "conflict", "conflict", "conflict"]
    assert count_rows(app) == (1, 3)


def test_a_del_of_the_same_rev_is_a_conflict_and_the_visit_goes_on_counting(
    app: Flask, member: Phone, village: str
) -> None:
    member.send(put(body(village), ID, 2))
    assert member.send(delete(ID, 2))["status"] == "conflict"
    assert total_of(app, village)["sessions"] == 1


def test_a_newer_rev_settles_a_conflict(app: Flask, member: Phone, village: str) -> None:
    member.send(put(body(village, people=2), ID))
    member.send(put(body(village, people=7), ID))
    assert member.send(put(body(village, people=4), ID, 2))["status"] == "accepted"
    assert total_of(app, village)["person_turns"] == 4


def test_a_deleted_visit_counts_no_more(app: Flask, member: Phone, village: str) -> None:
    member.send(put(body(village, card="7KQ2M9XR4T"), ID))
    result = member.send(delete(ID, 2, reason="ghi nhầm"))
    assert result["status"] == "accepted"
    assert (stored(app, ID)["status"], stored(app, ID)["void_reason"]) == ("void", "ghi nhầm")
    assert total_of(app, village) == dict.fromkeys(total_of(app, village), 0)


def test_a_del_sent_again_is_a_duplicate_with_the_same_receipt(member: Phone, village: str) -> None:
    member.send(put(body(village), ID))
    first = member.send(delete(ID, 2, reason="nhầm"))
    again = member.send(delete(ID.upper(), 2, reason=" nhầm "))
    assert (again["status"], again["receipt"]) == ("duplicate", first["receipt"])
    assert member.send(delete(ID, 2, reason="khác"))["status"] == "conflict"


def test_a_tombstone_may_come_before_its_visit(app: Flask, member: Phone, village: str) -> None:
    assert member.send(delete(ID, 2))["status"] == "accepted"
    assert member.send(put(body(village), ID, 1))["status"] == "stale"
    higher = member.send(put(body(village), ID, 3))
    assert (higher["status"], higher["receipt"]) == ("rejected", None)
    assert list(higher["errors"]) == ["visit"]
    assert stored(app, ID)["body"] is None
    assert total_of(app, village)["sessions"] == 0


def test_nothing_resurrects_a_deleted_visit(app: Flask, member: Phone, village: str) -> None:
    member.send(put(body(village), ID))
    member.send(delete(ID, 2))
    for rev in (3, 99, 1_000_000):
        result = member.send(put(body(village), ID, rev))
        assert result["status"] == "rejected"
        assert result["errors"] == {"visit": "Phiếu này đã hủy trước đó, không sửa lại được"}
    assert member.send(delete(ID, 7))["status"] == "accepted"
    assert member.send(put(body(village), ID, 8))["status"] == "rejected"
    assert total_of(app, village)["sessions"] == 0


HISTORY_ORDERS = list(itertools.permutations(("put1", "put2", "del3")))


@pytest.mark.parametrize("order", HISTORY_ORDERS, ids="-".join)
@pytest.mark.parametrize("in_one_batch", [True, False], ids=["one batch", "one by one"])
def test_whatever_the_order_a_deleted_visit_ends_deleted(
    app: Flask, member: Phone, village: str, order: tuple[str, ...], in_one_batch: bool
) -> None:
    items = {
        "put1": put(body(village, people=2), ID, 1),
        "put2": put(body(village, people=3), ID, 2),
        "del3": delete(ID, 3),
    }
    batch = [items[name] for name in order]
    sent = [batch] if in_one_batch else [[item] for item in batch]
    results = [result for part in sent for result in member.send_all(part)]
    assert set(statuses(results)) <= {"accepted", "stale"}
    assert results[order.index("del3")]["status"] == "accepted"
    assert (stored(app, ID)["status"], stored(app, ID)["rev"]) == ("void", 3)
    assert total_of(app, village)["sessions"] == 0


@pytest.mark.parametrize("order", list(itertools.permutations((1, 2, 3))))
def test_whatever_the_order_the_highest_rev_counts(
    app: Flask, member: Phone, village: str, order: tuple[int, ...]
) -> None:
    for rev in order:
        member.send(put(body(village, people=rev), ID, rev))
    assert (stored(app, ID)["rev"], stored(app, ID)["people"]) == (3, 3)
    assert total_of(app, village)["person_turns"] == 3


def test_a_del_below_the_counting_rev_is_stale(app: Flask, member: Phone, village: str) -> None:
    member.send(put(body(village), ID, 3))
    assert member.send(delete(ID, 2))["status"] == "stale"
    assert total_of(app, village)["sessions"] == 1


def test_a_rejected_edit_leaves_the_stored_visit_as_it_was(
    app: Flask, member: Phone, village: str
) -> None:
    member.send(put(body(village, people=2), ID))
    before = stored(app, ID)
    result = member.send(put(body(village, people=0), ID, 2))
    assert (result["status"], list(result["errors"])) == ("rejected", ["people"])
    assert stored(app, ID) == before
    assert count_rows(app) == (1, 1)
    assert member.send(put(body(village, people=4), ID, 2))["status"] == "accepted"


def test_a_visit_may_move_to_another_day_village_and_lines(
    app: Flask, member: Phone, village: str
) -> None:
    other = make_village(app)
    yesterday = (today() - timedelta(days=1)).isoformat()
    member.send(put(body(village, people=3, lines=[line("A4", people=2), line("C1")]), ID))
    moved = body(other, visited_on=yesterday, people=2, lines=[line("C1", people=2), line("B2")])
    assert member.send(put(moved, ID, 2))["status"] == "accepted"
    assert total_of(app, village)["sessions"] == 0
    assert total_of(app, other)["turns"] == 3


@pytest.mark.parametrize(
    "spelling", [ID.upper(), ID.title(), ID[:18].upper() + ID[18:]], ids=["upper", "title", "mixed"]
)
def test_ids_are_case_blind(app: Flask, member: Phone, village: str, spelling: str) -> None:
    first = member.send(put(body(village), ID))
    again = member.send(put(body(village), spelling))
    assert (again["status"], again["receipt"]) == ("duplicate", first["receipt"])
    assert again["id"] == spelling
    assert member.send(delete(spelling, 2))["status"] == "accepted"
    assert stored(app, ID)["status"] == "void"


def test_two_spellings_of_an_id_in_one_batch_are_one_visit(
    app: Flask, member: Phone, village: str
) -> None:
    results = member.send_all([put(body(village), ID), put(body(village), ID.upper())])
    assert sorted(statuses(results)) == ["accepted", "duplicate"]
    assert count_rows(app) == (1, 1)


@pytest.mark.parametrize("same_village", [True, False], ids=["a team mate", "a far stranger"])
def test_somebody_elses_use_of_the_same_id_neither_blocks_nor_reveals(
    app: Flask, member: Phone, village: str, same_village: bool
) -> None:
    other_village = village if same_village else make_village(app, "01273")
    stranger = make_phone(app, Role.MEMBER, other_village)
    secret = member.send(put(body(village, note="bà Mẩy quên kính", people=9), ID, 5))
    answers = [
        stranger.send(put(body(other_village, people=1), ID, 1)),
        stranger.send(put(body(other_village, people=1), ID, 1)),
        stranger.send(delete(ID, 2)),
        stranger.send(put(body(other_village), ID, 3)),
    ]
    assert statuses(answers) == ["accepted", "duplicate", "accepted", "rejected"]
    assert secret["receipt"] not in {answer["receipt"] for answer in answers}
    assert "Mẩy" not in str(answers)
    assert total_of(app, village)["person_turns"] == 9
    assert member.send(put(body(village, people=8), ID, 6))["status"] == "accepted"


def test_author_device_commune_receipt_flags_and_times_in_the_body_are_ignored(
    app: Flask, member: Phone, village: str
) -> None:
    other = make_user(app, Role.MEMBER, village)
    forged = {
        "author": other.id, "author_id": other.id, "device": 77, "device_id": 77,
        "commune": "01273", "commune_code": "01273", "province_code": "04", "receipt": "01273-1",
        "flags": "odd_date", "status": "void", "received_at": "2020-01-01T00:00:00+07:00",
        "first_received_at": "2020-01-01T00:00:00+07:00", "voided_by": other.id, "id": 5,
    }  # fmt: skip
    item = {**put(body(village, **forged), ID), **{**forged, "id": ID}}
    result = member.send(item)
    assert result["status"] == "accepted"
    assert result["receipt"].startswith("02221-")
    row = stored(app, ID)
    assert row["author_id"] == member.person.id
    assert (row["commune_code"], row["province_code"]) == ("02221", "08")
    assert (row["status"], row["flags"], row["voided_by"]) == ("live", set(), None)
    assert abs(now() - row["first_received_at"]) < timedelta(minutes=5)


def test_unknown_fields_are_ignored_and_no_part_of_the_content(member: Phone, village: str) -> None:
    first = member.send(put(body(village), ID))
    odd = body(village, colour="red", nested={"a": [1, {"b": None}]})
    odd["lines"] = [{**odd["lines"][0], "weight": 5}]
    again = member.send({**put(odd, ID), "extra": [], "reason": "not of a put"})
    assert (again["status"], again["receipt"]) == ("duplicate", first["receipt"])


@pytest.mark.parametrize("moment", ["2020-01-01T00:00:00+07:00", None, "gestern", 5, [], ""])
def test_recorded_at_is_no_part_of_the_content(member: Phone, village: str, moment: object) -> None:
    first = member.send(put(body(village), ID))
    again = member.send(put(body(village), ID, recorded_at=moment))
    assert (again["status"], again["receipt"]) == ("duplicate", first["receipt"])


def test_defaults_written_out_equal_defaults_left_out(member: Phone, village: str) -> None:
    first = member.send(put(body(village), ID))
    full = body(
        village, place_kind="home", card=None, age_band=None, note="", label=None, revisit_on=None,
        source="phone", helpers=[], follows=None, event=None, request=None,
    )  # fmt: skip
    full["lines"] = [line(people=1, reason=None, count=None, referred_to=None)]
    again = member.send(put(full, ID))
    assert (again["status"], again["receipt"]) == ("duplicate", first["receipt"])


def test_the_order_of_lines_is_no_part_of_the_content(member: Phone, village: str) -> None:
    lines = [
        line("C1", people=2), line("A4"), line("C1", "NOT_DONE", reason="R06"),
        line("C1", "NOT_DONE", reason="R01"),
    ]  # fmt: skip
    first = member.send(put(body(village, people=4, lines=lines), ID))
    for order in itertools.permutations(lines):
        again = member.send(put(body(village, people=4, lines=list(order)), ID))
        assert (again["status"], again["receipt"]) == ("duplicate", first["receipt"])


def test_spelling_of_card_and_note_is_normalised_before_comparing(
    app: Flask, member: Phone, village: str
) -> None:
    first = member.send(put(body(village, card="10abcd", note="hẹn lại"), ID))
    again = member.send(put(body(village, card="iO-AB CD", note="  he\u0323n \n lại "), ID))
    assert (again["status"], again["receipt"]) == ("duplicate", first["receipt"])
    assert stored(app, ID)["card"] == "10ABCD"


def test_two_phones_of_one_person_write_the_same_log(
    app: Flask, member: Phone, village: str
) -> None:
    second = sign_in(app, member.person)
    item = put(body(village), ID)
    first = member.send(item)
    again = second.send(item)
    assert (again["status"], again["receipt"]) == ("duplicate", first["receipt"])
    assert second.send(delete(ID, 2))["status"] == "accepted"
    assert member.send(put(body(village), ID, 3))["status"] == "rejected"


def test_receipts_are_never_shared(member: Phone, village: str) -> None:
    results = member.send_all([put(body(village), new_id()) for _ in range(30)])
    assert len({result["receipt"] for result in results}) == 30
