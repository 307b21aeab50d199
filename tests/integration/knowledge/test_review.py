"""Review: by whom, in what order, one at a time and by the thousand."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from kb_service.core.clock import FixedClock
from kb_service.core.errors import Conflict, Forbidden, Invalid
from kb_service.identity.model import Account
from kb_service.knowledge.model import Review
from kb_service.knowledge.service import bulk, drafts, history, reading, review, review_queue
from kb_service.knowledge.service.checks import BulkRow
from kb_service.knowledge.service.views import VersionView
from kb_service.notices.model import Notice
from tests.support.knowledge import PEOPLE, World, faq, script

ACCOUNTS = {login: number for number, login in enumerate(PEOPLE, 1)}


def reviews(world: World, version: VersionView) -> list[tuple[str, str, int | None]]:
    with world.database.read() as session:
        rows = session.execute(
            select(Review).where(Review.version_id == version.version_id).order_by(Review.id)
        ).scalars()
        return [(row.stage, row.decision, row.reviewer_id) for row in rows]


def told(world: World, kind: str) -> dict[str, str]:
    """Login → title of the unread notices of a kind."""
    with world.database.read() as session:
        rows = select(Account.login, Notice.title).join(Account, Account.id == Notice.account_id)
        return dict(session.execute(rows.where(Notice.kind == kind, Notice.read_at.is_(None))).tuples().all())


def test_unit_then_centre_and_the_version_is_live(world: World, clock: FixedClock) -> None:
    version = world.submit(world.draft(faq()))
    filed = clock.now()
    assert version.status == "unit_review"
    clock.advance(timedelta(days=1))
    assert world.decide(version, "rsj_reviewer").status == "centre_review"
    clock.advance(timedelta(days=1))
    live = world.decide(version, "zx_reviewer")
    assert (live.status, live.live) == ("approved", "live")
    assert live.filed_at == filed
    assert live.uploaded_at == live.approved_at == clock.now()
    assert reviews(world, version) == [
        ("unit_review", "approve", ACCOUNTS["rsj_reviewer"]),
        ("centre_review", "approve", ACCOUNTS["zx_reviewer"]),
    ]


def test_a_towns_knowledge_is_reviewed_by_its_county_before_the_centre(world: World) -> None:
    version = world.submit(world.draft(faq(), by="hb_editor"), by="hb_editor")
    assert version.status == "region_review"
    assert world.decide(version, "dh_reviewer").status == "centre_review"
    assert reviews(world, version)[0] == ("unit_review", "pass", None)


def test_a_unit_with_one_named_person_passes_its_review_to_the_centre(world: World) -> None:
    version = world.submit(world.draft(faq(category="C21"), by="gaj_editor"), by="gaj_editor")
    assert version.status == "centre_review"
    assert reviews(world, version) == [("unit_review", "pass", None)]


def test_the_county_reviews_no_city_unit_and_other_counties_neither(world: World) -> None:
    version = world.submit(world.draft(faq()))
    for stranger in ("dh_reviewer", "zx_reviewer", "rsj_editor", "agent"):
        with pytest.raises(Forbidden):
            world.decide(version, stranger)


def test_nobody_reviews_what_they_wrote(world: World) -> None:
    version = world.submit(world.draft(faq(), by="rsj_reviewer"), by="rsj_reviewer")
    assert version.status == "centre_review"
    own = world.draft(faq("经办人改过的"))
    with world.database.write() as session:
        drafts.edit_draft(session, world.as_("rsj_reviewer"), own.code, 1, faq("审核人改过的"), lock=1)
    submitted = world.submit(own)
    assert submitted.status == "centre_review"
    assert reviews(world, own) == [("unit_review", "pass", None)]


def test_the_manager_who_wrote_it_may_not_approve_it_at_the_centre(world: World) -> None:
    version = world.submit(world.draft(faq(), by="zx_manager"), by="zx_manager")
    assert version.status == "centre_review"
    with pytest.raises(Forbidden) as refused:
        world.decide(version, "zx_manager")
    assert refused.value.code == "own_version"
    assert world.decide(version, "zx_reviewer").status == "approved"


def test_a_return_needs_a_remark_and_tells_the_author(world: World) -> None:
    version = world.submit(world.draft(faq("退休")))
    with pytest.raises(Invalid):
        world.decide(version, "rsj_reviewer", "return")
    returned = world.decide(version, "rsj_reviewer", "return", "请写明楼层")
    assert returned.status == "returned"
    assert told(world, "knowledge.returned") == {"rsj_editor": "审核退回：退休"}
    with world.database.read() as session:
        entries = history.timeline(session, world.as_("rsj_editor"), version.code)
    assert [(entry.kind, dict(entry.remarks)) for entry in entries] == [
        ("created", {}),
        ("filed", {}),
        ("return", {"": "请写明楼层"}),
    ]


def test_a_version_is_decided_once_at_each_stage(world: World) -> None:
    version = world.publish(faq())
    with pytest.raises(Conflict) as refused:
        world.decide(version, "zx_reviewer")
    assert refused.value.code == "not_in_review"


def test_reviewers_are_told_what_awaits_them_until_it_is_decided(world: World) -> None:
    version = world.submit(world.draft(faq("退休")))
    assert told(world, "knowledge.review") == {"rsj_reviewer": "待单位审核：退休"}
    world.decide(version, "rsj_reviewer")
    title = "待中心审核：退休"
    expected = {"zx_reviewer": title, "zx_second": title, "zx_manager": title}
    assert told(world, "knowledge.review") == expected
    world.decide(version, "zx_second")
    assert told(world, "knowledge.review") == {}
    assert told(world, "knowledge.approved") == {"rsj_editor": "审核通过：退休"}


def test_the_queue_shows_what_one_may_decide_scripts_first(world: World, clock: FixedClock) -> None:
    first = world.submit(world.draft(faq("一")))
    clock.advance(timedelta(minutes=1))
    urgent = world.submit(world.draft(script("口径")))
    world.submit(world.draft(faq("审核人写的"), by="rsj_reviewer"), by="rsj_reviewer")

    def queue(login: str, **wanted: str) -> list[str]:
        with world.database.read() as session:
            return [item.title for item in review_queue.awaiting(session, world.as_(login), **wanted).items]  # type: ignore[arg-type]

    assert queue("rsj_reviewer") == ["口径", "一"]
    assert queue("zx_reviewer") == ["审核人写的"]
    assert queue("dh_reviewer") == queue("agent") == queue("public") == []
    assert queue("rsj_reviewer", type="faq") == ["一"]
    assert (first.code, urgent.code) == ("K000001", "K000002")


def test_the_queue_is_read_page_by_page_without_gaps(world: World, clock: FixedClock) -> None:
    for number in range(7):
        world.submit(world.draft(faq(f"第{number}条")))
        clock.advance(timedelta(seconds=1))
    seen: list[str] = []
    cursor = ""
    while True:
        with world.database.read() as session:
            page = review_queue.awaiting(session, world.as_("rsj_reviewer"), cursor=cursor, limit=3)
        seen += [item.title for item in page.items]
        if page.next is None:
            break
        cursor = page.next
    assert seen == [f"第{number}条" for number in range(7)]


@pytest.mark.parametrize("at_once", [7, 1_000])
def test_a_batch_is_decided_as_a_whole_and_each_refusal_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(review, "AT_ONCE", at_once)
    rows = [BulkRow("U-RSJ", faq(f"第{number}条")) for number in range(30)]
    rows += [BulkRow("U-GAJ", faq("公安", category="C21"))]
    with world.database.write() as session:
        bulk.insert_versions(session, world.as_("zx_manager"), rows, batch_id="b1")
    assert told(world, "knowledge.review")["rsj_reviewer"] == "待单位审核：一批导入的知识，共 30 条"
    first = review.decide_batch(world.database, world.as_("rsj_reviewer"), "b1", "approve")
    assert first.done == 30
    assert [(each.ok, each.detail[:6]) for each in first.results if not each.ok] == [(False, "您没有对该单")]
    second = review.decide_batch(world.database, world.as_("zx_reviewer"), "b1", "approve")
    assert second.done == 31
    assert {each.status for each in second.results} == {"approved"}
    with world.database.read() as session:
        codes = [each.code for each in second.results]
        assert len(reading.live_versions(session, codes, world.clock.now())) == 31
        assert session.execute(select(func.count(Review.id))).scalar_one() == 62
    assert told(world, "knowledge.approved") == {"zx_manager": "审核通过：您导入的知识 31 条"}


def test_chosen_versions_are_decided_and_unknown_ones_reported(world: World) -> None:
    version = world.submit(world.draft(faq()))
    with world.database.write() as session:
        report = review.decide_many(
            session, world.as_("rsj_reviewer"), [(version.code, 1), ("K999999", 1)], "approve"
        )
    assert [(each.code, each.ok, each.status) for each in report.results] == [
        (version.code, True, "centre_review"),
        ("K999999", False, ""),
    ]


def test_a_reviewer_who_left_awaits_nothing(world: World) -> None:
    with world.database.write() as session:
        session.execute(update(Account).where(Account.login == "rsj_reviewer").values(active=False))
    assert world.submit(world.draft(faq())).status == "centre_review"
