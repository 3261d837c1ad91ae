"""The declarative base and the Flask-SQLAlchemy object that every room shares."""

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase


class Model(DeclarativeBase):
    """Base of all models; constraint names are fixed, so one migration serves both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


# expire_on_commit is off: rows read in a request stay readable after its one commit.
db = SQLAlchemy(model_class=Model, session_options={"expire_on_commit": False})
