"""Units renamed, merged and split keep their points, duties and history."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from kb_service.core import outbox
from kb_service.core.clock import FixedClock
from kb_service.core.context import SYSTEM, Context
from kb_service.core.db import Base, Database
from kb_service.core.errors import Conflict, Invalid, KbError
from kb_service.identity.model import Account, Unit
from kb_service.identity.schemas import UnitIn
from kb_service.identity.service import people
from kb_service.knowledge.model import CategoryUnit, Matter, Point
from kb_service.knowledge.reorganising import holdings, jobs, planning, service
from kb_service.knowledge.reorganising.schemas import ChangeOut, Merge, Rename, Split, SplitPart
from kb_service.knowledge.service import bulk, drafts, searching, undo
from kb_service.knowledge.service.checks import BulkRow
from kb_service.knowledge.tasks.model import Task
from kb_service.knowledge.tasks.service import close_by_id, open_task, tasks_of
from tests.support.databases import Databases
from tests.support.knowledge import World, build_world, faq
from tests.support.service import Service
from tests.support.threads import together


@pytest.fixture(name="service_")
def whole_service(request: pytest.FixtureRequest) -> Service:
    """The whole service; the use cases are called `service` here."""
    whole: Service = request.getfixturevalue("service")
    return whole


@pytest.fixture
def world(service_: Service) -> World:
    return service_.world


def system(world: World) -> Context:
    return Context(SYSTEM, world.clock.now())


def new_unit(world: World, code: str, name: str) -> None:
    data = UnitIn(code=code, name=name, region_code="990000", level=2, kind="department")
    with world.database.write() as session:
        people.save_unit(session, system(world), data)


def change(world: World, plan: Rename | Merge | Split, **rest: Any) -> ChangeOut:
    with world.database.write() as session:
        if isinstance(plan, Split) and "fingerprint" not in rest:
            rest["fingerprint"] = planning.preview(session, system(world), plan).fingerprint
        return service.make_change(session, system(world), plan, reason="机构改革方案", **rest)


def units_of(world: World) -> Mapping[str, str]:
    with world.database.read() as session:
        rows = select(Point.code, Unit.code).join(Unit, Unit.id == Point.unit_id)
        return dict(session.execute(rows).tuples().all())


def found(told: Service, text: str) -> list[str]:
    told.index()
    world = told.world
    with world.database.read() as session:
        hits = searching.search_points(
            session, world.as_("agent"), told.parts.engine, searching.SearchParams(text)
        )
    return [hit.code for hit in hits.hits]


def test_a_renamed_unit_keeps_its_code_and_is_found_by_both_names(service_: Service) -> None:
    world = service_.world
    point = world.publish(faq())
    assert found(service_, "人力资源和社会保障局") == []
    change(world, Rename(unit="U-RSJ", name="市就业和社会保障局"))
    with world.database.read() as session:
        unit = people.unit_by_code(session, "U-RSJ")
        assert (unit.name, unit.former_names) == ("市就业和社会保障局", ["市人力资源和社会保障局"])
    assert found(service_, "市人力资源和社会保障局") == [point.code]


def test_a_name_changed_by_the_form_is_remembered_and_searchable_too(service_: Service) -> None:
    world = service_.world
    point = world.publish(faq())
    data = UnitIn(code="U-RSJ", name="市就业局", region_code="990000", level=2, kind="department")
    with world.database.write() as session:
        people.save_unit(session, system(world), data, code="U-RSJ")
    assert (jobs.follow_names(service_.parts), jobs.follow_names(service_.parts)) == (1, 0)
    assert found(service_, "市人力资源和社会保障局") == [point.code]


def test_a_merge_takes_everything_along_and_history_stays_in_the_old_name(
    service_: Service, clock: FixedClock
) -> None:
    world = service_.world
    point = world.publish(faq())
    before = clock.now()
    with world.database.write() as session:
        old = people.unit_by_code(session, "U-RSJ")
        for subject in (f"point:{point.code}", "unit:U-RSJ"):
            open_task(
                session, system(world), kind="test", subject=subject, unit_id=old.id, title="核对", link="/"
            )
    new_unit(world, "U-NEW", "市民生保障局")
    clock.advance(timedelta(days=1))
    merged = change(world, Merge(units=["U-RSJ", "U-GAJ"], into="U-NEW"))
    assert merged.status == "applied" and merged.moved is not None
    assert units_of(world) == {point.code: "U-NEW"}
    with world.database.read() as session:
        old, new = people.unit_by_code(session, "U-RSJ"), people.unit_by_code(session, "U-NEW")
        assert not old.active and old.name == "市人力资源和社会保障局"
        assert set(new.former_names) == {"市人力资源和社会保障局", "市公安局"}
        assert session.get_one(Matter, "M1").unit_id == new.id
        staff_of_new = select(func.count()).where(Account.unit_id == new.id)
        assert session.execute(staff_of_new).scalar_one() == 4
        held = select(func.count()).where(CategoryUnit.unit_id == new.id)
        assert session.execute(held).scalar_one() == 3
        tasks = select(Task.subject, Task.unit_id, Task.outcome).order_by(Task.id)
        assert session.execute(tasks).tuples().all() == [
            (f"point:{point.code}", new.id, None),
            ("unit:U-RSJ", old.id, "dropped"),
        ]
        then, now = (service.responsible(session, point.code, at) for at in (before, clock.now()))
        assert (then.unit_name, then.now_name) == ("市人力资源和社会保障局", "市民生保障局")
        assert now.unit_name == "市民生保障局"
        assert {each.old_code for each in service.successions(session, "U-NEW")} == {"U-RSJ", "U-GAJ"}
        (told,) = outbox.waiting(session, "unit.changed", 10)
        assert told.payload is not None and told.payload["new"] == [new.id]
    assert found(service_, "市人力资源和社会保障局") == [point.code]
    with world.database.write() as session:
        editor = World(world.database, world.clock).as_("rsj_second")
        following = drafts.next_draft(session, editor, point.code)
    assert following.unit_code == "U-NEW"


def test_who_took_a_unit_s_place_reads_what_was_done_in_its_name_and_writes_nothing_in_it(
    service_: Service,
) -> None:
    world = service_.world
    with world.database.write() as session:
        unit = people.unit_by_code(session, "U-RSJ").id
        done = open_task(
            session, system(world), kind="test", subject="point:P1", unit_id=unit, title="核对", link="/"
        )
        close_by_id(session, world.as_("rsj_editor"), done.id, "done", "已核对")
        bulk.insert_versions(
            session, world.as_("rsj_editor"), [BulkRow("U-RSJ", faq())], batch_id="b1", submit=True
        )
    new_unit(world, "U-NEW", "市民生保障局")
    change(world, Merge(units=["U-RSJ"], into="U-NEW"))
    fresh = World(world.database, world.clock)
    with world.database.write() as session:
        assert [each.id for each in tasks_of(session, fresh.as_("rsj_editor"), closed=True).items] == [
            done.id
        ]
        assert tasks_of(session, fresh.as_("gaj_editor"), closed=True).items == []
        assert undo.undo_batch(session, fresh.as_("rsj_editor"), "b1", "导错了").discarded == 1
        with pytest.raises(KbError):
            drafts.create_draft(session, fresh.as_("rsj_editor"), "U-RSJ", faq("写给旧单位"))


def test_two_merges_at_once_give_one_result_and_one_conflict(world: World) -> None:
    world.publish(faq())
    new_unit(world, "U-NEW", "市民生保障局")
    new_unit(world, "U-OTHER", "市政务局")
    targets = ["U-NEW", "U-OTHER"]

    def merge() -> str:
        try:
            change(world, Merge(units=["U-RSJ"], into=targets.pop()))
        except Conflict as error:
            return error.code
        return "done"

    assert sorted(together(merge, 2)) == ["done", "unit_closed"]
    assert len(set(units_of(world).values()) & {"U-NEW", "U-OTHER"}) == 1


def test_a_unit_is_not_merged_into_one_below_it(world: World) -> None:
    with pytest.raises(Invalid, match="下级"):
        change(world, Merge(units=["U-DHQ"], into="U-HBJD"))


def test_a_planned_change_takes_effect_at_its_instant(service_: Service, clock: FixedClock) -> None:
    world = service_.world
    point = world.publish(faq())
    new_unit(world, "U-NEW", "市民生保障局")
    instant = clock.now() + timedelta(days=5)
    planned = change(world, Merge(units=["U-RSJ"], into="U-NEW"), effective_at=instant)
    assert planned.status == "planned" and jobs.apply_due(service_.parts) == 0
    assert units_of(world) == {point.code: "U-RSJ"}
    clock.advance(timedelta(days=5))
    assert (jobs.apply_due(service_.parts), jobs.apply_due(service_.parts)) == (1, 0)
    assert units_of(world) == {point.code: "U-NEW"}


def test_a_planned_change_that_became_impossible_is_told_and_changes_nothing(
    service_: Service, clock: FixedClock
) -> None:
    world = service_.world
    new_unit(world, "U-NEW", "市民生保障局")
    change(world, Merge(units=["U-RSJ"], into="U-NEW"), effective_at=clock.now() + timedelta(days=5))
    change(world, Merge(units=["U-RSJ"], into="U-GAJ"))
    clock.advance(timedelta(days=5))
    assert jobs.apply_due(service_.parts) == 1
    with world.database.read() as session:
        assert [each.status for each in service.changes(session)] == ["applied", "failed"]
        assert "已撤销" in service.changes(session)[1].problem


def test_a_cancelled_change_never_takes_effect(service_: Service, clock: FixedClock) -> None:
    world = service_.world
    new_unit(world, "U-NEW", "市民生保障局")
    at = clock.now() + timedelta(days=5)
    planned = change(world, Merge(units=["U-RSJ"], into="U-NEW"), effective_at=at)
    with world.database.write() as session:
        service.cancel(session, system(world), planned.id)
    clock.advance(timedelta(days=6))
    assert jobs.apply_due(service_.parts) == 0


def test_a_split_gives_what_the_preview_showed_and_can_be_undone_by_a_further_change(world: World) -> None:
    pension = world.publish(faq())
    dole = world.publish(faq("怎样领失业金", category="C12"))
    new_unit(world, "U-NEW", "市失业保险中心")
    plan = Split(unit="U-RSJ", parts=[SplitPart(to="U-NEW", categories=["C12"], accounts=["rsj_second"])])
    with world.database.read() as session:
        shown = planning.preview(session, system(world), plan)
    assert [(each.unit_code, each.points, each.accounts) for each in shown.gains] == [("U-NEW", 1, 1)]
    assert shown.stay == 1
    done = change(world, plan, fingerprint=shown.fingerprint)
    assert units_of(world) == {pension.code: "U-RSJ", dole.code: "U-NEW"}
    with world.database.write() as session:
        editor = World(world.database, world.clock).as_("rsj_second")
        assert drafts.next_draft(session, editor, dole.code).unit_code == "U-NEW"
    change(world, Split(unit="U-NEW", parts=[SplitPart(to="U-RSJ", came_by=[done.id])]))
    assert set(units_of(world).values()) == {"U-RSJ"}


def test_a_split_is_refused_when_it_was_not_previewed_or_the_points_changed_since(world: World) -> None:
    world.publish(faq())
    new_unit(world, "U-NEW", "市失业保险中心")
    plan = Split(unit="U-RSJ", parts=[SplitPart(to="U-NEW", categories=["C1"])])
    with pytest.raises(Invalid, match="预览"):
        change(world, plan, fingerprint="")
    with world.database.read() as session:
        shown = planning.preview(session, system(world), plan)
    world.publish(faq("怎样参保"))
    with pytest.raises(Conflict, match="重新预览"):
        change(world, plan, fingerprint=shown.fingerprint)


def test_a_point_given_to_two_units_is_told_before_anything_is_done(world: World) -> None:
    point = world.publish(faq())
    new_unit(world, "U-NEW", "甲局")
    parts = [SplitPart(to=code, points=[point.code]) for code in ("U-NEW", "U-GAJ")]
    with pytest.raises(Invalid) as caught:
        change(world, Split(unit="U-RSJ", parts=parts))
    assert caught.value.code == "disputed"


def test_a_split_that_closes_a_unit_leaves_nothing_with_it(world: World) -> None:
    world.publish(faq())
    world.publish(faq("怎样领失业金", category="C12"))
    new_unit(world, "U-NEW", "市失业保险中心")
    change(world, Split(unit="U-RSJ", parts=[SplitPart(to="U-NEW", categories=["C12"])], rest="U-GAJ"))
    assert set(units_of(world).values()) == {"U-NEW", "U-GAJ"}
    with world.database.read() as session:
        old = people.unit_by_code(session, "U-RSJ")
        left = [
            session.execute(
                select(func.count()).where(holding.unit == old.id, *holding.open(world.clock.now()))
            )
            for holding in holdings.HOLDINGS
        ]
        assert not old.active and [each.scalar_one() for each in left] == [0] * len(left)


def test_every_table_that_names_a_unit_says_what_becomes_of_it() -> None:
    """Tickets and imports learn of a change by the outbox."""
    told = holdings.OWN_WAY | holdings.HISTORY
    told |= {f"{each.unit.class_.__tablename__}.{each.unit.key}" for each in holdings.HOLDINGS}
    naming = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        for key in column.foreign_keys
        if key.target_fullname == "identity_unit.id"
        and table.name.startswith(("identity_", "knowledge_", "notices_", "supervision_"))
    }
    assert naming == told


CODES = ["U-RSJ", "U-GAJ", "U-HBJD", "U-ZX"]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(CODES), min_size=1, max_size=6), st.permutations(CODES), st.integers(1, 3))
def test_every_point_of_merged_units_is_reached_under_the_new_unit(
    databases: Databases, clock: FixedClock, owners: list[str], order: list[str], gone: int
) -> None:
    if not databases.has("knowledge"):
        databases.build("knowledge", build_world, start="empty")
    url = databases.copy("knowledge")
    database = Database(url)
    world = World(database, clock)
    try:
        with database.write() as session:
            ids = {code: people.unit_by_code(session, code).id for code in CODES}
            for number, code in enumerate(owners):
                session.add(
                    Point(
                        code=f"K{number}", type="faq", unit_id=ids[code], latest=1,
                        created_at=clock.now(), touched_at=clock.now(),
                    )
                )  # fmt: skip
        merged, into = order[:gone], order[-1]
        later = replace(system(world), now=clock.now() + timedelta(hours=1))
        with database.write() as session:
            service.make_change(session, later, Merge(units=merged, into=into), reason="机构改革")
        expected = {f"K{at}": into if code in merged else code for at, code in enumerate(owners)}
        assert units_of(world) == expected
        with database.read() as session:
            then = {code: service.responsible(session, code, clock.now()).unit_code for code in expected}
        assert then == {f"K{at}": code for at, code in enumerate(owners)}
    finally:
        database.dispose()
        databases.drop(url)
