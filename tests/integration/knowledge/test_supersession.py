"""What replaces a point in whole or part, and what is told to those whose words rest on it."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import DBAPIError

from kb_service.core.clock import FixedClock, local_day
from kb_service.core.context import SYSTEM, Context
from kb_service.core.errors import Invalid
from kb_service.knowledge.service import drafts, reading, release
from kb_service.knowledge.service.searching import PointHit, SearchParams, search_points
from kb_service.knowledge.service.views import VersionView
from kb_service.knowledge.supersession import flagging
from kb_service.knowledge.supersession.model import Supersession
from kb_service.knowledge.tasks.service import TaskView, tasks_of
from tests.support.knowledge import World, faq, policy
from tests.support.service import Service

DAY = timedelta(days=1)
OLD = (
    "第一条 停车收费由市发展改革部门管理。\n第二条 路边停车每小时收费五元。\n第三条 本办法自发布之日起施行。"
)


def part(code: str, *articles: str) -> dict[str, object]:
    return {"code": code, "articles": list(articles)}


def live(world: World, code: str) -> VersionView | None:
    with world.database.read() as session:
        return reading.live_versions(session, [code], world.clock.now()).get(code)


def hits(service: Service, q: str, by: str = "agent") -> dict[str, PointHit]:
    service.index()
    with service.world.database.read() as session:
        found = search_points(session, service.world.as_(by), service.parts.engine, SearchParams(q))
    return {hit.code: hit for hit in found.hits}


def tell(world: World) -> int:
    with world.database.write() as session:
        return flagging.tell(session, Context(SYSTEM, world.clock.now()))


def tasks(world: World, *, closed: bool = False) -> list[TaskView]:
    with world.database.read() as session:
        return tasks_of(session, world.as_("zx_manager"), kind=flagging.TASK, closed=closed).items


def test_one_policy_replaces_several_points_at_once_at_its_release(world: World, clock: FixedClock) -> None:
    one, two, three = (world.publish(policy(f"{name}办法")).code for name in "甲乙丙")
    release_at = clock.now() + 3 * DAY
    new = world.publish(
        policy("统一办法", supersedes=one, replaces=[part(two), part(three)], release_at=release_at)
    )
    assert all(live(world, code) for code in (one, two, three))
    clock.advance(3 * DAY)
    assert not any(live(world, code) for code in (one, two, three))
    with world.database.read() as session:
        gone = reading.one_view(session, clock.now(), two, 1)
    assert (gone.superseded_by, gone.live_to) == (new.code, release_at)


def test_what_no_longer_comes_replaces_nothing(world: World, clock: FixedClock) -> None:
    one, two = (world.publish(policy(f"{name}办法")).code for name in "甲乙")
    new = world.publish(policy("统一办法", replaces=[part(one), part(two)], release_at=clock.now() + 3 * DAY))
    with world.database.write() as session:
        release.withdraw(session, world.as_("zx_manager"), new.code, "暂缓发布")
    clock.advance(4 * DAY)
    assert live(world, one)
    assert live(world, two)


@pytest.mark.parametrize("how", ["withdrawn", "followed"])
def test_what_is_gone_before_it_is_in_force_replaces_nothing(
    world: World, clock: FixedClock, how: str
) -> None:
    """Published already, in force in ten days: until then the old one is the rule, and it stays so."""
    old = world.publish(policy("旧办法")).code
    in_force = local_day(clock.now()) + timedelta(days=10)
    new = world.publish(policy("新办法", supersedes=old, effective_from=in_force))
    clock.advance(DAY)
    if how == "withdrawn":
        with world.database.write() as session:
            release.withdraw(session, world.as_("zx_manager"), new.code, "撤回修改")
    else:
        world.publish(policy("新办法", effective_from=in_force), code=new.code)
    clock.advance(20 * DAY)
    assert live(world, old)


def test_what_follows_a_replacement_before_it_is_in_force_replaces_in_its_place(
    world: World, clock: FixedClock
) -> None:
    old = world.publish(policy("旧办法")).code
    in_force = local_day(clock.now()) + timedelta(days=10)
    new = world.publish(policy("新办法", supersedes=old, effective_from=in_force))
    clock.advance(DAY)
    world.publish(policy("新办法（订正）", supersedes=old, effective_from=in_force), code=new.code)
    clock.advance(8 * DAY)
    assert live(world, old)
    clock.advance(2 * DAY)
    assert live(world, old) is None


def test_a_point_replaced_in_part_stays_live_and_says_so_where_it_is_found(
    service: Service, clock: FixedClock
) -> None:
    world = service.world
    old = world.publish(policy("停车收费办法", OLD))
    new = world.publish(
        policy(
            "停车收费新规",
            "第一条 路边停车每小时收费三元。",
            replaces=[part(old.code, "第2条")],
            release_at=clock.now() + DAY,
        )
    )
    before = hits(service, "路边停车每小时收费")[old.code]
    assert (before.notes, before.answer) == ((), before.body)
    clock.advance(DAY)
    found = hits(service, "路边停车每小时收费")[old.code]
    assert found.article == "第二条"
    assert [note.by_code for note in found.notes] == [new.code]
    assert found.answer.startswith(f"注意：第2条已被《停车收费新规》（{new.code}）替代。\n")
    assert found.body in found.answer


def test_another_article_of_the_same_policy_is_answered_without_the_note(
    service: Service, clock: FixedClock
) -> None:
    world = service.world
    old = world.publish(policy("停车收费办法", OLD))
    world.publish(policy("停车收费新规", "第一条 三元。", replaces=[part(old.code, "第二条")]))
    found = hits(service, "停车收费由哪个部门管理")[old.code]
    assert found.article == "第一条"
    assert found.answer == found.body
    assert len(found.notes) == 1


def test_an_answer_given_to_a_citizen_carries_the_note(service: Service) -> None:
    world = service.world
    old = world.publish(faq("路边停车怎样收费", "路边停车每小时收费五元，见第二条。"))
    world.publish(policy("停车新规", "第一条 三元。", replaces=[part(old.code, "第二条")]))
    told = service.decide("路边停车怎样收费")
    assert told.answer
    assert "第二条已被《停车新规》" in told.answer
    assert "第二条已被" in hits(service, "路边停车怎样收费", "public")[old.code].answer


def test_who_may_not_see_what_replaces_is_told_only_that_it_is_replaced(service: Service) -> None:
    world = service.world
    old = world.publish(policy("停车收费办法", OLD))
    world.publish(policy("内部新规", "第一条 三元。", audience="agents", replaces=[part(old.code, "第二条")]))
    note = hits(service, "路边停车每小时收费", "public")[old.code].notes[0]
    assert (note.by_code, note.by_title) == ("", "")
    assert note.text == "第二条已被其他文件替代"


def test_a_later_version_that_names_nothing_takes_the_note_back(service: Service) -> None:
    world = service.world
    old = world.publish(policy("停车收费办法", OLD))
    new = world.publish(policy("停车收费新规", "第一条 三元。", replaces=[part(old.code, "第二条")]))
    world.publish(policy("停车收费新规", "第一条 四元。"), code=new.code)
    assert hits(service, "路边停车每小时收费")[old.code].notes == ()


def test_what_a_draft_replaces_is_kept_with_it_and_can_be_changed(world: World) -> None:
    old = world.publish(policy("甲办法"))
    draft = world.draft(policy("乙办法", replaces=[part(old.code, "第一条")]))
    assert [str(each) for each in draft.draft().replaces] == [f"{old.code} 第一条"]
    with world.database.write() as session:
        changed = drafts.edit_draft(
            session,
            world.as_("rsj_editor"),
            draft.code,
            1,
            policy("乙办法", replaces=[part(old.code)]),
            lock=1,
        )
    assert [each.whole for each in changed.draft().replaces] == [True]


def test_only_ones_own_points_and_real_articles_are_replaced(world: World) -> None:
    other = world.publish(faq("户口迁移", category="C21"), by="gaj_editor", reviewers=("zx_reviewer",))
    mine = world.publish(policy("甲办法"))
    for replaced in (part(other.code), part("K999999"), part(mine.code, "开头部分")):
        with pytest.raises(Invalid):
            world.draft(policy("乙办法", replaces=[replaced]))


def test_what_a_filed_version_replaces_cannot_be_changed_in_the_database(world: World) -> None:
    one, two = world.publish(policy("甲办法")), world.publish(policy("乙办法"))
    new = world.submit(world.draft(policy("新办法", replaces=[part(one.code, "第一条")])))
    row = {"version_id": new.version_id, "replaced_code": two.code, "whole": True, "articles": ""}
    mine = Supersession.version_id == new.version_id
    for statement in (
        insert(Supersession).values(row),
        update(Supersession).where(mine).values(articles="第二条"),
        delete(Supersession).where(mine),
    ):
        with pytest.raises(DBAPIError), world.database.write() as session:
            session.execute(statement)


@pytest.mark.parametrize(
    "answer",
    ["依据《停车收费办法》第二条执行。", "依据云发改发〔2020〕12号执行。", "详见{code}。"],
    ids=["title", "number", "code"],
)
def test_every_point_that_cites_what_was_replaced_is_put_before_its_owner(
    world: World, clock: FixedClock, answer: str
) -> None:
    old = world.publish(policy("停车收费办法", document_number="云发改发〔2020〕12号"))
    citing = world.publish(
        faq("外地车怎样收费", answer.format(code=old.code), category="C11"),
        by="gaj_editor",
        reviewers=("zx_reviewer",),
    )
    world.publish(faq("无关的一条"))
    new = world.publish(policy("停车新规", supersedes=old.code, release_at=clock.now() + DAY))
    assert (tell(world), tasks(world)) == (0, [])
    clock.advance(DAY)
    assert tell(world) == 1
    assert tell(world) == 0
    task = tasks(world)[0]
    assert task.unit_code == "U-GAJ"
    assert (task.evidence["code"], task.evidence["replaced"], task.evidence["by"]) == (
        citing.code, old.code, new.code,
    )  # fmt: skip
    assert task.evidence["text"]


def test_the_owner_settles_it_by_a_version_that_no_longer_cites_it(world: World) -> None:
    old = world.publish(policy("停车收费办法"))
    citing = world.publish(faq("外地车怎样收费", "依据《停车收费办法》。"))
    new = world.publish(policy("停车新规", supersedes=old.code))
    tell(world)
    assert len(tasks(world)) == 1
    world.publish(faq("外地车怎样收费", "仍依据《停车收费办法》办理。"), code=citing.code)
    tell(world)
    assert len(tasks(world)) == 1
    world.publish(faq("外地车怎样收费", f"依据《{new.title}》。"), code=citing.code)
    tell(world)
    assert tasks(world) == []
    assert tasks(world, closed=True)[0].outcome == "done"
