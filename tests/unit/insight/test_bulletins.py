"""Which bulletins a city owes, what they say, and how they are printed."""

import io
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.core.errors import Conflict
from kb_service.insight.bulletins import content as contents
from kb_service.insight.bulletins import rules, sections, wording
from kb_service.insight.bulletins.content import Content
from kb_service.insight.bulletins.paper.document import document
from kb_service.insight.bulletins.paper.workbook import workbook
from kb_service.insight.bulletins.service.issuing import frozen
from kb_service.insight.statistics import periods
from kb_service.insight.statistics.rules import Value
from kb_service.regulations import profiles
from tests.support.bulletins import OCTOBER, told

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
REGULAR = ("month", "quarter", "year")


def content(**changes: object) -> Content:
    found = told()
    made = Content(
        masthead="云溪市12345热线情况通报", title="云溪市12345热线2026年10月全市通报", period="2026年10月",
        addressee=rules.UNITS, signed="市政务服务便民热线中心", sections=sections.build(tuple(rules.SECTIONS), found),
        figures=frozen(found.figures), known_at=datetime(2026, 11, 3, 2, tzinfo=UTC), clause=["XT-24"],
    )  # fmt: skip
    return made.model_copy(update=changes)


def offered(city: str) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    return {each.id: (each.kinds, each.sections) for each in rules.offered(profiles.get_profile(city))}


@pytest.mark.clause("SG-26")
def test_shaoguan_publishes_volumes_and_what_units_did_at_intervals() -> None:
    assert offered("shaoguan-2022") == {"bulletin": (REGULAR, ("volume", "unit_handling"))}


@pytest.mark.clause("XT-24")
def test_xiangtan_publishes_volumes_units_and_callbacks_each_month() -> None:
    assert offered("xiangtan-2021") == {"bulletin": (("month",), ("volume", "unit_handling", "callbacks"))}


@pytest.mark.clause("MZ-12.3")
def test_meizhou_publishes_hot_issues_units_problems_and_improvements_each_quarter() -> None:
    expected = ("unit_handling", "hot_issues", "problems", "improvements")
    assert offered("meizhou-2014") == {"bulletin": (("quarter",), expected)}


@pytest.mark.clause("ST-20.2")
def test_shantou_reports_volume_and_completion_to_the_city_government() -> None:
    assert offered("shantou-2016") == {"statistics": (REGULAR, ("volume", "completion_rate"))}
    assert rules.addressee("statistics") == "市人民政府"
    assert rules.addressee("bulletin") == rules.UNITS


@pytest.mark.clause("TA-23", "TA-25", "TA-26")
def test_taian_has_reports_on_common_foreseen_and_local_matters() -> None:
    assert offered("taian-2025") == {
        "common": (REGULAR, ("hot_issues",)),
        "foreseen": (REGULAR, ("hot_issues",)),
        "local": (REGULAR, ("hot_issues",)),
    }


@pytest.mark.clause("TA-24")
def test_taian_watches_hot_issues_and_problems_without_a_break() -> None:
    watched = profiles.get_profile("taian-2025").reports.get("analysis")
    assert watched is not None
    assert (watched.every, watched.figures) == ("continuous", ("hot_issues", "problems"))


def test_only_whole_periods_that_are_over_have_a_bulletin() -> None:
    (report,) = rules.offered(profiles.get_profile("xiangtan-2021"))
    rules.check_period(report, OCTOBER, date(2026, 11, 1))
    with pytest.raises(Conflict):
        rules.check_period(report, OCTOBER, date(2026, 10, 31))
    with pytest.raises(Conflict):
        rules.check_period(report, periods.quarter(2026, 3), date(2026, 11, 1))
    assert rules.latest(report, date(2027, 1, 2)) == periods.month(2026, 12)


@pytest.mark.parametrize(
    ("now", "then", "said"),
    [
        (Value(110), Value(100), "环比上升10.0%"),
        (Value(90), Value(100), "环比下降10.0%"),
        (Value(100), Value(100), "环比持平"),
        (Value(100), Value(0), ""),
        (Value(98, 100), Value(97, 100), "环比提高1.0个百分点"),
        (Value(96, 100), Value(97, 100), "环比降低1.0个百分点"),
        (Value(9_701, 10_000), Value(97, 100), "环比持平"),
        (Value(0, 0), Value(97, 100), ""),
    ],
)
def test_changes_are_said_as_an_office_says_them(now: Value, then: Value, said: str) -> None:
    assert wording.change("环比", now, then) == said


@given(st.fractions(min_value=-10, max_value=10))
def test_a_share_is_rounded_to_the_nearest_tenth(share: Fraction) -> None:
    assert abs(Fraction(wording.tenths(share)) - share * 100) <= Fraction(1, 20)


