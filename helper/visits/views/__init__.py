"""Pages of visits."""

from helper.visits.views import capture, clicker, log
from helper.visits.views.blueprint import bp

__all__ = ["bp", "capture", "clicker", "log"]
