"""From a file to versions and back: what is shown is what is done, all or none."""

import csv
import io
from typing import Any

import pytest
from sqlalchemy import func, select, text

import ingestion.service as imports
from ingestion import jobs
from ingestion.model import Batch, StagedRow
from ingestion.service import applying
from ingestion.service.applying import Applied
from kb_service.core.audit import AuditRow
from kb_service.core.clock import FixedClock
from kb_service.core.errors import Conflict, Invalid, KbError, NotFound
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.service import catalogue, drafts, reading, review
from kb_service.knowledge.service.catalogue import MatterIn
from kb_service.notices.model import Notice
from tests.support.imports import bring_in, csv_file, found, jsonl, row, stage, table, xlsx
from tests.support.knowledge import World, faq
from tests.support.service import Service
from tests.support.threads import together


def apply(world: World, batch_id: str, *, by: str = "rsj_editor", partial: bool = False) -> Applied:
    return imports.apply(world.database, world.as_(by), batch_id, allow_partial=partial)


def undo(world: World, batch_id: str, reason: str = "导错了文件") -> imports.Undone:
    with world.database.write() as session:
        return imports.undo(session, world.as_("rsj_editor"), batch_id, reason)


def approve(world: World, batch_id: str) -> None:
    for reviewer in ("rsj_reviewer", "zx_reviewer"):
        with world.database.write() as session:
            review.decide_many(session, world.as_(reviewer), None, "approve", batch_id=batch_id)


def batch(world: World, batch_id: str, *, by: str = "rsj_editor") -> imports.BatchView:
    with world.database.read() as session:
        return imports.batch(session, world.as_(by), batch_id)


def answers(world: World) -> dict[str, str]:
    """The newest words of every point."""
    with world.database.read() as session:
        codes = session.execute(select(Point.code)).scalars().all()
        return {code: reading.newest_view(session, world.clock.now(), code).answer for code in codes}


def contents(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of knowledge and of the index's work, for comparing the base with itself."""
    tables = ("knowledge_point", "knowledge_version", "knowledge_review", "core_outbox", "core_notice")
    with world.database.read() as session:
        names = {each.name for each in Version.metadata.sorted_tables}
        return {
            name: [tuple(each) for each in session.execute(text(f"SELECT * FROM {name}"))]
            for name in tables
            if name in names
        }


def test_rows_become_submitted_versions_with_the_words_of_the_file(world: World) -> None:
    staged = bring_in(
        world, csv_file(row("甲", 答案="甲的答案"), row("乙", 知识编码="YX-1", 关键词="一、二")), "a.csv"
    )
    assert answers(world) == {"K000001": "甲的答案", "YX-1": "本人到市民之家三楼办理。"}
    with world.database.read() as session:
        rows = session.execute(select(Version.status, Version.batch_id, Version.filed_at)).all()
        keywords = session.execute(select(Version.keywords).where(Version.title == "乙")).scalar_one()
    assert {tuple(each) for each in rows} == {("unit_review", staged.id, world.clock.now())}
    assert keywords == ["一", "二"]
    assert (batch(world, staged.id).status, batch(world, staged.id).applied_at) == (
        "applied",
        world.clock.now(),
    )


def test_a_dry_run_writes_nothing_and_tells_what_each_row_would_do(world: World) -> None:
    approve(world, bring_in(world, jsonl(row("甲"), row("乙"))).id)
    before = contents(world)
    staged = stage(world, jsonl(row("甲"), row("乙", 答案="改了"), row("丙"), row("丁", 承办单位="没有")))
    assert [(each.status, each.code) for each in found(world, staged.id)] == [
        ("unchanged", "K000001"),
        ("changed", "K000002"),
        ("new", None),
        ("error", None),
    ]
    assert (staged.counts.rows, staged.good, staged.left_out) == (4, 2, 1)
    assert contents(world) == before


def test_a_change_is_shown_with_both_texts(world: World) -> None:
    known = world.publish(faq(answer="旧的", keywords=["退休"]))
    staged = stage(world, jsonl(row(答案="新的", 知识编码=known.code, 关键词=["养老"], 问题="怎样办理退休")))
    (only,) = found(world, staged.id)
    assert only.diff == [
        {"field": "keywords", "label": "关键词", "old": "退休", "new": "养老"},
        {"field": "answer", "label": "答案", "old": "旧的", "new": "新的"},
    ]


def test_reviewers_get_one_notice_of_a_batch_however_many_parts_it_is_written_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "CHUNK", 2)
    bring_in(world, jsonl(*(row(f"第{at}条") for at in range(5))))
    with world.database.read() as session:
        told = session.execute(select(Notice.account_id, Notice.title)).tuples().all()
    assert told == [(3, "待单位审核：一批导入的知识，共 5 条")]


