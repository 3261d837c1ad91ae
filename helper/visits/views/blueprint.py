"""The blueprint that the pages of visits share."""

from flask import Blueprint

bp = Blueprint("visits", __name__)
