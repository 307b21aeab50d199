"""From a row to a draft and back, and what is told of a row that does not hold together."""

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.drafting import WARNING, Names, ParsedRow, cells_of, column_of, parse_row
from ingestion.mapping import ColumnMatcher
from ingestion.readers.table import Fault, RawRow
from ingestion.template import CATEGORY, UNIT, example
from kb_service.core.clock import CITY
from kb_service.knowledge.content import TYPES, PointDraft
from tests.support.imports import row

NAMES = Names(
    unit={"U-RSJ": "U-RSJ", "市人力资源和社会保障局": "U-RSJ"}.get,
    region={"990101": "990101", "东湖区": "990101"}.get,
    category={"C11": "C11", "社会保障/养老保险": "C11"}.get,
    role={"agent": "agent", "话务员": "agent"}.get,
)


def parse(cells: dict[str, Any], **defaults: object) -> ParsedRow:
    return parse_row(RawRow(7, cells), ColumnMatcher(), NAMES, defaults)


def told(parsed: ParsedRow) -> list[tuple[str, str, str]]:
    return [(problem.column, problem.code, problem.level) for problem in parsed.problems]


def test_a_row_says_what_its_cells_say() -> None:
    cells = row(
        "退休", 知识编码="K1", 行政区划="东湖区", 使用范围="限定", 限定角色="话务员；agent", 关键词="养老，退休金",
        生效日期="2026年1月1日", 失效日期="2026/12/31", 发布时间="2026-01-05 09:00", 相似问题="怎么退|何时退",
        来源="文件", 修改说明="新建",
    )  # fmt: skip
    parsed = parse(cells)
    assert parsed.problems == []
    assert (parsed.code, parsed.unit, parsed.type) == ("K1", "U-RSJ", "faq")
    assert parsed.draft == PointDraft.model_validate(
        {
            "title": "退休", "category": "C11", "region": "990101", "audience": "restricted",
            "roles": ["agent"], "keywords": ["养老", "退休金"], "source": "文件", "note": "新建",
            "effective_from": date(2026, 1, 1), "effective_to": date(2026, 12, 31),
            "release_at": datetime(2026, 1, 5, 9, tzinfo=CITY),
            "content": {
                "type": "faq", "question": "退休？", "answer": "本人到市民之家三楼办理。",
                "similar_questions": ["怎么退", "何时退"],
            },
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "column", "code", "detail"),
    [
        ({"知识类型": "公告"}, "type", "unknown_type", "没有“公告”这种知识类型"),
        ({"标题": ""}, "title", "missing", "请填写标题"),
        ({"标题": "长" * 129}, "title", "string_too_long", "有 129 个字符，最多 128 个字符"),
        ({"类目": "没有/这个"}, "category", "unknown_category", "类目“没有/这个”不存在"),
        ({"承办单位": "某某局"}, "unit", "unknown_unit", "承办单位“某某局”不存在"),
        ({"行政区划": "火星"}, "region", "unknown_region", "行政区划“火星”不存在"),
        (
            {"使用范围": "保密"},
            "audience",
            "unknown_audience",
            "没有“保密”这种使用范围，只能是公开、内部、限定",
        ),
        ({"限定角色": "局长"}, "roles", "unknown_role", "角色“局长”不存在"),
        ({"生效日期": "2026-02-30"}, "effective_from", "no_such_date", "2026 年 2 月只有 28 天"),
        ({"发布时间": "开会后"}, "release_at", "bad_time", "“开会后”不是时间"),
        (
            {"关键词": "短,很长很长很长很长很长很长很长很长很长很长很长"},
            "keywords",
            "string_too_long",
            "第 2 项“很长",
        ),
        ({"相似问题": ["问"] * 5000}, "similar_questions", "too_long", "有 5000 项，最多 200 项"),
        ({"答案": {"text": "嵌套"}}, "answer", "not_text", "应为文字"),
        ({"相似问题": [["嵌套"]]}, "similar_questions", "not_text", "第 1 项应为文字"),
        ({"答案": "坏\0字符"}, "answer", "bad_characters", "第 2 个字符"),
        ({"title": "又一个标题"}, "title", "duplicate_column", "“title”与“标题”是同一列"),
    ],
)
def test_a_wrong_cell_is_told_by_row_and_column(
    cells: dict[str, object], column: str, code: str, detail: str
) -> None:
    parsed = parse(row() | cells)
    assert parsed.draft is None
    assert told(parsed) == [(column, code, "error")]
    (problem,) = parsed.problems
    assert problem.row == 7
    assert detail in problem.detail
    assert problem.text.startswith(f"第 7 行“{problem.header}”：")


def test_all_that_is_wrong_with_a_row_is_told_at_once() -> None:
    cells = row() | {"类目": "没有", "生效日期": "2026-02-30", "来源": "长" * 301}
    assert {column for column, _, _ in told(parse(cells))} == {"category", "effective_from", "source"}


