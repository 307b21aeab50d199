"""Databases for tests: built once as a template, copied for each test.

What a copy costs is told in docs/decisions/0019.
"""

import os
import shutil
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import create_engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

from kb_service.core import db
from kb_service.core.db import Database
from kb_service.core.migrations import upgrade
from tests.support.postgresql import create_database, drop_database

Builder = Callable[[Database], None]
STATEMENTS = 3_000


def share_compiled_statements() -> None:
    """Lets every engine of a kind use what another has compiled. A service opens one and compiles a statement once;
    tests open one each, and spent a seventh of their time on compiling the same again.
    """
    for dialect in (PGDialect_psycopg, SQLiteDialect_pysqlite):
        dialect.__eq__ = _of_one_type  # type: ignore[method-assign]
        dialect.__hash__ = _by_type  # type: ignore[method-assign]
    kept: LRUCache[Any, Any] = LRUCache(STATEMENTS)
    vars(db)["create_engine"] = partial(create_engine, execution_options={"compiled_cache": kept})


def _of_one_type(self: object, other: object) -> bool:
    return type(self) is type(other)


def _by_type(self: object) -> int:
    return hash(type(self))


def migrate(database: Database) -> None:
    """Brings an empty base to the newest tables, by the migrations that users run."""
    upgrade(database)


class Databases(Protocol):
    """Makes databases of one kind; `copy` gives the address of a fresh copy of a template."""

    kind: str

    def has(self, template: str) -> bool: ...

    def build(self, template: str, builder: Builder, *, start: str | None = None) -> None: ...

    def copy(self, template: str) -> str: ...

    def drop(self, url: str) -> None: ...


class SqliteDatabases:
    kind = "sqlite"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = count(1)

    def has(self, template: str) -> bool:
        return self._file(template).exists()

    def build(self, template: str, builder: Builder, *, start: str | None = None) -> None:
        unfinished = self.folder / f"{template}.unfinished.db"
        if start:
            shutil.copyfile(self._file(start), unfinished)
        database = Database(f"sqlite:///{unfinished}")
        builder(database)
        database.dispose()
        unfinished.rename(self._file(template))

    def copy(self, template: str) -> str:
        folder = self.folder / f"copy-{next(self._numbers)}"
        folder.mkdir()
        shutil.copyfile(self._file(template), folder / "kb.db")
        return f"sqlite:///{folder / 'kb.db'}"

    def drop(self, url: str) -> None:
        shutil.rmtree(Path(url.removeprefix("sqlite:///")).parent)

    def _file(self, template: str) -> Path:
        return self.folder / f"{template}.db"


class PostgresDatabases:
    kind = "postgresql"

    def __init__(self, admin_url: str, worker: str) -> None:
        self.admin_url = admin_url
        self.prefix = f"kbtest_{worker}_{os.getpid()}"
        self._templates: set[str] = set()
        self._numbers = count(1)

    def has(self, template: str) -> bool:
        return template in self._templates

    def build(self, template: str, builder: Builder, *, start: str | None = None) -> None:
        name = self._name(template)
        create_database(self.admin_url, name, template=self._name(start) if start else None)
        database = Database(self._url(name))
        builder(database)
        database.dispose()
        self._templates.add(template)

    def copy(self, template: str) -> str:
        name = f"{self.prefix}_{next(self._numbers)}"
        create_database(self.admin_url, name, template=self._name(template))
        return self._url(name)

    def drop(self, url: str) -> None:
        drop_database(self.admin_url, self._database(url))

    def drop_templates(self) -> None:
        for template in self._templates:
            drop_database(self.admin_url, self._name(template))

    def _name(self, template: str) -> str:
        return f"{self.prefix}_{template}"

    def _url(self, name: str) -> str:
        address, _, options = self.admin_url.partition("?")
        return f"{address.rpartition('/')[0]}/{name}" + (f"?{options}" if options else "")

    def _database(self, url: str) -> str:
        return url.partition("?")[0].rpartition("/")[2]