def test_a_draft_import_is_not_submitted_and_may_lack_what_a_submission_needs(world: World) -> None:
    bring_in(world, jsonl(row(答案="")), submit=False)
    with world.database.read() as session:
        assert session.execute(select(Version.status)).scalars().all() == ["draft"]
        assert session.execute(select(func.count(Notice.id))).scalar_one() == 0


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


def test_policies_of_one_name_differ_by_their_document_number(world: World) -> None:
    policy = {
        "type": "policy", "title": "关于调整最低工资标准的通知", "category": "C11", "unit": "U-RSJ", "issuer": "市人社局",
        "full_text": "一、调整标准。",
    }  # fmt: skip
    approve(world, bring_in(world, jsonl(policy | {"document_number": "云人社〔2025〕1号"})).id)
    staged = stage(
        world,
        jsonl(
            policy | {"document_number": "云人社〔2026〕1号"},
            policy | {"document_number": "云人社〔2025〕 1号"},
        ),
    )
    assert [each.status for each in found(world, staged.id)] == ["new", "changed"]


def test_a_row_whose_point_is_still_under_review_is_told_so_unless_it_says_the_same(world: World) -> None:
    bring_in(world, jsonl(row("甲"), row("乙")))
    staged = stage(world, jsonl(row("甲"), row("乙", 答案="改了")))
    same, changed = found(world, staged.id)
    assert (same.status, changed.status) == ("unchanged", "error")
    assert "知识点 K000002 的第 1 版尚在编写或审核" in changed.problems[0].detail


def test_one_of_several_points_of_a_name_must_be_named_by_its_code(world: World) -> None:
    bring_in(world, jsonl(row("甲", code="A1"), row("甲", code="A2")))
    staged = stage(world, jsonl(row("甲"), row("甲", code="A2", 答案="改了")))
    first, second = found(world, staged.id)
    assert (first.status, first.problems[0].code) == ("duplicate", "ambiguous_title")
    assert "A1、A2" in first.problems[0].detail
    assert second.status == "error"


def test_a_point_may_supersede_one_that_an_earlier_row_brings(world: World) -> None:
    staged = stage(
        world, jsonl(row("新", code="A2", 替代="A1"), row("旧", code="A1"), row("又", code="A3", 替代="A1"))
    )
    assert [each.status for each in found(world, staged.id)] == ["error", "new", "new"]
    assert apply(world, staged.id, partial=True).written == 2


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
    first, second = (stage(world, jsonl(row("甲"), row("乙", code="A1"))) for _ in range(2))
    apply(world, first.id)
    before = contents(world)
    with pytest.raises(Conflict) as caught:
        apply(world, second.id)
    assert (caught.value.code, caught.value.extra["rows"]) == ("base_changed", ["第 1 行", "第 2 行"])
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
        session.execute(text("UPDATE ingestion_row SET base = 2 WHERE row = 2"))
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
    waiting = [stage(world, jsonl(row("甲"), row("乙"))).id for _ in range(2)]

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


def test_a_batch_is_seen_only_by_those_who_work_on_its_unit(world: World) -> None:
    staged = stage(world, jsonl(row("甲")))
    for login in ("rsj_second", "zx_manager"):
        assert batch(world, staged.id, by=login).account_name == "rsj_editor"
    with pytest.raises(NotFound):
        batch(world, staged.id, by="gaj_editor")
    with world.database.read() as session:
        assert imports.batches(session, world.as_("gaj_editor")).items == []
        assert [each.id for each in imports.batches(session, world.as_("rsj_second")).items] == [staged.id]
    with pytest.raises(NotFound):
        apply(world, staged.id, by="gaj_editor")


