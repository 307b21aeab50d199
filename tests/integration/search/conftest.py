"""The engines that must all keep the same promises."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from search.embedding.ports import Encoder
from search.engines.elasticsearch.engine import ElasticsearchEngine
from search.engines.elasticsearch.options import ElasticsearchOptions
from search.engines.embedded import EmbeddedEngine
from search.ports import SearchEngine
from tests.support.searching import BigramEncoder

OpenEngine = Callable[..., SearchEngine]
OpenElasticsearch = Callable[..., ElasticsearchEngine]


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