def test_sentences_name_the_figures_the_leaders_and_the_trailers() -> None:
    made = {each.key: " ".join(each.made) for each in content().sections}
    assert "共受理诉求12,408件，环比上升3.1%，同比上升13.6%" in made["volume"]
    assert "咨询8,120件、占65.4%" in made["volume"]
    assert "按时回复率居前的是市教育局（100.0%）" in made["unit_handling"]
    assert "居后的是市住房和城乡建设局（84.0%）" in made["unit_handling"]
    assert "“搅拌站夜间施工噪音”214件（上期61件），主要涉及东湖区" in made["hot_issues"]
    assert "共109次，其中市住房和城乡建设局16次" in made["problems"]
    assert made["improvements"] == ""


def test_units_with_few_cases_are_not_ranked() -> None:
    row = told().figures.tables["unit"].rows[0]
    few = replace(row, values=dict(row.values) | {"reply_in_time": Value(0, wording.FEWEST_JUDGED - 1)})
    assert wording.ranked([few], "reply_in_time") == []


def test_what_nobody_has_written_yet_cannot_be_issued_nor_by_its_writer() -> None:
    made = content()
    assert rules.unfinished(made) == ["改进工作意见"]
    with pytest.raises(Conflict):
        rules.check_issue(made, editors=[1], issuer=2)
    made.sections[-1].said = ["请各单位整改。"]
    rules.check_issue(made, editors=[1], issuer=2)
    with pytest.raises(Conflict):
        rules.check_issue(made, editors=[1, 2], issuer=2)


def test_the_same_content_gives_the_same_bytes() -> None:
    kept = Content.model_validate_json(content().model_dump_json())
    assert contents.digest(kept) == contents.digest(content())
    assert document(kept) == document(content())
    assert workbook(kept) == workbook(content())


def test_the_document_has_the_page_and_the_parts_of_an_official_paper() -> None:
    made = content(number=3, year=2026, issued_on=date(2026, 11, 5))
    with zipfile.ZipFile(io.BytesIO(document(made))) as file:
        trees = {name: ET.fromstring(file.read(name)) for name in file.namelist()}
    body = trees["word/document.xml"]
    said = ["".join(node.text or "" for node in each.iter(f"{W}t")) for each in body.iter(f"{W}p")]
    assert said[:4] == [
        "云溪市12345热线情况通报",
        "〔2026〕第3期",
        "市政务服务便民热线中心2026年11月5日",
        made.title,
    ]
    assert said[4] == f"{rules.UNITS}："
    assert [each for each in said if each[1:2] == "、"][:2] == ["一、诉求受理情况", "二、办结情况"]
    assert said[-3:-1] == ["市政务服务便民热线中心", "2026年11月5日"]
    margins = body.find(f".//{W}pgMar")
    assert margins is not None
    assert [margins.get(f"{W}{side}") for side in ("top", "left", "right")] == ["2098", "1588", "1474"]
    fonts = {each.get(f"{W}eastAsia") for each in body.iter(f"{W}rFonts")}
    assert {"方正小标宋简体", "仿宋_GB2312", "黑体"} <= fonts
    assert len([name for name in trees if name.startswith("word/charts/")]) == 3
    assert len(list(body.iter(f"{W}tbl"))) == 5


def test_whatever_is_typed_is_printed_as_text() -> None:
    made = content(title="<w:p>&\x0b标题]]>")
    made.sections[-1].said = ["=cmd()<script>&amp;"]
    made.sections[0].tables[0].rows[0][0] = '=HYPERLINK("x")'
    with zipfile.ZipFile(io.BytesIO(document(made))) as file:
        said = "".join(ET.fromstring(file.read("word/document.xml")).itertext())
    assert "<w:p>&标题]]>" in said
    assert "=cmd()<script>&amp;" in said
    book = openpyxl.load_workbook(io.BytesIO(workbook(made)))
    assert book["诉求类型情况"]["A4"].data_type == "s"


def test_the_workbook_holds_numbers_and_charts() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(content())))
    assert book.sheetnames == [
        "主要指标",
        "诉求类型情况",
        "涉及领域情况",
        "办结情况",
        "承办单位办理情况",
        "热点诉求",
    ]
    first, units = book["主要指标"], book["承办单位办理情况"]
    assert [first.cell(4, at).value for at in (1, 2, 3)] == ["受理量", 12_408, 12_035]
    assert (units["B4"].value, units["C4"].value, units["D4"].value) == ("市公安局", 812, 0.98)
    with zipfile.ZipFile(io.BytesIO(workbook(content()))) as file:
        charts = [name for name in file.namelist() if name.startswith("xl/charts/chart")]
    assert len(charts) == 3
