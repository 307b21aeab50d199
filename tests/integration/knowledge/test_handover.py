"""Changes of staff are filed; who leaves hands over; no unit is without a keeper unnoticed."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from kb_service.core.clock import FixedClock
from kb_service.core.context import SYSTEM, Context
from kb_service.core.errors import Conflict, Forbidden, Invalid
from kb_service.identity.model import Account
from kb_service.identity.service import people
from kb_service.knowledge.handover import jobs, service, staff
from kb_service.knowledge.model import Version, VersionAuthor
from kb_service.knowledge.tasks.model import Task
from kb_service.notices.model import Notice
from tests.support.knowledge import World, faq
from tests.support.service import Service

TODAY = date(2026, 11, 20)


def file(world: World, by: str = "rsj_reviewer", **change: object) -> staff.Filed:
    given = {"unit_code": "U-RSJ", "post": "keeper", "effective_on": TODAY, "login": "rsj_editor"} | change
    with world.database.write() as session:
        return staff.file_change(session, world.as_(by), **given)  # type: ignore[arg-type]


def officer(world: World) -> Context:
    """Who manages accounts."""
    world.employ("officer", "U-ZX", "system_officer")
    return world.as_("officer")


@pytest.mark.clause("SG-5")
@pytest.mark.parametrize("post", ["keeper", "leader"])
def test_a_change_of_leader_or_staff_reaches_the_office_and_is_acknowledged(
    world: World, clock: FixedClock, post: str
) -> None:
    with world.database.write() as session:
        system = Context(SYSTEM, clock.now())
        people.set_roles(session, system, "rsj_editor", ["unit_editor", "unit_leader"])
    filed = file(world, post=post)
    with world.database.read() as session:
        manager = people.account_by_login(session, "zx_manager").id
        told = select(Notice.subject).where(Notice.account_id == manager, Notice.kind == staff.NOTICE)
        assert session.execute(told).scalars().all() == [f"staff:{filed.id}"]
        assert [each.id for each in staff.filings(session, world.as_("zx_manager"), waiting=True)] == [
            filed.id
        ]
    with world.database.write() as session:
        assert staff.acknowledge(session, world.as_("zx_manager"), filed.id).acknowledged_at == clock.now()
    with world.database.read() as session:
        assert staff.filings(session, world.as_("zx_manager"), waiting=True) == []


def test_a_post_is_held_from_its_day_until_the_next_holders(world: World) -> None:
    file(world, effective_on=TODAY)
    later = TODAY + timedelta(days=10)
    file(world, effective_on=later, login="rsj_second", former_login="rsj_editor")
    with world.database.read() as session:
        names = {
            day: [each.login for each in staff.holders(session, day)]
            for day in (TODAY - timedelta(days=1), TODAY, later - timedelta(days=1), later)
        }
    assert list(names.values()) == [[], ["rsj_editor"], ["rsj_editor"], ["rsj_second"]]


def test_a_unit_files_its_own_changes_only(world: World) -> None:
    with pytest.raises(Forbidden):
        file(world, by="gaj_editor")


def test_nobody_is_named_keeper_who_cannot_write_or_belongs_elsewhere(world: World) -> None:
    with pytest.raises(Invalid, match="不是"):
        file(world, login="gaj_editor")
    with pytest.raises(Invalid, match="单位负责人"):
        file(world, post="leader")
    with pytest.raises(Conflict, match="不是"):
        file(world, login="rsj_second", former_login="rsj_editor")


@pytest.mark.clause("SG-29")
def test_a_unit_without_a_named_keeper_is_shown_and_asked_to_name_one(service: Service) -> None:
    world = service.world
    while jobs.watch(service.parts):
        pass

    def lacking() -> set[str]:
        with world.database.read() as session:
            open_tasks = select(Task.subject).where(Task.kind == staff.NO_KEEPER, Task.closed_at.is_(None))
            shown = {f"unit:{unit.code}" for unit in staff.vacancies(session, TODAY)}
            asked = set(session.execute(open_tasks).scalars())
        assert shown == asked
        return asked

    assert "unit:U-RSJ" in lacking()
    file(world)
    assert "unit:U-RSJ" not in lacking()
    with world.database.write() as session:
        account = people.account_by_login(session, "rsj_editor")
        account.active = False
    jobs.watch(service.parts)
    assert "unit:U-RSJ" in lacking()


def test_everything_in_hand_goes_to_another_in_one_step(world: World, clock: FixedClock) -> None:
    draft = world.draft(faq())
    returned = world.decide(world.submit(world.draft(faq("怎样参保"))), "rsj_reviewer", "return", "请补充")
    file(world)
    with world.database.write() as session:
        moved = service.hand_over(
            session, world.as_("rsj_reviewer"), "rsj_editor", "rsj_second", reason="调离本岗位"
        )
    assert moved["drafts"] == 2 and moved["posts"] == 1 and moved["notices"] >= 1
    with world.database.read() as session:
        second = people.account_by_login(session, "rsj_second")
        first = people.account_by_login(session, "rsj_editor")
        authors = dict(session.execute(select(Version.number, Version.author_id)).tuples().all())
        by_point = {
            (row.point_id, row.status): row.author_id for row in session.execute(select(Version)).scalars()
        }
        assert set(by_point.values()) == {first.id, second.id} and authors
        wrote = set(session.execute(select(VersionAuthor.account_id)).scalars())
        assert wrote == {first.id, second.id}
        assert [each.login for each in staff.holders(session, TODAY) if each.until_day is None] == [
            "rsj_second"
        ]
        unread = select(Notice).where(Notice.account_id == first.id, Notice.read_at.is_(None))
        assert session.execute(unread).first() is None
        assert service.open_work(session, world.as_("rsj_reviewer"), "rsj_editor") == []
    assert draft.code != returned.code


def test_whoever_wrote_a_draft_that_was_handed_over_still_cannot_review_it(world: World) -> None:
    draft = world.draft(faq())
    with world.database.write() as session:
        service.hand_over(session, world.as_("rsj_reviewer"), "rsj_editor", "rsj_second", reason="调离")
        people.set_roles(
            session, Context(SYSTEM, world.clock.now()), "rsj_editor", ["unit_editor", "unit_reviewer"]
        )
    submitted = world.submit(draft, by="rsj_second")
    fresh = World(world.database, world.clock)
    with pytest.raises(Forbidden):
        fresh.decide(submitted, "rsj_editor")


def test_an_account_with_open_work_is_not_closed_until_it_is_handed_over(
    world: World, clock: FixedClock
) -> None:
    world.draft(faq())
    ctx = officer(world)
    with pytest.raises(Conflict) as caught, world.database.write() as session:
        service.set_active(session, ctx, "rsj_editor", False)
    assert caught.value.code == "open_work"
    assert [item["part"] for item in caught.value.extra["open"]] == ["drafts"]
    with world.database.write() as session:
        service.hand_over(session, ctx, "rsj_editor", "rsj_second", reason="离职", close=True)
        assert not session.execute(select(Account.active).where(Account.login == "rsj_editor")).scalar_one()


def test_work_goes_only_to_somebody_who_can_do_it_and_then_nothing_has_moved(world: World) -> None:
    world.draft(faq())
    with pytest.raises(Invalid, match="不能接手"), world.database.write() as session:
        service.hand_over(session, world.as_("rsj_reviewer"), "rsj_editor", "gaj_editor", reason="调离")
    with world.database.read() as session:
        assert len(service.open_work(session, world.as_("rsj_reviewer"), "rsj_editor")) == 1
