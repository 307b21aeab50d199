"""A small city with people who write and review."""

from collections.abc import Iterator

import pytest

from kb_service.core.clock import FixedClock
from kb_service.core.db import Database
from tests.support.databases import Databases
from tests.support.knowledge import World, build_world


@pytest.fixture
def world_url(databases: Databases) -> Iterator[str]:
    if not databases.has("knowledge"):
        databases.build("knowledge", build_world, start="empty")
    url = databases.copy("knowledge")
    yield url
    databases.drop(url)


@pytest.fixture
def world(world_url: str, clock: FixedClock) -> Iterator[World]:
    database = Database(world_url)
    yield World(database, clock)
    database.dispose()
