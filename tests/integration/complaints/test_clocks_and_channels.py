"""Complaints 14 and 15: clocks that run through holidays, and channels that swallow answers."""

from datetime import date, timedelta

from fastapi.testclient import TestClient
from sqlalchemy import func, select

from kb_service.answering.model import Decision
from kb_service.core.clock import FixedClock
from kb_service.core.ids import new_id
from tests.support.citizen import Citizen, decisions
from tests.support.console import text_of
from tests.support.knowledge import faq
from tests.support.service import Service

UNKNOWN = "养老保险参保怎么补缴"


def due(service: Service) -> date:
    return service.decide(UNKNOWN).due[0].due_day


def test_complaint_14_working_day_clocks_stand_still_on_free_days_and_run_on_make_up_days(
    service: Service, clock: FixedClock
) -> None:
    """zammad#4432 #390, glpi#10594 #15429, chatwoot#14009 #9798, helpdesk#2212, osTicket#3034."""
    # Friday 20 November plus two working days is Tuesday (SG-17.1).
    assert due(service) == date(2026, 11, 24)
    # Before the national day of 2025, whose Sunday 28 September and Saturday 11 October were worked on.
    clock.advance(timedelta(days=-(date(2026, 11, 20) - date(2026, 2, 13)).days))
    # Friday 13 February 2026: Saturday 14 is worked on, the spring festival is from 15 to 23.
    assert due(service) == date(2026, 2, 24)


def test_complaint_14_a_clock_begun_in_the_evening_counts_from_the_next_day_only_once(
    service: Service, clock: FixedClock
) -> None:
    before = due(service)
    clock.advance(timedelta(hours=13, minutes=59))
    assert due(service) == before


def test_complaint_15_a_long_answer_arrives_whole(service: Service, client: TestClient) -> None:
    """MaxKB#2167: cut at 681 characters."""
    service.parts.settings.answer_precision = 0.35
    answer = "\n".join(f"第{number}步：带材料{number}到窗口{number}办理。" for number in range(1, 400))
    service.world.publish(faq("怎样办理退休", answer))
    service.index()
    shown = text_of(Citizen(client).send("/chat", question="怎样办理退休"))
    assert "第1步" in shown
    assert "窗口399办理" in shown


def test_complaint_15_a_message_that_is_sent_again_is_answered_once_and_the_same(
    service: Service, client: TestClient
) -> None:
    """WeRoBot#480 #486, CowAgent#2481 #1310, dify_wechat_plugin#35: channels repeat what took too long."""
    service.parts.settings.answer_precision = 0.35
    service.world.publish(faq("怎样办理退休"))
    service.index()
    citizen, once = Citizen(client), new_id()
    first = citizen.ask("怎样办理退休", once=once)
    again = citizen.ask("怎样办理退休", once=once)
    assert decisions(first) == decisions(again) == ["answer"]
    with service.parts.database.read() as session:
        assert session.execute(select(func.count(Decision.id))).scalar_one() == 1


def test_complaint_15_a_long_question_is_taken_or_told_of_and_never_lost(client: TestClient) -> None:
    """PandaWiki#1548: a long question is never answered."""
    citizen = Citizen(client)
    assert decisions(citizen.ask("路灯坏了。" * 100)) == ["dispatch"]
    page = citizen.send("/chat", question="路灯坏了。" * 200)
    assert page.status_code == 422
    assert "最多 500 个字" in text_of(page)
    assert "路灯坏了。" * 200 in page.text
