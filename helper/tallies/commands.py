"""`flask tallies check` and `flask tallies rebuild`."""

import sys

import click
from flask import current_app
from flask.cli import AppGroup

from helper.db import unit_of_work
from helper.tallies import proof
from helper.tallies.queries import latest_proof

tallies = AppGroup("tallies", help="Số tổng hợp / tallies.")
SHOWN = 50


@tallies.command("check")
def check() -> None:
    """Recount the log; exit 0 and `exact: ...`, or exit 1 and the differing cells."""
    recount = proof.check_tallies(_progress)
    with unit_of_work():
        proof.record_proof(recount)
    if recount.exact:
        click.echo(f"exact: {recount.visits} visits, {recount.cells} cells")
        return
    for key, stored, right in recount.differing[:SHOWN]:
        click.echo(f"differs: {key} stored {stored} recount {right}")
    click.echo(f"differing cells: {len(recount.differing)} of {recount.cells}")
    sys.exit(1)


@tallies.command("rebuild")
@click.option(
    "--if-cut-day-changed",
    is_flag=True,
    help="Only when the last recount was not exact, or HELPER_CUT_DAY has changed.",
)
def rebuild(if_cut_day_changed: bool) -> None:
    """Make all sums anew from the log."""
    last = latest_proof()
    cut_day = current_app.config["HELPER_CUT_DAY"]
    proven = last is not None and last.cut_day == cut_day and not last.differing
    if if_cut_day_changed and proven:
        return
    with unit_of_work():
        recount = proof.rebuild_tallies(_progress)
        proof.record_proof(recount)
    click.echo(f"rebuilt: {recount.visits} visits, {recount.cells} cells")


def _progress(visits: int) -> None:
    click.echo(f"… {visits}", err=True)
