"""What units owe, what came when, scores that can be worked out again, and appeals."""

import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from kb_service.core.clock import FixedClock
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from kb_service.knowledge.corrections.service import reporting
from kb_service.knowledge.duties import jobs, rules
from kb_service.knowledge.duties.rules import Period, Scheme
from kb_service.knowledge.duties.service import appeals, events, scheme, scoring
from kb_service.knowledge.tasks.model import Task
from kb_service.knowledge.verification.service import verifying
from kb_service.notices.model import Notice
from tests.support.knowledge import World, agency, faq, script
from tests.support.service import Service

THIS = Period(date(2026, 10, 1), date(2026, 12, 31))
NEXT = Period(date(2027, 1, 1), date(2027, 3, 31))


def standing(
    world: World, period: Period = THIS, unit: str = "U-RSJ", known_at: datetime | None = None
) -> scoring.Standing:
    with world.database.read() as session:
        return scoring.standing(session, world.as_("zx_manager"), unit, period, known_at=known_at)


def states(world: World, measure: str, period: Period = THIS) -> list[str]:
    return [state for entry, state in standing(world, period).entries if entry.measure == measure]


@pytest.mark.clause("SG-28.1", "XT-8.2")
def test_what_a_unit_has_not_told_stands_against_it_until_it_has(world: World) -> None:
    assert states(world, "agency") == ["overdue"] * 5
    world.publish(agency("市人社局", functions="管养老", phone="0700-1", hours="9-17"))
    assert sorted(states(world, "agency")) == ["in_time"] * 3 + ["overdue"] * 2


@pytest.mark.clause("SG-28.3")
def test_a_script_on_a_sudden_event_is_asked_for_at_once_and_its_time_is_measured(
    service: Service, clock: FixedClock
) -> None:
    world = service.world
    with world.database.write() as session:
        event = events.record(
            session, world.as_("zx_manager"), "U-RSJ", "社保系统中断", clock.now() - timedelta(minutes=20)
        )
    with world.database.read() as session:
        task = session.execute(select(Task).where(Task.kind == events.KIND)).scalar_one()
        assert task.due_at == clock.now() + timedelta(minutes=60)
        told = session.execute(select(Notice.account_id).where(Notice.subject == f"task:{task.id}")).scalars()
        assert set(told) == {1, 2, 3}
    clock.advance(timedelta(minutes=25))
    world.submit(world.draft(script("社保系统中断", "正在恢复。")))
    assert jobs.recognise(service.parts) == 1
    with world.database.read() as session:
        seen = events.one(session, world.as_("zx_manager"), event.code)
    assert (seen.minutes, seen.state) == (25, "in_time")
    clock.advance(timedelta(hours=1))
    assert states(world, "script") == ["in_time"]


@pytest.mark.clause("SG-28.3")
def test_a_script_that_never_comes_or_comes_late_counts_against_the_unit(
    service: Service, clock: FixedClock
) -> None:
    world = service.world
    for title in ("停发", "延迟"):
        with world.database.write() as session:
            events.record(session, world.as_("rsj_editor"), "U-RSJ", title, clock.now())
    clock.advance(timedelta(minutes=61))
    late = world.submit(world.draft(script("别的标题", "口径。")))
    with world.database.write() as session:
        code = events.events(session, world.as_("rsj_editor"), open_only=True)[0].code
        events.link_script(session, world.as_("rsj_editor"), code, late.code)
    clock.advance(timedelta(minutes=1))
    assert sorted(states(world, "script")) == ["late", "overdue"]
    with world.database.write() as session, pytest.raises(Forbidden):
        events.record(session, world.as_("gaj_editor"), "U-RSJ", "别家的", clock.now())


@pytest.mark.clause("SG-29", "TA-8.4")
def test_a_missed_verification_stays_missed_whatever_is_done_since(world: World, clock: FixedClock) -> None:
    code = world.publish(script("停水口径")).code
    clock.advance(timedelta(days=35))
    assert states(world, "verification") == ["overdue"]
    clock.advance(timedelta(days=40))
    assert states(world, "verification", NEXT) == ["overdue"]
    with world.database.write() as session:
        verifying.verify_one(session, world.as_("rsj_editor"), code)
    clock.advance(timedelta(days=3))
    assert states(world, "verification") == ["overdue"]
    assert states(world, "verification", NEXT) == ["late", "open"]


