"""Many points at once: all or none, by the rules of one."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from kb_service.core import outbox
from kb_service.core.clock import FixedClock
from kb_service.core.errors import Conflict, Forbidden, Invalid
from kb_service.core.outbox import Lane
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.service import bulk, checks, drafts, reading, review, undo
from kb_service.knowledge.service.checks import BulkRow
from kb_service.knowledge.service.release import TOPIC
from tests.support.knowledge import World, faq, script

RSJ = "U-RSJ"


def bring_in(world: World, rows: list[BulkRow], batch: str = "b1", **how: bool) -> list[bulk.Inserted]:
    with world.database.write() as session:
        return bulk.insert_versions(session, world.as_("rsj_editor"), rows, batch_id=batch, **how)


def approve(world: World, batch: str = "b1") -> None:
    for reviewer in ("rsj_reviewer", "zx_reviewer"):
        review.decide_batch(world.database, world.as_(reviewer), batch, "approve")


def take_back(world: World, batch: str = "b1") -> undo.UndoReport:
    with world.database.write() as session:
        return undo.undo_batch(session, world.as_("rsj_editor"), batch, "导错了文件")


def live(world: World, code: str) -> str | None:
    with world.database.read() as session:
        view = reading.live_versions(session, [code], world.clock.now()).get(code)
        return view.answer if view else None


def test_rows_become_new_points_and_next_versions(world: World) -> None:
    known = world.publish(faq("旧"))
    rows = [BulkRow(RSJ, faq("新")), BulkRow(RSJ, faq("改"), known.code), BulkRow(RSJ, faq("自编"), "YX-1")]
    made = bring_in(world, rows)
    assert [(each.row, each.code, each.number, each.new_point) for each in made] == [
        (0, "K000002", 1, True),
        (1, "K000001", 2, False),
        (2, "YX-1", 1, True),
    ]
    with world.database.read() as session:
        statuses = session.execute(select(Version.status).where(Version.batch_id == "b1")).scalars()
        assert set(statuses) == {"unit_review"}


def test_scripts_overtake_the_rest_of_their_batch_and_a_single_publication_overtakes_them(
    world: World,
) -> None:
    bring_in(world, [BulkRow(RSJ, faq("一")), BulkRow(RSJ, script("口径")), BulkRow(RSJ, faq("二"))])
    approve(world)
    single = world.publish(faq("单独"))
    with world.database.read() as session:
        waiting = outbox.waiting_keys(session, TOPIC, 10)
    lanes = [Lane.URGENT, Lane.NORMAL, Lane.BULK, Lane.BULK]
    assert [(each.key, each.lane) for each in waiting] == list(
        zip([single.code, "K000002", "K000001", "K000003"], lanes, strict=True)
    )


def test_a_code_that_was_given_by_hand_is_not_given_again(world: World) -> None:
    bring_in(world, [BulkRow(RSJ, faq("占用"), "K000001"), BulkRow(RSJ, faq("自动"))])
    assert [each.code for each in bring_in(world, [BulkRow(RSJ, faq("再来"))], "b2")] == ["K000003"]


def test_one_wrong_row_keeps_all_out_and_every_wrong_place_is_named(world: World) -> None:
    known = world.publish(faq())
    drafted = world.draft(faq("写到一半"))
    rows = [
        BulkRow(RSJ, faq("好的")),
        BulkRow("U-X", faq("单位不存在")),
        BulkRow("U-GAJ", faq("别人的单位")),
        BulkRow(RSJ, faq("别人的类目", category="C21")),
        BulkRow(RSJ, faq("没有答案", answer="")),
        BulkRow(RSJ, faq("重复"), "YX-1"),
        BulkRow(RSJ, faq("重复"), "YX-1"),
        BulkRow(RSJ, faq("编码不对"), "编码"),
        BulkRow(RSJ, faq("正在编写"), drafted.code),
        BulkRow(RSJ, faq("替代自己", supersedes=known.code), known.code),
    ]
    with pytest.raises(Invalid) as refused:
        bring_in(world, rows)
    assert [each["pointer"] for each in refused.value.pointers] == [
        "/rows/1/unit",
        "/rows/2/unit",
        "/rows/3/category",
        "/rows/4/content/answer",
        "/rows/6/code",
        "/rows/7/code",
        "/rows/8/code",
        "/rows/9/supersedes",
    ]
    with world.database.read() as session:
        assert session.execute(select(func.count(Point.id))).scalar_one() == 2


def test_a_row_may_supersede_one_before_it(world: World, clock: FixedClock) -> None:
    rows = [BulkRow(RSJ, faq("老办法"), "YX-1"), BulkRow(RSJ, faq("新办法", supersedes="YX-1"), "YX-2")]
    bring_in(world, rows)
    approve(world)
    assert (live(world, "YX-1"), live(world, "YX-2")) == (None, "本人到市民之家三楼办理。")
    with world.database.read() as session:
        assert reading.one_view(session, clock.now(), "YX-1", 1).superseded_by == "YX-2"


def test_the_same_words_again_are_unchanged(world: World) -> None:
    known = world.publish(faq("甲", keywords=["退休"]))
    rows = [
        BulkRow(RSJ, faq("甲", keywords=["退休"]), known.code),
        BulkRow(RSJ, faq("甲", keywords=["退休"], region="990000"), known.code),
        BulkRow(RSJ, faq("甲"), known.code),
        BulkRow(RSJ, faq("甲"), "YX-1"),
        BulkRow(RSJ, faq("甲")),
    ]
    with world.database.read() as session:
        found = bulk.changes(session, world.as_("rsj_editor"), rows)
    assert found == ["unchanged", "unchanged", "changed", "new", "new"]


def test_a_check_writes_nothing(world: World) -> None:
    with world.database.read() as session:
        found = checks.check_rows(session, world.as_("rsj_editor"), [BulkRow(RSJ, faq(answer=""))])
    assert [(each.row, each.pointer) for each in found] == [(0, "/content/answer")]


def test_drafts_of_an_import_wait_for_their_editor(world: World) -> None:
    made = bring_in(world, [BulkRow(RSJ, faq(answer=""))], submit=False)
    with world.database.read() as session:
        view = reading.one_view(session, world.clock.now(), made[0].code, 1)
    assert (view.status, view.filed_at) == ("draft", None)


def test_an_import_in_review_is_undone_without_trace_in_answers(world: World) -> None:
    made = bring_in(world, [BulkRow(RSJ, faq(f"第{number}条")) for number in range(5)])
    assert take_back(world) == undo.UndoReport(discarded=5, withdrawn=0, restored=[])
    with world.database.read() as session:
        statuses = session.execute(select(Version.status)).scalars().all()
    assert set(statuses) == {"discarded"}
    assert bring_in(world, [BulkRow(RSJ, faq("改好了"), made[0].code)], "b2")[0].number == 2


def test_undoing_a_published_import_withdraws_it_and_submits_what_was_said_before(
    world: World, clock: FixedClock
) -> None:
    known = world.publish(faq(answer="原来的"))
    clock.advance(timedelta(hours=1))
    made = bring_in(world, [BulkRow(RSJ, faq(answer="导入的"), known.code), BulkRow(RSJ, faq("全新"))])
    approve(world)
    assert live(world, known.code) == "导入的"
    clock.advance(timedelta(hours=1))
    assert take_back(world) == undo.UndoReport(discarded=0, withdrawn=2, restored=[known.code])
    assert [live(world, each.code) for each in made] == [None, None]
    with world.database.read() as session:
        again = reading.one_view(session, clock.now(), known.code, 3)
    assert (again.status, again.answer, again.note) == ("unit_review", "原来的", "撤销导入，恢复此前内容")
    assert world.decide(world.decide(again, "rsj_reviewer"), "zx_reviewer").live == "live"
    assert live(world, known.code) == "原来的"


def test_an_import_on_which_something_newer_stands_is_not_undone(world: World) -> None:
    made = bring_in(world, [BulkRow(RSJ, faq("一")), BulkRow(RSJ, faq("二"))])
    approve(world)
    world.draft(faq("二，再改"), code=made[1].code)
    with pytest.raises(Conflict) as refused:
        take_back(world)
    assert refused.value.extra["codes"] == [made[1].code]
    assert live(world, made[0].code) is not None


def test_a_draft_that_was_given_up_holds_no_import_back(world: World) -> None:
    made = bring_in(world, [BulkRow(RSJ, faq("一"))])
    approve(world)
    begun = world.draft(faq("一，再改"), code=made[0].code)
    with world.database.write() as session:
        drafts.discard(session, world.as_("rsj_editor"), begun.code, begun.number, reason="不改了")
    assert take_back(world).withdrawn == 1
    assert live(world, made[0].code) is None


def test_undoing_what_replaced_other_points_submits_those_again(world: World, clock: FixedClock) -> None:
    one = world.publish(faq(answer="原来的"))
    other = world.publish(faq("年限怎样算", "按月算。"))
    clock.advance(timedelta(hours=1))
    third = world.publish(faq("怎样转移", "原单位开具凭证。"))
    clock.advance(timedelta(hours=1))
    rows = [
        BulkRow(RSJ, faq("新一", supersedes=one.code)),
        BulkRow(RSJ, faq("新二", replaces=[{"code": other.code, "articles": []}])),
        BulkRow(RSJ, faq("怎样转移", "导入的"), third.code),
        BulkRow(RSJ, faq("新三", supersedes=third.code)),
    ]
    bring_in(world, rows)
    approve(world)
    assert [live(world, each.code) for each in (one, other, third)] == [None, None, None]
    clock.advance(timedelta(hours=1))
    done = take_back(world)
    assert (done.withdrawn, sorted(done.restored)) == (3, sorted([one.code, other.code, third.code]))
    with world.database.read() as session:
        again = reading.one_view(session, clock.now(), one.code, 2)
    assert (again.status, again.answer, again.note) == ("unit_review", "原来的", "撤销导入，恢复此前内容")
    assert world.decide(world.decide(again, "rsj_reviewer"), "zx_reviewer").live == "live"


def test_nobody_undoes_what_another_unit_brought_in(world: World) -> None:
    bring_in(world, [BulkRow(RSJ, faq())])
    with world.database.write() as session, pytest.raises(Forbidden):
        undo.undo_batch(session, world.as_("gaj_editor"), "b1", "不是我的")


def test_thousands_of_rows_take_few_statements(world: World) -> None:
    rows = [BulkRow(RSJ, faq(f"第{number}条")) for number in range(6_000)]
    assert len(bring_in(world, rows)) == 6_000
    approve(world)
    with world.database.read() as session:
        open_ = select(func.count(Version.id)).where(Version.status != "approved")
        assert session.execute(open_).scalar_one() == 0