@pytest.mark.parametrize("login", ["agent", "rsj_reviewer", "public"])
def test_who_may_not_import_is_refused(world: World, login: str) -> None:
    with pytest.raises(KbError) as caught:
        stage(world, jsonl(row("甲")), by=login)
    assert caught.value.code in {"forbidden", "unauthenticated"}


def test_batches_and_rows_are_paged(world: World) -> None:
    ids = [stage(world, jsonl(*(row(f"{at}") for at in range(5)))).id for _ in range(3)]
    ctx = world.as_("rsj_editor")
    with world.database.read() as session:
        first = imports.batches(session, ctx, limit=2)
        rest = imports.batches(session, ctx, limit=2, cursor=first.next or "")
        assert [each.id for each in [*first.items, *rest.items]] == ids[::-1]
        page = imports.preview(session, ctx, ids[0], limit=3)
        after = imports.preview(session, ctx, ids[0], limit=3, cursor=page.next or "")
        assert [each.row for each in [*page.items, *after.items]] == [1, 2, 3, 4, 5]
        with pytest.raises(Invalid):
            imports.preview(session, ctx, ids[0], only="strange")


def test_the_error_file_has_the_rows_as_they_were_and_can_be_corrected_and_sent_again(world: World) -> None:
    rows = [
        row("好"),
        row("=坏()", 承办单位="没有", 相似问题="甲\n乙", 备注="+86"),
        row("双", 收费="无"),
        row("双"),
    ]
    staged = stage(world, csv_file(*rows), "a.csv")
    with world.database.read() as session:
        content = imports.error_file(session, world.as_("rsj_editor"), staged.id)
    lines = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert [line["标题"] for line in lines] == ["'=坏()", "双"]
    assert lines[0] | {"原因": ""} == {key: str(value) for key, value in rows[1].items()} | {
        "标题": "'=坏()",
        "问题": "'=坏()？",
        "备注": "'+86",
        "收费": "",
        "原因": "",
    }
    assert lines[0]["原因"] == "第 3 行“承办单位”：承办单位“没有”不存在，请填写系统里已有的名称或编码"
    again = stage(world, content.replace("没有,".encode(), b"U-RSJ,"), "a.csv")
    assert (again.counts.new, again.counts.error) == (2, 0)
    assert found(world, again.id)[0].title == "=坏()"


def test_columns_are_named_by_the_user_and_empty_cells_take_defaults(world: World) -> None:
    content = "问,答,备注\n怎么退休,去窗口,不导入\n".encode()
    staged = stage(
        world, content, "a.csv", mapping={"问": "title", "答": "answer", "备注": ""},
        defaults={"unit": "U-RSJ", "type": "常见问题", "category": "社会保障/养老保险"},
    )  # fmt: skip
    assert [(column.header, column.key) for column in staged.columns] == [
        ("问", "title"),
        ("答", "answer"),
        ("备注", None),
    ]
    apply(world, staged.id)
    assert answers(world) == {"K000001": "去窗口"}


def test_the_keys_of_json_lines_are_gathered_and_the_strange_ones_shown(world: World) -> None:
    staged = stage(world, jsonl(row("甲"), row("乙", remark="?", 知识来源="?")))
    unread = {column.header: column.suggestions for column in staged.columns if column.key is None}
    assert set(unread) == {"remark", "知识来源"}
    assert unread["知识来源"][0] == "source"
    with pytest.raises(Invalid) as caught:
        stage(world, jsonl(row("甲")), mapping={"没有的": "title"})
    assert caught.value.code == "bad_mapping"


def test_a_reading_broken_off_leaves_a_failed_batch_without_rows(world: World) -> None:
    rows = "\n".join([csv_file(*(row(f"{at}") for at in range(1500))).decode().strip(), '"'])
    with pytest.raises(Invalid):
        stage(world, rows.encode(), "a.csv")
    with world.database.read() as session:
        assert session.execute(select(func.count()).select_from(StagedRow)).scalar_one() == 0
        (failed,) = session.execute(select(Batch)).scalars()
    assert failed.status == "failed"
    assert "引号" in failed.problem


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
    assert (batch(world, fresh.id).status, batch(world, applied.id).status) == ("cancelled", "applied")
    assert found(world, fresh.id) == found(world, applied.id) == []
