"""From a file to versions and back: what is shown is what is done, all or none."""

import pytest
from sqlalchemy import select, text

import ingestion.service as imports
from ingestion import jobs
from ingestion.service import applying
from kb_service.core.audit import AuditRow
from kb_service.core.clock import FixedClock
from kb_service.core.errors import Conflict, Invalid
from kb_service.knowledge.model import Point
from kb_service.knowledge.service import catalogue, drafts, reading
from kb_service.knowledge.service.catalogue import MatterIn
from kb_service.notices.model import Notice
from tests.support.imports import (
    answers,
    apply,
    approve,
    batch,
    bring_in,
    contents,
    csv_file,
    found,
    jsonl,
    row,
    stage,
    table,
    undo,
    xlsx,
)
from tests.support.knowledge import World, faq
from tests.support.service import Service
from tests.support.threads import together


def test_reviewers_get_one_notice_of_a_batch_however_many_parts_it_is_written_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "CHUNK", 2)
    bring_in(world, jsonl(*(row(f"第{at}条") for at in range(5))))
    with world.database.read() as session:
        told = session.execute(select(Notice.account_id, Notice.title)).tuples().all()
    assert told == [(3, "待单位审核：一批导入的知识，共 5 条")]


@pytest.mark.clause("MZ-19.1")
def test_a_unit_s_list_handed_in_again_renews_its_points_and_makes_no_doubles(world: World) -> None:
    first = bring_in(world, csv_file(row("甲"), row("乙")), "a.csv")
    approve(world, first.id)
    second = stage(world, csv_file(row("甲"), row("乙", 答案="新的规定"), row("丙")), "a.csv")
    assert (second.counts.unchanged, second.counts.changed, second.counts.new) == (1, 1, 1)
    apply(world, second.id)
    with world.database.read() as session:
        versions = session.execute(select(Point.code, Point.latest).order_by(Point.code)).tuples().all()
    assert versions == [("K000001", 1), ("K000002", 2), ("K000003", 1)]


def test_good_rows_come_in_alone_only_when_that_was_chosen(world: World) -> None:
    staged = stage(world, jsonl(row("甲"), row("乙", 承办单位="没有"), row("丙"), row("甲")))
    with pytest.raises(Conflict) as caught:
        apply(world, staged.id)
    assert (caught.value.code, caught.value.extra) == ("rows_have_errors", {"left_out": 2})
    assert batch(world, staged.id).status == "checked"
    assert answers(world) == {}
    done = apply(world, staged.id, partial=True)
    assert (done.written, done.left_out) == (2, 2)
    assert len(answers(world)) == 2


def test_nothing_is_written_where_every_row_is_there_already(world: World) -> None:
    bring_in(world, jsonl(row("甲")))
    staged = stage(world, jsonl(row("甲")))
    with pytest.raises(Conflict) as caught:
        apply(world, staged.id)
    assert caught.value.code == "nothing_to_apply"


def test_a_base_that_changed_since_the_check_stops_the_import_until_it_is_checked_again(world: World) -> None:
    first, second = (stage(world, jsonl(row("甲"), row("乙", code="A1")), name=name) for name in "一二")
    apply(world, first.id)
    before = contents(world)
    with pytest.raises(Conflict) as caught:
        apply(world, second.id)
    assert (caught.value.code, caught.value.extra["rows"]) == ("base_changed", ["第 1 行"])
    assert contents(world) == before
    again = imports.recheck(world.database, world.as_("rsj_editor"), second.id)
    assert (again.counts.unchanged, again.counts.new, again.status) == (2, 0, "checked")


def test_what_the_base_refuses_at_the_last_moment_is_told_by_the_rows_of_the_file(world: World) -> None:
    known = world.publish(faq("甲"))
    staged = stage(world, jsonl(row("零"), row("甲", code=known.code)))
    with world.database.write() as session:
        drafts.create_draft(
            session, world.as_("rsj_second"), "U-RSJ", faq("甲", "他人的草稿"), code=known.code
        )
        session.execute(text("UPDATE knowledge_incoming SET base = 2 WHERE row = 2"))
    with pytest.raises(Conflict, match="第 2 行：知识点 K000001 的第 2 版尚在编写或审核") as caught:
        apply(world, staged.id)
    assert (caught.value.code, caught.value.pointers[0]["pointer"]) == ("base_changed", "/rows/2/code")


def test_an_error_is_mended_by_mending_the_base_and_checking_again(world: World) -> None:
    staged = stage(
        world, csv_file(row("甲", 事项="M2", 生效日期="2026-02-01"), row("乙", 收费="无")), "a.csv"
    )
    assert staged.counts.error == 1
    with world.database.write() as session:
        matter = MatterIn(code="M2", name="失业登记", category="C12", unit="U-RSJ")
        catalogue.save_matter(session, world.as_("zx_manager"), matter)
    again = imports.recheck(world.database, world.as_("rsj_editor"), staged.id)
    assert (again.counts.new, again.counts.error, again.counts.warning) == (2, 0, 1)
    assert apply(world, staged.id).written == 2


