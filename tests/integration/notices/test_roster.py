"""Who is on duty, who is away, and who stands in."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from kb_service.core.clock import CITY, FixedClock
from kb_service.core.context import SYSTEM, Context
from kb_service.core.errors import Conflict, Forbidden, Invalid
from kb_service.identity.service import people
from kb_service.notices import absence, roster, roster_import
from kb_service.notices.model import Notice, Shift
from kb_service.notices.people_schemas import RosterRow
from kb_service.notices.service import notify
from tests.support.knowledge import World

AccountId = Callable[[str], int]
NIGHT = datetime(2026, 11, 21, 3, 0, tzinfo=CITY)
DAY = timedelta(days=1)


@pytest.fixture
def on(world: World, id_of: AccountId) -> Callable[..., Shift]:
    """`on("zx_reviewer", "2026-11-20T17:30", "2026-11-21T08:30")` puts somebody on script duty."""

    def put(login: str, starts_at: str, ends_at: str, duty: str = "script_review") -> Shift:
        with world.database.write() as session:
            return roster.assign(
                session, world.as_("zx_manager"), duty=duty, account_id=id_of(login),
                starts_at=datetime.fromisoformat(f"{starts_at}+08:00"),
                ends_at=datetime.fromisoformat(f"{ends_at}+08:00"),
            )  # fmt: skip

    return put


@pytest.fixture
def leave(world: World, id_of: AccountId, clock: FixedClock) -> Callable[..., int]:
    def file(login: str, stand_in: str | None = None, *, days: int = 3) -> int:
        with world.database.write() as session:
            return absence.file_absence(
                session, world.as_(login), account_id=id_of(login), starts_at=clock.now(),
                ends_at=clock.now() + days * DAY, stand_in_id=id_of(stand_in) if stand_in else None,
            ).id  # fmt: skip

    return file


def duty_at(world: World, at: datetime, duty: str = "script_review") -> list[int]:
    with world.database.read() as session:
        return roster.on_duty(session, duty, at)


def test_somebody_is_on_duty_at_three_in_the_morning(
    world: World, on: Callable[..., Shift], id_of: AccountId
) -> None:
    on("zx_reviewer", "2026-11-20T17:30", "2026-11-21T08:30")
    assert duty_at(world, NIGHT) == [id_of("zx_reviewer")]
    assert duty_at(world, datetime(2026, 11, 21, 8, 30, tzinfo=CITY)) == []


def test_whoever_cannot_review_is_not_put_on_the_duty_to_review(on: Callable[..., Shift]) -> None:
    with pytest.raises(Invalid, match="不能值"):
        on("rsj_editor", "2026-11-20T17:30", "2026-11-21T08:30")


def test_a_stand_in_is_on_duty_for_whoever_is_away(
    world: World, on: Callable[..., Shift], leave: Callable[..., int], id_of: AccountId
) -> None:
    on("zx_reviewer", "2026-11-20T17:30", "2026-11-21T08:30")
    leave("zx_reviewer", "zx_second")
    assert duty_at(world, NIGHT) == [id_of("zx_second")]


def test_nobody_is_on_duty_while_away_without_a_stand_in(
    world: World, on: Callable[..., Shift], leave: Callable[..., int]
) -> None:
    on("zx_reviewer", "2026-11-20T17:30", "2026-11-21T08:30")
    leave("zx_reviewer")
    assert duty_at(world, NIGHT) == []


def test_an_account_that_was_closed_or_lost_its_role_is_not_on_duty(
    world: World, on: Callable[..., Shift], clock: FixedClock
) -> None:
    on("zx_reviewer", "2026-11-20T17:30", "2026-11-21T08:30")
    with world.database.write() as session:
        people.set_roles(session, Context(SYSTEM, clock.now()), "zx_reviewer", ["agent"])
    assert duty_at(world, NIGHT) == []


def test_a_shift_handed_over_ends_for_the_one_and_begins_for_the_other(
    world: World, on: Callable[..., Shift], id_of: AccountId, clock: FixedClock
) -> None:
    shift = on("zx_reviewer", "2026-11-20T08:30", "2026-11-20T17:30")
    with world.database.write() as session:
        roster.hand_shift_over(
            session, world.as_("zx_reviewer"), shift.id, id_of("zx_second"), note="身体不适"
        )
    assert duty_at(world, clock.now() - timedelta(minutes=1)) == [id_of("zx_reviewer")]
    assert duty_at(world, clock.now()) == [id_of("zx_second")]
    with world.database.read() as session:
        week = roster.week(session, "script_review", date(2026, 11, 20), days=1)
    assert week.overlaps == []
    with world.database.write() as session, pytest.raises(Conflict):
        roster.hand_shift_over(session, world.as_("zx_manager"), shift.id, id_of("zx_manager"))


def test_another_persons_shift_is_handed_over_by_who_keeps_the_roster_alone(
    world: World, on: Callable[..., Shift], id_of: AccountId
) -> None:
    shift = on("zx_reviewer", "2026-11-20T08:30", "2026-11-20T17:30")
    with world.database.write() as session, pytest.raises(Forbidden):
        roster.hand_shift_over(session, world.as_("zx_second"), shift.id, id_of("zx_second"))


def test_a_week_shows_its_gaps_and_overlaps(world: World, on: Callable[..., Shift]) -> None:
    on("zx_reviewer", "2026-11-23T00:00", "2026-11-24T12:00")
    on("zx_second", "2026-11-24T10:00", "2026-11-30T00:00")
    with world.database.read() as session:
        week = roster.week(session, "script_review", date(2026, 11, 23))
    assert week.gaps == []
    assert [span.ends_at - span.starts_at for span in week.overlaps] == [timedelta(hours=2)]
    days = dict(roster.days_of(week.shifts, date(2026, 11, 23)))
    assert [each.name for each in days[date(2026, 11, 23)]] == ["zx_reviewer"]
    assert [each.name for each in days[date(2026, 11, 24)]] == ["zx_second"]
    with world.database.read() as session:
        after = roster.week(session, "script_review", date(2026, 11, 24))
    running = dict(roster.days_of(after.shifts, date(2026, 11, 24)))
    assert [each.name for each in running[date(2026, 11, 24)]] == ["zx_reviewer", "zx_second"]


def test_a_month_is_imported_whole_or_not_at_all(world: World) -> None:
    rows = [
        RosterRow(day=date(2026, 12, 1), duty="突发口径审核", shift="白班", people=["zx_reviewer"]),
        RosterRow(
            day=date(2026, 12, 1), duty="script_review", shift="夜班", people=["zx_second", "zx_manager"]
        ),
    ]
    wrong = [*rows, RosterRow(day=date(2026, 12, 2), duty="script_review", shift="白班", people=["agent"])]
    with pytest.raises(Invalid) as caught, world.database.write() as session:
        roster_import.import_rows(session, world.as_("zx_manager"), wrong)
    assert [each["pointer"] for each in caught.value.pointers] == ["/rows/2"]
    with world.database.write() as session:
        assert session.execute(select(Shift)).first() is None
        assert roster_import.import_rows(session, world.as_("zx_manager"), rows) == (3, 0)
    with world.database.write() as session:
        assert roster_import.import_rows(session, world.as_("zx_manager"), rows, replace=True) == (3, 3)


def test_a_stand_in_must_be_able_to_decide_the_same(leave: Callable[..., int]) -> None:
    with pytest.raises(Invalid, match="没有与您相同的权限") as caught:
        leave("zx_reviewer", "rsj_reviewer")
    assert caught.value.extra == {"lacking": ["knowledge.review_centre"]}


def test_a_reviewer_of_another_unit_cannot_stand_in(world: World, leave: Callable[..., int]) -> None:
    world.employ("gaj_reviewer", "U-GAJ", "unit_reviewer")
    with pytest.raises(Invalid, match="没有与您相同的权限"):
        leave("rsj_reviewer", "gaj_reviewer")


def test_somebody_who_is_away_cannot_stand_in(leave: Callable[..., int]) -> None:
    leave("zx_second")
    with pytest.raises(Conflict, match="请假"):
        leave("zx_reviewer", "zx_second")


def test_a_stand_in_acts_for_the_absent_but_never_on_what_either_wrote(
    world: World, leave: Callable[..., int], id_of: AccountId, clock: FixedClock
) -> None:
    leave("zx_reviewer", "zx_second")
    absent, instead = id_of("zx_reviewer"), id_of("zx_second")
    with world.database.read() as session:
        assert absence.stand_ins(session, [absent, instead], clock.now()) == {absent: instead}
        assert absence.acting_for(session, instead, clock.now(), [absent], []) == absent
        assert absence.acting_for(session, instead, clock.now(), [absent], [absent]) is None
        assert absence.acting_for(session, instead, clock.now(), [absent], [instead]) is None
        assert absence.stand_ins(session, [absent], clock.now() + 3 * DAY) == {}


def test_what_is_to_be_done_reaches_the_stand_in_unless_they_wrote_it(
    world: World, leave: Callable[..., int], id_of: AccountId, clock: FixedClock
) -> None:
    leave("zx_reviewer", "zx_second")
    ctx = Context(SYSTEM, clock.now())
    with world.database.write() as session:
        for subject, authors in (("point:K1", []), ("point:K2", [id_of("zx_second")])):
            notify(
                session, ctx, [id_of("zx_reviewer")], "knowledge.review", "待中心审核：退休", "/review", subject,
                but=authors,
            )  # fmt: skip
        titles = select(Notice.subject, Notice.title).where(Notice.account_id == id_of("zx_second"))
        assert session.execute(titles).tuples().all() == [("point:K1", "代zx_reviewer办理：待中心审核：退休")]


def test_leave_that_has_begun_ends_when_it_is_taken_back(
    world: World, leave: Callable[..., int], id_of: AccountId, clock: FixedClock
) -> None:
    number = leave("zx_reviewer", "zx_second")
    clock.advance(timedelta(hours=1))
    with world.database.write() as session:
        absence.cancel(session, world.as_("zx_reviewer"), number)
    with world.database.read() as session:
        assert absence.stand_ins(session, [id_of("zx_reviewer")], clock.now()) == {}


def test_the_leader_of_the_nearest_unit_above_answers(world: World, id_of: AccountId) -> None:
    leader = world.employ("dh_leader", "U-DHQ", "unit_leader")
    with world.database.read() as session:
        town = people.unit_by_code(session, "U-HBJD").id
        assert roster.leaders_of(session, town) == [leader]
