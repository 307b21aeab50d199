"""Corrections from the first report to the repair, over the small city."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from kb_service.core.clock import CITY, FixedClock
from kb_service.core.context import SYSTEM, Context
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from kb_service.knowledge.corrections.model import Correction, CorrectionReport
from kb_service.knowledge.corrections.rules import Status
from kb_service.knowledge.corrections.service import (
    correcting,
    reading,
    records,
    reporting,
    standing,
    verifying,
)
from kb_service.knowledge.corrections.service.reporting import Said
from kb_service.knowledge.service import release
from tests.support.corrections import advance, confirm, report, stored, titles, watch
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


def test_reports_on_the_same_thing_become_one_and_every_reporter_is_kept(world: World, point: str) -> None:
    first = report(world, point, "agent", remark="窗口已搬到四楼")
    second = report(world, point, "zx_second", remark="电话打不通", way="audit")
    other = report(world, point, "agent", kind="dead_link")

    assert (first.merged, second.merged, other.merged) == (False, True, False)
    assert second.correction.code == first.correction.code != other.correction.code
    with world.database.read() as session:
        found = reading.detail(session, world.as_("zx_manager"), first.correction.code)
    assert [each.reporter for each in found.reports] == ["agent", "zx_second"]


def test_said_twice_by_the_same_person_it_is_kept_once(world: World, point: str) -> None:
    first, again = report(world, point), report(world, point)

    assert again.report.id == first.report.id


def test_what_is_reported_is_kept_without_personal_data(world: World, point: str) -> None:
    kept = report(world, point, remark="市民 13800138000 说不对").report.remark

    assert "13800138000" not in kept


def test_the_centre_has_one_working_day_of_its_own_to_verify(
    world: World, point: str, tmp_path: Path
) -> None:
    code = report(world, point).correction.code
    assert stored(world, code).verify_due_at == datetime(2026, 11, 24, 0, 0, tzinfo=CITY)
    assert any("待核实纠错" in title for title in titles(world, "zx_manager"))

    advance(world, 4 * DAY)
    watch(world, tmp_path)

    assert stored(world, code).verify_overdue_at is not None


@pytest.mark.clause("SG-28.4")
def test_the_notice_of_the_centre_starts_two_working_days_for_general_information(
    world: World, point: str
) -> None:
    done = confirm(world, report(world, point).correction.code)

    assert (done.due_at, done.due_clause) == (GENERAL_DUE, "SG-28.4")
    assert any("请改正" in title and "11月24日24时前" in title for title in titles(world, "rsj_editor"))


@pytest.mark.clause("SG-28.4")
def test_what_is_major_or_sudden_is_due_after_24_hours(world: World, point: str) -> None:
    done = confirm(world, report(world, point).correction.code, "serious")

    assert done.due_at == world.clock.now() + timedelta(hours=24)


def test_a_new_version_that_goes_live_closes_the_correction_and_tells_the_reporter(
    world: World, point: str
) -> None:
    code = report(world, point, "agent").correction.code
    confirm(world, code, "serious")
    advance(world, timedelta(hours=1))
    with world.database.write() as session:
        draft = correcting.begin(session, world.as_("rsj_editor"), code)
    version = world.submit(draft)
    for reviewer in ("rsj_reviewer", "zx_reviewer"):
        version = world.decide(version, reviewer)

    done = stored(world, code)
    assert (done.status, done.fix_number, done.hold, done.overdue_at) == ("corrected", 2, "none", None)
    assert any("已改正" in title for title in titles(world, "agent"))


def test_a_version_already_under_way_does_not_close_it_and_the_warning_moves_on(
    world: World, point: str
) -> None:
    under_way = world.draft(faq(answer="改了别处的措辞。"), code=point)
    advance(world, timedelta(hours=1))
    code = report(world, point).correction.code
    confirm(world, code, "serious")
    advance(world, timedelta(hours=1))
    version = world.submit(under_way)
    for reviewer in ("rsj_reviewer", "zx_reviewer"):
        version = world.decide(version, reviewer)

    found = stored(world, code)
    assert (found.status, found.stands_on) == ("confirmed", 2)
    with world.database.read() as session:
        assert standing.held(session, [point])[point, 2].hold == "suspend"


def test_a_point_that_is_withdrawn_misleads_nobody_any_more(world: World, point: str) -> None:
    code = report(world, point).correction.code
    confirm(world, code)
    with world.database.write() as session:
        release.withdraw(session, world.as_("rsj_editor"), point, "内容有误，先下架")

    assert stored(world, code).status == "withdrawn"


def test_a_repair_under_embargo_ends_the_correction_when_it_is_released(
    world: World, point: str, tmp_path: Path
) -> None:
    code = report(world, point).correction.code
    confirm(world, code)
    advance(world, timedelta(minutes=5))
    later = world.clock.now() + timedelta(hours=30)
    version = world.publish(faq(answer="新答复。", release_at=later), code=point)
    with world.database.write() as session:
        correcting.name_fix(session, world.as_("rsj_editor"), code, version.number)
    assert stored(world, code).status == "confirmed"

    advance(world, timedelta(hours=31))
    watch(world, tmp_path)

    assert stored(world, code).status == "corrected"


def test_a_rejected_report_says_why_to_whoever_made_it(world: World, point: str) -> None:
    code = report(world, point).correction.code
    with world.database.write() as session:
        verifying.reject(session, world.as_("zx_manager"), code, "与现行文件一致")

    assert stored(world, code).status == "rejected"
    assert any("与现行文件一致" in title for title in titles(world, "agent"))


def test_a_mistaken_report_is_taken_back_until_it_was_verified(world: World, point: str) -> None:
    done = report(world, point)
    with world.database.write() as session:
        with pytest.raises(Forbidden):
            reporting.retract(session, world.as_("rsj_editor"), done.report.id)
        reporting.retract(session, world.as_("agent"), done.report.id)
    assert stored(world, done.correction.code).status == "retracted"

    again = report(world, point)
    confirm(world, again.correction.code)
    with world.database.write() as session, pytest.raises(Conflict):
        reporting.retract(session, world.as_("agent"), again.report.id)


def test_a_serious_claim_of_staff_warns_at_once_and_one_of_a_citizen_does_not(
    world: World, point: str
) -> None:
    report(world, point, "public", serious=True, way="chat", conversation_id="c-1")
    with world.database.read() as session:
        assert standing.held(session, [point]) == {}

    report(world, point, "agent", serious=True)
    with world.database.read() as session:
        assert standing.held(session, [point])[point, 1].hold == "warn"


def test_a_unit_reaches_only_its_own_corrections_and_a_reporter_their_own(world: World, point: str) -> None:
    code = report(world, point, "agent").correction.code
    confirm(world, code)
    with world.database.read() as session:
        for who in ("rsj_editor", "agent", "zx_manager"):
            assert reading.detail(session, world.as_(who), code).view.code == code
        with pytest.raises(NotFound):
            reading.detail(session, world.as_("gaj_editor"), code)
    with world.database.write() as session, pytest.raises(Forbidden):
        correcting.object_to(session, world.as_("gaj_editor"), code, "不是我们的")


def test_only_the_centre_verifies(world: World, point: str) -> None:
    code = report(world, point).correction.code
    with world.database.write() as session, pytest.raises(Forbidden):
        verifying.confirm(session, world.as_("rsj_editor"), code, "general", "不是错")


def test_a_confirmed_serious_one_may_not_be_used_without_warning(world: World, point: str) -> None:
    code = report(world, point).correction.code
    assert confirm(world, code, "serious").hold == "suspend"
    with world.database.write() as session:
        manager = world.as_("zx_manager")
        assert verifying.set_hold(session, manager, code, "warn", "影响不大").hold == "warn"
        with pytest.raises(Invalid):
            verifying.set_hold(session, manager, code, "none", "照常用")


def test_a_draft_is_no_matter_of_corrections(world: World) -> None:
    draft = world.draft(faq())
    with world.database.write() as session, pytest.raises(Invalid):
        reporting.report(session, world.as_("rsj_editor"), draft.code, Said(number=1), way="unit")


def test_merging_never_loses_a_reporter(world: World, point: str) -> None:
    """Whoever reports whatever in whatever order, each has a report of their own in an open correction."""

    people = st.sampled_from(["agent", "zx_second", "rsj_second", "gaj_editor", "confidant"])
    kinds = st.sampled_from(["wrong", "outdated"])

    @given(st.lists(st.tuples(people, kinds, st.booleans()), max_size=6))
    def run(said: list[tuple[str, str, bool]]) -> None:
        with world.database.write() as session:
            for who, kind, serious in said:
                reporting.report(
                    session, world.as_(who), point, Said(kind=kind, serious=serious), way="agent"
                )
            rows = session.execute(
                select(CorrectionReport.reporter, Correction.kind)
                .join(Correction, Correction.id == CorrectionReport.correction_id)
                .where(Correction.closed_at.is_(None))
            ).all()
            assert {(who, kind) for who, kind, _ in said} == {tuple(row) for row in rows}
            opened = select(func.count(Correction.id)).where(Correction.closed_at.is_(None))
            assert session.execute(opened).scalar_one() == len({kind for _, kind, _ in said})
            for row in session.execute(select(Correction).where(Correction.closed_at.is_(None))).scalars():
                records.end(session, Context(SYSTEM, world.clock.now()), row, Status.RETRACTED, "")

    run()
