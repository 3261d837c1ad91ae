"""Signing in: PIN checks with lockout, devices and their enrolment, sessions, invites.

Hashing a PIN takes about 25 ms and must never happen while the write lock is held, so each act
here comes in two halves: look and compute first, then write.
"""

from dataclasses import dataclass
from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import delete, select, update

from helper.audit.service import record_event
from helper.core.clock import now
from helper.core.errors import InvalidError, NotFoundError
from helper.core.ids import hash_secret, new_secret
from helper.db import db
from helper.people.models import Device, DeviceSession, Enrolment, Invite, User
from helper.people.queries import find_user_by_phone
from helper.people.service import set_pin
from helper.security.actor import Actor
from helper.security.secrets import verify_pin

INVITE_LIFE = timedelta(hours=72)
OUTBOX_LIFE = timedelta(days=90)
# Wrong tries in a row -> wait; the tenth locks until a lead or officer unlocks (docs/security.md).
WAITS = {5: timedelta(minutes=1), 8: timedelta(minutes=15)}
LOCK_AT = 10


@dataclass(frozen=True)
class SignedIn:
    """Secrets for the cookies of a fresh sign-in; the database keeps their hashes."""

    session_token: str
    device_token: str
    outbox_token: str


def locked(user: User) -> bool:
    """Tell whether the account takes no PIN now."""
    return user.locked_for_good or (user.locked_until is not None and user.locked_until > now())


def find_enrolment(user: User, device_token: str | None) -> Enrolment | None:
    """Return the live enrolment of this person on the device of this cookie, or None."""
    if not device_token:
        return None
    return db.session.scalar(
        select(Enrolment)
        .join(Device, Device.id == Enrolment.device_id)
        .where(Device.token_hash == hash_secret(device_token), Enrolment.user_id == user.id)
        .where(Enrolment.revoked_at.is_(None))
    )


def record_wrong_pin(phone: str) -> None:
    """Count a wrong try against the account alone; others are not slowed by it."""
    user = find_user_by_phone(phone)
    if user is None:
        return
    # One statement, so that tries sent at once all count.
    user.failed_tries = User.failed_tries + 1
    db.session.flush()
    db.session.refresh(user)
    if user.failed_tries >= LOCK_AT:
        user.locked_for_good = True
        record_event(None, "account.lock", "user", user.id, via="web")
    elif user.failed_tries in WAITS:
        user.locked_until = now() + WAITS[user.failed_tries]


def start_session(user_id: int, device_token: str | None, device_name: str) -> SignedIn:
    """Open a session on a device, enrolling the person there if need be; new tokens every time."""
    user = db.session.get_one(User, user_id)
    user.failed_tries = 0
    user.locked_until = None
    device, device_token = _device(device_token, device_name)
    enrolment = db.session.scalar(
        select(Enrolment).where(Enrolment.device_id == device.id, Enrolment.user_id == user.id)
    )
    if enrolment is None:
        enrolment = Enrolment(device_id=device.id, user_id=user.id)
        db.session.add(enrolment)
    enrolment.revoked_at = None
    outbox_token = new_secret()
    enrolment.outbox_hash = hash_secret(outbox_token)
    enrolment.outbox_expires_at = now() + OUTBOX_LIFE
    enrolment.last_contact_at = now()
    db.session.flush()
    session_token = new_secret()
    session = DeviceSession(token_hash=hash_secret(session_token), enrolment_id=enrolment.id)
    db.session.add(session)
    db.session.flush()
    actor = Actor(user.id, user.name, via="session", device_id=device.id)
    record_event(actor, "session.start", "session", session.id, device_id=device.id)
    return SignedIn(session_token, device_token, outbox_token)


def confirm_pin(actor: Actor) -> None:
    """Note that the PIN was typed again in this session."""
    db.session.execute(
        update(DeviceSession).where(DeviceSession.id == actor.session_id).values(pin_at=now())
    )


