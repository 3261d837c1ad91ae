"""Where somebody may log, what is flagged rather than refused, and what is stored nowhere."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from helper.core.clock import now, today
from helper.db import unit_of_work
from helper.people.models import RoleHolding
from helper.places.service import close_place
from helper.security.permissions import Role
from helper.visits.service import void_visit
from tests.support.people import (
    FAR,
    PROVINCE,
    SISTER,
    Person,
    Phone,
    actor_of,
    body,
    delete,
    end_roles,
    give_role,
    line,
    make_phone,
    make_user,
    make_village,
    put,
    sign_in,
)
from tests.support.recount import count_rows, dump, stored, total_of

ID = "0192f0c1-5b7a-7c3e-9d21-6f0e8a4b1c2d"


def void(app: Flask, by: Person, client_id: str, reason: str) -> None:
    visit_id = stored(app, client_id)["id"]
    with app.app_context(), unit_of_work():
        void_visit(actor_of(by), visit_id, reason)


def flags(app: Flask) -> set[str]:
    found: set[str] = stored(app, ID)["flags"]
    return found


def refused_for_village(app: Flask, result: dict[str, Any]) -> None:
    assert (result["status"], list(result["errors"])) == ("rejected", ["village"])
    assert not result["errors"]["village"].isascii()
    assert result["receipt"] is None
    assert count_rows(app) == (0, 0)


def test_in_the_own_village_nothing_is_flagged(app: Flask, member: Phone, village: str) -> None:
    assert member.send(put(body(village), ID))["status"] == "accepted"
    assert flags(app) == set()


def test_in_another_village_of_the_own_commune_it_is_flagged_and_counts_there(
    app: Flask, member: Phone, village: str
) -> None:
    other = make_village(app)
    assert member.send(put(body(other), ID))["status"] == "accepted"
    assert flags(app) == {"other_village"}
    assert (total_of(app, other)["sessions"], total_of(app, village)["sessions"]) == (1, 0)


@pytest.mark.parametrize("commune", [SISTER, FAR])
def test_in_another_commune_it_is_rejected_naming_the_village(
    app: Flask, member: Phone, commune: str
) -> None:
    refused_for_village(app, member.send(put(body(make_village(app, commune)))))


@pytest.mark.parametrize(
    "code",
    ["02221-999", "99999-001", "02221", "08", "VN", "02221-1", "02221-0001", "02221‑001", "x"],
)
def test_an_unknown_or_misshapen_village_is_rejected(app: Flask, member: Phone, code: str) -> None:
    refused_for_village(app, member.send(put(body(code))))


@pytest.mark.parametrize("role", [Role.MEMBER, Role.VILLAGE_LEAD])
def test_somebody_with_several_villages_logs_in_each_unflagged(
    app: Flask, village: str, role: Role
) -> None:
    second, far = make_village(app), make_village(app, FAR)
    person = make_user(app, role, village)
    give_role(app, person, role, second)
    give_role(app, person, role, far)
    phone = sign_in(app, person)
    for place in (village, second, far):
        item = put(body(place))
        assert phone.send(item)["status"] == "accepted"
        assert stored(app, item["id"])["flags"] == set()


def test_an_officer_logs_anywhere_in_the_commune_unflagged_and_nowhere_else(
    app: Flask, village: str
) -> None:
    officer = make_phone(app, Role.COMMUNE_OFFICER, "02221")
    result = officer.send(put(body(make_village(app, SISTER))))
    refused_for_village(app, result)
    assert officer.send(put(body(make_village(app), source="office"), ID))["status"] == "accepted"
    assert flags(app) == set()


@pytest.mark.parametrize(
    ("role", "place"),
    [(Role.PROVINCE_OFFICER, PROVINCE), (Role.ADMIN, "VN"), (Role.VIEWER, "02221"),
     (Role.VIEWER, PROVINCE)],
)  # fmt: skip
def test_who_only_reads_may_not_log(app: Flask, village: str, role: Role, place: str) -> None:
    refused_for_village(app, make_phone(app, role, place).send(put(body(village))))


def test_a_viewer_of_the_village_itself_may_not_log(app: Flask, village: str) -> None:
    refused_for_village(app, make_phone(app, Role.VIEWER, village).send(put(body(village))))


def test_a_village_left_since_is_flagged_not_refused(app: Flask, village: str) -> None:
    person = make_user(app, Role.MEMBER, village)
    end_roles(app, person, today() - timedelta(days=40))
    give_role(app, person, Role.MEMBER, make_village(app, FAR))
    assert sign_in(app, person).send(put(body(village), ID))["status"] == "accepted"
    assert flags(app) == {"left_village"}
    assert total_of(app, village)["sessions"] == 1


def test_a_role_that_has_not_begun_gives_nothing_yet(app: Flask, village: str) -> None:
    person = make_user(app, Role.MEMBER, make_village(app, FAR))
    give_role(app, person, Role.MEMBER, village, starts_on=today() + timedelta(days=1))
    refused_for_village(app, sign_in(app, person).send(put(body(village))))


def test_a_person_without_any_role_ever_may_not_log(app: Flask, village: str) -> None:
    person = make_user(app, Role.MEMBER, village)
    phone = sign_in(app, person)
    _ = phone.csrf_token
    with app.app_context(), unit_of_work() as session:
        session.query(RoleHolding).filter_by(user_id=person.id).delete()
    refused_for_village(app, phone.send(put(body(village))))


def test_a_closed_village_is_flagged(app: Flask, member: Phone, village: str) -> None:
    with app.app_context(), unit_of_work():
        close_place(None, village, today() - timedelta(days=3), None)
    assert member.send(put(body(village), ID))["status"] == "accepted"
    assert flags(app) == {"closed_village"}
    on_the_last_day = (today() - timedelta(days=3)).isoformat()
    assert member.send(put(body(village, visited_on=on_the_last_day), ID, 2))["errors"] == {}
    assert flags(app) == set()


@pytest.mark.parametrize(
    ("days", "odd"), [(-3650, True), (2, True), (1, False), (0, False), (-90, False), (-91, True)]
)
def test_an_odd_date_is_flagged_and_counted(
    app: Flask, member: Phone, village: str, days: int, odd: bool
) -> None:
    day = max(today() + timedelta(days=days), date(2020, 1, 1))
    assert member.send(put(body(village, visited_on=day.isoformat()), ID))["status"] == "accepted"
    assert ("odd_date" in flags(app)) is odd
    assert total_of(app, village)["sessions"] == 1


@pytest.mark.parametrize("day", ["2020-01-01", "2099-12-31", "2024-02-29"])
def test_far_dates_are_flagged_and_counted(
    app: Flask, member: Phone, village: str, day: str
) -> None:
    assert member.send(put(body(village, visited_on=day), ID))["status"] == "accepted"
    assert flags(app) == {"odd_date"}


@pytest.mark.parametrize(
    "moment",
    ["2020-01-01T00:00:00+07:00", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+00:00",
     "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "2026-11-22T09:15:00", "x", None],
)  # fmt: skip
def test_an_odd_clock_is_flagged_and_the_log_can_still_be_read(
    app: Flask, member: Phone, village: str, moment: str | None
) -> None:
    result = member.send(put(body(village), ID, recorded_at=moment))
    assert result["status"] == "accepted"
    assert flags(app) == {"odd_clock"}
    assert member.get(f"/api/v1/visits?place={village}").status_code == 200


def test_a_clock_off_by_a_little_is_fine(app: Flask, member: Phone, village: str) -> None:
    moment: datetime = now() - timedelta(days=80)
    assert member.send(put(body(village), ID, recorded_at=moment.isoformat()))["errors"] == {}
    assert flags(app) == set()


def test_a_retired_code_is_flagged_and_counted(app: Flask, member: Phone, village: str) -> None:
    result = member.send(put(body(village, lines=[line("I4")]), ID))
    assert result["status"] == "accepted"
    assert flags(app) == {"retired_code"}
    assert total_of(app, village)["turns"] == 1


@pytest.mark.parametrize("code", ["K1", "Z9", "C", "c1", "C1 ", "I0", "", "A9"])
def test_a_code_that_never_was_is_rejected(member: Phone, village: str, code: str) -> None:
    result = member.send(put(body(village, lines=[line(code)])))
    assert result["status"] == "rejected"
    assert {"lines", "lines.0.support_type"} <= set(result["errors"])


def test_a_card_that_was_never_printed_is_flagged_and_counted(
    app: Flask, member: Phone, village: str
) -> None:
    assert member.send(put(body(village, people=4, card="7KQ2M9XR4T"), ID))["errors"] == {}
    assert flags(app) == {"card_unknown"}
    assert total_of(app, village)["cards"] == 1
    assert total_of(app, village)["people_without_card"] == 3


def test_an_edit_that_mends_what_was_odd_lifts_the_flag(
    app: Flask, member: Phone, village: str
) -> None:
    member.send(put(body(village, visited_on="2021-01-01", lines=[line("I4")]), ID))
    assert flags(app) == {"odd_date", "retired_code"}
    member.send(put(body(village), ID, 2))
    assert flags(app) == set()


PRIVATE = {
    "note": ["gọi 0912 345 678", "số 001095012345", "OTP 482913"],
    "label": ["0912345678"],
    "reason": ["trùng với 0912.345.678", "CCCD 001 095 012 345"],
}


@pytest.mark.parametrize(
    ("field", "words"), [(field, words) for field, found in PRIVATE.items() for words in found]
)
def test_words_with_private_numbers_are_rejected_and_stored_nowhere(
    app: Flask, member: Phone, village: str, field: str, words: str
) -> None:
    member.send(put(body(village, note="bình thường"), ID))
    if field == "reason":
        results = [member.send(delete(ID, 2, reason=words))]
    else:
        edit = put(body(village, **{field: words}), ID, 2)
        results = member.send_all([edit, put(body(village, **{field: words})), put(body(village))])
        assert results.pop()["status"] == "accepted"
    for result in results:
        assert (result["status"], list(result["errors"])) == ("rejected", [field])
        assert words not in str(result)
        assert not any(char.isdigit() for char in result["errors"][field])
    after = dump(app)
    assert words not in after
    digits = "".join(char for char in words if char.isdigit())
    assert len(digits) < 9 or digits not in after
    assert stored(app, ID)["note"] == "bình thường"


def test_honest_notes_are_stored_as_written(app: Flask, member: Phone, village: str) -> None:
    notes = ["quên mật khẩu, hẹn lại", "không nhận được OTP", "mã hồ sơ H60.12-251105-0012",
             "nộp 1.250.000 đồng ngày 22/11/2026"]  # fmt: skip
    for note in notes:
        item = put(body(village, note=note))
        assert member.send(item)["status"] == "accepted"
        assert stored(app, item["id"])["note"] == note


@pytest.mark.parametrize("role", [Role.VILLAGE_LEAD, Role.COMMUNE_OFFICER])
def test_a_voiding_beats_a_later_edit_with_its_reason_in_the_answer(
    app: Flask, member: Phone, village: str, role: Role
) -> None:
    lead = make_user(app, role, village if role is Role.VILLAGE_LEAD else "02221")
    first = member.send(put(body(village, people=6), ID))
    void(app, lead, ID, "Ghi trùng với anh Tuấn")
    assert total_of(app, village)["sessions"] == 0
    edit = member.send(put(body(village, people=7), ID, 2))
    assert edit["status"] == "rejected"
    assert edit["errors"] == {"visit": "Phiếu này đã bị hủy: Ghi trùng với anh Tuấn"}
    again = member.send(put(body(village, people=6), ID))
    assert (again["status"], again["receipt"]) == ("duplicate", first["receipt"])
    assert member.send(delete(ID, 3))["status"] == "accepted"
    row = stored(app, ID)
    assert (row["status"], row["voided_by"]) == ("void", lead.id)
    assert row["void_reason"] == "Ghi trùng với anh Tuấn"
    assert total_of(app, village)["sessions"] == 0


def test_a_voiding_beats_an_edit_of_the_same_rev(app: Flask, member: Phone, village: str) -> None:
    member.send(put(body(village, people=6), ID))
    void(app, make_user(app, Role.VILLAGE_LEAD, village), ID, "nhầm thôn")
    assert member.send(put(body(village, people=7), ID))["status"] in {"conflict", "rejected"}
    assert total_of(app, village)["sessions"] == 0


def test_every_sentence_of_a_rejection_is_vietnamese(member: Phone, village: str) -> None:
    wrong = body(
        village, visited_on="x", people=0, lines=[line("Z9", "Z", 0, count=0)], place_kind="x",
        card="UUUUUU", age_band="x", note="x" * 201, label="a1", revisit_on="x", source="x",
        helpers="x", follows="x", event="hai chữ", request="hai chữ",
    )  # fmt: skip
    errors = member.send(put(wrong))["errors"]
    assert set(wrong) - {"village"} <= set(errors)
    for sentence in errors.values():
        assert not sentence.isascii(), sentence


def test_colleagues_must_be_of_the_commune(app: Flask, member: Phone, village: str) -> None:
    near = make_user(app, Role.MEMBER, make_village(app))
    far = make_user(app, Role.MEMBER, make_village(app, FAR))
    assert member.send(put(body(village, helpers=[near.id]), ID))["status"] == "accepted"
    for helpers in ([far.id], [near.id, far.id], [2**31 - 1]):
        result = member.send(put(body(village, helpers=helpers)))
        assert (result["status"], list(result["errors"])) == ("rejected", ["helpers"])
    assert total_of(app, village)["sessions"] == 1