@pytest.mark.clause("MZ-19.1", "XT-8.2")
def test_a_unit_that_renews_nothing_for_a_stretch_is_seen(world: World, clock: FixedClock) -> None:
    world.publish(faq())
    clock.advance(timedelta(days=200))
    period = Period(date(2027, 1, 1), date(2027, 5, 31))
    assert set(states(world, "update", period)) == {"overdue"}
    clock.advance(timedelta(days=30))
    world.submit(world.draft(faq("新问题")))
    later = Period(date(2027, 6, 1), date(2027, 10, 30))
    clock.advance(timedelta(days=120))
    assert "in_time" in states(world, "update", later)


def confirm(world: World, code: str, due: timedelta) -> str:
    """A correction that the centre has confirmed."""
    with world.database.write() as session:
        made = reporting.report(session, world.as_("agent"), code, reporting.Said(remark="不对"), way="agent")
        made.correction.received_at = world.clock.now()
        made.correction.due_at = world.clock.now() + due
        made.correction.status, made.correction.grade = "confirmed", "general"
        return made.correction.code


@pytest.mark.clause("TA-19.4", "SG-28.4")
def test_a_correction_that_is_late_counts_in_part_and_one_not_done_not_at_all(
    world: World, clock: FixedClock
) -> None:
    code = world.publish(faq()).code
    confirm(world, code, timedelta(days=2))
    clock.advance(timedelta(days=3))
    assert states(world, "correction") == ["overdue"]
    world.publish(faq(answer="改对了。"), code=code)
    clock.advance(timedelta(hours=1))
    assert set(states(world, "correction")) <= {"late", "overdue"}


def test_a_published_score_comes_out_the_same_again_and_a_granted_appeal_changes_only_what_is_now(
    world: World, clock: FixedClock
) -> None:
    world.publish(agency("市人社局", functions="管养老", phone="0700-1"))
    code = world.publish(script("停水口径")).code
    clock.advance(timedelta(days=60))
    with world.database.write() as session:
        (kept,) = [
            each
            for each in scoring.publish(session, world.as_("zx_manager"), THIS)
            if each.unit_code == "U-RSJ"
        ]
    assert kept.score is not None
    clock.advance(timedelta(days=10))
    # A base that goes on living: done late, withdrawn, new points, a new scheme.
    with world.database.write() as session:
        verifying.verify_one(session, world.as_("rsj_editor"), code)
        scheme.set_scheme(session, world.as_("zx_manager"), date(2027, 4, 1), Scheme({"task": 100}), "试行")
    world.publish(agency("市人社局服务窗口", functions="管就业", phone="0700-2", hours="9-17"))
    with world.database.read() as session:
        found = scoring.check(session, world.as_("zx_manager"), kept.id)
    assert found.same
    assert (found.then, found.now, found.excused) == (kept.score, kept.score, 0)
    entry = next(each for each, state in standing(world).entries if each.measure == "verification")
    with world.database.write() as session:
        filed = appeals.appeal(session, world.as_("rsj_editor"), "U-RSJ", entry.key, THIS, "当日系统停机维护")
    with world.database.write() as session:
        appeals.decide(session, world.as_("zx_manager"), filed.id, "approved", "情况属实")
    clock.advance(timedelta(minutes=1))
    with world.database.read() as session:
        found = scoring.check(session, world.as_("zx_manager"), kept.id)
    assert found.same
    assert found.excused == 1
    assert found.now != found.then
    with pytest.raises(DBAPIError), world.database.write() as session:
        session.execute(text("UPDATE knowledge_duty_score SET score = '100.0'"))