def test_of_two_who_apply_the_same_batch_at_once_one_is_refused(world: World) -> None:
    staged = stage(world, jsonl(*(row(f"第{at}条") for at in range(20))))

    def attempt() -> str:
        try:
            return f"written {apply(world, staged.id).written}"
        except Conflict as error:
            return error.code

    assert sorted(together(attempt, 2)) == ["not_checked", "written 20"]
    assert len(answers(world)) == 20


def test_two_batches_of_the_same_rows_never_make_doubles(world: World) -> None:
    waiting = [stage(world, jsonl(row("甲"), row("乙")), name=name).id for name in "一二"]

    def attempt() -> str:
        try:
            return f"written {apply(world, waiting.pop()).written}"
        except Conflict as error:
            return error.code

    assert sorted(together(attempt, 2)) == ["base_changed", "written 2"]
    assert len(answers(world)) == 2


def test_a_thousand_rows_come_in_and_taking_them_back_leaves_the_base_answering_as_before(
    service: Service,
) -> None:
    world = service.world
    known = world.publish(faq("退休", "旧的答案"))
    service.index()
    rows = [row(f"事项{at}", 答案=f"第{at}种办法") for at in range(1000)] + [
        row("退休", code=known.code, 答案="新的答案")
    ]
    staged = bring_in(world, xlsx(table(*rows)), "a.xlsx")
    assert (staged.counts.new, staged.counts.changed) == (1000, 1)
    with world.database.read() as session:
        told = session.execute(select(Notice.title).where(Notice.kind == "knowledge.review")).scalars().all()
    assert "待单位审核：一批导入的知识，共 1001 条" in told
    report = undo(world, staged.id)
    assert (report.discarded, report.withdrawn, report.restored) == (1001, 0, [])
    with world.database.read() as session:
        live = reading.live_versions(session, list(answers(world)), world.clock.now())
        assert {code: view.answer for code, view in live.items()} == {known.code: "旧的答案"}
    assert (batch(world, staged.id).status, batch(world, staged.id).undo_reason) == ("undone", "导错了文件")
    again = stage(world, xlsx(table(*rows)), "a.xlsx")
    assert (again.counts.changed, again.counts.warning) == (1001, 1001)


def test_an_import_that_is_live_is_withdrawn_and_the_words_before_it_go_to_review_again(world: World) -> None:
    known = world.publish(faq("退休", "旧的答案"))
    staged = bring_in(world, jsonl(row("退休", code=known.code, 答案="新的答案"), row("乙")))
    approve(world, staged.id)
    report = undo(world, staged.id)
    assert (report.withdrawn, report.restored) == (2, [known.code])
    assert answers(world)[known.code] == "旧的答案"


def test_a_batch_is_taken_back_once_and_only_with_a_reason(world: World) -> None:
    staged = bring_in(world, jsonl(row("甲")))
    with pytest.raises(Invalid):
        undo(world, staged.id, " ")
    assert batch(world, staged.id).status == "applied"
    undo(world, staged.id)
    with pytest.raises(Conflict) as caught:
        undo(world, staged.id)
    assert (caught.value.code, caught.value.extra["status"]) == ("not_applied", "undone")


def test_a_batch_given_up_leaves_no_rows_and_cannot_be_applied(world: World) -> None:
    staged = stage(world, jsonl(row("甲")))
    with world.database.write() as session:
        imports.cancel(session, world.as_("rsj_editor"), staged.id)
    assert found(world, staged.id) == []
    with pytest.raises(Conflict) as caught:
        apply(world, staged.id)
    assert caught.value.code == "not_checked"


def test_every_step_is_in_the_audit_log(world: World) -> None:
    staged = bring_in(world, jsonl(row("甲")))
    undo(world, staged.id)
    with world.database.read() as session:
        subject = (AuditRow.subject == f"import:{staged.id}",)
        rows = session.execute(select(AuditRow).where(*subject).order_by(AuditRow.id)).scalars().all()
    assert [each.action for each in rows] == [
        "import.opened",
        "import.checked",
        "import.applied",
        "import.undone",
    ]
    assert rows[0].after is not None
    assert rows[0].after["sha256"] == staged.sha256
    assert rows[3].reason == "导错了文件"


def test_what_nobody_goes_on_with_is_ended_and_old_rows_are_forgotten(
    service: Service, clock: FixedClock
) -> None:
    world = service.world
    applied, waiting = bring_in(world, jsonl(row("甲"))), stage(world, jsonl(row("乙")))
    with world.database.write() as session:
        session.execute(
            text("UPDATE ingestion_batch SET status = 'staged' WHERE id = :id"), {"id": waiting.id}
        )
    broken_off, fresh = waiting, stage(world, jsonl(row("丙")))
    clock.advance(jobs.LONGEST_READING * 2)
    assert jobs.purge(service.parts) == 1
    assert batch(world, broken_off.id).status == "failed"
    assert found(world, broken_off.id) == []
    assert len(found(world, fresh.id)) == len(found(world, applied.id)) == 1
    clock.advance(jobs.KEEP_ROWS)
    assert jobs.purge(service.parts) == 1
    while jobs.sweep(service.parts):
        pass
    assert (batch(world, fresh.id).status, batch(world, applied.id).status) == ("cancelled", "applied")
    assert found(world, fresh.id) == found(world, applied.id) == []
