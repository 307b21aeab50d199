"""The engines that must all keep the same promises."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from search.embedding.ports import Encoder
from search.engines.embedded import EmbeddedEngine
from search.ports import SearchEngine
from tests.support.searching import BigramEncoder

OpenEngine = Callable[..., SearchEngine]


@pytest.fixture(params=["embedded", pytest.param("elasticsearch", marks=pytest.mark.elasticsearch)])
def open_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenEngine]:
    """Opens the test's index; again and again, as other processes or a restart would."""
    if request.param == "elasticsearch":
        yield request.getfixturevalue("open_elasticsearch")
        return
    opened: list[SearchEngine] = []
    standard = BigramEncoder()

    def open_it(encoder: Encoder | None = standard) -> SearchEngine:
        opened.append(EmbeddedEngine(tmp_path / "index", encoder))
        return opened[-1]

    yield open_it
    for engine in opened:
        engine.close()


@pytest.fixture
def engine(open_engine: OpenEngine) -> SearchEngine:
    return open_engine()
