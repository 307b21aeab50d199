"""A feed that falls silent, lags or fails is noticed, told of, and counted against nobody once it recovers."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from ingestion.feeds import service as feeds
from ingestion.feeds.model import FeedAlarm
from kb_service.core.clock import FixedClock
from kb_service.identity.model import Account, Unit
from kb_service.knowledge.service import catalogue
from kb_service.knowledge.tasks.model import Task
from kb_service.notices.model import Notice
from tests.support.feeds import CODE, UNIT, SubCentre, told
from tests.support.service import Service


def standing(service: Service) -> dict[str, str]:
    with service.parts.database.read() as session:
        rows = session.execute(select(FeedAlarm).where(FeedAlarm.closed_at.is_(None))).scalars()
        return {row.kind: row.detail for row in rows}


@pytest.mark.clause("XT-10")
def test_a_silent_feed_raises_an_alarm_that_closes_itself(
    service: Service, sub_centre: SubCentre, clock: FixedClock
) -> None:
    sub_centre.push()
    clock.advance(timedelta(minutes=60))
    assert (sub_centre.watch(), standing(service)) == (0, {})
    clock.advance(timedelta(minutes=1))
    assert (sub_centre.watch(), sub_centre.watch()) == (1, 0)
    assert standing(service) == {"silent": "已 1 小时 1 分钟没有收到数据（约定每 60 分钟至少一次）"}
    with service.parts.database.read() as session:
        notices = session.execute(
            select(Account.login, Notice.read_at)
            .join(Notice, Notice.account_id == Account.id)
            .where(Notice.kind == "feed.alarm")
        )
        assert {tuple(row) for row in notices} == {("zx_manager", None), ("sj.leader", None)}
        task = session.execute(select(Task).where(Task.kind == "feed.silent")).scalar_one()
        assert (task.subject, task.due_at) == (f"feed:{CODE}", clock.now() + timedelta(hours=24))
    sub_centre.push()
    assert (sub_centre.watch(), standing(service)) == (1, {})
    with service.parts.database.read() as session:
        task = session.execute(select(Task).where(Task.kind == "feed.silent")).scalar_one()
        unread = select(Notice.id).where(Notice.kind == "feed.alarm", Notice.read_at.is_(None))
        assert (task.outcome, session.execute(unread).all()) == ("done", [])


@pytest.mark.clause("XT-10", "SG-8")
def test_a_lagging_feed_raises_an_alarm_and_its_unit_is_assessed_by_it(
    service: Service, sub_centre: SubCentre, clock: FixedClock
) -> None:
    began = clock.now()
    sub_centre.push(told("A", changed_at=(clock.now() - timedelta(minutes=11)).isoformat()))
    sub_centre.watch()
    assert list(standing(service)) == ["lagging"]
    clock.advance(timedelta(minutes=5))
    sub_centre.push(told("B", changed_at=clock.now().isoformat()))
    sub_centre.watch()
    assert standing(service) == {}
    with service.parts.database.read() as session:
        unit = session.execute(select(Unit.id).where(Unit.code == UNIT)).scalar_one()
        assessed = feeds.timeliness(session, unit, began, clock.now() + timedelta(minutes=1))
    assert (assessed.batches, assessed.items, assessed.worst_lag_s) == (2, 2, 660)
    assert (assessed.alarms, assessed.alarm_minutes) == (1, 5)


def test_a_feed_of_which_much_is_refused_raises_an_alarm(service: Service, sub_centre: SubCentre) -> None:
    sub_centre.push(
        *(told(f"G{number}") for number in range(7)), *(told(f"W{number}", 1, "") for number in range(3))
    )
    sub_centre.watch()
    assert standing(service) == {"failing": "一日内送来 10 条，其中 3 条没有被接收"}


def test_the_centre_sees_each_feed_and_a_unit_only_its_own(
    client: TestClient, service: Service, sub_centre: SubCentre
) -> None:
    sub_centre.push(told(), told("W", 1, ""))
    with service.parts.database.read() as session:
        (seen,) = feeds.feeds(session, service.world.as_("zx_manager"))
        (own,) = feeds.feeds(session, service.world.as_("sj.leader"))
    assert (seen.points, seen.items, seen.refused, seen.error_percent) == (1, 2, 1, 50.0)
    assert own == seen
    answer = client.get("/api/v1/feeds", headers=sub_centre.headers).json()
    assert [each["code"] for each in answer["items"]] == [CODE]
    items = client.get(f"/api/v1/feeds/{CODE}/items", headers=sub_centre.headers).json()["items"]
    assert [(each["external_id"], each["outcome"]) for each in items] == [("W", "refused"), ("A1", "live")]
    assert client.patch(f"/api/v1/feeds/{CODE}", json={}, headers=sub_centre.headers).status_code == 403


@pytest.mark.clause("SG-8")
def test_an_ordinary_question_is_answered_and_a_professional_one_goes_to_the_sub_centre(
    service: Service, sub_centre: SubCentre
) -> None:
    with service.parts.database.write() as session:
        matter = catalogue.MatterIn(
            code="M-XF",
            name="消费维权鉴定",
            category=f"C-{CODE}",
            unit=UNIT,
            keywords=["鉴定"],
            risk="normal",
        )
        catalogue.save_matter(session, service.world.as_("zx_manager"), matter)
    sub_centre.push(told(title="网购七日无理由退货怎么办"))
    ordinary = service.decide("网购七日无理由退货怎么办")
    assert (ordinary.decision, ordinary.citations[0].unit) == ("answer", UNIT)
    professional = service.decide("消费维权鉴定由谁出具结论")
    assert (professional.decision, professional.units[0].code) == ("dispatch", UNIT)
    assert professional.units[0].transfer == "可电话转接 0700-12315，或派单办理"
