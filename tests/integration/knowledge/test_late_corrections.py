"""What follows when a correction does not come in time, and what a unit may say against it."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from kb_service.core.clock import CITY, FixedClock
from kb_service.core.errors import Conflict
from kb_service.knowledge.corrections.service import (
    correcting,
    overdue,
    standing,
    verifying,
)
from kb_service.supervision.model import Accountability, Supervision, Urging
from tests.support.corrections import advance, confirm, report, rules_of, stored, titles, watch
from tests.support.knowledge import World, faq

DAY = timedelta(days=1)
# The test clock stands at Friday 20 November 2026, 10:00: two working days later is the 24th.
GENERAL_DUE = datetime(2026, 11, 25, 0, 0, tzinfo=CITY)


@pytest.fixture
def point(world: World) -> str:
    code = world.publish(faq()).code
    assert isinstance(world.clock, FixedClock)
    world.clock.advance(timedelta(minutes=1))
    return code


def recorded(world: World) -> set[tuple[str, str]]:
    with world.database.read() as session:
        rows = session.execute(select(Accountability)).scalars().all()
        assert {row.clause for row in rows} == {"XT-26.6"}
        return {(row.subject.removeprefix("correction:"), row.facet) for row in rows}


def test_the_unit_is_reminded_once_before_its_time_is_over(world: World, point: str, tmp_path: Path) -> None:
    code = report(world, point).correction.code
    confirm(world, code)
    watch(world, tmp_path)
    assert not any("即将到期" in title for title in titles(world, "rsj_editor"))

    advance(world, timedelta(days=4))
    assert watch(world, tmp_path) == 1
    assert watch(world, tmp_path) == 0

    assert any("即将到期" in title for title in titles(world, "rsj_editor"))


@pytest.mark.clause("TA-19.4")
def test_in_taian_an_overdue_correction_is_supervised_under_the_citys_own_trigger(
    world: World, point: str, tmp_path: Path
) -> None:
    with rules_of("taian-2025"):
        code = report(world, point).correction.code
        confirm(world, code)
        advance(world, 6 * DAY)
        watch(world, tmp_path)

    with world.database.read() as session:
        found = session.execute(select(Supervision)).scalars().all()
        assert [(each.subject, each.trigger) for each in found] == [(f"correction:{code}", "knowledge")]
        assert "TA-19.4" in found[0].clause
        assert session.execute(select(func.count(Urging.id))).scalar_one() == 1
    assert any("督办" in title for title in titles(world, "rsj_editor"))


@pytest.mark.clause("XT-26.6")
def test_in_xiangtan_what_is_late_and_then_unheeded_is_recorded_against_the_unit(
    world: World, point: str, tmp_path: Path
) -> None:
    with rules_of("xiangtan-2021"):
        late = report(world, point, kind="outdated").correction.code
        lacking = report(world, point, kind="incomplete").correction.code
        for code in (late, lacking):
            confirm(world, code)
        advance(world, 6 * DAY)
        watch(world, tmp_path)
        first = recorded(world)
        advance(world, 6 * DAY)
        watch(world, tmp_path)
        watch(world, tmp_path)

    assert first == {(late, "late"), (lacking, "incomplete")}
    assert recorded(world) == first | {(late, "uncooperative"), (lacking, "uncooperative")}


def test_in_xiangtan_a_person_decides_whether_it_is_supervised(
    world: World, point: str, tmp_path: Path
) -> None:
    with rules_of("xiangtan-2021"):
        code = report(world, point).correction.code
        confirm(world, code)
        with world.database.write() as session, pytest.raises(Conflict):
            overdue.supervise(session, world.as_("zx_manager"), code)
        advance(world, 6 * DAY)
        watch(world, tmp_path)
        assert any("请决定是否督办" in title for title in titles(world, "zx_manager"))
        with world.database.write() as session:
            assert session.execute(select(func.count(Supervision.id))).scalar_one() == 0
            opened = overdue.supervise(session, world.as_("zx_manager"), code)
            assert (opened.trigger, opened.clause) == ("other", "XT-23.1")


def test_where_the_city_records_nothing_nothing_is_recorded(world: World, point: str, tmp_path: Path) -> None:
    code = report(world, point).correction.code
    confirm(world, code)
    advance(world, 6 * DAY)
    watch(world, tmp_path)

    with world.database.read() as session:
        assert session.execute(select(func.count(Accountability.id))).scalar_one() == 0
        # The demo city's rules are silent on supervision: the service says that it is its own.
        assert session.execute(select(Supervision.clause)).scalar_one() == ""


def test_an_overdue_correction_never_heals_and_its_supervision_ends_with_it(
    world: World, point: str, tmp_path: Path
) -> None:
    code = report(world, point).correction.code
    confirm(world, code)
    advance(world, 6 * DAY)
    watch(world, tmp_path)
    world.publish(faq(answer="改好了。"), code=point)

    done = stored(world, code)
    assert (done.status, done.overdue_at) == ("corrected", GENERAL_DUE)
    with world.database.read() as session:
        assert session.execute(select(Supervision.outcome)).scalar_one() == "solved"


def test_a_repair_that_comes_late_is_late_also_when_no_job_has_looked(world: World, point: str) -> None:
    code = report(world, point).correction.code
    confirm(world, code)
    advance(world, 6 * DAY)
    world.publish(faq(answer="改好了。"), code=point)

    assert stored(world, code).overdue_at == GENERAL_DUE


def test_an_objection_is_decided_by_the_centre_and_overruled_gives_a_new_result(
    world: World, point: str
) -> None:
    code = report(world, point).correction.code
    confirm(world, code)
    advance(world, DAY)
    with world.database.write() as session:
        correcting.object_to(session, world.as_("rsj_editor"), code, "原文如此，见文件第三条")
    advance(world, 5 * DAY)
    with world.database.write() as session:
        verifying.decide_objection(
            session, world.as_("zx_manager"), code, upheld=False, finding="文件已经废止"
        )

    found = stored(world, code)
    assert found.status == "confirmed"
    assert found.received_at == world.clock.now()
    assert found.overdue_at is None


def test_an_upheld_objection_ends_it_and_the_version_is_used_again(world: World, point: str) -> None:
    code = report(world, point).correction.code
    confirm(world, code, "serious")
    with world.database.write() as session:
        correcting.object_to(session, world.as_("rsj_editor"), code, "原文如此，见文件第三条")
        verifying.decide_objection(session, world.as_("zx_manager"), code, upheld=True, finding="单位说得对")

    assert stored(world, code).status == "dismissed"
    with world.database.read() as session:
        assert standing.held(session, [point]) == {}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE knowledge_correction SET overdue_at = NULL",
        "DELETE FROM knowledge_correction_event",
        "UPDATE knowledge_correction_event SET text = 'x'",
        "DELETE FROM knowledge_correction_report",
        "DELETE FROM supervision_supervision",
        "UPDATE supervision_event SET text = 'x'",
    ],
)
def test_the_database_refuses_to_forget(world: World, point: str, tmp_path: Path, statement: str) -> None:
    confirm(world, report(world, point).correction.code)
    advance(world, 6 * DAY)
    watch(world, tmp_path)

    with pytest.raises(DBAPIError), world.database.write() as session:
        session.execute(text(statement))
