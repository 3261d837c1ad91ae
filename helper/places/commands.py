"""`flask units`: the official list of provinces and communes."""

from pathlib import Path

import click
from flask.cli import AppGroup

from helper.db import unit_of_work
from helper.places import service

units = AppGroup("units", help="Đơn vị hành chính / administrative units.")


@units.command("load")
@click.argument("csv_file", required=False, type=click.Path(exists=True, path_type=Path))
def load(csv_file: Path | None) -> None:
    """Load the official units; loading again changes nothing."""
    with unit_of_work():
        report = service.load_units(csv_file or service.OFFICIAL_LIST)
    click.echo(
        f"{report.total} đơn vị: thêm {report.added}, đổi tên {report.renamed} / "
        f"units: {report.added} added, {report.renamed} renamed"
    )
