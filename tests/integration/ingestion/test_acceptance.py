"""A city's acceptance format, near duplicates, the dry run as a file, templates, and bases that move in."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

import ingestion.service as imports
from ingestion import jobs
from ingestion.template import template_xlsx
from ingestion.template_book import LISTS, SHEET
from kb_service.core.clock import FixedClock
from kb_service.core.errors import Forbidden, Invalid, NotFound
from kb_service.knowledge.model import Review, Version
from kb_service.knowledge.moving_in import service as moving_in
from kb_service.knowledge.moving_in.model import MoveIn
from tests.support.imports import apply, csv_file, found, jsonl, row, stage, undo
from tests.support.knowledge import World, faq
from tests.support.service import Service


def xinyang(title: object = "怎样办理退休", **cells: object) -> dict[str, object]:
    return {
        "类目": "社会保障/养老保险",
        "标题": title,
        "内容": "本人到市民之家三楼办理。",
        "发文单位": "市人力资源和社会保障局",
        "材料性质": "热点问答",
        "关键字": "退休,养老",
    } | cells


def test_a_file_of_the_city_s_own_format_comes_in_whole(world: World) -> None:
    staged = stage(
        world, csv_file(xinyang("甲"), xinyang("乙", 材料性质="法律法规")), "a.csv", profile="xinyang"
    )
    assert (staged.counts.new, staged.counts.error, staged.profile) == (2, 0, "xinyang")
    first, second = (each.draft for each in found(world, staged.id))
    assert first is not None
    assert second is not None
    assert (first["content"]["answer"], first["keywords"]) == ("本人到市民之家三楼办理。", ["退休", "养老"])
    assert second["content"]["full_text"] == "本人到市民之家三楼办理。"
    assert apply(world, staged.id).written == 2


@pytest.mark.parametrize(
    ("cells", "header", "words"),
    [
        ({"类目": ""}, "类目", "请填写"),
        ({"标题": ""}, "标题", "请填写"),
        ({"内容": ""}, "内容", "请填写"),
        ({"发文单位": ""}, "发文单位", "请填写"),
        ({"材料性质": ""}, "材料性质", "请填写"),
        ({"关键字": ""}, "关键字", "请填写"),
        ({"材料性质": "诗歌"}, "材料性质", "只能是"),
        ({"类目": "C11"}, "类目", "完整类目"),
        ({"类目": "社会保障"}, "类目", "/"),
        ({"类目": "社会保障/没有"}, "类目", "不存在"),
        ({"类目": "公安政务/户籍"}, "类目", "没有类目"),
        ({"标题": "长" * 129}, "标题", "128"),
        ({"关键字": "退休、养老"}, "关键字", "逗号"),
        ({"关键字": "退" * 21}, "关键字", "20"),
        ({"关键字": "养老,怎样办理退休"}, "关键字", "标题相同"),
    ],
)
def test_each_violation_of_the_city_s_rules_is_told_of_its_cell(
    world: World, cells: dict[str, object], header: str, words: str
) -> None:
    staged = stage(world, csv_file(xinyang() | cells), "a.csv", profile="xinyang")
    (wrong,) = found(world, staged.id)
    assert wrong.status == "error"
    assert any(problem.header == header and words in problem.detail for problem in wrong.problems)


def test_a_title_stands_once_in_the_city_s_base_and_once_in_its_file(world: World) -> None:
    world.publish(faq("甲"), by="gaj_editor", reviewers=("zx_reviewer",))
    rows = (xinyang("甲"), xinyang("乙"), xinyang("乙", 材料性质="通知公告"))
    staged = stage(world, csv_file(*rows), "a.csv", profile="xinyang")
    assert [(each.status, [one.code for one in each.problems]) for each in found(world, staged.id)] == [
        ("error", ["title_taken"]),
        ("new", []),
        ("error", ["duplicate_title"]),
    ]


def test_more_than_a_thousand_rows_or_a_missing_column_are_refused_as_a_whole(world: World) -> None:
    many = csv_file(*(xinyang(f"第{at}条") for at in range(1001)))
    with pytest.raises(Invalid) as caught:
        stage(world, many, "a.csv", profile="xinyang")
    assert caught.value.code == "too_many_rows"
    cells = xinyang()
    del cells["关键字"]
    with pytest.raises(Invalid) as caught:
        stage(world, csv_file(cells), "a.csv", profile="xinyang")
    assert (caught.value.code, "关键字" in caught.value.detail) == ("missing_columns", True)
    with pytest.raises(Invalid) as caught:
        stage(world, csv_file(xinyang()), "a.csv", profile="nowhere")
    assert caught.value.code == "unknown_profile"


LONG = "本人持身份证和退休申请表到市民之家三楼社会保险窗口办理，窗口受理后二十个工作日内办结，结果短信告知。"


def test_a_new_row_that_nearly_repeats_a_point_or_an_earlier_row_is_told(service: Service) -> None:
    world = service.world
    known = world.publish(faq("怎样办理退休手续", LONG * 3))
    jobs.sign(service.parts)
    staged = stage(
        world,
        jsonl(
            row("怎样办理退休手续呢", 答案=LONG * 3),
            row("怎样领取失业金", 答案="参保缴费满一年、非本人意愿中断就业的，可到街道申领。" * 5),
            row("怎么领取失业金", 答案="参保缴费满一年、非本人意愿中断就业的，可到街道申领。" * 5),
            row("别的"),
        ),
    )
    told = [(each.near.code, each.near.other_row) if each.near else None for each in found(world, staged.id)]
    assert told == [(known.code, None), None, (None, 2), None]
    assert staged.counts.near == 2
    assert [each.row for each in found(world, staged.id, "near")] == [1, 3]
    assert {each.status_name for each in found(world, staged.id, "near")} == {"近似重复"}


def test_what_one_may_not_see_is_not_told_as_near(service: Service) -> None:
    world = service.world
    hidden = faq("怎样办理退休手续", LONG * 3, audience="restricted", roles=["confidential_handler"])
    world.publish(hidden, by="gaj_editor", reviewers=("zx_reviewer",))
    jobs.sign(service.parts)
    staged = stage(world, jsonl(row("怎样办理退休手续呢", 答案=LONG * 3)))
    assert staged.counts.near == 0


def test_the_dry_run_can_be_taken_away_with_reasons_and_carries_nothing_out(world: World) -> None:
    staged = stage(world, csv_file(row("甲"), row("=HYPERLINK(1)", 承办单位="没有")), "a.csv")
    with world.database.read() as session:
        told = {
            kind: imports.dry_run_file(session, world.as_("rsj_editor"), staged.id, kind)
            for kind in ("csv", "xlsx")
        }
    lines = list(csv.DictReader(io.StringIO(told["csv"].decode("utf-8-sig"))))
    assert [line["检查结果"] for line in lines] == ["新增", "有错误"]
    assert (lines[0]["标题"], lines[1]["标题"]) == ("甲", "'=HYPERLINK(1)")
    assert "不存在" in lines[1]["原因"]
    sheet = load_workbook(io.BytesIO(told["xlsx"])).active
    assert sheet is not None
    cells: list[Any] = [cell for each in sheet.iter_rows() for cell in each]
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}
    again = stage(world, told["xlsx"], "b.xlsx")
    assert (again.counts.new, again.counts.error) == (1, 1)


def test_a_template_offers_the_categories_and_units_its_user_may_write_to(world: World) -> None:
    with world.database.read() as session:
        choices = imports.template_choices(session, world.as_("rsj_editor"))
    book = load_workbook(io.BytesIO(template_xlsx("faq", choices)))
    lists = book[LISTS]
    offered = {tuple(cell.value for cell in column if cell.value) for column in lists.iter_cols()}
    assert offered == {("社会保障/养老保险", "社会保障/失业保险"), ("市人力资源和社会保障局",)}
    assert lists.sheet_state == "hidden"
    formulas = [each.formula1 for each in book[SHEET].data_validations.dataValidation]
    assert sum("选项" in formula for formula in formulas) == 2


def origin(clock: FixedClock, **cells: object) -> dict[str, object]:
    then = clock.now() - timedelta(days=400)
    return {
        "原系统": "旧知识库",
        "原编号": "OLD-1",
        "上传时间": f"{then:%Y-%m-%d} 09:00",
        "报送时间": f"{then - timedelta(days=2):%Y-%m-%d} 09:00",
        "原审核人": "李某",
        "原审核时间": f"{then:%Y-%m-%d} 08:00",
    } | cells


@pytest.mark.clause("SG-16.6")
def test_a_point_that_moves_in_keeps_its_upload_time_once_a_second_person_confirmed_it(
    service: Service, clock: FixedClock
) -> None:
    world = service.world
    staged = stage(world, jsonl(row("甲") | origin(clock)), by="zx_manager")
    assert staged.counts.new == 1
    apply(world, staged.id, by="zx_manager")
    for login in ("zx_manager", "rsj_editor"):
        with world.database.write() as session, pytest.raises(Forbidden):
            moving_in.confirm(session, world.as_(login), staged.id, "批件.pdf", io.BytesIO(b"paper"))
    with world.database.write() as session:
        moving_in.confirm(session, world.as_("zx_reviewer"), staged.id, "批件.pdf", io.BytesIO(b"paper"))
    with world.database.read() as session:
        (version,) = session.execute(select(Version)).scalars()
        (review,) = session.execute(select(Review)).scalars()
        (made,) = session.execute(select(MoveIn)).scalars()
    then = clock.now() - timedelta(days=400)
    assert version.live_from is not None
    assert version.filed_at is not None
    assert (version.status, version.live_from.date()) == ("approved", then.date())
    assert version.filed_at < version.live_from
    assert version.approved_at == clock.now()
    assert review.reason.startswith("移入：原系统审核（旧知识库，李某，")
    assert (made.evidence, made.moved_by != made.confirmed_by) == (b"paper", True)
    assert undo(world, staged.id, by="zx_manager").withdrawn == 1


def test_only_who_may_move_a_base_in_may_tell_of_its_past(world: World, clock: FixedClock) -> None:
    staged = stage(world, jsonl(row("甲") | origin(clock)))
    (only,) = found(world, staged.id)
    assert {problem.code for problem in only.problems} == {"move_in_forbidden"}
    later = f"{clock.now() + timedelta(days=2):%Y-%m-%d} 09:00"
    told = stage(
        world,
        jsonl(row("甲") | origin(clock, 上传时间=later), row("乙") | origin(clock, 原编号="")),
        by="zx_manager",
    )
    first, second = found(world, told.id, by="zx_manager")
    assert [problem.header for problem in first.problems] == ["上传时间"]
    assert [problem.header for problem in second.problems] == ["原编号"]


def test_nothing_is_confirmed_where_nothing_moved_in(world: World) -> None:
    staged = stage(world, jsonl(row("甲")))
    apply(world, staged.id)
    with world.database.write() as session, pytest.raises(NotFound):
        moving_in.confirm(session, world.as_("zx_reviewer"), staged.id, "a", io.BytesIO(b"paper"))
