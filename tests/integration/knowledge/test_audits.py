"""Audits of samples: drawn openly, by others than authors and reviewers, with consequences."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from kb_service.core.clock import FixedClock
from kb_service.core.errors import Conflict, Forbidden, Invalid
from kb_service.knowledge.corrections.model import Correction, CorrectionReport
from kb_service.knowledge.verification.sampling import Stratum
from kb_service.knowledge.verification.service import auditing, audits
from kb_service.knowledge.verification.service.audits import PlanView
from tests.support.knowledge import World, faq


def create(world: World, *strata: Stratum, auditors: tuple[str, ...] = (), seed: str = "s") -> PlanView:
    with world.database.write() as session:
        return audits.create_plan(
            session,
            world.as_("zx_manager"),
            name="四季度抽查",
            period_from=date(2026, 10, 1),
            period_to=date(2026, 12, 31),
            strata=strata or (Stratum("random", 3),),
            auditors=auditors,
            seed=seed,
        )


def found(world: World, plan: PlanView) -> list[auditing.ItemView]:
    with world.database.read() as session:
        return auditing.items(session, world.as_("zx_second"), plan.code)


def record(
    world: World, plan: PlanView, rank: int, result: auditing.Result, by: str, **how: object
) -> auditing.ItemView:
    with world.database.write() as session:
        return auditing.record(session, world.as_(by), plan.code, rank, result, **how)  # type: ignore[arg-type]


@pytest.fixture
def published(world: World) -> list[str]:
    return [world.publish(faq(f"问题{at}")).code for at in range(6)]


def test_the_sample_can_be_drawn_again_whatever_happened_since(
    world: World, clock: FixedClock, published: list[str]
) -> None:
    plan = create(world, Stratum("random", 2), Stratum("risk", 2), Stratum("use", 1))
    assert (plan.size, plan.population) == (5, 6)
    clock.advance(timedelta(days=40))
    world.publish(faq("后来的"))
    world.publish(faq("问题0", "改了。"), code=published[0])
    with world.database.read() as session:
        again = audits.redraw(session, world.as_("zx_second"), plan.code)
    assert (again.same_population, again.same_sample) == (True, True)


@pytest.mark.clause("TA-8.4")
def test_nobody_audits_what_they_wrote_or_reviewed(world: World, published: list[str]) -> None:
    """All were reviewed by the first reviewer of the centre: they go to the others."""
    plan = create(world)
    assert {item.auditor_name for item in found(world, plan)} <= {"zx_second", "zx_manager", "dh_reviewer"}
    with pytest.raises(Forbidden):
        record(world, plan, 1, "right", "zx_reviewer")
    alone = create(world, auditors=("zx_reviewer",))
    assert {item.auditor_id for item in found(world, alone)} == {None}
    with pytest.raises(Forbidden) as refused:
        record(world, alone, 1, "right", "zx_reviewer")
    assert refused.value.code == "own_version"


def test_what_is_found_wrong_becomes_a_correction(world: World, published: list[str]) -> None:
    plan = create(world, auditors=("zx_second",))
    with pytest.raises(Invalid) as refused:
        record(world, plan, 1, "wrong", "zx_second", kind="wrong_contact")
    assert refused.value.code == "remark_required"
    with pytest.raises(Invalid):
        record(world, plan, 1, "right", "zx_second", checks={"contacts": False})
    item = record(
        world, plan, 1, "wrong", "zx_second", kind="wrong_contact", serious=True, remark="电话已停用", checks={"contacts": False},
    )  # fmt: skip
    with world.database.read() as session:
        correction = session.execute(select(Correction)).scalar_one()
        report = session.execute(select(CorrectionReport)).scalar_one()
    assert correction.code == item.correction_code
    assert (correction.point_code, correction.serious_claimed, report.way) == (item.code, True, "audit")
    with pytest.raises(Conflict):
        record(world, plan, 1, "right", "zx_second")
    with pytest.raises(DBAPIError), world.database.write() as session:
        session.execute(
            text("UPDATE knowledge_audit_item SET result = 'right', severity = NULL WHERE rank = 1")
        )


def test_an_auditor_goes_from_one_item_to_the_next_until_none_is_left(
    world: World, published: list[str]
) -> None:
    plan = create(world, auditors=("zx_second",))
    seen: list[int] = []
    for _ in range(3):
        with world.database.read() as session:
            item = auditing.next_item(
                session, world.as_("zx_second"), plan.code, after=seen[-1] if seen else 0
            )
        assert item is not None
        seen.append(item.rank)
        record(world, plan, item.rank, "right", "zx_second")
    assert seen == [1, 2, 3]
    with world.database.read() as session:
        assert auditing.next_item(session, world.as_("zx_second"), plan.code) is None


def test_the_report_gives_rates_with_bounds_by_unit(world: World, published: list[str]) -> None:
    plan = create(world, auditors=("zx_second",))
    record(world, plan, 1, "wrong", "zx_second", kind="outdated", remark="已改为网上办理")
    record(world, plan, 2, "right", "zx_second")
    with world.database.read() as session:
        report = auditing.report(session, world.as_("zx_second"), plan.code)
    assert report.random_only
    assert report.kinds == {"内容过时": 1}
    (unit,) = report.units
    assert (unit.unit_code, unit.size, unit.rate.looked_at, unit.rate.wrong) == ("U-RSJ", 3, 2, 1)
    assert 0 < unit.rate.low < 0.5 < unit.rate.high < 1


def test_a_plan_is_made_by_the_manager_closed_once_and_takes_no_more(
    world: World, published: list[str]
) -> None:
    plan = create(world, auditors=("zx_second",))
    with world.database.write() as session, pytest.raises(Forbidden):
        audits.close_plan(session, world.as_("zx_second"), plan.code)
    with world.database.write() as session:
        audits.close_plan(session, world.as_("zx_manager"), plan.code)
    with pytest.raises(Conflict):
        record(world, plan, 1, "right", "zx_second")


def test_auditors_must_be_allowed_to_audit_and_strata_must_find_something(
    world: World, published: list[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        create(world, auditors=("agent",))
    assert refused.value.code == "not_an_auditor"
    with pytest.raises(Invalid) as refused:
        create(world, Stratum("random", 3, unit="U-GAJ"))
    assert refused.value.code == "nothing_to_draw"
