"""Chains by type and unit, whose turn it is, remarks put right, who signed, who stood in."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import DBAPIError

from kb_service.core.clock import FixedClock
from kb_service.core.errors import Conflict, Forbidden, Invalid, KbError
from kb_service.identity.model import Account, AccountRole
from kb_service.knowledge.model import Review
from kb_service.knowledge.reviewing import chains, jobs, remarks, sharing, signing
from kb_service.knowledge.reviewing.model import ReviewFor, ReviewSignature, ReviewTurn
from kb_service.knowledge.service import bulk, checks, drafts, history, review, review_queue
from kb_service.knowledge.service.views import VersionView
from kb_service.notices import absence
from kb_service.notices.model import Notice
from tests.support.knowledge import PEOPLE, World, faq, script
from tests.support.service import Service

ACCOUNTS = {login: number for number, login in enumerate(PEOPLE, 1)}
NAMES = {number: login for login, number in ACCOUNTS.items()}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def second_reviewer(world: World) -> str:
    """Another reviewer of the same unit, who has the first turn."""
    return with_second_reviewer(world)


def with_second_reviewer(world: World) -> str:
    with world.database.write() as session:
        session.execute(insert(AccountRole).values(account_id=2, role_code="unit_reviewer", officer=False))
    return "rsj_second"


def turn(world: World, version: VersionView) -> ReviewTurn | None:
    with world.database.read() as session:
        return sharing.open_turns(session, [version.version_id]).get(version.version_id)


def holder(world: World, version: VersionView) -> str | None:
    found = turn(world, version)
    return NAMES[found.account_id] if found else None


def queue(world: World, by: str, whose: review_queue.Whose) -> list[str]:
    with world.database.read() as session:
        return [item.title for item in review_queue.awaiting(session, world.as_(by), whose=whose).items]


def away(world: World, who: str, instead: str | None) -> None:
    """From the present hour for a day."""
    now = world.clock.now()
    with world.database.write() as session:
        absence.file_absence(
            session, world.as_(who), account_id=ACCOUNTS[who], starts_at=now, ends_at=now + DAY,
            stand_in_id=ACCOUNTS[instead] if instead else None,
        )  # fmt: skip


def set_chain(world: World, *stages: str, by: str = "zx_manager", **given: object) -> None:
    with world.database.write() as session:
        chains.set_chain(session, world.as_(by), stages=stages, **given)  # type: ignore[arg-type]


def test_a_chain_set_for_a_unit_and_type_decides_the_reviews_and_what_is_in_review_keeps_its_own(
    world: World,
) -> None:
    before = world.submit(world.draft(faq("旧的")))
    set_chain(world, "unit", unit="U-RSJ", type="faq")
    after = world.submit(world.draft(faq("新的")))
    other = world.submit(world.draft(script("口径")))
    set_chain(world, "centre", unit="U-RSJ", type="faq")
    assert world.decide(before, "rsj_reviewer").status == "centre_review"
    assert world.decide(after, "rsj_reviewer").status == "approved"
    assert world.decide(other, "rsj_reviewer").status == "centre_review"
    assert world.submit(world.draft(faq("再新的"))).status == "centre_review"


def test_the_last_review_falls_to_the_centre_where_the_unit_has_nobody_else(world: World) -> None:
    set_chain(world, "unit", unit="U-GAJ")
    version = world.submit(world.draft(faq(category="C21"), by="gaj_editor"), by="gaj_editor")
    assert version.status == "centre_review"
    assert world.decide(version, "zx_reviewer").status == "approved"


@pytest.mark.clause("TA-7.3")
def test_a_countys_review_is_left_out_only_with_a_reason_and_the_setting_is_kept(
    world: World, clock: FixedClock
) -> None:
    with pytest.raises(Invalid, match="县区"):
        set_chain(world, "unit", "centre", unit="U-HBJD")
    version = world.submit(world.draft(faq(), by="hb_editor"), by="hb_editor")
    assert version.status == "region_review"
    set_chain(world, "centre", unit="U-HBJD", reason="湖滨街道由中心直接审核")
    clock.advance(HOUR)
    with world.database.write() as session:
        chain_id = chains.chains(session)[0].id
        chains.end_chain(session, world.as_("zx_manager"), chain_id)
    with world.database.read() as session:
        kept = chains.chains(session, past=True)[0]
    assert (kept.unit_code, kept.set_by, kept.ended_by) == ("U-HBJD", "zx_manager", "zx_manager")
    assert kept.ended_at == clock.now()


@pytest.mark.parametrize("stages", [[], ["region"], ["somewhere"]])
def test_a_chain_that_could_be_empty_is_refused(world: World, stages: list[str]) -> None:
    with pytest.raises(Invalid):
        set_chain(world, *stages, reason="没有别的理由")


def test_only_who_runs_the_reviews_sets_chains(world: World) -> None:
    with pytest.raises(Forbidden):
        set_chain(world, "unit", by="zx_reviewer")


def test_work_is_shared_out_evenly_and_never_to_an_author(world: World, second_reviewer: str) -> None:
    versions = [world.submit(world.draft(faq(f"第{at}问"))) for at in range(4)]
    assert sorted(holder(world, each) or "" for each in versions) == [
        "rsj_reviewer", "rsj_reviewer", second_reviewer, second_reviewer,
    ]  # fmt: skip
    own = world.submit(world.draft(faq("自己写的"), by=second_reviewer), by=second_reviewer)
    assert holder(world, own) == "rsj_reviewer"
    assert len(queue(world, "rsj_reviewer", "mine")) == 3
    assert len(queue(world, "rsj_reviewer", "all")) == 5
    assert queue(world, "rsj_reviewer", "free") == []


def test_what_was_taken_stays_with_who_took_it_until_handed_on(world: World, second_reviewer: str) -> None:
    version = world.submit(world.draft(faq()))
    with world.database.write() as session:
        sharing.take(session, world.as_(second_reviewer), version.code, 1)
    assert holder(world, version) == second_reviewer
    with world.database.write() as session, pytest.raises(Conflict, match=second_reviewer):
        sharing.take(session, world.as_("rsj_reviewer"), version.code, 1)
    for to in ("rsj_editor", "agent"):
        with world.database.write() as session, pytest.raises(Forbidden):
            sharing.hand_over(session, world.as_(second_reviewer), version.code, 1, to)
    with world.database.write() as session, pytest.raises(Forbidden):
        sharing.hand_over(session, world.as_("rsj_reviewer"), version.code, 1, "rsj_reviewer")
    with world.database.write() as session:
        sharing.hand_over(session, world.as_(second_reviewer), version.code, 1, "rsj_reviewer")
    assert holder(world, version) == "rsj_reviewer"


def test_a_turn_let_lie_is_reminded_of_told_to_the_leader_and_free_for_others(
    service: Service, clock: FixedClock
) -> None:
    world = service.world
    with world.database.write() as session:
        session.execute(insert(AccountRole).values(account_id=2, role_code="unit_leader", officer=False))
    version = world.submit(world.draft(script("停水")))
    found = turn(world, version)
    assert found is not None and found.due_at == clock.now() + HOUR
    for _ in range(2):
        jobs.watch(service.parts)
        clock.advance(timedelta(minutes=50))
    jobs.watch(service.parts)
    with world.database.read() as session:
        rows = select(Notice.kind, func.count()).where(Notice.kind.like("%review_due")).group_by(Notice.kind)
        told = dict(session.execute(rows).tuples().all())
    assert told == {"knowledge.review_due": 2, "escalated.knowledge.review_due": 1}
    assert queue(world, "rsj_reviewer", "free") == ["停水"]


def test_remarks_stand_beside_the_fields_of_the_next_version_until_ticked(world: World) -> None:
    version = world.submit(world.draft(faq()))
    with world.database.write() as session:
        review.decide(
            session, world.as_("rsj_reviewer"), version.code, 1, "return",
            remarks={"content.answer": "写明楼层", "": "请核对"},
        )  # fmt: skip
        drafts.next_draft(session, world.as_("rsj_editor"), version.code)
    with world.database.write() as session:
        left = remarks.tick(session, world.as_("rsj_editor"), version.code, 2, "content.answer")
    assert {each.field: (each.text, each.done) for each in left} == {
        "content.answer": ("写明楼层", True), "": ("请核对", False),
    }  # fmt: skip
    with world.database.write() as session:
        remarks.tick_all(session, world.as_("rsj_editor"), version.code, 2, [""])
        seen = remarks.remarks_on(session, world.as_("rsj_reviewer"), version.code, 2)
    assert [each.field for each in seen if each.done] == [""]


def test_a_sign_off_names_who_as_what_from_where_and_the_content_signed(world: World) -> None:
    version = world.publish(faq())
    with world.database.read() as session:
        sheet = signing.sheet(session, world.as_("rsj_editor"), version.code, 1)
    assert [(step.stage_name, step.by, step.role, step.unit_name) for step in sheet.steps] == [
        ("单位审核", "rsj_reviewer", "单位审核员", "市人力资源和社会保障局"),
        ("中心审核", "zx_reviewer", "中心审核员", "市政务服务便民热线中心"),
    ]
    assert {step.content_hash for step in sheet.steps} == {sheet.content_hash}
    assert sheet.intact
    with world.database.read() as session, pytest.raises(Forbidden):
        signing.sheet(session, world.as_("agent"), version.code, 1)


@pytest.mark.parametrize(
    "change", [update(ReviewSignature).values(name="别人"), update(ReviewFor).values(for_account_id=1)]
)
def test_a_sign_off_cannot_be_changed(world: World, second_reviewer: str, change: object) -> None:
    version = world.submit(world.draft(faq()))
    away(world, second_reviewer, "rsj_reviewer")
    world.decide(version, "rsj_reviewer")
    with pytest.raises(DBAPIError, match="never changed"), world.database.write() as session:
        session.execute(change)  # type: ignore[call-overload]


def test_a_stand_in_reviews_for_who_is_away_and_both_names_stand_in_the_record(service: Service) -> None:
    world = service.world
    absent = with_second_reviewer(world)
    version = world.submit(world.draft(faq()))
    assert holder(world, version) == absent
    away(world, absent, "rsj_reviewer")
    assert queue(world, "rsj_reviewer", "mine") == ["怎样办理退休"]
    jobs.share_out(service.parts)
    assert holder(world, version) == "rsj_reviewer"
    world.decide(version, "rsj_reviewer")
    with world.database.read() as session:
        step = signing.steps_of(session, version.version_id)[0]
        told = history.timeline(session, world.as_("rsj_editor"), version.code)
    assert step.by == "rsj_reviewer代rsj_second审核"
    assert "rsj_reviewer代rsj_second" in [entry.actor_name for entry in told]


def test_what_a_batch_brings_is_shared_out_by_the_job_and_comes_back_from_who_has_gone(
    service: Service,
) -> None:
    world = service.world
    absent = with_second_reviewer(world)
    with world.database.write() as session:
        rows = [checks.BulkRow("U-RSJ", faq(f"第{at}问")) for at in range(4)]
        bulk.insert_versions(session, world.as_("rsj_editor"), rows, batch_id="B1")
    assert len(queue(world, "rsj_reviewer", "free")) == 4
    assert jobs.share_out(service.parts) == 4
    assert len(queue(world, "rsj_reviewer", "mine")) == 2
    away(world, absent, None)
    jobs.share_out(service.parts)
    assert len(queue(world, "rsj_reviewer", "mine")) == 4


def test_nobody_stands_in_for_an_author(world: World, second_reviewer: str) -> None:
    with world.database.write() as session:
        session.execute(update(Account).where(Account.id == 2).values(name="写的人"))
    version = world.submit(world.draft(faq(), by=second_reviewer), by=second_reviewer)
    away(world, second_reviewer, "rsj_reviewer")
    with world.database.write() as session, pytest.raises(Forbidden, match="编写人"):
        review.decide(
            session, world.as_("rsj_reviewer"), version.code, 1, "approve", acting_for=second_reviewer
        )
    world.decide(version, "rsj_reviewer")
    with world.database.read() as session:
        review_id = session.execute(select(Review.id)).scalar_one()
    for wrong in (ACCOUNTS[second_reviewer], ACCOUNTS["rsj_reviewer"]):
        with (
            pytest.raises(DBAPIError, match="for an author or themselves"),
            world.database.write() as session,
        ):
            session.execute(insert(ReviewFor).values(review_id=review_id, for_account_id=wrong))


def all_at_once(acts: list[Callable[[], str]]) -> list[str]:
    """What each gave, or the status of the error it met."""
    gate = Barrier(len(acts))

    def run(act: Callable[[], str]) -> str:
        gate.wait()
        try:
            return act()
        except KbError as error:
            return f"{error.status}"

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(run, acts))


def test_of_two_who_decide_at_once_one_is_told_that_it_is_decided(world: World, second_reviewer: str) -> None:
    version = world.submit(world.draft(faq()))

    def decided(who: str) -> str:
        return world.decide(version, who).status

    for pair, status in (
        (("rsj_reviewer", second_reviewer), "centre_review"),
        (("zx_reviewer", "zx_second"), "approved"),
    ):
        assert all_at_once([partial(decided, who) for who in pair]) == ["409", status]


def test_two_who_submit_at_once_do_not_give_both_to_the_same_reviewer(
    world: World, second_reviewer: str
) -> None:
    waiting = [world.draft(faq(f"第{at}问")) for at in range(2)]

    def submitted(version: VersionView) -> str:
        return world.submit(version).status

    all_at_once([partial(submitted, each) for each in waiting])
    assert {holder(world, each) for each in waiting} == {"rsj_reviewer", second_reviewer}
