"""What a sub-centre tells becomes a point of its unit, by the rules of owners, revisions and four eyes."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from ingestion.feeds import schemas
from ingestion.feeds import service as feeds
from ingestion.feeds.model import FeedItem, FeedPoint
from kb_service.core.clock import FixedClock
from kb_service.core.context import SYSTEM, Context
from kb_service.core.errors import Forbidden, Invalid
from kb_service.identity.model import Account, Unit
from kb_service.knowledge.model import Point, Review, Version
from kb_service.knowledge.service import reading, release
from kb_service.notices.model import Notice
from tests.support.feeds import CODE, OTHER_CODE, OTHER_UNIT, UNIT, SubCentre, add_sub_centre, told, withdrawn
from tests.support.knowledge import faq
from tests.support.service import Service


def live(service: Service, code: str) -> str | None:
    with service.parts.database.read() as session:
        view = reading.live_versions(session, [code], service.parts.clock.now()).get(code)
    return view.answer if view else None


@pytest.mark.clause("SG-31")
def test_what_a_sub_centre_signed_is_live_and_answerable_at_once(
    service: Service, sub_centre: SubCentre
) -> None:
    ack = sub_centre.one(told(title="网购七日无理由退货怎么办"))
    assert (ack.outcome, ack.version, ack.error) == ("live", 1, None)
    decided = service.decide("网购七日无理由退货怎么办")
    assert decided.decision == "answer"
    assert [(cited.code, cited.unit) for cited in decided.citations] == [(ack.code, UNIT)]
    assert decided.citations[0].uploaded_at == service.parts.clock.now()


@pytest.mark.clause("SG-31")
def test_its_review_is_by_the_named_signer_who_is_not_the_author(
    service: Service, sub_centre: SubCentre
) -> None:
    code = sub_centre.one(told(written_by="小李")).code
    with service.parts.database.read() as session:
        version, review, reviewer = session.execute(
            select(Version, Review, Account.login)
            .join(Point, Point.id == Version.point_id)
            .join(Review, Review.version_id == Version.id)
            .join(Account, Account.id == Review.reviewer_id)
            .where(Point.code == code, Review.decision == "approve")
        ).one()
        kept = session.execute(select(FeedItem)).scalar_one()
        told_of = session.execute(
            select(Notice.title).where(Notice.account_id == review.reviewer_id)
        ).scalars()
        assert list(told_of) == ["以您的签发上线 1 条：市场监管分中心"]
    assert reviewer == "sj.reviewer" and review.reviewer_id != version.author_id
    assert "分中心签发：王主任，2026-11-20 09:00（市场监管分中心，编号 A1，修订 1）" in review.reason
    assert (kept.written_by, kept.signed_by, kept.signer_id) == ("小李", "王主任", review.reviewer_id)


@pytest.mark.parametrize(
    ("item", "pointer"),
    [
        (told(written_by="王主任"), "/items/1/signed/by"),
        (told(signed="陌生人"), "/items/1/signed/by"),
        (told(answer=""), "/items/1/point/content/answer"),
        (told(category="C21"), "/items/1/point/category"),
        (told() | {"revision": -1}, "/items/1/revision"),
        (
            {"id": "A1", "revision": 1, "point": {"title": "缺内容", "category": "C-sj"}},
            "/items/1/point/content",
        ),
        (told(title="坏\x00字符"), ""),
    ],
)
def test_what_is_wrong_is_told_by_item_and_the_good_ones_are_taken(
    service: Service, sub_centre: SubCentre, item: dict[str, Any], pointer: str
) -> None:
    out = sub_centre.push(told("G1"), item, told("G2"))
    assert [ack.outcome for ack in out.items] == ["live", "refused", "live"]
    error = out.items[1].error
    assert error is not None and error.detail
    assert pointer in [each.pointer for each in error.pointers] or not pointer
    assert (out.taken, out.refused) == (2, 1)
    assert all(live(service, ack.code or "") for ack in (out.items[0], out.items[2]))


def test_what_nobody_signed_goes_through_the_reviews_here(service: Service, sub_centre: SubCentre) -> None:
    ack = sub_centre.one(told(signed=None))
    assert ack.outcome == "review" and ack.code
    assert live(service, ack.code) is None
    for reviewer in ("sj.reviewer", "zx_reviewer"):
        with service.parts.database.read() as session:
            version = reading.one_view(session, service.parts.clock.now(), ack.code, 1)
        service.world.decide(version, reviewer)
    assert live(service, ack.code) == "七日内可以无理由退货。"


def test_a_feed_agreed_to_be_reviewed_by_the_centre_is(service: Service) -> None:
    sub_centre = add_sub_centre(service, release="centre")
    first = sub_centre.one(told())
    second = sub_centre.one(told(revision=2, answer="十五日内。"))
    assert (first.outcome, second.outcome, second.code, second.version) == ("review", "review", first.code, 2)
    with service.parts.database.read() as session:
        old, new = (reading.one_view(session, service.parts.clock.now(), first.code or "", n) for n in (1, 2))
    assert (old.status, new.status) == ("discarded", "centre_review")
    service.world.decide(new, "zx_reviewer")
    assert live(service, first.code or "") == "十五日内。"


def test_repeated_ones_do_nothing_and_older_ones_are_refused_as_stale(
    service: Service, sub_centre: SubCentre
) -> None:
    first = sub_centre.one(told(revision=3, answer="新"))
    again = sub_centre.one(told(revision=3, answer="新"))
    older = sub_centre.one(told(revision=2, answer="旧"))
    other = sub_centre.one(told(revision=3, answer="另"))
    same_words = sub_centre.one(told(revision=4, answer="新"))
    assert (again.outcome, again.code, again.version) == ("repeated", first.code, 1)
    assert older.error is not None and older.error.code == "stale_revision"
    assert other.error is not None and other.error.code == "revision_reused"
    assert (same_words.outcome, same_words.version) == ("unchanged", 1)
    assert live(service, first.code or "") == "新"


def test_the_newest_of_a_batch_counts_and_an_older_good_one_where_the_newest_is_wrong(
    service: Service, sub_centre: SubCentre
) -> None:
    out = sub_centre.push(told("A", 2, "二"), told("A", 1, "一"), told("B", 1, "一"), told("B", 2, ""))
    assert [ack.outcome for ack in out.items] == ["live", "overtaken", "live", "refused"]
    assert [live(service, out.items[at].code or "") for at in (0, 2)] == ["二", "一"]


def test_what_is_withdrawn_is_gone_at_once_and_an_older_word_does_not_bring_it_back(
    service: Service, sub_centre: SubCentre
) -> None:
    code = sub_centre.one(told()).code or ""
    assert sub_centre.one(withdrawn(revision=5)).outcome == "withdrawn"
    assert live(service, code) is None
    late = sub_centre.one(told(revision=4))
    unknown = sub_centre.push(withdrawn("N1", 7), told("N1", 6))
    assert late.error is not None and late.error.code == "stale_revision"
    assert [ack.outcome for ack in unknown.items] == ["withdrawn", "overtaken"]
    assert sub_centre.one(told(revision=6, answer="又有了")).code == code
    assert live(service, code) == "又有了"


def test_what_the_centre_took_back_comes_back_only_through_the_centre(
    service: Service, sub_centre: SubCentre
) -> None:
    code = sub_centre.one(told()).code or ""
    with service.parts.database.write() as session:
        release.withdraw(session, service.world.as_("zx_manager"), code, "内容有误")
    ack = sub_centre.one(told(revision=2, answer="还是这样"))
    assert (ack.outcome, live(service, code)) == ("review", None)


def test_a_point_handed_over_follows_its_new_owner(service: Service, sub_centre: SubCentre) -> None:
    code = sub_centre.one(told()).code or ""
    with service.parts.database.write() as session:
        unit = session.execute(select(Unit.id).where(Unit.code == "U-RSJ")).scalar_one()
        session.execute(select(Point).where(Point.code == code)).scalar_one().unit_id = unit
    for item in (told(revision=2, answer="改"), withdrawn(revision=3), told("B1", code=code)):
        ack = sub_centre.one(item)
        assert ack.error is not None and ack.error.code == "not_owner"
    assert live(service, code) == "七日内可以无理由退货。"


def test_the_same_content_of_another_unit_is_linked_not_copied(
    service: Service, sub_centre: SubCentre
) -> None:
    ours = service.world.publish(faq("怎样办理退休", "本人到市民之家三楼办理。"))
    sub_centre.publish()
    ack = sub_centre.one(told("R1", title="怎样办理退休", answer="本人到市民之家三楼办理。"))
    assert (ack.outcome, ack.code) == ("linked", ours.code)
    own = sub_centre.one(told("R1", 2, "分中心自己的说法。", title="怎样办理退休"))
    assert own.outcome == "live" and own.code not in (None, ours.code)
    back = sub_centre.one(told("R1", 3, "本人到市民之家三楼办理。", title="怎样办理退休"))
    assert (back.outcome, back.code, live(service, own.code or "")) == ("linked", ours.code, None)
    assert live(service, ours.code) is not None
    assert sub_centre.one(withdrawn("R1", 4)).outcome == "withdrawn"
    assert live(service, ours.code) is not None


def test_two_feeds_have_their_ids_to_themselves(service: Service, sub_centre: SubCentre) -> None:
    other = add_sub_centre(service, OTHER_UNIT, OTHER_CODE, "园林分中心")
    mine = sub_centre.one(told("A1", 5, "甲"))
    theirs = other.one(told("A1", 1, "乙", title="修剪行道树", category=f"C-{OTHER_CODE}"))
    assert mine.code != theirs.code
    assert (live(service, mine.code or ""), live(service, theirs.code or "")) == ("甲", "乙")
    stolen = other.one(told("A2", 1, "丙", code=mine.code, category=f"C-{OTHER_CODE}"))
    assert stolen.error is not None and stolen.error.code == "not_owner"


def test_a_point_of_another_type_takes_the_place_of_the_old_one(
    service: Service, sub_centre: SubCentre
) -> None:
    old = sub_centre.one(told()).code or ""
    script = told(revision=2)
    script["point"]["content"] = {"type": "script", "event": "退货", "text": "请先留存凭证。"}
    new = sub_centre.one(script)
    assert new.outcome == "live" and new.code != old
    assert (live(service, old), live(service, new.code or "")) == (None, "请先留存凭证。")


def test_what_waits_for_its_release_waits(service: Service, sub_centre: SubCentre, clock: FixedClock) -> None:
    later = clock.now() + timedelta(days=1)
    code = sub_centre.one(told(release_at=later.isoformat())).code or ""
    assert (live(service, code), sub_centre.changes().items) == (None, [])
    clock.advance(timedelta(days=1))
    assert live(service, code) == "七日内可以无理由退货。"
    assert [each.code for each in sub_centre.changes().items] == [code]


def test_only_a_connected_sub_centre_may_push_and_only_by_token(
    service: Service, sub_centre: SubCentre
) -> None:
    ctx = Context(SYSTEM, service.parts.clock.now())
    with service.parts.database.write() as session, pytest.raises(Forbidden, match="接口令牌"):
        feeds.push(session, service.world.as_("sj.reviewer"), "", schemas.PushIn(items=[]))
    with service.parts.database.write() as session:
        feeds.change(session, ctx, CODE, schemas.FeedPatch(active=False))
    with pytest.raises(Forbidden, match="数据通道"):
        sub_centre.push(told())
    with service.parts.database.write() as session, pytest.raises(Invalid, match="不是分中心"):
        feeds.register(session, ctx, schemas.FeedIn(code="rs", name="人社", unit="U-RSJ"))
    with service.parts.database.write() as session, pytest.raises(Invalid, match="审核权限"):
        feeds.set_signers(session, ctx, CODE, {"甲": "rsj_reviewer"})


def test_over_http_a_batch_sent_twice_is_carried_out_once(
    client: TestClient, service: Service, sub_centre: SubCentre
) -> None:
    headers = sub_centre.headers | {"Idempotency-Key": "batch-1"}
    body = {"items": [told(), {"id": "X", "revision": "?"}]}
    first = client.post("/api/v1/feeds/points", json=body, headers=headers)
    again = client.post("/api/v1/feeds/points", json=body, headers=headers)
    assert (first.status_code, again.status_code, first.json()) == (200, 200, again.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert [each["outcome"] for each in first.json()["items"]] == ["live", "refused"]
    with service.parts.database.read() as session:
        assert session.execute(select(func.count()).select_from(FeedPoint)).scalar_one() == 1
    assert client.post("/api/v1/feeds/points", json=body).status_code == 401
