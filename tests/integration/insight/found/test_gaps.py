"""What is asked and not answered becomes a gap, a task, and closes once it would be answered."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from kb_service.answering.model import Decision
from kb_service.core.errors import Conflict, Forbidden, Invalid
from kb_service.insight import jobs
from kb_service.insight.gaps.model import GapQuestion
from kb_service.insight.gaps.service import handling
from kb_service.insight.gaps.service.handling import GapFilter, GapRow
from kb_service.knowledge.searches import service as searches
from kb_service.knowledge.tasks import service as tasks
from kb_service.notices.model import Notice
from tests.support.knowledge import faq
from tests.support.requests import add_tickets, days_ago
from tests.support.service import Service

QUESTION = "怎样办理退休"


def gaps(city: Service, by: str = "chief", **wanted: object) -> list[GapRow]:
    with city.parts.database.read() as session:
        return handling.list_gaps(session, city.world.as_(by), GapFilter(**wanted)).items  # type: ignore[arg-type]


def searched(city: Service, *questions: str, hits: tuple[str, ...] = ()) -> None:
    with city.parts.database.write() as session:
        for question in questions:
            searches.record(session, city.world.as_("agent"), question, hits)


def test_searches_decisions_and_tickets_on_one_thing_are_one_gap(city: Service) -> None:
    searched(city, QUESTION, "退休怎样办理", "怎样办理退休手续")
    city.decide(QUESTION)
    now = city.parts.clock.now()
    add_tickets(
        city.parts,
        [("咨询怎样办理退休", "想问退休怎么办。")],
        [days_ago(now, 2)],
        request_class="consultation",
    )
    jobs.GAPS.by_hand(city.parts)
    (found,) = gaps(city)
    assert found.times == 5
    with city.parts.database.read() as session:
        shown = handling.get_gap(session, city.world.as_("chief"), found.id)
    assert shown.sources == {"检索无果": 3, "咨询未能答复": 1, "咨询转了工单": 1}


def test_a_second_night_counts_nothing_twice(city: Service) -> None:
    searched(city, QUESTION)
    jobs.GAPS.by_hand(city.parts)
    jobs.GAPS.by_hand(city.parts)
    assert [each.times for each in gaps(city)] == [1]
    searched(city, "退休怎样办理")
    jobs.GAPS.by_hand(city.parts)
    assert [each.times for each in gaps(city)] == [2]


def test_what_was_found_and_chosen_is_no_gap(city: Service) -> None:
    with city.parts.database.write() as session:
        ctx = city.world.as_("agent")
        searches.record(session, ctx, QUESTION, ["P1"], chosen="P1")
        searches.record(session, ctx, "身份证补办", ["P1"])
    jobs.GAPS.by_hand(city.parts)
    assert gaps(city) == []


def test_personal_data_is_in_no_gap(city: Service) -> None:
    searched(city, "我的电话13987654321怎样办理退休")
    jobs.GAPS.by_hand(city.parts)
    with city.parts.database.read() as session:
        kept = session.execute(select(GapQuestion.question)).scalars().all()
    assert not any("8765" in each for each in kept)


def test_asking_again_leaves_no_decision_behind(city: Service) -> None:
    searched(city, QUESTION)
    jobs.GAPS.by_hand(city.parts)
    with city.parts.database.read() as session:
        assert session.execute(select(Decision)).first() is None


def test_a_gap_becomes_a_task_and_closes_with_it_once_the_answer_is_there(city: Service) -> None:
    searched(city, QUESTION, "退休怎样办理")
    jobs.GAPS.by_hand(city.parts)
    (found,) = gaps(city)
    with city.parts.database.write() as session:
        with pytest.raises(Invalid):
            handling.to_task(session, city.world.as_("chief"), found.id, "")
        shown = handling.to_task(session, city.world.as_("chief"), found.id, "U-RSJ", date(2026, 11, 27))
        with pytest.raises(Conflict):
            handling.to_task(session, city.world.as_("chief"), found.id, "U-GAJ")
        editor = city.world.as_("rsj_editor").actor.account_id
        told = session.execute(select(Notice.title).where(Notice.account_id == editor)).scalars().all()
    assert shown.task is not None
    assert told == ["请补充知识：怎样办理退休"]
    code = city.world.publish(faq("怎样办理退休", similar=["退休怎样办理"])).code
    city.index()
    city.parts.clock.advance(timedelta(days=1))  # type: ignore[attr-defined]
    jobs.GAPS.by_hand(city.parts)
    assert gaps(city) == []
    (closed,) = gaps(city, state="closed")
    assert closed.answered_by == code
    with city.parts.database.read() as session:
        page = tasks.tasks_of(session, city.world.as_("rsj_editor"), kind="gap", closed=True)
    assert [(each.outcome, code in each.note) for each in page.items] == [("done", True)]


def test_a_task_done_without_an_answer_opens_the_gap_anew(city: Service) -> None:
    searched(city, QUESTION)
    jobs.GAPS.by_hand(city.parts)
    (found,) = gaps(city)
    with city.parts.database.write() as session:
        handling.to_task(session, city.world.as_("chief"), found.id, "U-RSJ")
        tasks.close_task(session, city.world.as_("rsj_editor"), "gap", f"gap:{found.id}", "done", "写好了")
    city.parts.clock.advance(timedelta(days=1))  # type: ignore[attr-defined]
    jobs.GAPS.by_hand(city.parts)
    assert [each.state for each in gaps(city)] == ["open"]


def test_what_is_not_for_the_base_stays_so_when_asked_again(city: Service) -> None:
    searched(city, QUESTION)
    jobs.GAPS.by_hand(city.parts)
    (found,) = gaps(city)
    with city.parts.database.write() as session:
        with pytest.raises(Forbidden):
            handling.dismiss(session, city.world.as_("labour"), found.id, "不是")
        handling.dismiss(session, city.world.as_("chief"), found.id, "不属于政务服务")
    searched(city, "退休怎样办理")
    jobs.GAPS.by_hand(city.parts)
    assert gaps(city) == []
    assert [each.times for each in gaps(city, state="dismissed")] == [2]


def test_units_see_the_gaps_suggested_to_them(city: Service) -> None:
    searched(city, QUESTION)
    jobs.GAPS.by_hand(city.parts)
    (found,) = gaps(city)
    with city.parts.database.write() as session:
        handling.to_task(session, city.world.as_("chief"), found.id, "U-RSJ")
    assert [each.id for each in gaps(city, by="labour", state="task")] == [found.id]
    assert gaps(city, by="police", state="task") == []
    with city.parts.database.read() as session:
        (line,) = handling.by_unit(session, city.world.as_("chief"))
    assert (line.name, line.open, line.task) == ("市人力资源和社会保障局", 0, 1)
