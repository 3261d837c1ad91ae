"""The capture page offers only villages in which one may log."""

from __future__ import annotations

import re
from datetime import date, timedelta

from flask import Flask

from helper.core.clock import today
from helper.db import unit_of_work
from helper.people.queries import list_grants
from helper.places.service import close_place
from helper.security.actor import Actor
from helper.security.permissions import Role
from helper.visits.offers import village_choices
from tests.support.people import COMMUNE, SISTER, give_role, make_phone, make_user, make_village


def offered(app: Flask, user_id: int) -> list[list[str]]:
    """Return the codes offered, own ones and others."""
    with app.test_request_context():
        actor = Actor(user_id, "", list_grants(user_id))
        return [[view.code for view in views] for views in village_choices(actor).values()]


def test_a_member_is_offered_the_own_village_and_apart_the_others_of_the_commune(
    app: Flask,
) -> None:
    own, other = make_village(app), make_village(app)
    make_village(app, SISTER)
    assert offered(app, make_user(app, Role.MEMBER, own).id) == [[own], [other]]


def test_being_a_viewer_elsewhere_opens_no_village_there(app: Flask) -> None:
    own = make_village(app)
    make_village(app, SISTER)
    member = make_user(app, Role.MEMBER, own)
    give_role(app, member, Role.VIEWER, SISTER)
    assert offered(app, member.id) == [[own], []]


def test_an_officer_is_offered_every_village_of_the_commune(app: Flask) -> None:
    villages = [make_village(app), make_village(app)]
    assert offered(app, make_user(app, Role.COMMUNE_OFFICER, COMMUNE).id) == [[], villages]


def test_a_closed_village_is_no_longer_offered(app: Flask) -> None:
    own, closed = make_village(app), make_village(app)
    with app.app_context(), unit_of_work():
        close_place(None, closed, today() - timedelta(days=1), own)
    member = make_user(app, Role.MEMBER, own)
    assert offered(app, member.id) == [[own], []]


def form_of(page: str) -> dict[str, str]:
    """Return the hidden inputs of a capture page, as a browser would send them."""
    found = re.findall(r'<input id="\w+" name="([\w-]+)" type="hidden" value="([^"]*)"', page)
    return dict(found)


def answers(village: str, day: date, **more: str) -> dict[str, str]:
    """Return a filled capture form."""
    return {
        "village": village,
        "visited_on": day.isoformat(),
        "people": "1",
        "lines-0-support_type": "C1",
        "lines-0-outcome": "DONE_SELF",
        "source": "phone",
        "rev": "1",
        **more,
    }


def test_the_form_asks_about_days_that_a_person_hardly_means(app: Flask) -> None:
    village = make_village(app)
    phone = make_phone(app, Role.MEMBER, village)
    later = phone.post("/visits/new", answers(village, today() + timedelta(days=1)))
    assert later.status_code == 422
    assert "không thể sau hôm nay" in later.get_data(as_text=True)
    before = answers(village, today(), revisit_on=(today() - timedelta(days=3)).isoformat())
    assert "phải sau ngày giúp" in phone.post("/visits/new", before).get_data(as_text=True)


def test_a_day_long_ago_is_asked_once_and_then_saved(app: Flask) -> None:
    village = make_village(app)
    phone = make_phone(app, Role.MEMBER, village)
    old = answers(village, today() - timedelta(days=120))
    asked = phone.post("/visits/new", old)
    assert asked.status_code == 422
    again = form_of(asked.get_data(as_text=True))
    assert phone.post("/visits/new", {**old, **again}).status_code == 303


def test_an_officer_chooses_the_village_first_and_none_is_preset(app: Flask) -> None:
    make_village(app)
    last = make_village(app)
    phone = make_phone(app, Role.COMMUNE_OFFICER, COMMUNE)
    page = phone.get("/visits/new?type=C1").get_data(as_text=True)
    assert "Chọn thôn" in page
    assert " selected" not in page.split("</select>")[0]
    assert phone.post("/visits/new", answers(last, today())).status_code == 303
    page = phone.get("/visits/new").get_data(as_text=True)
    assert "Vừa giúp việc gì?" in page
