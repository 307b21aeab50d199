"""Brings a database to the tables of this version.

Alembic is imported where it is needed only: a service whose tables are current starts without it.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

import kb_service
from kb_service.core.db import Database

if TYPE_CHECKING:
    from alembic.config import Config

_PACKAGE = Path(kb_service.__file__).parent


def folder() -> Path:
    """In a checkout the migrations stand beside the package, in an installed wheel inside it."""
    inside = _PACKAGE / "_alembic"
    return inside if inside.exists() else _PACKAGE.parent / "alembic"


def head() -> str:
    """The newest revision: files are numbered, and begin with their number."""
    return max(path.name for path in (folder() / "versions").glob("[0-9]*.py")).partition("_")[0]


def config(url: str) -> "Config":
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(folder()))
    made.attributes["url"] = url
    return made


def is_current(database: Database) -> bool:
    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == head()


def upgrade(database: Database) -> None:
    from alembic import command

    command.upgrade(config(database.url), "head")
