"""The pattern page: every component with examples, in the demo only."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from helper.web.access import public

bp = Blueprint("patterns", __name__)


@bp.get("/patterns")
@public
def index() -> ResponseReturnValue:
    """Show every component in every state."""
    return render_template("patterns/index.html")
