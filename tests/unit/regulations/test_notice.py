"""The yearly notice, as a table or in its own sentences."""

from datetime import date

import pytest

from kb_service.regulations.calendar import WorkingCalendar
from kb_service.regulations.notice import parse_notice
from tests.support import day_walker

# The days of 2026 in the form in which such notices are written.
SENTENCES = """\
一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
三、清明节：4月4日（周六）至6日（周一）放假，共3天。
四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
五、端午节：6月19日（周五）至21日（周日）放假，共3天。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。
"""
TABLE = """\
2026-01-01至2026-01-03,放假
2026-01-04,上班
"""


def test_the_sentences_of_a_notice_are_read_whole() -> None:
    notice = parse_notice(SENTENCES, 2026)
    assert notice.problems == []
    rests = {day for day, works in notice.days.items() if not works}
    worked = {day for day, works in notice.days.items() if works}
    assert rests == {day for day in day_walker.RESTS if day.year == 2026}
    assert worked == {day for day in day_walker.MAKE_UP if day.year == 2026}


def test_a_calendar_of_a_notice_alone_is_the_libraries() -> None:
    entered = WorkingCalendar(parse_notice(SENTENCES, 2026).days)
    assert all(entered.is_working(day) == day_walker.works(day) for day in parse_notice(SENTENCES, 2026).days)


@pytest.mark.parametrize(
    "text",
    [
        TABLE,
        "2026年1月1日至1月3日 放假\n2026/1/4 补班\n",
        "1月1日、1月2日、1月3日休息；1月4日上班",
        "元旦：1月1日到3日放假，1月4日（星期日）上班。",
    ],
)
def test_days_may_be_written_in_several_ways(text: str) -> None:
    notice = parse_notice(text, 2026)
    assert notice.problems == []
    assert notice.days == {
        date(2026, 1, 1): False,
        date(2026, 1, 2): False,
        date(2026, 1, 3): False,
        date(2026, 1, 4): True,
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "没有读到任何日期"),
        ("各单位要妥善安排值班。", "没有读到任何日期"),
        ("2026-01-01", "看不出是放假还是上班"),
        ("1月1日（周五）放假", "2026-01-01是周四"),
        ("2月30日放假", "没有“2月30日”这一天"),
        ("2027-01-01,放假", "不在2026年"),
        ("1月3日至1日放假", "不像是一个假期"),
        ("1月1日至3月1日放假", "不像是一个假期"),
        ("1月1日放假\n1月1日上班", "前后矛盾"),
        ("1月5日上班", "本来就是周一至周五"),
    ],
)
def test_what_cannot_be_right_is_told_with_its_line(text: str, told: str) -> None:
    notice = parse_notice(text, 2026)
    assert not notice.ok
    assert told in notice.problems[-1]


def test_a_problem_names_its_line() -> None:
    notice = parse_notice("1月1日放假\n\n2月30日放假\n", 2026)
    assert notice.problems[0].startswith("第3行")
    assert notice.days == {date(2026, 1, 1): False}
