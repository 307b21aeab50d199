"""The hand of editors: who may say what, when it holds, and that it shows nobody what they may not see."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from kb_service.core.audit import AuditRow
from kb_service.core.clock import FixedClock
from kb_service.core.errors import Conflict, Forbidden, Invalid
from kb_service.knowledge.guiding.service import saying
from kb_service.knowledge.guiding.service.saying import GuidanceView, Wanted
from kb_service.knowledge.indexing import drain
from kb_service.knowledge.service import release, searching
from kb_service.knowledge.service.searching import PointHits, SearchParams
from search.engines.embedded import EmbeddedEngine
from search.engines.errors import EngineError
from search.ports import Query, SearchEngine, SearchResult
from tests.support.knowledge import World, faq

HOUR = timedelta(hours=1)


class BrokenEngine(EmbeddedEngine):
    def search(self, query: Query) -> SearchResult:
        raise EngineError("检索索引无法读取")


@pytest.fixture(params=[EmbeddedEngine, BrokenEngine], ids=["index", "database"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SearchEngine]:
    """The same holds where the database stands in for a broken index."""
    made = request.param(tmp_path / "index", None)
    yield made
    made.close()


def search(world: World, engine: SearchEngine, q: str, by: str = "agent", **params: Any) -> PointHits:
    while drain(world.database, engine, world.clock):
        pass
    with world.database.read() as session:
        return searching.search_points(session, world.as_(by), engine, SearchParams(q, **params))


def say(world: World, code: str, kind: str, words: str, by: str = "rsj_editor", **rest: Any) -> GuidanceView:
    with world.database.write() as session:
        return saying.say(session, world.as_(by), code, Wanted(kind, words, "来电多为此事", **rest))


def found(hits: PointHits) -> list[str]:
    return [hit.code for hit in hits.hits]


@pytest.fixture
def points(world: World) -> dict[str, str]:
    """Two points on the card and one that no word of the question is in."""
    return {
        "card": world.publish(faq("社保卡补办", "到窗口补办社保卡。")).code,
        "lost": world.publish(faq("社保卡丢失挂失", "先挂失再补办社保卡。")).code,
        "counter": world.publish(faq("市民之家办事大厅地址", "市民之家三楼。")).code,
    }


def test_a_pin_holds_for_its_words_from_the_next_search_on(
    world: World, engine: SearchEngine, points: dict[str, str]
) -> None:
    assert found(search(world, engine, "社保卡补办"))[0] == points["card"]
    say(world, points["counter"], "pin", "社保卡 补办")
    hits = search(world, engine, "你好，请问社保卡在哪补办")
    assert found(hits)[0] == points["counter"]
    assert [hit.pinned for hit in hits.hits[:2]] == [True, False]
    assert points["counter"] not in found(search(world, engine, "社保卡挂失"))


def test_a_pin_for_the_whole_question_holds_for_no_other(
    world: World, engine: SearchEngine, points: dict[str, str]
) -> None:
    say(world, points["counter"], "pin", "社保卡补办", whole=True)
    assert found(search(world, engine, "请问社保卡补办"))[0] == points["counter"]
    assert points["counter"] not in found(search(world, engine, "社保卡补办材料"))


def test_a_pin_obeys_its_window(
    world: World, engine: SearchEngine, points: dict[str, str], clock: FixedClock
) -> None:
    now = clock.now()
    say(world, points["counter"], "pin", "社保卡", from_at=now + HOUR, until_at=now + 2 * HOUR)
    seen = []
    for _ in range(3):
        seen.append(found(search(world, engine, "社保卡补办"))[0] == points["counter"])
        clock.advance(HOUR)
    assert seen == [False, True, False]


def test_a_pin_shows_nobody_what_is_not_meant_for_them(world: World, engine: SearchEngine) -> None:
    inside = world.publish(faq("市民之家内部流程", audience="agents")).code
    lapsed = world.publish(
        faq("市民之家旧址", effective_to=world.clock.now().date() - timedelta(days=2))
    ).code
    gone = world.publish(faq("市民之家停用")).code
    for code in (inside, lapsed, gone):
        say(world, code, "pin", "社保卡")
    with world.database.write() as session:
        release.withdraw(session, world.as_("zx_manager"), gone, "停用")
    assert found(search(world, engine, "社保卡补办", by="public")) == []
    assert found(search(world, engine, "社保卡补办")) == [inside]


def test_a_pin_stays_within_the_region_that_is_asked_for(world: World, engine: SearchEngine) -> None:
    east = world.publish(faq("东湖区办事大厅", region="990101")).code
    say(world, east, "pin", "社保卡")
    assert found(search(world, engine, "社保卡补办", region="990101")) == [east]
    assert found(search(world, engine, "社保卡补办", region="990102")) == []


def test_a_stopped_point_is_not_found_for_its_words_and_is_for_others(
    world: World, engine: SearchEngine, points: dict[str, str]
) -> None:
    said = say(world, points["lost"], "stop", "补办")
    assert found(search(world, engine, "社保卡补办")) == [points["card"]]
    assert points["lost"] in found(search(world, engine, "社保卡挂失"))
    with world.database.write() as session:
        saying.end(session, world.as_("rsj_editor"), said.id, "不再需要")
    assert points["lost"] in found(search(world, engine, "社保卡补办"))


def test_what_was_found_on_a_past_day_goes_by_what_was_said_then(
    world: World, engine: SearchEngine, points: dict[str, str], clock: FixedClock
) -> None:
    before = clock.now()
    clock.advance(HOUR)
    say(world, points["lost"], "stop", "补办")
    assert points["lost"] in found(search(world, engine, "社保卡补办", as_of=before))
    assert points["lost"] not in found(search(world, engine, "社保卡补办", as_of=clock.now()))


def test_an_editor_speaks_for_the_points_of_the_own_unit_and_the_centre_for_all(
    world: World, points: dict[str, str]
) -> None:
    with pytest.raises(Forbidden):
        say(world, points["card"], "pin", "社保卡", by="gaj_editor")
    with pytest.raises(Forbidden):
        say(world, points["card"], "pin", "社保卡", by="agent")
    assert say(world, points["card"], "pin", "社保卡", by="zx_manager").by == "zx_manager"


@pytest.mark.parametrize(
    ("kind", "words", "rest", "field"),
    [
        ("pin", "卡", {}, "words"),
        ("pin", "社保卡 卡", {}, "words"),
        ("pin", "", {}, "words"),
        ("boost", "社保卡", {"factor": 100.0}, "factor"),
        ("raise", "社保卡", {}, "kind"),
    ],
)
def test_what_would_hold_for_too_much_is_refused(
    world: World, points: dict[str, str], kind: str, words: str, rest: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        say(world, points["card"], kind, words, **rest)
    assert f"/{field}" in [each["pointer"] for each in refused.value.pointers]


def test_each_word_is_audited_and_ended_once_with_a_reason(world: World, points: dict[str, str]) -> None:
    said = say(world, points["card"], "pin", "社保卡")
    with world.database.write() as session:
        ended = saying.end(session, world.as_("rsj_second"), said.id, "换成专题页")
        with pytest.raises(Conflict):
            saying.end(session, world.as_("rsj_second"), said.id, "再来一次")
    assert (ended.state, ended.ended_by, ended.ended_reason) == ("ended", "rsj_second", "换成专题页")
    with world.database.read() as session:
        rows = session.execute(select(AuditRow.action, AuditRow.reason).order_by(AuditRow.id)).tuples().all()
        assert saying.of_point(session, world.as_("agent"), points["card"]) == []
        assert len(saying.of_point(session, world.as_("agent"), points["card"], ended=True)) == 1
    assert [row for row in rows if row[0].startswith("guidance")] == [
        ("guidance.said", "来电多为此事"),
        ("guidance.ended", "换成专题页"),
    ]


def test_what_was_ended_stays_as_it_was(world: World, points: dict[str, str]) -> None:
    said = say(world, points["card"], "pin", "社保卡")
    with world.database.write() as session:
        saying.end(session, world.as_("rsj_editor"), said.id, "不再需要")
    for statement in ("UPDATE knowledge_guidance SET words = 'x'", "DELETE FROM knowledge_guidance"):
        with pytest.raises(DatabaseError), world.database.write() as session:
            session.execute(text(statement))
