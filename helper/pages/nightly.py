"""`flask nightly`: retention, recount, clean-up; run again on the same day it changes nothing."""

import sys

import click
from flask.cli import with_appcontext

from helper.core.clock import today
from helper.db import unit_of_work
from helper.people.signin import forget_ended
from helper.tallies import proof
from helper.visits.retention import erase_expired


@click.command("nightly")
@with_appcontext
def nightly() -> None:
    """Erase what is past its time, recount every visit, drop what came back to nothing."""
    with unit_of_work():
        erased = erase_expired(today())
        forgotten = forget_ended()
        proof.drop_empty_cells()
    recount = proof.check_tallies(lambda visits: click.echo(f"… {visits}", err=True))
    with unit_of_work():
        proof.record_proof(recount)
    state = "exact" if recount.exact else f"{len(recount.differing)} differing cells"
    click.echo(f"erased {erased}, forgotten {forgotten}, recount of {recount.visits}: {state}")
    if not recount.exact:
        sys.exit(1)
