"""What a file would do, shown before anything is done."""

import csv
import io

import pytest
from sqlalchemy import func, select

import ingestion.service as imports
from ingestion.model import Batch, StagedRow
from ingestion.service import keeping
from kb_service.core.errors import Invalid, KbError, NotFound
from kb_service.knowledge.model import Version
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
)
from tests.support.knowledge import World, faq


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


def test_a_draft_import_is_not_submitted_and_may_lack_what_a_submission_needs(world: World) -> None:
    bring_in(world, jsonl(row(答案="")), submit=False)
    with world.database.read() as session:
        assert session.execute(select(Version.status)).scalars().all() == ["draft"]
        assert session.execute(select(func.count(Notice.id))).scalar_one() == 0


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
    ids = [stage(world, jsonl(*(row(f"{at}") for at in range(5))), name=name).id for name in "一二三"]
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
    while keeping.sweep(world.database, world.clock.now()):
        pass
    with world.database.read() as session:
        assert session.execute(select(func.count()).select_from(StagedRow)).scalar_one() == 0
        (failed,) = session.execute(select(Batch)).scalars()
    assert failed.status == "failed"
    assert "引号" in failed.problem
