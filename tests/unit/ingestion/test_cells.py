"""What a cell says, in the forms people write."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion import cells
from ingestion.cells import BadCell
from kb_service.core.clock import CITY

DAY = date(2026, 1, 31)
# As spreadsheets give it: without a zone.
NAIVE = datetime.fromisoformat("2026-01-31T08:30")
EARLY, LATE = datetime.fromisoformat("1000-01-01"), datetime.fromisoformat("9000-01-01")


@pytest.mark.parametrize(
    "written",
    [
        "2026-01-31", "2026/1/31", "2026.1.31", "2026年1月31日", "2026 年 1 月 31 日", "20260131", "46053",
        46053, 46053.0, "2026-01-31 00:00:00", "2026-01-31T00:00", DAY, NAIVE,
    ],
)  # fmt: skip
def test_a_date_is_read_in_every_form_people_write(written: object) -> None:
    assert cells.date_of(written) == DAY


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("2026-02-30", "2026 年 2 月只有 28 天"),
        ("2026年13月1日", "没有 13 月"),
        ("2026-04-00", "没有 0 日"),
        ("2026-12-32", "2026 年 12 月只有 31 天"),
        ("9999-12-32", "9999 年 12 月只有 31 天"),
        ("0000-01-01", "年份"),
    ],
)
def test_a_date_that_does_not_exist_is_told_with_the_reason(written: str, told: str) -> None:
    with pytest.raises(BadCell, match=told) as caught:
        cells.date_of(written)
    assert caught.value.code == "no_such_date"


@pytest.mark.parametrize(
    "written", ["明年", "2026", "01/31/2026", "2026-01-31 09:00", 7, True, "99999", ["2026"]]
)
def test_what_is_no_date_is_refused(written: object) -> None:
    with pytest.raises(BadCell):
        cells.date_of(written)


@given(st.dates(date(1954, 10, 4), date(2119, 1, 10)))
def test_a_spreadsheet_s_count_of_days_gives_the_day(day: date) -> None:
    serial = (day - cells.SPREADSHEET_EPOCH).days
    assert cells.date_of(serial) == cells.date_of(str(serial)) == day


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-01-31 09:05", datetime(2026, 1, 31, 9, 5, tzinfo=CITY)),
        ("2026年1月31日9时5分", datetime(2026, 1, 31, 9, 5, tzinfo=CITY)),
        ("2026年1月31日 9点", datetime(2026, 1, 31, 9, tzinfo=CITY)),
        ("2026-01-31T09:05:06+08:00", datetime(2026, 1, 31, 9, 5, 6, tzinfo=CITY)),
        ("2026-01-31T01:05:00Z", datetime(2026, 1, 31, 1, 5, tzinfo=UTC)),
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=CITY)),
        (46053.5, datetime(2026, 1, 31, 12, tzinfo=CITY)),
        (DAY, datetime(2026, 1, 31, tzinfo=CITY)),
        (NAIVE, datetime(2026, 1, 31, 8, 30, tzinfo=CITY)),
    ],
)
def test_an_instant_is_the_city_s_unless_its_zone_is_named(written: object, meant: datetime) -> None:
    assert cells.instant_of(written) == meant


@pytest.mark.parametrize("written", ["2026-01-31 25:00", "2026-01-31 上午", "9:00", "2026-01-31T09:00+99:00"])
def test_what_is_no_instant_is_refused(written: str) -> None:
    with pytest.raises(BadCell):
        cells.instant_of(written)


@given(st.datetimes(EARLY, LATE).map(lambda at: at.replace(tzinfo=CITY, fold=0)))
def test_an_instant_survives_being_written_and_read(at: datetime) -> None:
    assert cells.instant_of(at.astimezone(UTC).isoformat()) == at.replace(microsecond=0)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""), (" 多 行\r\n文字 ", "多 行\n文字"), (13800000000, "13800000000"), (2.0, "2"), (2.5, "2.5"),
        (True, "是"), (DAY, "2026-01-31"), (NAIVE, "2026-01-31 08:30"),
    ],
)  # fmt: skip
def test_numbers_and_dates_become_the_words_a_person_would_type(value: object, text: str) -> None:
    assert cells.text_of(value) == text


@pytest.mark.parametrize(
    "value", [{"a": 1}, [1], float("nan"), float("inf"), 10**400, "a\0b", "\ud800", "\x07"]
)
def test_what_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(BadCell):
        cells.text_of(value)


@pytest.mark.parametrize(
    ("value", "separators", "items"),
    [
        ("身份证| 户口簿 |\n照片", cells.LIST_SEPARATORS, ["身份证", "户口簿", "照片"]),
        (
            "退休，养老、金;社保；医保,工伤",
            cells.KEYWORD_SEPARATORS,
            ["退休", "养老", "金", "社保", "医保", "工伤"],
        ),
        (["一", " ", 2], cells.LIST_SEPARATORS, ["一", "2"]),
        ("", cells.LIST_SEPARATORS, []),
    ],
)
def test_a_list_is_cut_at_its_separators(value: object, separators: str, items: list[str]) -> None:
    assert cells.list_of(value, separators) == items


def test_types_and_audiences_go_by_code_or_chinese_name() -> None:
    assert cells.type_of("常见问题") == cells.type_of("FAQ") == "faq"
    assert cells.audience_of("内部") == cells.audience_of("agents") == "agents"
    with pytest.raises(BadCell, match="没有“公告”这种知识类型，只能是常见问题、"):
        cells.type_of("公告")
