"""Supervisions in cities of different rules."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from kb_service.core.clock import CITY, FixedClock
from kb_service.core.db import Database
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from kb_service.identity.model import Unit
from kb_service.notices.service import inbox
from kb_service.regulations.rules import DueTime
from kb_service.supervision import jobs, service
from kb_service.supervision.model import CardMark, Supervision, SupervisionEvent
from kb_service.supervision.service import reading, records, supervising
from tests.support.corrections import rules_of
from tests.support.databases import Databases
from tests.support.knowledge import World, build_world

DAY = timedelta(days=1)


@pytest.fixture
def world(databases: Databases, clock: FixedClock) -> Iterator[World]:
    if not databases.has("knowledge"):
        databases.build("knowledge", build_world, start="empty")
    url = databases.copy("knowledge")
    database = Database(url)
    yield World(database, clock)
    database.dispose()
    databases.drop(url)


def unit_id(world: World, code: str = "U-RSJ") -> int:
    with world.database.read() as session:
        return session.execute(select(Unit.id).where(Unit.code == code)).scalar_one()


def opened(world: World, *, subject: str = "ticket:20261120-00001", **given: object) -> Supervision:
    said: dict[str, object] = {"trigger": "overdue", "reason": "逾期没有办结", "link": "/tickets/x"} | given
    with world.database.write() as session:
        found = service.open_supervision(
            session,
            world.as_("zx_manager"),
            subject=subject,
            unit_id=unit_id(world),
            **said,  # type: ignore[arg-type]
        )
        session.flush()
        session.expunge(found)
        return found


def test_in_xiangtan_a_supervision_of_the_system_lasts_five_working_days_and_cites_its_rule(
    world: World,
) -> None:
    with rules_of("xiangtan-2021"):
        system, letter = opened(world), opened(world, subject="ticket:2", kind="letter")

    assert (system.clause, system.due_clause) == ("XT-23.1", "XT-23.1、XT-23.2")
    # Friday 20 November: five working days later is Friday the 27th.
    assert system.due_at == datetime(2026, 11, 28, 0, 0, tzinfo=CITY)
    assert letter.due_at == datetime(2026, 12, 5, 0, 0, tzinfo=CITY)


def test_one_subject_is_supervised_once_for_one_cause(world: World) -> None:
    assert opened(world).code == opened(world).code
    assert opened(world, trigger="other").code != opened(world).code


def test_a_cause_the_city_does_not_know_is_refused_and_a_general_one_stands_for_the_services(
    world: World,
) -> None:
    with rules_of("xiangtan-2021"):
        assert opened(world, trigger="knowledge").trigger == "other"
        with pytest.raises(Invalid):
            opened(world, trigger="refusal", subject="ticket:3")
        with pytest.raises(Invalid):
            opened(world, kind="shouting", subject="ticket:3")


def test_the_unit_is_told_and_its_reply_is_told_the_centre(world: World) -> None:
    code = opened(world).code
    with world.database.write() as session:
        supervising.reply(session, world.as_("rsj_editor"), code, "已派人现场处理")
        assert any("督办" in row.title for row in inbox(session, world.as_("rsj_second")).items)
        assert any("已回复" in row.title for row in inbox(session, world.as_("zx_manager")).items)


def test_a_unit_reaches_only_what_concerns_it(world: World) -> None:
    code = opened(world).code
    with world.database.write() as session:
        assert reading.supervisions(session, world.as_("gaj_editor")).items == []
        with pytest.raises(NotFound):
            supervising.reply(session, world.as_("gaj_editor"), code, "不是我们的")
        with pytest.raises(Forbidden):
            supervising.close(session, world.as_("rsj_editor"), code, "solved")


def test_in_xiangtan_it_is_extended_once_by_ten_working_days_at_most(world: World) -> None:
    with rules_of("xiangtan-2021"):
        code = opened(world).code
        with world.database.write() as session:
            manager = world.as_("zx_manager")
            with pytest.raises(Invalid):
                supervising.extend(session, manager, code, 11, "需要鉴定")
            done = supervising.extend(session, manager, code, 10, "需要鉴定")
            assert done.due_at == datetime(2026, 12, 12, 0, 0, tzinfo=CITY)
            with pytest.raises(Invalid):
                supervising.extend(session, manager, code, 1, "还需要几天")


def test_what_stays_unanswered_goes_to_inspection_where_the_city_says_so(world: World) -> None:
    with rules_of("xiangtan-2021"):
        code = opened(world).code
        assert isinstance(world.clock, FixedClock)
        world.clock.advance(10 * DAY)
        with world.database.write() as session:
            ctx = world.as_("zx_manager")
            assert jobs.mark_overdue(session, ctx) == 1
            assert jobs.mark_overdue(session, ctx) == 0
            found = supervising.find(session, ctx, code)
            assert found.escalated_to == "市人民政府督查室"
            assert reading.state_of(found, ctx) == "escalated"
            kinds = [row.kind for row in reading.history(session, found)]
            assert kinds == ["opened", "overdue", "escalated"]


def test_an_answered_supervision_is_not_overdue(world: World) -> None:
    with rules_of("xiangtan-2021"):
        code = opened(world).code
        with world.database.write() as session:
            supervising.reply(session, world.as_("rsj_editor"), code, "已办结，附照片")
        assert isinstance(world.clock, FixedClock)
        world.clock.advance(10 * DAY)
        with world.database.write() as session:
            assert jobs.mark_overdue(session, world.as_("zx_manager")) == 0


def test_a_closed_one_takes_nothing_more(world: World) -> None:
    code = opened(world).code
    with world.database.write() as session:
        supervising.close(session, world.as_("zx_manager"), code, "solved", "已核实")
        with pytest.raises(Conflict):
            supervising.reply(session, world.as_("rsj_editor"), code, "补充说明")
    assert opened(world).code != code


def test_clues_and_records_cite_the_citys_rules_and_others_are_refused(world: World) -> None:
    with rules_of("taian-2025"), world.database.write() as session:
        manager, unit = world.as_("zx_manager"), unit_id(world)
        clue = records.refer(
            session, manager, subject="unit:U-RSJ", unit_id=unit, clue="misconduct", text="办结回复与事实不符"
        )
        assert (clue.to, clue.clause) == ("同级纪检监察机关", "TA-21")
        with pytest.raises(Invalid):
            records.refer(session, manager, subject="unit:U-RSJ", unit_id=unit, clue="cards", text="亮了红牌")
        kept = service.record_accountability(
            session, manager, subject="unit:U-RSJ", unit_id=unit, ground="attitude", reason="态度生硬"
        )
        assert kept is not None
        assert kept.article == "第三十条第（二）项"
        done = records.decide_accountability(session, manager, kept.id, "dropped", "查无实据")
        assert done.decision == "dropped"


def test_a_card_is_noted_once_for_each_colour(world: World) -> None:
    due = DueTime(
        clause="SG-17.1", article="", name="handling", label="办理", due=datetime(2026, 11, 20, tzinfo=CITY),
        due_day=datetime(2026, 11, 19, tzinfo=CITY).date(), provisional=False, counted_days=(), shown="",
    )  # fmt: skip
    assert isinstance(world.clock, FixedClock)
    with world.database.write() as session:
        for _ in range(2):
            service.mark_card(
                session,
                world.as_("zx_manager"),
                subject="ticket:1",
                unit_id=unit_id(world),
                clock="handling",
                due=due,
            )
    world.clock.advance(7 * DAY)
    with world.database.write() as session:
        service.mark_card(
            session,
            world.as_("zx_manager"),
            subject="ticket:1",
            unit_id=unit_id(world),
            clock="handling",
            due=due,
        )
        colours = session.execute(select(CardMark.colour).order_by(CardMark.id)).scalars().all()
        assert colours == ["yellow", "red"]


def test_every_step_is_in_the_history(world: World) -> None:
    code = opened(world).code
    with world.database.write() as session:
        supervising.reply(session, world.as_("rsj_editor"), code, "正在办理")
        supervising.close(session, world.as_("zx_manager"), code, "solved")
        steps = session.execute(select(SupervisionEvent.seq, SupervisionEvent.kind)).tuples().all()
    assert steps == [(1, "opened"), (2, "replied"), (3, "closed")]
