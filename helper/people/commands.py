"""`flask user ...` and `flask token ...`, for the operator."""

import os
import sys

import click
import qrcode
from flask import current_app
from flask.cli import AppGroup

from helper.core.errors import InvalidError, NotFoundError
from helper.db import unit_of_work
from helper.people import service, signin
from helper.security.permissions import Role

user = AppGroup("user", help="Người dùng / users.")
token = AppGroup("token", help="Mã truy cập API / API tokens.")


@user.command("invite")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--place", required=True, help="Place code: VN, 08, 02221, 02221-003.")
@click.option("--name", required=True)
@click.option("--phone")
def invite(role: str, place: str, name: str, phone: str | None) -> None:
    """Make a user with a role and print a one-time address for the own phone."""
    try:
        with unit_of_work():
            person = service.add_user(name, phone)
            service.grant_role(None, person, Role(role), place)
            secret = signin.make_invite(None, person)
    except (InvalidError, NotFoundError) as error:
        raise click.ClickException(str(error)) from error
    local = f"http://{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
    base = current_app.config["HELPER_BASE_URL"] or local
    address = f"{base}/i/{secret}"
    if sys.stderr.isatty():
        # For the operator who holds a phone to the screen; what reads our output sees none of it.
        code = qrcode.QRCode(border=4)
        code.add_data(address)
        code.print_ascii(out=sys.stderr, invert=True)
    click.echo(address)


@user.command("set-pin")
@click.option("--phone", required=True)
def set_pin(phone: str) -> None:
    """Set a user's PIN, read from standard input."""
    pin = sys.stdin.readline().strip()
    try:
        with unit_of_work():
            service.set_pin_for_phone(phone, pin)
    except (InvalidError, NotFoundError) as error:
        raise click.ClickException(str(error)) from error
    click.echo("Đã đặt 6 số / PIN set")


@token.command("make")
@click.option("--phone", required=True)
@click.option("--name", required=True)
def make(phone: str, name: str) -> None:
    """Print an API token with that user's scope (the last word of the last line)."""
    try:
        with unit_of_work():
            secret = service.make_api_token(phone, name)
    except NotFoundError as error:
        raise click.ClickException(f"Không có số này / unknown phone: {error}") from error
    click.echo(f"Giữ kín mã này, chỉ hiện một lần / shown once: {secret}")