def test_an_appeal_is_about_ones_own_bad_entry_once_and_another_decides(
    world: World, clock: FixedClock
) -> None:
    world.publish(agency("市人社局", functions="管养老", phone="0700-1"))
    clock.advance(timedelta(hours=1))
    by_state = {state: entry.key for entry, state in standing(world).entries}

    def file(by: str, entry: str, reason: str = "理由充分说明情况") -> appeals.AppealView:
        with world.database.write() as session:
            return appeals.appeal(session, world.as_(by), "U-RSJ", entry, THIS, reason, "附通知一份")

    with pytest.raises(Conflict, match="逾期"):
        file("rsj_editor", by_state["in_time"])
    with pytest.raises(NotFound):
        file("rsj_editor", "task:0")
    with pytest.raises(Invalid):
        file("rsj_editor", by_state["overdue"], "短")
    with pytest.raises(Forbidden):
        file("gaj_editor", by_state["overdue"])
    filed = file("rsj_editor", by_state["overdue"])
    with pytest.raises(Conflict, match="申诉过"):
        file("rsj_second", by_state["overdue"])
    with world.database.write() as session, pytest.raises(Forbidden):
        appeals.decide(session, world.as_("rsj_editor"), filed.id, "approved", "同意")
    with world.database.write() as session:
        done = appeals.decide(session, world.as_("zx_manager"), filed.id, "rejected", "证据不足")
    assert (done.status, done.decided_by) == ("rejected", "zx_manager")
    with world.database.write() as session, pytest.raises(Conflict):
        appeals.decide(session, world.as_("zx_manager"), filed.id, "approved", "再想想")


def test_units_see_themselves_and_the_centre_sees_all_the_weakest_first(
    world: World, clock: FixedClock
) -> None:
    world.publish(agency("市人社局", functions="管养老", phone="0700-1", hours="9-17"))
    clock.advance(timedelta(hours=1))
    with world.database.read() as session:
        ranked = scoring.ranking(session, world.as_("zx_manager"), THIS)
        own = scoring.ranking(session, world.as_("rsj_editor"), THIS)
        with pytest.raises(Forbidden):
            scoring.standing(session, world.as_("rsj_editor"), "U-GAJ", THIS)
        with pytest.raises(Forbidden):
            scoring.ranking(session, world.as_("agent"), THIS)
    assert [each.unit_code for each in own] == ["U-RSJ"]
    assert ranked[-1].unit_code == "U-RSJ"
    values = [float(each.score.value or 0) for each in ranked]
    assert values == sorted(values)


def test_a_scheme_never_reaches_back(world: World) -> None:
    with world.database.write() as session, pytest.raises(Invalid) as refused:
        scheme.set_scheme(session, world.as_("zx_manager"), date(2026, 11, 20), Scheme({"nothing": 1}), "")
    assert {each["pointer"] for each in refused.value.pointers} == {"/valid_from", "/weights"}
    with world.database.write() as session:
        scheme.set_scheme(session, world.as_("zx_manager"), NEXT.first, Scheme({"task": 1}), "新办法")
    with world.database.read() as session:
        assert scheme.scheme_of(session, THIS).weights == rules.DEFAULT_WEIGHTS
        assert scheme.scheme_of(session, NEXT).weights["task"] == 1


def test_the_export_holds_scores_and_ledgers_and_no_formulas(
    client: TestClient, service: Service, bearer: Callable[..., dict[str, str]], clock: FixedClock
) -> None:
    service.world.publish(script("=1+1"))
    clock.advance(timedelta(days=40))
    answer: Any = client.get("/api/v1/duties.xlsx", headers=bearer("knowledge_manager"))
    book = load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["得分", "台账"]
    assert book["得分"].max_row == 6
    cells = [cell for row in book["台账"].iter_rows() for cell in row if cell.value == "=1+1"]
    assert {cell.data_type for cell in cells} == {"s"}
    ledger: Any = client.get("/api/v1/duties/units/U-RSJ", headers=bearer("knowledge_manager")).json()
    assert {each["state"] for each in ledger["entries"]} == {"overdue"}
    assert ledger["score"]["value"] == "0.0"
