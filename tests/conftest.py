"""Parts that tests share: databases, the clock, who acts, a browser, the outside data."""

import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from kb_service.core.clock import CITY, FixedClock
from kb_service.core.db import Database
from tests.support import elasticsearch
from tests.support.contexts import ContextBuilder
from tests.support.databases import (
    Databases,
    PostgresDatabases,
    SqliteDatabases,
    migrate,
    share_compiled_statements,
)
from tests.support.lacking import EVERYTHING_IS_HERE, lacking
from tests.support.postgresql import PostgresServer, find_binaries

pytest_plugins = ["tests.support.browser"]

# A property may be slow on a busy machine: how long something takes is measured by `kb bench`. At a desk each
# run tries new examples; where changes land, the same ones, so that no change is held up by another's fault.
settings.register_profile(
    "house", deadline=None, derandomize=EVERYTHING_IS_HERE, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")
share_compiled_statements()

KIND = os.environ.get("KB_TEST_DATABASE", "sqlite")
MORNING = datetime(2026, 11, 20, 10, 0, tzinfo=CITY).astimezone(UTC)
MARKED = {"databases": "database", "browser": "browser", "elasticsearch_url": "elasticsearch"}
# What a browser shows and what another search server finds does not hang on the kind of database: both are looked
# at in one round.
ELSEWHERE = {"sqlite": ("postgresql",), "postgresql": ("browser", "elasticsearch")}
SERVER = pytest.StashKey[PostgresServer]()


def pytest_configure(config: pytest.Config) -> None:
    if KIND not in {"sqlite", "postgresql"}:
        raise pytest.UsageError("KB_TEST_DATABASE is sqlite or postgresql")
    started_by_controller = hasattr(config, "workerinput")
    if not started_by_controller:
        # Made here and started by the first test that needs it, so that it costs the others nothing.
        os.environ[elasticsearch.RUN_VARIABLE] = f"{tempfile.mkdtemp(prefix='kb-es-')}:{os.getpid()}"
    if KIND == "sqlite" or started_by_controller or os.environ.get("KB_TEST_POSTGRESQL"):
        return
    binaries = find_binaries()
    if binaries is not None:
        config.stash[SERVER] = server = PostgresServer(binaries)
        server.start()
        os.environ["KB_TEST_POSTGRESQL"] = server.url


def pytest_unconfigure(config: pytest.Config) -> None:
    server = config.stash.get(SERVER, None)
    if server is not None:
        server.stop()
    if not hasattr(config, "workerinput") and elasticsearch.RUN_VARIABLE in os.environ:
        run, _ = os.environ.pop(elasticsearch.RUN_VARIABLE).split(":")
        elasticsearch.end_shared(Path(run))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        for fixture in MARKED.keys() & set(getattr(item, "fixturenames", ())):
            item.add_marker(MARKED[fixture])
    elsewhere = ELSEWHERE[KIND]
    other_round = [item for item in items if any(item.get_closest_marker(name) for name in elsewhere)]
    if other_round:
        items[:] = [item for item in items if item not in other_round]
        config.hook.pytest_deselected(items=other_round)


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if EVERYTHING_IS_HERE and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Templates and copies of them; the template `empty` has the newest tables and no rows but their own."""
    if KIND == "sqlite":
        sqlite = SqliteDatabases(tmp_path_factory.mktemp("databases"))
        sqlite.build("empty", migrate)
        yield sqlite
        return
    admin_url = os.environ.get("KB_TEST_POSTGRESQL")
    if not admin_url:
        lacking("PostgreSQL: install its server, or set KB_TEST_POSTGRESQL to the address of one")
    # Not by the plugin's fixture: the long checks run without the plugin.
    postgres = PostgresDatabases(admin_url, os.environ.get("PYTEST_XDIST_WORKER", "master"))
    try:
        postgres.build("empty", migrate)
        yield postgres
    finally:
        postgres.drop_templates()


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """A migrated base of its own; for tests that open it themselves, or in another process."""
    url = databases.copy("empty")
    yield url
    databases.drop(url)


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.dispose()


@pytest.fixture
def clock() -> FixedClock:
    """Friday 20 November 2026, ten in the morning in the city."""
    return FixedClock(MORNING)


@pytest.fixture
def ctx(clock: FixedClock) -> ContextBuilder:
    """`ctx()` is the system; `ctx("unit_editor", unit_id=3)` somebody with that role."""
    return ContextBuilder(clock)


@pytest.fixture(scope="session")
def elasticsearch_home() -> Path:
    """A distribution of Elasticsearch, for tests that start and stop a server themselves."""
    home = elasticsearch.find_distribution()
    if home is None:
        lacking("Elasticsearch: run `make elasticsearch`, and set KB_TEST_ELASTICSEARCH to its folder")
    return home


@pytest.fixture(scope="session")
def elasticsearch_url() -> str:
    """A server that all tests share; each makes an index of its own."""
    named = os.environ.get(elasticsearch.VARIABLE, "")
    if "://" in named:
        return named
    home = elasticsearch.find_distribution()
    if home is None:
        lacking(
            "Elasticsearch: run `make elasticsearch`, and set KB_TEST_ELASTICSEARCH to its folder or a server"
        )
    run, owner = os.environ[elasticsearch.RUN_VARIABLE].split(":")
    return elasticsearch.shared_server(home, Path(run), int(owner))


@pytest.fixture(scope="session")
def outside_data() -> Path:
    """The folder named by KB_DATA."""
    folder = os.environ.get("KB_DATA")
    if not folder or not Path(folder).is_dir():
        lacking("outside data: set KB_DATA to its folder")
    return Path(folder)
