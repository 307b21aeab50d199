"""Parts of integration tests of several features."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from kb_service.core.clock import FixedClock
from kb_service.core.context import SYSTEM, Context
from kb_service.core.db import Database
from kb_service.core.runtime import Runtime
from kb_service.identity.service import logins
from tests.conftest import MORNING
from tests.support import demo
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


@pytest.fixture(scope="session")
def demo_city(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """The demo city with its index, on the morning of the fixture `clock`; what a test writes it must not keep."""
    url = databases.copy("empty")
    parts = demo.load(url, tmp_path_factory.mktemp("demo"), FixedClock(MORNING))
    yield parts
    parts.engine.close()
    parts.database.dispose()
    databases.drop(url)


@pytest.fixture
def app(service: Service) -> FastAPI:
    from kb_service.app import create_app

    return create_app(service.parts)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A browser that is not logged in; errors of the service come back as it would send them."""
    with TestClient(app, raise_server_exceptions=False, base_url="http://localhost") as opened:
        yield opened


@pytest.fixture
def bearer(service: Service) -> Callable[..., dict[str, str]]:
    """Headers of a fresh token: `bearer("agent")`."""

    def make(role: str, unit: str = "U-ZX") -> dict[str, str]:
        ctx = Context(SYSTEM, service.parts.clock.now())
        with service.parts.database.write() as session:
            text = logins.create_token(session, ctx, role=role, unit_code=unit, name=f"测试 {role}")
        return {"Authorization": f"Bearer {text}"}

    return make
