"""Front door: `gunicorn app:app`, `flask --app app ...`."""

from helper import create_app

app = create_app()
