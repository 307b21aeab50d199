"""Parts of integration tests of several features."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from kb_service.core.clock import FixedClock
from kb_service.core.context import SYSTEM, Context
from kb_service.core.db import Database
from kb_service.core.runtime import Runtime
from kb_service.core.settings import get_settings
from kb_service.identity.service import logins
from kb_service.regulations import profiles
from kb_service.regulations import service as regulations
from search.embedding.ports import Encoder
from search.engines.elasticsearch.engine import ElasticsearchEngine
from search.engines.elasticsearch.options import ElasticsearchOptions
from tests.conftest import MORNING
from tests.support import demo
from tests.support.databases import Databases
from tests.support.deadlines import TAIAN
from tests.support.knowledge import World, build_world
from tests.support.searching import BigramEncoder
from tests.support.service import Service, make_runtime, serve

OpenElasticsearch = Callable[..., ElasticsearchEngine]


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


@pytest.fixture
def open_elasticsearch(elasticsearch_url: str) -> Iterator[OpenElasticsearch]:
    """Opens the test's index, made of indices of its own that are gone afterwards."""
    index = f"test-{uuid.uuid4().hex[:12]}"
    opened: list[ElasticsearchEngine] = []
    standard = BigramEncoder()

    def open_it(encoder: Encoder | None = standard, **options: object) -> ElasticsearchEngine:
        # A busy machine is no failure; what is slow is measured elsewhere.
        chosen = {"urls": (elasticsearch_url,), "index": index, "replicas": 0, "search_s": 30.0, **options}
        opened.append(ElasticsearchEngine(ElasticsearchOptions(**chosen), encoder))  # type: ignore[arg-type]
        return opened[-1]

    yield open_it
    for engine in opened:
        engine.close()
    cleaner = ElasticsearchEngine(ElasticsearchOptions((elasticsearch_url,), index))
    cleaner.drop()
    cleaner.close()


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
def rules(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """The service under a city's rules, with the numbers its regulation leaves open and its rules continued."""

    def choose(city: str) -> None:
        monkeypatch.setenv("KB_PROFILE", city)
        get_settings.cache_clear()
        service.parts.settings.profile = city
        ctx = Context(SYSTEM, service.parts.clock.now())
        with service.parts.database.write() as session:
            profile = profiles.get_profile(city)
            if profile.validity.end is not None:
                until = profile.validity.end.replace(year=2030)
                regulations.record_continuation(session, ctx, city, until, "市政府通知", "市政府")
            if city == "taian-2025":
                for name, number in TAIAN.items():
                    regulations.supply_number(session, ctx, city, name, number, "市级清单")

    yield choose
    get_settings.cache_clear()


@pytest.fixture
def app(service: Service) -> FastAPI:
    return serve(service.parts)


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
