"""A question is understood, and what finds nothing is looked for in other words: over a real base and both engines."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kb_service.core.clock import epoch
from kb_service.core.context import SYSTEM, Context
from kb_service.identity.schemas import RegionIn
from kb_service.identity.service import people
from kb_service.knowledge.indexing import drain
from kb_service.knowledge.service import fallback, mentions, searching, words
from kb_service.knowledge.service.searching import PointHits, SearchParams
from search.analysis.words import install_words
from search.engines.embedded import EmbeddedEngine
from search.guide import Guide
from search.ports import Query, SearchEngine
from tests.support.knowledge import World, faq


@pytest.fixture(params=["embedded", pytest.param("elasticsearch", marks=pytest.mark.elasticsearch)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SearchEngine]:
    if request.param == "elasticsearch":
        yield request.getfixturevalue("open_elasticsearch")()
        return
    made = EmbeddedEngine(tmp_path / "index")
    yield made
    made.close()


def search(world: World, engine: SearchEngine, q: str, by: str = "agent", **params: Any) -> PointHits:
    while drain(world.database, engine, world.clock):
        pass
    with world.database.read() as session:
        return searching.search_points(session, world.as_(by), engine, SearchParams(q, **params))


def titles(found: PointHits) -> list[str]:
    return [hit.title for hit in found.hits]


def test_pinyin_is_tried_where_nothing_is_found_and_the_result_says_so(
    world: World, engine: SearchEngine
) -> None:
    world.publish(faq("公积金提取"))
    found = search(world, engine, "gongjijin")
    assert titles(found) == ["公积金提取"]
    assert found.instead == "公积金"
    assert all(hit.confidence <= fallback.SUREST for hit in found.hits)


def test_the_fallback_is_never_tried_where_something_is_found(world: World, engine: SearchEngine) -> None:
    world.publish(faq("公积金提取"))
    found = search(world, engine, "公积今提取")
    assert found.hits
    assert found.instead == ""


def test_a_homophone_is_repaired_with_words_of_what_was_published_since(
    world: World, engine: SearchEngine
) -> None:
    world.publish(faq("居住证办理"))
    assert search(world, engine, "晶铸政").hits == []
    world.publish(faq("护照换发"))
    assert search(world, engine, "户罩").instead == "护照"


def test_nobody_learns_a_word_from_what_they_may_not_see(world: World, engine: SearchEngine) -> None:
    world.publish(faq("涅槃方案", audience="agents"))
    assert search(world, engine, "niepanfangan", by="agent").instead == "涅槃方案"
    outside = search(world, engine, "niepanfangan", by="public")
    assert (outside.hits, outside.instead) == ([], "")


def test_the_kind_of_answer_and_the_unit_asked_for_are_told(world: World, engine: SearchEngine) -> None:
    world.publish(faq("退休办理"))
    found = search(world, engine, "市人力资源和社会保障局的退休办理要什么材料")
    assert found.asks == "documents"
    assert [(each.kind, each.code) for each in found.named] == [("unit", "U-RSJ")]


def test_what_is_named_goes_first_and_leaves_nothing_out(world: World, engine: SearchEngine) -> None:
    for title in ("退休办理", "退休年龄", "失业登记", "养老金发放", "社保卡补办", "灵活就业参保"):
        world.publish(faq(title))
    named = search(world, engine, "东湖区退休")
    assert [each.kind for each in named.named] == ["region"]
    query = Query("退休办理年龄", frozenset({"public"}), epoch(world.clock.now()))
    plain = engine.search(query).hits
    last = plain[-1].document
    leaning = Guide(near_units=frozenset({last.unit}), near_regions={last.region: 1.0, "elsewhere": 1.0})
    leant = engine.search(replace(query, guide=leaning)).hits
    assert {hit.document.code for hit in leant} == {hit.document.code for hit in plain}
    gained = {hit.document.code: hit.score for hit in leant}
    assert all(gained[hit.document.code] > hit.score for hit in plain)
    assert all(hit.parts["unit"] > 0 and hit.parts["region"] > 0 for hit in leant)


def test_a_region_is_named_as_soon_as_it_is_added(world: World) -> None:
    with world.database.write() as session:
        assert mentions.mentioned(session, "桐坪镇怎么办") == ()
        region = RegionIn(code="990101009", name="桐坪镇", level="town", parent_code="990101001")
        people.add_region(session, Context(SYSTEM, world.clock.now()), region)
    with world.database.read() as session:
        assert [each.code for each in mentions.mentioned(session, "桐坪怎么办")] == ["990101009"]
        words.keep_current(session)
    install_words(())
