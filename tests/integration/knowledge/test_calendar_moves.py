"""A change of the calendar moves what is due about knowledge, keeps from when to when, and tells it."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from kb_service.core import audit
from kb_service.core.clock import CITY, FixedClock
from kb_service.core.context import SYSTEM, Context
from kb_service.knowledge.calendar import service as owed
from kb_service.knowledge.calendar.counted import KnowledgeMove
from kb_service.knowledge.corrections.model import CorrectionEvent
from kb_service.knowledge.reviewing.model import ReviewTurn
from kb_service.knowledge.supersession import flagging
from kb_service.knowledge.tasks import jobs as task_jobs
from kb_service.knowledge.tasks.model import Task
from kb_service.knowledge.tasks.service import open_task
from kb_service.regulations import changes
from kb_service.regulations import service as regulations
from kb_service.regulations.calendar import WorkingCalendar
from kb_service.supervision.model import Supervision
from tests.support.corrections import advance, confirm, report, rules_of, stored, titles, watch
from tests.support.knowledge import World, faq
from tests.support.service import make_runtime

DAY = timedelta(days=1)
# The test clock stands at Friday 20 November 2026, 10:00.
MONDAY, TUESDAY, SATURDAY = date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 21)


def midnight_after(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=CITY) + DAY


@pytest.fixture
def point(world: World) -> str:
    return world.publish(faq()).code


def change(world: World, day: date, *, working: bool = False, note: str = "台风停工") -> int:
    assert isinstance(world.clock, FixedClock)
    world.clock.advance(timedelta(minutes=1))
    with world.database.write() as session:
        ctx = Context(SYSTEM, world.clock.now())
        regulations.set_override(session, ctx, day, working, note)
    with world.database.read() as session:
        return changes.latest(session, 1)[0].id


def followed(world: World, limit: int = owed.BATCH) -> None:
    while True:
        with world.database.write() as session:
            if not owed.follow(session, Context(SYSTEM, world.clock.now()), limit):
                return


def moves(world: World, change_id: int, by: str = "zx_manager") -> list[KnowledgeMove]:
    with world.database.read() as session:
        return owed.moved(session, world.as_(by), change_id)


def spans(world: World, change_id: int, by: str = "zx_manager") -> list[tuple[str, str, str]]:
    return [(each.label, each.before, each.after) for each in moves(world, change_id, by)]


def citing_task(world: World, point: str, clause: str | None = None) -> int:
    """As the flagging of what cites something replaced opens it."""
    with world.database.write() as session:
        ctx = world.as_("zx_manager")
        due = regulations.calendar(session).due(ctx.now, flagging.WITHIN)
        unit = world.as_("rsj_editor").actor.unit_id or 0
        return open_task(
            session, ctx, kind=flagging.TASK, subject=f"point:{point}/P9", unit_id=unit, title="核对依据",
            link=f"/knowledge/{point}", evidence={"code": point}, due_at=due.due, due_day=due.due_day,
            clause=clause,
        ).id  # fmt: skip


@pytest.mark.parametrize(
    ("day", "working", "due_day"), [(MONDAY, False, date(2026, 11, 25)), (SATURDAY, True, MONDAY)]
)
def test_the_time_to_correct_moves_and_the_history_tells_from_when_to_when(
    world: World, point: str, day: date, *, working: bool, due_day: date
) -> None:
    code = report(world, point).correction.code
    confirm(world, code)
    number = change(world, day, working=working)
    followed(world)
    found = stored(world, code)
    assert (found.due_day, found.due_at) == (due_day, midnight_after(due_day))
    after = f"11月{due_day.day}日24时前"
    assert spans(world, number) == [("改正期限", "11月24日24时前", after)]
    with world.database.read() as session:
        rows = select(CorrectionEvent.text).where(CorrectionEvent.kind == "moved")
        assert session.execute(rows).scalars().all() == [f"改正期限 11月24日24时前 → {after}：台风停工"]


def test_the_centre_s_time_to_verify_moves_and_the_centre_is_told(world: World, point: str) -> None:
    code = report(world, point).correction.code
    number = change(world, MONDAY)
    followed(world)
    assert stored(world, code).verify_due_day == TUESDAY
    assert spans(world, number) == [("核实期限", "11月23日24时前", "11月24日24时前")]
    assert any("1件纠错核实的期限有变化：台风停工" in title for title in titles(world, "zx_manager"))


def test_hours_run_on_whatever_the_calendar_says(world: World, point: str) -> None:
    code = report(world, point).correction.code
    confirm(world, code, "serious")
    before = stored(world, code).due_at
    number = change(world, SATURDAY, working=True)
    followed(world)
    assert stored(world, code).due_at == before
    assert moves(world, number) == []


def test_a_task_moves_and_says_so_itself_and_its_unit_is_told_once(world: World, point: str) -> None:
    task = citing_task(world, point)
    confirm(world, report(world, point).correction.code)
    number = change(world, MONDAY)
    followed(world)
    with world.database.read() as session:
        row = session.get_one(Task, task)
        assert (row.due_day, row.due_at) == (date(2026, 11, 30), midnight_after(date(2026, 11, 30)))
        told = {"change": number, "before": "11月27日24时前", "after": "11月30日24时前", "reason": "台风停工"}
        assert row.evidence == {"code": point, "moves": [told]}
        assert audit.verify(session).ok
    notices = [title for title in titles(world, "rsj_editor") if "工作日历调整" in title]
    assert notices == ["工作日历调整，本单位2项知识纠错和任务的期限有变化：台风停工"]
    assert len(moves(world, number, "rsj_editor")) == 2
    assert moves(world, number, "gaj_editor") == []


def test_a_day_that_is_given_back_is_shown_to_those_who_decide_whether_lateness_holds(
    world: World, point: str, tmp_path: Path
) -> None:
    with rules_of("taian-2025"):
        code = report(world, point).correction.code
        confirm(world, code)
        advance(world, timedelta(days=4, hours=15))
        watch(world, tmp_path)
        late = stored(world, code).overdue_at
        change(world, TUESDAY, note="24日台风停工，补记")
        followed(world)
    found = stored(world, code)
    assert late is not None
    assert (found.overdue_at, found.due_day) == (late, date(2026, 11, 25))
    assert any("请复核已记的逾期" in title for title in titles(world, "zx_manager"))


def test_a_task_that_was_late_only_by_a_day_off_is_late_no_more_and_its_supervision_ends(
    world: World, point: str, tmp_path: Path
) -> None:
    with rules_of("taian-2025"):
        task = citing_task(world, point, clause="TA-8.4")
        parts = make_runtime(world.database, world.clock, tmp_path)
        advance(world, timedelta(days=7, hours=15))
        task_jobs.remind(parts)
        with world.database.read() as session:
            assert session.execute(select(Supervision.closed_at)).scalars().all() == [None]
        change(world, MONDAY, note="23日台风停工，补记")
        followed(world)
    with world.database.read() as session:
        assert session.get_one(Task, task).overdue_at is None
        assert session.execute(select(Supervision.outcome)).scalars().all() == ["dropped"]


def test_what_began_after_the_change_is_left_as_it_was_counted(world: World, point: str) -> None:
    number = change(world, MONDAY)
    assert isinstance(world.clock, FixedClock)
    world.clock.advance(timedelta(minutes=1))
    code = report(world, point).correction.code
    confirm(world, code)
    due = stored(world, code).due_at
    followed(world)
    assert stored(world, code).due_at == due
    assert moves(world, number) == []


def test_several_changes_are_followed_in_their_order_in_steps_and_nothing_moves_twice(
    world: World, point: str
) -> None:
    tasks = [citing_task(world, f"{point}{each}") for each in range(3)]
    confirm(world, report(world, point).correction.code)
    first, second = change(world, MONDAY), change(world, MONDAY, working=True, note="台风转向")
    followed(world, limit=2)
    there = [("改正期限", "11月24日24时前", "11月25日24时前")]
    assert spans(world, first) == there + [("任务期限", "11月27日24时前", "11月30日24时前")] * len(tasks)
    back = [("改正期限", "11月25日24时前", "11月24日24时前")]
    assert spans(world, second) == back + [("任务期限", "11月30日24时前", "11月27日24时前")] * len(tasks)


def test_a_candidate_s_time_moves_with_its_task(world: World) -> None:
    from kb_service.knowledge.candidates.model import Candidate
    from kb_service.knowledge.candidates.service import records

    ctx = world.as_("zx_manager")
    with world.database.write() as session:
        row = Candidate(
            code="HX1", question="怎样补办", status="undecided", first_at=ctx.now, last_at=ctx.now, times=1
        )
        session.add(row)
        session.flush()
        records.give_to(session, ctx, row, world.as_("rsj_editor").actor.unit_id or 0)
        before = row.due_day
    change(world, MONDAY)
    followed(world)
    with world.database.read() as session:
        row = session.execute(select(Candidate)).scalar_one()
        task = session.execute(select(Task)).scalar_one()
        assert before is not None and row.due_day == date(2026, 11, 30)
        assert (row.due_at, row.due_day) == (task.due_at, task.due_day)


def test_the_service_s_own_targets_of_reviews_follow_too(world: World) -> None:
    world.submit(world.draft(faq()))
    with world.database.read() as session:
        assert session.execute(select(ReviewTurn.due_at)).scalar_one() == midnight_after(MONDAY)
    change(world, MONDAY)
    followed(world)
    with world.database.read() as session:
        assert session.execute(select(ReviewTurn.due_at)).scalar_one() == midnight_after(TUESDAY)


def test_what_a_notice_would_move_can_be_seen_before_it_is_recorded(world: World, point: str) -> None:
    code = report(world, point).correction.code
    confirm(world, code)
    with world.database.read() as session:
        after = WorkingCalendar({MONDAY: False})
        found = owed.foreseen(session, world.as_("rsj_editor"), after)
        assert [(each.code, each.shown, due.shown) for each, due in found] == [
            (code, "11月24日24时前", "11月25日24时前")
        ]
        assert owed.foreseen(session, world.as_("gaj_editor"), after) == []
