"""The engines that must all keep the same promises."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from search.embedding.ports import Encoder
from search.engines.embedded import EmbeddedEngine
from search.ports import SearchEngine
from tests.support.searching import BigramEncoder

OpenEngine = Callable[..., SearchEngine]


@pytest.fixture(params=["embedded"])
def open_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenEngine]:
    """Opens the test's index; again and again, as other processes or a restart would."""
    opened: list[SearchEngine] = []
    standard = BigramEncoder()

    def open_it(encoder: Encoder | None = standard) -> SearchEngine:
        assert request.param == "embedded"
        opened.append(EmbeddedEngine(tmp_path / "index", encoder))
        return opened[-1]

    yield open_it
    for engine in opened:
        engine.close()


@pytest.fixture
def engine(open_engine: OpenEngine) -> SearchEngine:
    return open_engine()
