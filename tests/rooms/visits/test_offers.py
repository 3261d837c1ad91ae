"""The capture page offers only villages in which one may log."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from helper.core.clock import today
from helper.db import unit_of_work
from helper.people.queries import list_grants
from helper.places.service import close_place
from helper.security.actor import Actor
from helper.security.permissions import Role
from helper.visits.offers import village_choices
from tests.support.people import COMMUNE, SISTER, give_role, make_user, make_village


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
