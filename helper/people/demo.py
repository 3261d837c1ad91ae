"""The demo's accounts, listed on its sign-in page; there are none in production."""

from sqlalchemy import select

from helper.db import db
from helper.people.models import RoleHolding, User
from helper.people.phones import DEMO_PREFIX
from helper.places.queries import list_places

DEMO_PIN = "739158"
SHOWN = 12


def has_demo_people() -> bool:
    """Tell whether the database holds people of the demo, whose PIN everybody knows."""
    found = db.session.scalar(select(User.id).where(User.phone.startswith(DEMO_PREFIX)).limit(1))
    return found is not None


def list_demo_accounts(limit: int = SHOWN) -> list[tuple[str, ...]]:
    """Return (phone, PIN, role, place, name, code) of the demo's own accounts, by phone number."""
    rows = db.session.execute(
        select(User, RoleHolding)
        .join(RoleHolding, RoleHolding.user_id == User.id)
        .where(User.phone.startswith(DEMO_PREFIX), User.left_at.is_(None))
        .order_by(User.phone, RoleHolding.id)
        .limit(limit)
    ).all()
    titles = {place.code: place.title for place in list_places(h.place_code for _u, h in rows)}
    return [
        (
            str(user.phone),
            DEMO_PIN,
            holding.role,
            titles.get(holding.place_code, ""),
            user.name,
            holding.place_code,
        )
        for user, holding in rows
    ]
