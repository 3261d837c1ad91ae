"""Seeding places and people: villages under communes, teams with their decisions, accounts."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from helper.core.clock import now
from helper.core.ids import hash_secret
from helper.db import db
from helper.dev.names import DEMO_VILLAGES, person_name, village_names
from helper.people.demo import DEMO_PIN
from helper.people.models import Device, Enrolment, RoleHolding, Team, User
from helper.places.models import Place
from helper.places.queries import list_children
from helper.places.service import add_village
from helper.security.actor import Actor, Grant
from helper.security.permissions import Role
from helper.security.secrets import hash_pin

PROVINCE = "08"
MEMBERS = 4  # a village's team: a lead and, with this number, at most five
CARDS_A_VILLAGE = 60
FIRST_TEAM_PHONE = 100


@dataclass
class SeededVillage:
    """A village with the people who log there and the cards handed out."""

    place: Place
    team: list[Actor] = field(default_factory=list)
    cards: list[str] = field(default_factory=list)
    skill: float = 0.5  # how many of the helped can do it alone afterwards
    busy: float = 1.0
    silent: bool = False


class PeopleSeeder:
    """Makes users without asking for the slow hash each time: demo accounts share one PIN."""

    def __init__(self, rng: Random, until: date) -> None:
        self.rng = rng
        self.since = until - timedelta(days=400)
        self.pin_hash = hash_pin(DEMO_PIN)
        self.next_phone = FIRST_TEAM_PHONE

    def user(self, name: str | None = None, phone_number: int | None = None) -> User:
        """Make a user; numbers run out after 999, later ones have none."""
        if phone_number is None and self.next_phone < 1000:
            phone_number = self.next_phone
            self.next_phone += 1
        user = User(
            name=name or person_name(self.rng),
            phone=f"0900000{phone_number:03d}" if phone_number is not None else None,
            pin_hash=self.pin_hash,
        )
        db.session.add(user)
        db.session.flush()
        return user

    def hold(self, user: User, role: Role, place: str) -> None:
        """Give a role since a year ago."""
        db.session.add(
            RoleHolding(user_id=user.id, role=role, place_code=place, starts_on=self.since)
        )

    def enrol(self, user: User, quiet_days: int) -> None:
        """Give the person a phone last heard from so many days ago."""
        secret = f"demo-device-{user.id}-{self.rng.random()}"
        device = Device(token_hash=hash_secret(secret), name="Android · Chrome")
        db.session.add(device)
        db.session.flush()
        heard = now() - timedelta(days=quiet_days, hours=self.rng.randrange(12))
        db.session.add(Enrolment(device_id=device.id, user_id=user.id, last_contact_at=heard))


def seed_places_and_people(size: str, rng: Random, until: date) -> list[SeededVillage]:
    """Make villages, teams and accounts for a size; returns the villages that log."""
    seeder = PeopleSeeder(rng, until)
    villages: list[SeededVillage] = []
    for commune in _communes(size):
        for name, type_ in _village_list(size, commune, rng):
            place = add_village(None, commune, name, type_)
            villages.append(_seed_village(seeder, place, rng))
    _seed_accounts(seeder, villages)
    _quieten(villages, rng)
    _seed_phones(seeder, villages)
    return villages


def _communes(size: str) -> list[str]:
    if size == "province":
        return [view.code for view in list_children(PROVINCE)]
    return ["02221"] if size == "commune" else list(DEMO_VILLAGES)


def _village_list(size: str, commune: str, rng: Random) -> list[tuple[str, str]]:
    is_ward = any(
        view.code == commune and view.type == "phường" for view in list_children(PROVINCE)
    )
    names = DEMO_VILLAGES.get(commune) if size != "province" else None
    names = names or village_names(rng, rng.randint(24, 37))
    return [(name, "tổ dân phố" if is_ward else "thôn") for name in names]


def _seed_village(seeder: PeopleSeeder, place: Place, rng: Random) -> SeededVillage:
    village = SeededVillage(place, skill=rng.uniform(0.35, 0.7), busy=rng.uniform(0.5, 1.6))
    db.session.add(
        Team(
            place_code=place.code,
            decision_number=f"{rng.randint(10, 240)}/QĐ-UBND",
            decision_on=seeder.since,
        )
    )
    for n in range(rng.randint(2, MEMBERS)):
        user = seeder.user()
        role = Role.VILLAGE_LEAD if n == 0 else Role.MEMBER
        seeder.hold(user, role, place.code)
        village.team.append(Actor(user.id, user.name, (Grant(role, place.path),), via="command"))
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    village.cards = ["".join(rng.choices(alphabet, k=10)) for _ in range(CARDS_A_VILLAGE)]
    return village


def _seed_accounts(seeder: PeopleSeeder, villages: list[SeededVillage]) -> None:
    """Make one account of each role, in the village that the pictures and the guide use."""
    home = next((v for v in villages if v.place.code == "02221-005"), villages[0])
    commune = str(home.place.commune_code)
    accounts = (
        (1, "Hoàng Thị Nhung", Role.MEMBER, home.place.code),
        (2, "Ma Văn Tuấn", Role.VILLAGE_LEAD, home.place.code),
        (3, "Nông Thị Hạnh", Role.COMMUNE_OFFICER, commune),
        (4, "Trần Quốc Hải", Role.PROVINCE_OFFICER, PROVINCE),
        (5, "Lý Thị Mai", Role.VIEWER, commune),
        (6, "Quản trị kỹ thuật", Role.ADMIN, "VN"),
    )
    for number, name, role, place in accounts:
        user = seeder.user(name, number)
        seeder.hold(user, role, place)
        if role in {Role.MEMBER, Role.VILLAGE_LEAD}:
            path = home.place.path
            home.team.append(Actor(user.id, name, (Grant(role, path),), via="command"))


def _quieten(villages: list[SeededVillage], rng: Random) -> None:
    """Let some villages stay silent: the tallies must show them."""
    candidates = [v for v in villages if v.place.code != "02221-005"]
    for village in rng.sample(candidates, max(1, len(candidates) // 14)):
        village.silent = True


def _seed_phones(seeder: PeopleSeeder, villages: list[SeededVillage]) -> None:
    unheard = True
    for village in villages:
        quiet = 0
        if village.silent:
            quiet, unheard = (12 if unheard else 1), not unheard
        for actor in village.team:
            user = db.session.get_one(User, actor.user_id)
            seeder.enrol(user, quiet)
