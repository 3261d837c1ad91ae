"""The database: one declarative base, one unit of work, SQLite and PostgreSQL alike."""

from helper.db.base import Model, db
from helper.db.uow import before_commit, scratch, unit_of_work

__all__ = ["Model", "before_commit", "db", "scratch", "unit_of_work"]
