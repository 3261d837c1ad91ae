"""`flask dev ...`: demo and scale data, never in production."""

import sys
from datetime import date, datetime, time
from random import Random

import click
from flask.cli import AppGroup

from helper.core.clock import LOCAL_ZONE, now, today, travel
from helper.db import unit_of_work
from helper.dev.log import seed_visits
from helper.dev.people import seed_places_and_people
from helper.people.demo import list_demo_accounts
from helper.people.queries import count_users
from helper.tallies import proof

dev = AppGroup("dev", help="Số liệu thử / demo data.")
VISITS = {"demo": 2600, "commune": 2600, "province": 20_000}


@dev.command("is-empty")
def is_empty() -> None:
    """Exit 0 when the database has no users."""
    sys.exit(1 if count_users() else 0)


@dev.command("accounts")
def accounts() -> None:
    """Print the demo accounts, one a line: phone, PIN, role, place."""
    for phone, pin, role, place, _name, code in list_demo_accounts(6):
        click.echo(f"{phone[:4]} {phone[4:7]} {phone[7:]}  {pin}  {role}  {place} ({code})")


@dev.command("seed")
@click.option("--size", type=click.Choice(list(VISITS)), default="demo")
@click.option("--visits", type=click.IntRange(0), default=None, help="0: places and people only.")
@click.option("--seed", type=int, default=7)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), default=None)
def seed(size: str, visits: int | None, seed: int, until: datetime | None) -> None:
    """Fill an empty database with plausible data; the same seed and date give the same data."""
    if count_users():
        raise click.ClickException("Chỉ gieo vào cơ sở dữ liệu trống / the database is not empty")
    last_day: date = until.date() if until else today()
    rng = Random(seed)
    count = VISITS[size] if visits is None else visits
    evening = datetime.combine(last_day, time(20), LOCAL_ZONE)
    # The clock stands in the evening of that day: flags and contacts must not depend on today.
    with travel(evening - now()):
        with unit_of_work():
            villages = seed_places_and_people(size, rng, last_day)
        seed_visits(villages, count, rng, last_day, _progress)
    recount = proof.check_tallies()
    with unit_of_work():
        proof.record_proof(recount)
    click.echo(f"{len(villages)} thôn, {count} phiếu / {len(villages)} villages, {count} visits")


def _progress(done: int) -> None:
    if done % 1000 == 0:
        click.echo(f"… {done}", err=True)
