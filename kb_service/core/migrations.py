"""Brings a database to the tables of this version."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

import kb_service
from kb_service.core.db import Database

_PACKAGE = Path(kb_service.__file__).parent


def config(url: str) -> Config:
    """In a checkout the migrations stand beside the package, in an installed wheel inside it."""
    inside = _PACKAGE / "_alembic"
    folder = inside if inside.exists() else _PACKAGE.parent / "alembic"
    made = Config()
    made.set_main_option("script_location", str(folder))
    made.attributes["url"] = url
    return made


def is_current(database: Database) -> bool:
    with database.engine.connect() as connection:
        at = MigrationContext.configure(connection).get_current_revision()
    return at == ScriptDirectory.from_config(config(database.url)).get_current_head()


def upgrade(database: Database) -> None:
    command.upgrade(config(database.url), "head")
