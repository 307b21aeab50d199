"""Which differences between two points are wrong and which are lawful."""

from dataclasses import replace
from datetime import date

import numpy as np

from kb_service.knowledge.checks.pairing import Index, judge
from kb_service.knowledge.checks.subjects import Subject

CITY, COUNTY, OTHER = ("99",), ("9901", "99"), ("9902", "99")
TEXT = "补领居民身份证，请携带户口簿到户籍所在地派出所办理，工本费40元，自受理之日起20个工作日内发证，可以选择邮寄到家。"


def point(
    code: str, text: str = TEXT, title: str = "居民身份证补领", regions: tuple[str, ...] = CITY
) -> Subject:
    return Subject(code, title, (), (("", text),), regions)


def kinds(left: Subject, right: Subject) -> list[str]:
    return [each.kind for each in judge(left, right).contradictions]


def test_the_same_item_with_another_fee_contradicts() -> None:
    left, right = point("A"), point("B", TEXT.replace("40元", "20元"), "补领居民身份证怎么办理")
    assert kinds(left, right) == kinds(right, left) == ["fee"]
    assert judge(left, right).near is not None


def test_hours_that_are_said_twice_do_not_hide_a_change_in_one_of_them() -> None:
    """On weekdays and on Saturdays alike from 9 to 12; the other text says so of weekdays alone."""
    text = "办事大厅周一至周五9:00-12:00受理居民身份证补领，周六9:00-12:00受理居民身份证补领。"
    other = text.replace("周六9:00-12:00", "周六9:00-11:00")
    left, right = point("A", text), point("B", other, "居民身份证补领时间")
    assert kinds(left, right) == kinds(right, left) == ["hours"]
    assert kinds(left, point("B", text, "居民身份证补领时间")) == []


def test_regions_beside_each_other_may_differ() -> None:
    left = point("A", regions=COUNTY)
    right = point("B", TEXT.replace("40元", "20元"), regions=OTHER)
    assert judge(left, right).near is None
    assert kinds(left, right) == []


def test_a_county_may_not_differ_from_the_city_unnoticed() -> None:
    assert kinds(point("A", regions=CITY), point("B", TEXT.replace("40元", "20元"), regions=COUNTY)) == [
        "fee"
    ]


def test_what_is_never_in_force_on_the_same_day_may_differ() -> None:
    left = replace(point("A"), effective_to=date(2025, 12, 31))
    right = replace(point("B", TEXT.replace("40元", "20元")), effective_from=date(2026, 1, 1))
    assert kinds(left, right) == []


def test_another_item_in_the_same_words_is_no_duplicate() -> None:
    right = point("B", TEXT.replace("居民身份证", "港澳通行证").replace("40元", "60元"), "港澳通行证补领")
    judgement = judge(point("A"), right)
    assert judgement.near is None
    assert not judgement.contradictions


def test_a_copy_under_another_title_is_a_duplicate() -> None:
    assert judge(point("A"), point("B", title="证件丢了怎么办")).near is not None


def test_the_index_gives_those_who_share_a_key() -> None:
    index = Index()
    index.add(np.array([7, 8, 7], dtype=np.int64), np.array([0, 1, 2]))
    assert index.sharing([np.array([7], dtype=np.int64)]) == {0, 2}


def test_a_bureau_and_its_division_have_telephones_of_their_own() -> None:
    bureau = replace(point("A", "联系电话：0700-8210003", "云溪市公安局"), type="agency")
    division = replace(point("B", "联系电话：0700-8211103", "云溪市公安局交通警察支队"), type="agency")
    again = replace(division, code="C", title="云溪市公安局")
    assert kinds(bureau, division) == []
    assert kinds(bureau, again) == ["phone"]
