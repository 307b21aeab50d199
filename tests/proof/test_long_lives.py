"""Knowledge points driven through many more and longer lives than every change can afford."""

from pathlib import Path

import pytest

from search.engines.embedded import EmbeddedEngine
from tests.integration.knowledge import test_life
from tests.support import whole_lives
from tests.support.databases import Databases
from tests.support.plain_engine import PlainEngine

pytestmark = pytest.mark.proof
LIVES, STEPS = 400, 80


def test_many_long_lives_keep_every_promise(databases: Databases) -> None:
    test_life.run(databases, lambda: (PlainEngine(), lambda: None), lives=LIVES, steps=STEPS)


def test_many_lives_over_the_embedded_engine_keep_every_promise(databases: Databases, tmp_path: Path) -> None:
    numbers = iter(range(10**6))
    test_life.run(
        databases, lambda: (EmbeddedEngine(tmp_path / str(next(numbers))), lambda: None), lives=60, steps=50
    )


def test_many_whole_lives_keep_every_promise(databases: Databases, tmp_path: Path) -> None:
    whole_lives.run(databases, tmp_path, PlainEngine, lives=150, steps=60)


def test_many_whole_lives_over_the_embedded_engine_keep_every_promise(
    databases: Databases, tmp_path: Path
) -> None:
    numbers = iter(range(10**6))
    whole_lives.run(
        databases,
        tmp_path / "lives",
        lambda: EmbeddedEngine(tmp_path / "index" / str(next(numbers))),
        lives=30,
        steps=40,
    )
