"""Parts of integration tests of several features."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kb_service.core.clock import FixedClock
from kb_service.core.db import Database
from tests.support.databases import Databases
from tests.support.knowledge import World, build_world
from tests.support.service import Service, make_runtime


@pytest.fixture
def service(databases: Databases, clock: FixedClock, tmp_path: Path) -> Iterator[Service]:
    if not databases.has("knowledge"):
        databases.build("knowledge", build_world, start="empty")
    url = databases.copy("knowledge")
    database = Database(url)
    parts = make_runtime(database, clock, tmp_path)
    yield Service(World(database, clock), parts)
    parts.engine.close()
    database.dispose()
    databases.drop(url)
