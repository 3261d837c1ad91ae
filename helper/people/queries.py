"""Reading people: who acts, with which roles in force today."""

from datetime import date, datetime, timedelta

from flask import current_app
from sqlalchemy import ColumnElement, and_, func, not_, or_, select, true
from sqlalchemy.orm import contains_eager

from helper.core.clock import now, today
from helper.core.ids import hash_secret
from helper.core.placecodes import PlacePath
from helper.db import db
from helper.people.models import ApiToken, DeviceSession, Enrolment, Invite, RoleHolding, User
from helper.people.phones import DEMO_PREFIX
from helper.places.models import Place
from helper.security.actor import Actor, Grant, Scope
from helper.security.permissions import Role

# After a person leaves, the phone may still bring what it holds; later than that a person looks.
OUTBOX_GRACE = timedelta(days=14)


def list_grants(user_id: int, on: date | None = None) -> tuple[Grant, ...]:
    """Return the roles a person holds on a day (today), with the paths of their places."""
    day = on or today()
    rows = db.session.execute(
        select(RoleHolding.role, Place)
        .join(Place, Place.code == RoleHolding.place_code)
        .where(RoleHolding.user_id == user_id, RoleHolding.starts_on <= day)
        .where(or_(RoleHolding.ends_on.is_(None), RoleHolding.ends_on >= day))
        .order_by(RoleHolding.id)
    )
    return tuple(Grant(Role(role), place.path) for role, place in rows)


def list_past_paths(user_id: int) -> list[PlacePath]:
    """Return the places where a person ever held a role that may log (also those left since)."""
    rows = db.session.scalars(
        select(Place)
        .join(RoleHolding, RoleHolding.place_code == Place.code)
        .where(RoleHolding.user_id == user_id, RoleHolding.starts_on <= today())
        .where(RoleHolding.role.in_((Role.MEMBER, Role.VILLAGE_LEAD, Role.COMMUNE_OFFICER)))
        .order_by(Place.code)
    )
    return [place.path for place in rows]


def _real() -> ColumnElement[bool]:
    """Anybody; in production nobody of the demo, whose PIN everybody knows."""
    if current_app.config["DEMO"]:
        return true()
    return or_(User.phone.is_(None), not_(User.phone.startswith(DEMO_PREFIX)))


def _real_and_active() -> ColumnElement[bool]:
    return and_(User.left_at.is_(None), _real())


def find_actor_by_session(token: str) -> Actor | None:
    """Return who holds a live session with this token, or None."""
    row = db.session.execute(
        select(DeviceSession, Enrolment, User)
        .join(Enrolment, Enrolment.id == DeviceSession.enrolment_id)
        .join(User, User.id == Enrolment.user_id)
        .where(DeviceSession.token_hash == hash_secret(token), DeviceSession.ended_at.is_(None))
        .where(Enrolment.revoked_at.is_(None), _real_and_active())
    ).first()
    if row is None:
        return None
    session, enrolment, user = row
    grants = list_grants(user.id)
    return Actor(
        user_id=user.id,
        name=user.name,
        grants=grants,
        via="session",
        session_id=session.id,
        device_id=enrolment.device_id,
        pin_at=session.pin_at,
        # A session that outlives the last role counts no longer than the outbox would.
        quarantined=_left_long_ago(user, grants),
    )


def find_actor_by_api_token(token: str) -> Actor | None:
    """Return the user whose live API token this is, or None."""
    user = db.session.scalar(
        select(User)
        .join(ApiToken, ApiToken.user_id == User.id)
        .where(ApiToken.token_hash == hash_secret(token), ApiToken.revoked_at.is_(None))
        .where(ApiToken.expires_at > now(), _real_and_active())
    )
    return Actor(user.id, user.name, list_grants(user.id), via="token") if user else None


def find_actor_by_outbox(token: str) -> Actor | None:
    """Return whose write-only outbox token this is, or None when it is unknown or 90 days old.

    What comes from a revoked enrolment, or over 14 days after the last role ended, is quarantined:
    kept, not counted.
    """
    row = db.session.execute(
        select(Enrolment, User)
        .join(User, User.id == Enrolment.user_id)
        .where(Enrolment.outbox_hash == hash_secret(token), Enrolment.outbox_expires_at > now())
        .where(_real())
    ).first()
    if row is None:
        return None
    enrolment, user = row
    grants = list_grants(user.id)
    return Actor(
        user_id=user.id,
        name=user.name,
        grants=grants,
        via="outbox",
        device_id=enrolment.device_id,
        quarantined=enrolment.revoked_at is not None or _left_long_ago(user, grants),
    )


def _left_long_ago(user: User, grants: tuple[Grant, ...]) -> bool:
    if user.left_at is not None:
        return now() - user.left_at > OUTBOX_GRACE
    if grants:
        return False
    last = db.session.scalar(
        select(func.max(RoleHolding.ends_on)).where(RoleHolding.user_id == user.id)
    )
    return last is not None and today() - last > OUTBOX_GRACE


def find_user_by_phone(phone: str) -> User | None:
    """Return the active user with this stored phone number, or None."""
    return db.session.scalar(select(User).where(User.phone == phone, _real_and_active()))


def find_invite(token: str) -> Invite | None:
    """Return the invite of this token, spent or not, or None."""
    return db.session.scalar(
        select(Invite)
        .join(Invite.user)
        .options(contains_eager(Invite.user))
        .where(Invite.token_hash == hash_secret(token))
    )


def count_users() -> int:
    """Return how many users there are at all (0: an empty database)."""
    return db.session.scalar(select(func.count()).select_from(User)) or 0


def list_team(scope: Scope, place_code: str, on: date | None = None) -> list[tuple[User, str]]:
    """Return the role holders at a place on a day with their roles, by name."""
    day = on or today()
    if not any(path.code == place_code for path in scope.places):
        place = db.session.get(Place, place_code)
        if place is None or not any(place.path.within(path) for path in scope.places):
            return []
    rows = db.session.execute(
        select(User, RoleHolding.role)
        .join(RoleHolding, RoleHolding.user_id == User.id)
        .where(RoleHolding.place_code == place_code, RoleHolding.starts_on <= day)
        .where(or_(RoleHolding.ends_on.is_(None), RoleHolding.ends_on >= day))
        .order_by(User.name, User.id)
    )
    return [(user, role) for user, role in rows]


def last_contacts(village_codes: list[str]) -> dict[str, datetime]:
    """Return, by village, when any phone of its present role holders was last heard from."""
    rows = db.session.execute(
        select(RoleHolding.place_code, func.max(Enrolment.last_contact_at))
        .join(Enrolment, Enrolment.user_id == RoleHolding.user_id)
        .where(RoleHolding.place_code.in_(village_codes), Enrolment.revoked_at.is_(None))
        .where(RoleHolding.starts_on <= today())
        .where(or_(RoleHolding.ends_on.is_(None), RoleHolding.ends_on >= today()))
        .group_by(RoleHolding.place_code)
    )
    return {code: moment for code, moment in rows if moment is not None}


def find_inviter_name(invite: Invite) -> str | None:
    """Return the name of who made an invite, or None for the operator's command line."""
    return db.session.scalar(select(User.name).where(User.id == invite.made_by))


def find_names(user_ids: set[int]) -> dict[int, str]:
    """Return the names of these users by id; for readers whom the policy lets see authors."""
    rows = db.session.execute(select(User.id, User.name).where(User.id.in_(user_ids)))
    return {user_id: name for user_id, name in rows}