def end_session(actor: Actor) -> None:
    """End this session; the enrolment and its outbox token stay, so unsent visits still arrive."""
    db.session.execute(
        update(DeviceSession).where(DeviceSession.id == actor.session_id).values(ended_at=now())
    )
    record_event(actor, "session.end", "session", actor.session_id)


def make_invite(actor: Actor | None, user: User) -> str:
    """Make a one-time invite for a person, ending any earlier unspent one; returns its token."""
    db.session.execute(
        update(Invite)
        .where(Invite.user_id == user.id, Invite.spent_at.is_(None), Invite.revoked_at.is_(None))
        .values(revoked_at=now())
    )
    token = new_secret(192)
    invite = Invite(
        token_hash=hash_secret(token),
        user_id=user.id,
        made_by=actor.user_id if actor else None,
        expires_at=now() + INVITE_LIFE,
    )
    db.session.add(invite)
    db.session.flush()
    record_event(actor, "invite.make", "invite", invite.id, user_id=user.id)
    return token


def usable(invite: Invite | None) -> bool:
    """Tell whether an invite can still be spent."""
    return (
        invite is not None
        and invite.spent_at is None
        and invite.revoked_at is None
        and invite.expires_at > now()
        and invite.user.left_at is None
    )


def spend_invite(
    token: str,
    pin_hash: str,
    device_token: str | None,
    device_name: str,
    phone: str | None = None,
) -> SignedIn:
    """Spend an invite: set the PIN, enrol the device, open a session.

    One statement claims the invite, so of many claims at once exactly one wins; the others get
    NotFoundError.
    """
    claimed = db.session.execute(
        update(Invite)
        .where(Invite.token_hash == hash_secret(token), Invite.spent_at.is_(None))
        .where(Invite.revoked_at.is_(None), Invite.expires_at > now())
        .values(spent_at=now())
        .returning(Invite.id, Invite.user_id)
    ).first()
    if claimed is None:
        raise NotFoundError("invite")
    user = db.session.get_one(User, claimed.user_id)
    if user.left_at is not None:
        raise InvalidError({"pin": _("Người này đã rời Tổ")})
    set_pin(user, pin_hash)
    user.phone = user.phone or phone
    signed_in = start_session(user.id, device_token, device_name)
    device = db.session.scalar(
        select(Device).where(Device.token_hash == hash_secret(signed_in.device_token))
    )
    db.session.execute(
        update(Invite)
        .where(Invite.id == claimed.id)
        .values(device_id=device.id if device else None)
    )
    record_event(None, "invite.spend", "invite", claimed.id, via="web", user_id=user.id)
    return signed_in


def forget_ended(before_days: int = 30) -> int:
    """Delete sessions and invites that ended long ago (retention); returns how many."""
    limit = now() - timedelta(days=before_days)
    old = (
        delete(DeviceSession).where(DeviceSession.ended_at < limit).returning(DeviceSession.id),
        delete(Invite).where(Invite.expires_at < limit).returning(Invite.id),
    )
    return sum(len(db.session.scalars(statement).all()) for statement in old)


def _device(token: str | None, name: str) -> tuple[Device, str]:
    if token:
        known = db.session.scalar(select(Device).where(Device.token_hash == hash_secret(token)))
        if known is not None:
            return known, token
    token = new_secret()
    device = Device(token_hash=hash_secret(token), name=name[:60])
    db.session.add(device)
    db.session.flush()
    return device, token


def pin_fits(actor: Actor, pin: str) -> bool:
    """Tell whether this is the actor's PIN; slow on purpose, so asked before a transaction."""
    user = db.session.get_one(User, actor.user_id)
    return not locked(user) and verify_pin(user.pin_hash, pin)


def note_pin_try(actor: Actor, *, fits: bool) -> None:
    """Note a PIN typed again for a sensitive act: a fit is fresh for five minutes, a miss counts
    towards the account's lock like any other."""
    user = db.session.get_one(User, actor.user_id)
    if fits:
        user.failed_tries = 0
        confirm_pin(actor)
    elif user.phone and not locked(user):
        record_wrong_pin(user.phone)
