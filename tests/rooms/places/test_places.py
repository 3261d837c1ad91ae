"""Provinces, communes and villages: official codes, dated names, search, order, closed villages."""

from __future__ import annotations

import csv
import html
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from helper.core.clock import today
from helper.core.errors import InvalidError, NotFoundError
from helper.core.placecodes import Level, level_of
from helper.core.text import search_key
from helper.db import db, unit_of_work
from helper.places import service
from helper.places.models import Place, PlaceName
from helper.places.queries import (
    find_place,
    get_path,
    get_place,
    list_children,
    list_codes_below,
    list_places,
    search_places,
)
from helper.security.permissions import Role
from tests.support.people import COMMUNE, SISTER, body, make_phone, make_village, put
from tests.support.world import snapshot


class _Undo(Exception):
    """Leaves a unit of work without a commit."""


@contextmanager
def undone(app: Flask) -> Iterator[None]:
    """Write and read inside one unit of work, and take all of it back at the end."""
    with app.app_context():
        try:
            with unit_of_work():
                yield
                raise _Undo
        except _Undo:
            db.session.rollback()


@contextmanager
def reading(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield
        db.session.rollback()


def official() -> list[dict[str, str]]:
    with service.OFFICIAL_LIST.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def later_list(tmp_path: Path, **changes: dict[str, str]) -> Path:
    """Write the official list with some rows changed: code -> columns."""
    rows = [{**row, **changes.get(f"c{row['code']}", {})} for row in official()]
    path = tmp_path / "later.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_the_country_has_34_provinces_and_3321_communes(app: Flask) -> None:
    with reading(app):
        assert len(list_codes_below("VN", Level.PROVINCE)) == 34
        assert len(list_codes_below("VN", Level.COMMUNE)) == 3321
        assert len(list_children("VN")) == 34
        types = Counter(view.type for view in list_children("VN"))
    # 6 cities and 28 provinces at the reform; three provinces became cities in 2026.
    assert types == {"tỉnh": 25, "thành phố": 9}


def test_tuyen_quang_has_117_communes_and_7_wards(app: Flask) -> None:
    with reading(app):
        assert Counter(view.type for view in list_children("08")) == {"xã": 117, "phường": 7}


def test_all_communes_stand_under_a_province_and_add_up(app: Flask) -> None:
    with reading(app):
        below = {view.code: len(list_children(view.code)) for view in list_children("VN")}
    assert sum(below.values()) == 3321
    assert min(below.values()) > 0


@pytest.mark.parametrize(
    ("code", "title", "parent"),
    [
        ("VN", "Việt Nam", None),
        ("01", "Thành phố Hà Nội", "VN"),
        ("08", "Tỉnh Tuyên Quang", "VN"),
        ("79", "Thành phố Hồ Chí Minh", "VN"),
        ("02221", "Xã Nà Hang", "08"),
        ("07375", "Phường Lạng Giang", "24"),
    ],
)
def test_official_codes_name_the_units_they_should(
    app: Flask, code: str, title: str, parent: str | None
) -> None:
    with reading(app):
        place = get_place(code)
    assert (place.title, place.parent) == (title, parent)


def test_every_code_has_its_level_s_shape_and_its_parent_s_path(app: Flask) -> None:
    with reading(app):
        for place in db.session.query(Place):
            assert level_of(place.code) == place.level
            assert place.path.code == place.code
            if place.parent_code:
                parent = get_path(place.parent_code)
                assert place.path.within(parent)
                assert not parent.within(place.path)


def test_every_unit_has_one_name_on_any_day_since_the_reform(app: Flask) -> None:
    with reading(app):
        names: dict[str, list[tuple[date, date | None]]] = {}
        for name in db.session.query(PlaceName).order_by(PlaceName.valid_from):
            names.setdefault(name.place_code, []).append((name.valid_from, name.valid_to))
        places = {place.code for place in db.session.query(Place)}
    assert set(names) == places
    for spans in names.values():
        assert spans[0][0] == service.REFORM_DAY
        assert spans[-1][1] is None
        for (_first, last), (following, _last) in pairwise(spans):
            assert last == following - timedelta(days=1)


def test_loading_the_official_list_again_changes_nothing(app: Flask, cli: Any) -> None:
    before = snapshot(app)
    for _ in range(2):
        result = cli.invoke(args=["units", "load"])
        assert result.exit_code == 0, result.output
        assert "thêm 0, đổi tên 0" in result.output
    assert snapshot(app) == before


@pytest.mark.parametrize(
    ("code", "last_day", "before", "after"),
    [
        ("24", date(2026, 9, 19), "Tỉnh Bắc Ninh", "Thành phố Bắc Ninh"),
        ("07375", date(2026, 9, 19), "Xã Lạng Giang", "Phường Lạng Giang"),
        ("22", date(2026, 8, 31), "Tỉnh Quảng Ninh", "Thành phố Quảng Ninh"),
        ("75", date(2026, 4, 29), "Tỉnh Đồng Nai", "Thành phố Đồng Nai"),
        ("26368", date(2026, 4, 29), "Xã Long Thành", "Phường Long Thành"),
    ],
)
def test_an_amended_unit_bears_the_name_of_the_day(
    app: Flask, code: str, last_day: date, before: str, after: str
) -> None:
    with reading(app):
        assert get_place(code, service.REFORM_DAY).title == before
        assert get_place(code, last_day).title == before
        assert get_place(code, last_day + timedelta(days=1)).title == after
        assert get_place(code).title == after
        # Before the reform there is no name; the nearest one serves.
        assert get_place(code, date(2024, 1, 1)).title == before


def test_a_tally_page_of_a_past_period_bears_the_name_of_then(app: Flask) -> None:
    viewer = make_phone(app, Role.ADMIN, "VN")
    old = html.unescape(viewer.get("/tallies/24?period=2026-08").get_data(as_text=True))
    new = html.unescape(viewer.get("/tallies/24?period=2026-10").get_data(as_text=True))
    assert "Tỉnh Bắc Ninh" in old
    assert "Thành phố Bắc Ninh" in new
    assert "Tỉnh Bắc Ninh" not in new


def test_a_changed_name_in_a_later_list_becomes_a_dated_name(app: Flask, tmp_path: Path) -> None:
    path = later_list(tmp_path, c02221={"name": "Nà Hang Mới", "type": "phường"})
    with undone(app):
        report = service.load_units(path)
        assert (report.added, report.renamed, report.total) == (0, 1, 3355)
        assert get_place("02221").title == "Phường Nà Hang Mới"
        assert get_place("02221", today() - timedelta(days=1)).title == "Xã Nà Hang"
        assert [view.code for view in search_places("na hang moi")] == ["02221"]
        again = service.load_units(path)
        assert (again.added, again.renamed) == (0, 0)


def test_a_list_mended_on_the_same_day_leaves_one_name_of_that_day(
    app: Flask, tmp_path: Path
) -> None:
    with undone(app):
        service.load_units(later_list(tmp_path, c02221={"name": "Na Hang"}))
        service.load_units(later_list(tmp_path, c02221={"name": "Nà Hang Mới"}))
        assert get_place("02221").name == "Nà Hang Mới"
        assert get_place("02221", today() - timedelta(days=1)).name == "Nà Hang"
        names = db.session.query(PlaceName).filter_by(place_code="02221").count()
        assert names == 2


def test_a_new_unit_in_a_later_list_is_added(app: Flask, tmp_path: Path) -> None:
    path = later_list(tmp_path)
    with path.open("a", encoding="utf-8") as file:
        file.write("99001,Đặc khu mới,đặc khu,22,20.1,107.2,\n")
    with undone(app):
        assert service.load_units(path).added == 1
        assert get_place("99001").title == "Đặc khu Đặc khu mới"
        assert get_path("99001").province == "22"


@pytest.mark.parametrize("code", ["2221", "VN1", "02221-001", "abcde", "", "022211"])
def test_a_list_with_a_wrong_code_is_refused_whole(app: Flask, tmp_path: Path, code: str) -> None:
    path = later_list(tmp_path, c02221={"name": "Đổi tên"})
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{code},Sai,xã,08,,,\n")
    before = snapshot(app)
    with app.app_context(), pytest.raises(InvalidError), unit_of_work():
        service.load_units(path)
    assert snapshot(app) == before


def test_village_codes_count_up_inside_the_commune(app: Flask) -> None:
    assert [make_village(app) for _ in range(3)] == [f"{COMMUNE}-00{n}" for n in (1, 2, 3)]
    assert make_village(app, SISTER) == f"{SISTER}-001"


def test_the_code_of_a_closed_village_is_never_given_again(app: Flask) -> None:
    first, second = make_village(app), make_village(app)
    with app.app_context(), unit_of_work():
        service.close_place(None, second, today(), first)
    assert make_village(app) == f"{COMMUNE}-003"


def test_a_commune_has_room_for_999_villages_and_no_more(app: Flask) -> None:
    with undone(app):
        db.session.add(
            Place(
                code=f"{COMMUNE}-999",
                level=Level.VILLAGE,
                parent_code=COMMUNE,
                province_code="08",
                commune_code=COMMUNE,
                valid_from=service.REFORM_DAY,
            )
        )
        db.session.flush()
        with pytest.raises(InvalidError):
            service.add_village(None, COMMUNE, "Nà Thừa", "thôn")


@pytest.mark.parametrize(
    ("commune", "name", "type_", "error"),
    [
        ("99999", "Nà Khá", "thôn", NotFoundError),
        ("08", "Nà Khá", "thôn", NotFoundError),
        ("VN", "Nà Khá", "thôn", NotFoundError),
        (COMMUNE, "  ", "thôn", InvalidError),
        (COMMUNE, "Nà Khá", "ấp chiến", InvalidError),
        (COMMUNE, "Nà Khá", "", InvalidError),
    ],
)
def test_a_village_needs_a_commune_a_name_and_a_type(
    app: Flask, commune: str, name: str, type_: str, error: type[Exception]
) -> None:
    with undone(app), pytest.raises(error):
        service.add_village(None, commune, name, type_)


def test_a_closed_village_keeps_its_visits_in_past_tables_and_leaves_later_ones(
    app: Flask,
) -> None:
    village, other = make_village(app, name="Nà Đóng"), make_village(app, name="Nà Còn")
    member = make_phone(app, Role.MEMBER, village)
    long_ago = today() - timedelta(days=60)
    assert member.send(put(body(village, visited_on=long_ago.isoformat())))["status"] == "accepted"
    with app.app_context(), unit_of_work():
        service.close_place(None, village, today() - timedelta(days=40), other)
    officer = make_phone(app, Role.COMMUNE_OFFICER, COMMUNE)

    def table(period: str) -> str:
        page = officer.get(f"/tallies/{COMMUNE}?period={period}").get_data(as_text=True)
        return re.sub(r"\s+", " ", html.unescape(page))

    assert "Nà Đóng" in table(long_ago.isoformat())
    assert "Nà Còn" in table(long_ago.isoformat())
    assert "Nà Đóng" not in table(today().isoformat())
    assert "Nà Còn" in table(today().isoformat())
    past = f"/api/v1/tallies?place={village}&period={long_ago}"
    assert officer.get(past).get_json()["total"]["sessions"] == 1
    rows = officer.get(f"/api/v1/visits?place={village}&period={long_ago}").get_json()["visits"]
    assert [row["village"] for row in rows] == [village]
    with reading(app):
        assert [view.code for view in list_children(COMMUNE)] == [other]
        assert get_place(village).valid_to == today() - timedelta(days=40)


def test_a_village_stands_in_the_table_of_the_period_that_holds_its_last_day(app: Flask) -> None:
    village = make_village(app)
    with app.app_context(), unit_of_work():
        service.close_place(None, village, date(2026, 5, 10), None)
    with reading(app):
        for start, end, there in (
            (date(2026, 5, 1), date(2026, 5, 31), True),
            (date(2026, 5, 10), date(2026, 5, 10), True),
            (date(2026, 5, 11), date(2026, 5, 31), False),
            (date(2025, 1, 1), date(2025, 6, 30), False),
        ):
            assert (village in {v.code for v in list_children(COMMUNE, start, end)}) is there


def test_closing_a_place_that_does_not_exist_is_not_found(app: Flask) -> None:
    with undone(app), pytest.raises(NotFoundError):
        service.close_place(None, "02221-777", today(), None)


@pytest.mark.parametrize("typed", ["hoa", "Hòa", "Hoà", "HOÀ", "hoà", "hòa"])
def test_search_finds_both_spellings_of_a_tone(app: Flask, typed: str) -> None:
    old, new = make_village(app, name="Hoà Bình"), make_village(app, name="Hòa An")
    with reading(app):
        found = {view.code for view in search_places(typed, within=COMMUNE)}
    assert found == {old, new}


def test_search_reads_d_with_and_without_stroke(app: Flask) -> None:
    village = make_village(app, name="Đồng Đa")
    with reading(app):
        assert [v.code for v in search_places("dong da", within=COMMUNE)] == [village]
        assert [v.code for v in search_places("ĐỒNG ĐA", within=COMMUNE)] == [village]


@pytest.mark.parametrize("typed", ["%", "_", "\\", "%%", "n_", "100%", "a\\", "\\%"])
def test_wildcards_of_the_database_are_plain_letters_in_a_search(app: Flask, typed: str) -> None:
    make_village(app, name="Nà Hai")
    literal = make_village(app, name=f"Bản {typed} Lạ")
    with reading(app):
        assert [view.code for view in search_places(typed, within=COMMUNE)] == [literal]


def test_search_stays_inside_the_place_and_under_its_limit(app: Flask) -> None:
    make_village(app, name="Nà Chung")
    make_village(app, SISTER, name="Nà Chung")
    with reading(app):
        assert len(search_places("na chung", within=COMMUNE)) == 1
        assert len(search_places("na chung", within="08")) == 2
        assert len(search_places("na chung", within="04")) == 0
        assert len(search_places("a", limit=7)) == 7
        with pytest.raises(NotFoundError):
            search_places("a", within="99999")


def test_places_stand_in_vietnamese_order_on_both_databases(app: Flask) -> None:
    names = ["An", "Ân", "Ăn", "Bà", "Đa", "Da", "Dạ", "Ê", "Em", "Ô", "Ơ", "O", "Ư", "U"]
    names += ["Hóa", "Hòa", "Hỏa", "hoa", "Thôn 10", "Thôn 2", "Y", "Vàng", "Xa"]
    for name in names:
        make_village(app, name=name)
    with reading(app):
        order = [view.name for view in list_children(COMMUNE)]
        found = [view.name for view in search_places("", within=COMMUNE, limit=99)]
    expected = ["An", "Ăn", "Ân", "Bà", "Da", "Dạ", "Đa", "Em", "Ê", "hoa", "Hòa", "Hỏa", "Hóa"]
    expected += ["O", "Ô", "Ơ", "Thôn 2", "Thôn 10", "U", "Ư", "Vàng", "Xa", "Y"]
    assert sorted(order) == sorted(expected)
    without_numbers = [name for name in order if "Thôn" not in name]
    assert without_numbers == [name for name in expected if "Thôn" not in name]
    assert [name for name in found if name in order] == order


@pytest.mark.parametrize(
    "code", ["", "vn", "8", "008", "2221", "02221-1", "02221-0001", "02221_001", "0２", "VN\n",
             "08 ", "⁰⁸"]
)  # fmt: skip
def test_what_is_no_code_is_no_place(app: Flask, code: str) -> None:
    assert level_of(code) is None
    with reading(app):
        assert find_place(code) is None
        with pytest.raises(NotFoundError):
            get_path(code)


def test_unknown_codes_are_left_out_of_a_list(app: Flask) -> None:
    with reading(app):
        found = list_places(["99999", "08", "VN", "08", "x"])
    assert sorted(view.code for view in found) == ["08", "VN"]


def test_the_stored_search_key_is_that_of_the_name(app: Flask) -> None:
    with reading(app):
        for name in db.session.query(PlaceName).limit(4000):
            assert name.search_key == search_key(name.name)


@pytest.mark.parametrize(
    "period", ["2000-06-01", "2000-W10", "2000-03-01..2000-03-05", "2000", "r2000-Q1", "2199-12",
               "2199-12-31", "2199", "2001-01", "0001-01", "9999-12"]
)  # fmt: skip
def test_periods_at_the_ends_of_the_calendar_are_answered_without_a_fault(
    app: Flask, period: str
) -> None:
    admin = make_phone(app, Role.ADMIN, "VN")
    assert admin.get(f"/tallies/VN?period={period}").status_code in {200, 404}
    assert admin.get(f"/api/v1/tallies?place=VN&period={period}").status_code in {200, 422}
    assert admin.get(f"/visits/at/VN?period={period}").status_code == 403


@pytest.mark.parametrize(
    "address",
    ["/api/v1/visits?place=08&cursor=2026-11-01.99999999999999999999",
     "/api/v1/visits?place=08&cursor=x", "/api/v1/visits?place=08&limit=²",
     "/api/v1/visits?place=08&limit=-1", "/api/v1/visits?place=08&limit=" + "9" * 5000,
     "/api/v1/visits?place=08&period=２０２６-11", "/api/v1/tallies?place=08&by=world",
     "/api/v1/tallies?place=08&dim=colour", "/api/v1/places?parent=%00",
     "/visits/99999999999999999999999", "/visits/at/08?after=2026-11-01.99999999999999999999",
     "/visits/at/08?support_type=%00", "/tallies/%00", "/guides?q=%00"],
)  # fmt: skip
def test_odd_numbers_and_words_in_an_address_are_answered_without_a_fault(
    app: Flask, address: str
) -> None:
    officer = make_phone(app, Role.PROVINCE_OFFICER, "08")
    assert officer.get(address).status_code in {200, 404, 422}
