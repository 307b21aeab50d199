"""The demo city, loaded through the same doors as a user's files, for tests that only ask."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kb_service.app import build_runtime
from kb_service.core.clock import Clock
from kb_service.core.db import WriteSession
from kb_service.core.runtime import Runtime
from kb_service.core.settings import Settings
from kb_service.demo.loader import load_demo_city


def load(url: str, folder: Path, clock: Clock) -> Runtime:
    settings = Settings(var_dir=folder, database_url=url, worker=False, profile="demo")
    parts = build_runtime(settings, clock=clock)
    load_demo_city(parts, lambda _: None, with_past=False)
    return parts


@contextmanager
def unkept(parts: Runtime) -> Iterator[WriteSession]:
    """A session of which nothing stays, so that one city serves many tests."""
    with parts.database.write() as session:
        yield session
        session.rollback()
