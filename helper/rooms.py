"""The register: the only module that knows every room."""

from flask import Flask

from helper.api import views as api
from helper.catalogue import words
from helper.pages import health, nightly
from helper.pages import views as pages
from helper.people import commands as people_commands
from helper.people import login
from helper.people import views as people
from helper.places import commands as places_commands
from helper.sync import views as sync
from helper.tallies import commands as tallies_commands
from helper.tallies import service as tallies_service
from helper.tallies import views as tallies
from helper.visits import views as visits
from helper.web import access, assets, errors, formats, headers, i18n, logs, navigation


def open_rooms(app: Flask) -> None:
    """Connect every room to the app: edges first, then rooms from the lowest floor up."""
    for edge in (logs, access, errors, headers, i18n, formats, assets, navigation):
        edge.init_app(app)
    login.init_app(app)
    words.init_app(app)
    tallies_service.init_app()
    for room in (health, people, visits, tallies, sync, api, pages):
        app.register_blueprint(room.bp)
    for group in (
        places_commands.units,
        people_commands.user,
        people_commands.token,
        tallies_commands.tallies,
        nightly.nightly,
        api.openapi_command,
    ):
        app.cli.add_command(group)
    if app.config["DEMO"]:
        from helper.dev.commands import dev
        from helper.dev.patterns import bp as patterns

        app.cli.add_command(dev)
        app.register_blueprint(patterns)