def test_a_cell_that_the_type_does_not_have_is_told_and_left_out() -> None:
    parsed = parse(row() | {"收费": "不收费"})
    assert told(parsed) == [("fee", "not_of_this_type", WARNING)]
    assert parsed.draft is not None


def test_a_fault_counts_in_a_column_that_is_read_and_in_no_other() -> None:
    faults = tuple(Fault(header, "formula", "A7 单元格是公式") for header in ("序号", "答案", ""))
    parsed = parse_row(RawRow(7, row() | {"序号": None}, faults), ColumnMatcher(), NAMES)
    assert told(parsed) == [("answer", "formula", "error"), ("", "formula", "error")]


def test_an_empty_cell_takes_what_was_given_for_all() -> None:
    cells = {key: value for key, value in row().items() if key not in {"知识类型", "承办单位"}} | {
        "承办单位": " "
    }
    parsed = parse(cells, unit="U-RSJ", type="faq")
    assert (parsed.problems, parsed.unit, parsed.type) == ([], "U-RSJ", "faq")


def test_endless_problems_of_one_row_are_cut() -> None:
    assert len(parse(row() | {"关键词": ["长" * 21] * 500}).problems) <= 30


@pytest.mark.parametrize("kind", TYPES)
def test_the_example_of_a_template_is_a_good_row_once_unit_and_category_are_filled_in(kind: str) -> None:
    cells = example(kind)
    assert (cells["unit"], cells["category"]) == (UNIT, CATEGORY)
    assert {column for column, _, _ in told(parse(dict(cells)))} == {"unit", "category"}
    parsed = parse(cells | {"unit": "U-RSJ", "category": "C11"})
    assert parsed.problems == []


@pytest.mark.parametrize(
    ("pointer", "column"),
    [
        ("/title", "title"),
        ("/content/answer", "answer"),
        ("/keywords/2", "keywords"),
        ("content/steps/0", "steps"),
    ],
)
def test_a_pointer_into_a_draft_names_a_column(pointer: str, column: str) -> None:
    assert column_of(pointer) == column


WORDS = st.text(
    st.characters(exclude_categories=("C", "Z"), exclude_characters="|｜,，、;；'"), min_size=1, max_size=12
)
LISTS = st.lists(WORDS, max_size=4)
EARLY, LATE = datetime.fromisoformat("1970-01-02"), datetime.fromisoformat("9000-01-01")
TEXTS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "faq": {"question": WORDS, "answer": WORDS},
    "procedure": {
        "item": WORDS,
        "who": WORDS,
        "materials": LISTS,
        "steps": LISTS,
        "channels": LISTS,
        "basis": WORDS,
    },
    "policy": {"document_number": WORDS, "issued_on": st.dates(date(1000, 1, 1)), "full_text": WORDS},
    "agency": {"functions": WORDS, "service_items": LISTS, "phone": WORDS},
    "script": {"event": WORDS, "text": WORDS},
}
DAYS = st.none() | st.dates(date(1000, 1, 1))


@st.composite
def drafts(draw: st.DrawFn) -> PointDraft:
    kind = draw(st.sampled_from(TYPES))
    content = draw(st.fixed_dictionaries(TEXTS[kind] | {"similar_questions": LISTS}))
    shared = st.fixed_dictionaries(
        {
            "title": WORDS, "category": st.just("C11"), "region": st.sampled_from([None, "990101"]),
            "matter": st.none() | WORDS, "audience": st.sampled_from(["public", "agents", "restricted"]),
            "roles": st.sampled_from([[], ["agent"]]), "keywords": LISTS, "source": st.just("") | WORDS,
            "effective_from": DAYS, "effective_to": DAYS, "note": st.just("") | WORDS,
            "release_at": st.none() | st.datetimes(EARLY, LATE).map(
                lambda at: at.replace(microsecond=0, tzinfo=CITY)
            ),
        }
    )  # fmt: skip
    return PointDraft.model_validate(draw(shared) | {"content": content | {"type": kind}})


@given(drafts())
def test_a_draft_written_as_a_row_is_read_as_the_same_draft(draft: PointDraft) -> None:
    parsed = parse(dict(cells_of(draft, unit="U-RSJ", code="K1")))
    assert parsed.problems == []
    assert (parsed.draft, parsed.code, parsed.unit) == (draft, "K1", "U-RSJ")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*example("faq"), "标题", "发布时间", "随便"]), JSON, max_size=8))
def test_whatever_stands_in_the_cells_a_row_is_good_or_says_what_is_wrong(cells: dict[str, object]) -> None:
    parsed = parse(row() | cells)
    assert (parsed.draft is None) == parsed.wrong
