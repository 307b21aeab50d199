"""What use teaches: entries the lexicon lacks, rows to train on, and no persons in either."""

from datetime import timedelta

import pytest

from kb_service.core.clock import FixedClock
from kb_service.core.errors import Forbidden
from kb_service.knowledge.candidates.service import suggesting
from kb_service.knowledge.learning import rules, service
from kb_service.knowledge.learning.service import LexiconSuggestion
from kb_service.knowledge.lexicon.service import entries
from kb_service.knowledge.searches import service as searches
from kb_service.knowledge.service import release
from tests.support.knowledge import World, faq
from tests.support.plain_engine import PlainEngine


@pytest.fixture
def point(world: World) -> str:
    return world.publish(faq("居民殡葬补贴申领", "到民政窗口申领。", keywords=["殡葬补贴"])).code


def said_otherwise(world: World, spoken: str, then: str, chosen: str, times: int = 1) -> None:
    """Searched in vain, then in other words, in which the point was found."""
    with world.database.write() as session:
        for number in range(times):
            key = f"{spoken}-{number}"[:40]
            searches.record(session, world.as_("agent"), spoken, [], key=key)
            searches.record(
                session, world.as_("agent"), then, [chosen], chosen=chosen, key=f"{key}+"[-40:], after=key
            )


def suggestions(world: World) -> list[LexiconSuggestion]:
    with world.database.read() as session:
        return service.lexicon_suggestions(session, world.as_("zx_manager"))


def test_what_was_said_in_vain_and_then_otherwise_is_suggested(world: World, point: str) -> None:
    said_otherwise(world, "骑鹤归天了", "殡葬补贴", point)
    assert suggestions(world) == []
    said_otherwise(world, "骑鹤归天", "殡葬补贴申领", point)
    (found,) = suggestions(world)
    assert found.spoken == "骑鹤归天"
    assert (found.official, found.times, found.codes) == (("殡葬补贴",), 2, (point,))


def test_what_was_chosen_though_ranking_put_others_first_is_suggested(world: World, point: str) -> None:
    with world.database.write() as session:
        for _ in range(2):
            searches.record(session, world.as_("agent"), "老爷子西去", ["K999999", point], chosen=point)
    assert [each.codes for each in suggestions(world)] == [(point,)]


def test_a_suggestion_is_over_once_it_was_taken_or_refused(world: World, point: str) -> None:
    said_otherwise(world, "老爷子西去", "殡葬补贴", point, times=2)
    said_otherwise(world, "骑鹤归天", "殡葬补贴", point, times=2)
    first, second = suggestions(world)
    with world.database.write() as session:
        service.take_entry(session, world.as_("zx_manager"), PlainEngine(), first.spoken, first.official)
        service.refuse_entry(session, world.as_("zx_manager"), second.spoken, second.official[0])
    assert suggestions(world) == []
    with world.database.read() as session:
        assert [each.term for each in entries.LIVE.of(session).expand(first.spoken)] == ["殡葬补贴"]


def test_a_point_that_is_gone_suggests_nothing(world: World, point: str) -> None:
    said_otherwise(world, "老爷子西去", "殡葬补贴", point, times=2)
    with world.database.write() as session:
        release.withdraw(session, world.as_("zx_manager"), point, "停用")
    assert suggestions(world) == []


def test_a_wording_that_the_unit_refused_is_suggested_no_more(world: World, point: str) -> None:
    with world.database.write() as session:
        searches.record(session, world.as_("agent"), "火化场在哪个地方", [point], chosen=point)
        with pytest.raises(Forbidden):
            service.refuse_question(session, world.as_("gaj_editor"), point, "火化场在哪个地方")
    with world.database.read() as session:
        before = suggesting.suggested_questions(session, world.as_("rsj_editor"), point)
    with world.database.write() as session:
        service.refuse_question(session, world.as_("rsj_editor"), point, "火化场在哪个地方")
    with world.database.read() as session:
        after = suggesting.suggested_questions(session, world.as_("rsj_editor"), point)
    assert ([each.question for each in before], after) == (["火化场在哪个地方"], [])


def test_rows_to_train_on_are_choices_among_what_was_shown_without_persons(
    world: World, point: str, clock: FixedClock
) -> None:
    other = world.publish(faq("社保卡补办")).code
    with world.database.write() as session:
        agent = world.as_("agent")
        searches.record(session, agent, "补贴", [other, point], chosen=point)
        searches.record(session, agent, "补贴在哪领", [other, point])
        searches.record(session, agent, "张三13800138000领补贴", [other, point], chosen=point)
        searches.record(session, agent, "只有一条", [point], chosen=point)
        searches.record(session, agent, "已下架", [other, "K999999"], chosen=other)
    with world.database.read() as session:
        rows = list(service.training_rows(session, clock.now()))
        later = list(service.training_rows(session, clock.now() + timedelta(days=365)))
    assert rows == [{"query": "补贴", "shown": [other, point], "chosen": point}]
    assert later == []


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("请问老爷子西去了怎么办", True),
        ("殡葬补贴怎么申领", False),
        ("在哪里", False),
        ("", False),
    ],
)
def test_words_the_point_says_itself_are_no_news(question: str, expected: bool) -> None:
    found = rules.spoken_and_official(question, "居民殡葬补贴申领", ["殡葬补贴"], "到民政窗口申领。")
    assert (found is not None) == expected
