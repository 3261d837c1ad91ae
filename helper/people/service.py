"""Writing people: users, roles, PINs, API tokens."""

from datetime import date, datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import update

from helper import policy
from helper.audit.service import record_event
from helper.core.clock import now, today
from helper.core.errors import ForbiddenError, InvalidError, NotFoundError
from helper.core.ids import hash_secret, new_secret
from helper.core.placecodes import Level
from helper.core.text import clean
from helper.db import db
from helper.people.models import ApiToken, Enrolment, RoleHolding, User
from helper.people.phones import parse_phone, weak_pin
from helper.people.queries import find_user_by_phone
from helper.places.queries import get_path
from helper.security.actor import Actor
from helper.security.permissions import Permission, Role
from helper.security.secrets import hash_pin

PIN_LENGTH = 6
TOKEN_LIFE = timedelta(days=365)

# A role is held at a place of one level only, so that the permission table means one thing.
ROLE_LEVELS = {
    Role.MEMBER: {Level.VILLAGE},
    Role.VILLAGE_LEAD: {Level.VILLAGE},
    Role.COMMUNE_OFFICER: {Level.COMMUNE},
    Role.PROVINCE_OFFICER: {Level.PROVINCE},
    Role.VIEWER: {Level.VILLAGE, Level.COMMUNE, Level.PROVINCE},
    Role.ADMIN: {Level.NATION},
}
INVITE_PERMISSIONS = {role: Permission(f"invite.{role}") for role in Role}


def add_user(name: str, phone: str | None) -> User:
    """Add a user without a PIN; InvalidError for an empty name, a wrong or a taken phone."""
    name = clean(name)
    if not name or len(name) > 80:
        raise InvalidError({"name": _("Cần họ tên, nhiều nhất 80 chữ")})
    user = User(name=name, phone=free_phone(phone))
    db.session.add(user)
    db.session.flush()
    return user


def free_phone(phone: str | None) -> str | None:
    """Return a number as stored, or None for an empty one; InvalidError when wrong or taken."""
    if not (phone or "").strip():
        return None
    number = parse_phone(phone or "")
    if number is None:
        raise InvalidError({"phone": _("Gõ đủ số điện thoại, ví dụ 0912 345 678")})
    if find_user_by_phone(number):
        raise InvalidError({"phone": _("Số điện thoại này đã có người dùng")})
    return number


def grant_role(
    actor: Actor | None,
    user: User,
    role: Role,
    place_code: str,
    *,
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> RoleHolding:
    """Give a person a role at a place; ForbiddenError where the actor may not invite to it.

    An actor of None is the command line of the operator.
    """
    path = get_path(place_code)
    if path.level not in ROLE_LEVELS[role]:
        raise InvalidError({"place": _("Vai trò này không đặt ở đơn vị này")})
    if actor is not None and not policy.allows(actor, INVITE_PERMISSIONS[role], path):
        raise ForbiddenError(role)
    holding = RoleHolding(
        user_id=user.id,
        role=role,
        place_code=place_code,
        starts_on=starts_on or today(),
        ends_on=ends_on,
    )
    db.session.add(holding)
    db.session.flush()
    record_event(actor, "role.grant", "user", user.id, place_code=place_code, role=str(role))
    return holding


def end_role(actor: Actor | None, holding_id: int, last_day: date, reason: str = "") -> None:
    """End a role on its last day; it loses access at the next request after that day."""
    holding = db.session.get(RoleHolding, holding_id)
    if holding is None:
        raise NotFoundError(str(holding_id))
    role = Role(holding.role)
    if actor is not None:
        path = get_path(holding.place_code)
        if not policy.allows(actor, INVITE_PERMISSIONS[role], path):
            raise ForbiddenError(role)
    holding.ends_on = last_day
    holding.reason = clean(reason)[:200] or None
    record_event(
        actor, "role.end", "user", holding.user_id, place_code=holding.place_code, role=str(role)
    )


def checked_pin(pin: str, phone: str | None, *, refuse_easy: bool = True) -> str:
    """Return the PIN when it is 6 digits and not too easy; InvalidError otherwise."""
    pin = pin.strip()
    if len(pin) != PIN_LENGTH or not pin.isascii() or not pin.isdigit():
        raise InvalidError({"pin": _("Cần đúng 6 chữ số")})
    if refuse_easy and weak_pin(pin, phone):
        raise InvalidError({"pin": _("6 số này dễ đoán. Đừng lấy ngày sinh, số lặp hay 123456")})
    return pin


def set_pin(user: User, pin_hash: str) -> None:
    """Store a new PIN hash and lift any lock; other rooms hash before the transaction begins."""
    user.pin_hash = pin_hash
    user.failed_tries = 0
    user.locked_until = None
    user.locked_for_good = False


def set_pin_for_phone(phone: str, pin: str) -> None:
    """Set a user's PIN from the operator's command line; NotFoundError for an unknown phone.

    The operator answers for how easy it is; a person choosing on a phone is held to the blocklist.
    """
    user = find_user_by_phone(parse_phone(phone) or "")
    if user is None:
        raise NotFoundError(phone)
    set_pin(user, hash_pin(checked_pin(pin, user.phone, refuse_easy=False)))
    record_event(None, "pin.set", "user", user.id)


def make_api_token(phone: str, name: str) -> str:
    """Make an API token with that user's scope; returns the token, which is stored hashed."""
    user = find_user_by_phone(parse_phone(phone) or "")
    if user is None:
        raise NotFoundError(phone)
    token = new_secret()
    row = ApiToken(
        user_id=user.id,
        name=clean(name)[:60],
        token_hash=hash_secret(token),
        expires_at=now() + TOKEN_LIFE,
    )
    db.session.add(row)
    db.session.flush()
    record_event(None, "token.make", "token", row.id, user_id=user.id)
    return token


def note_contact(actor: Actor, at: datetime | None = None) -> None:
    """Remember that this person's device was heard from."""
    if actor.device_id is None:
        return
    db.session.execute(
        update(Enrolment)
        .where(Enrolment.device_id == actor.device_id, Enrolment.user_id == actor.user_id)
        .values(last_contact_at=at or now())
    )
