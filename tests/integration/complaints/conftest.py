"""The service over each engine: what users of other products complain of must not happen on any of ours."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from kb_service.core.context import PUBLIC, Context
from kb_service.knowledge.service import searching
from kb_service.knowledge.service.searching import PointHit
from tests.support.searching import BigramEncoder
from tests.support.service import Service

Find = Callable[..., list[PointHit]]


@pytest.fixture(params=["embedded", pytest.param("elasticsearch", marks=pytest.mark.elasticsearch)])
def served(request: pytest.FixtureRequest, service: Service) -> Service:
    """The small city, searched by one engine or the other."""
    # How sure an answer must be is measured elsewhere; here a question in a point's own words is sure enough.
    service.parts.settings.answer_precision = 0.35
    if request.param == "elasticsearch":
        engine = request.getfixturevalue("open_elasticsearch")(BigramEncoder())
        return Service(service.world, replace(service.parts, engine=engine))
    return service


@pytest.fixture
def find(served: Service) -> Find:
    """What somebody finds, best first: `find("退休", by="agent")`."""

    def found(question: str, by: str = "public") -> list[PointHit]:
        served.index()
        now = served.parts.clock.now()
        ctx = Context(PUBLIC, now) if by == "public" else served.world.as_(by)
        with served.parts.database.read() as session:
            params = searching.SearchParams(q=question)
            return searching.search_points(session, ctx, served.parts.engine, params).hits

    return found
