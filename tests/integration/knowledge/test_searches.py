"""What is kept of searches: no persons, a choice joined to its question, and where the base fails."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from kb_service.answering.schemas import AnsweredIn
from kb_service.answering.service import showing
from kb_service.core.clock import FixedClock
from kb_service.knowledge.searches import rules, service
from kb_service.knowledge.searches.model import Search, Use
from tests.support.knowledge import World, faq


def test_a_question_is_kept_without_persons(world: World) -> None:
    with world.database.write() as session:
        service.record(session, world.as_("agent"), "我叫张三 13800138000   退休", ["K1"], channel="desk")
    with world.database.read() as session:
        kept = session.execute(select(Search)).scalar_one()
    assert "13800138000" not in kept.question
    assert "  " not in kept.question
    assert "account" not in " ".join(Search.__table__.columns.keys())


def test_a_choice_joins_the_search_it_was_made_in(world: World) -> None:
    code = world.publish(faq()).code
    with world.database.write() as session:
        for _ in range(2):
            service.record(session, world.as_("agent"), "退休", [code], key="search-1")
        service.record(session, world.as_("agent"), "退休", [code], key="search-1", chosen=code)
        service.record(session, world.as_("agent"), "退休", [code], key="search-1", chosen=code)
    with world.database.read() as session:
        assert session.execute(select(func.count(Search.id))).scalar_one() == 1
        use = session.execute(select(Use)).scalar_one()
        assert (use.found, use.chosen, use.shown) == (1, 1, 0)


def test_what_was_told_counts_as_shown(world: World) -> None:
    code = world.publish(faq()).code
    with world.database.write() as session:
        data = AnsweredIn(code=code, version=1, question="退休", channel="phone")
        showing.told(session, world.as_("agent"), data)
    with world.database.read() as session:
        assert session.execute(select(Use.shown)).scalar_one() == 1


@pytest.mark.clause("TA-6.4")
def test_often_searched_and_never_chosen_is_told_to_who_keeps_the_statistics(world: World) -> None:
    code = world.publish(faq()).code
    with world.database.write() as session:
        for chosen in (None, None, None):
            service.record(session, world.as_("agent"), "公积金提取", [code], chosen=chosen)
        for chosen in (None, None, code):
            service.record(session, world.as_("agent"), "退休", [code], chosen=chosen)
        service.record(session, world.as_("agent"), "只问一次", [])
    with world.database.read() as session:
        found = service.never_chosen(session, world.as_("zx_manager"))
    assert [(each.question, each.times, each.found_something) for each in found] == [("公积金提取", 3, 1)]


def test_old_searches_are_forgotten(world: World, clock: FixedClock) -> None:
    with world.database.write() as session:
        service.record(session, world.as_("agent"), "退休", [])
        assert service.purge(session, clock.now()) == 0
        clock.advance(rules.KEEP + timedelta(days=1))
        assert service.purge(session, clock.now()) == 1
