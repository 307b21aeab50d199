"""What the intake is told: answer or dispatch, grounds, emergency numbers, sudden matters."""

import pytest

from kb_service.core.errors import Invalid, NotFound
from kb_service.regulations.profiles import get_profile
from kb_service.regulations.rules import (
    acceptance_grounds,
    emergency_match,
    ground,
    initial_disposal,
    sudden_match,
)
from kb_service.regulations.schema import Profile

DISPATCHED = ["help", "complaint", "report", "suggestion"]


@pytest.fixture(params=["demo", "shaoguan-2022"])
def profile(request: pytest.FixtureRequest) -> Profile:
    return get_profile(request.param)


@pytest.mark.clause("SG-12.1")
@pytest.mark.parametrize(("answerable", "action"), [(True, "answer"), (False, "dispatch")])
def test_a_consultation_is_answered_at_once_or_dispatched_when_it_cannot_be(
    profile: Profile, answerable: bool, action: str
) -> None:
    disposal = initial_disposal(profile, "consultation", answerable)
    assert (disposal.action, disposal.clause) == (action, "SG-12.1")
    assert disposal.article in disposal.reason


@pytest.mark.clause("SG-12.2")
@pytest.mark.parametrize("answerable", [True, False])
@pytest.mark.parametrize("request_class", DISPATCHED)
def test_help_complaints_reports_and_suggestions_are_dispatched_whatever_the_base_has(
    profile: Profile, request_class: str, answerable: bool
) -> None:
    disposal = initial_disposal(profile, request_class, answerable)
    assert (disposal.action, disposal.clause) == ("dispatch", "SG-12.2")


def test_a_class_the_city_does_not_have_cannot_be_disposed_of(profile: Profile) -> None:
    with pytest.raises(Invalid) as refused:
        initial_disposal(profile, "appeal", answerable=True)
    assert refused.value.code == "class_not_in_profile"


@pytest.mark.clause("SG-10")
def test_the_seven_grounds_stand_in_the_order_of_the_article(profile: Profile) -> None:
    grounds = profile.acceptance.grounds
    assert list(grounds) == [
        "jurisdiction",
        "procedures",
        "petition",
        "secrets",
        "unlawful",
        "repeated",
        "other",
    ]
    assert [each.article for each in grounds.values()] == [
        f"第十条第（{number}）项" for number in "一二三四五六七"
    ]


@pytest.mark.clause("SG-10")
@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("这件事发生在外省，你们能管吗", "jurisdiction"),
        ("我已经起诉到法院了，想让你们催一下", "procedures"),
        ("这个问题已经信访了，信访局也受理了", "petition"),
        ("帮我查一下前夫，我要查他的住址", "secrets"),
        ("哪里能帮我办假证", "unlawful"),
        ("还是那件事，我的工单怎么样了", "repeated"),
    ],
)
def test_a_ground_is_recognised_in_a_requesters_words(profile: Profile, said: str, expected: str) -> None:
    assert [each.ground for each in acceptance_grounds(profile, said)] == [expected]


@pytest.mark.parametrize(
    "said",
    [
        "劳动仲裁怎么申请，需要什么材料",
        "法院判决以后怎么申请法律援助",
        "信访局电话是多少",
        "身份证丢了怎么补办",
        "异地就医怎么备案，不在本市住院能报销吗",
        "邻居泄露我的个人信息，公开我的身份证号",
    ],
)
def test_a_question_about_a_procedure_is_no_ground_for_refusing_it(profile: Profile, said: str) -> None:
    assert acceptance_grounds(profile, said) == []


def test_what_the_requester_is_told_names_the_city_the_article_and_the_other_channel(
    profile: Profile,
) -> None:
    for ground_id in profile.acceptance.grounds:
        match = ground(profile, ground_id)
        assert match.article in match.told
        assert match.channel in match.told
        assert "{" not in match.told
    assert profile.city in ground(profile, "jurisdiction").told


def test_an_unknown_ground_is_refused_with_those_there_are(profile: Profile) -> None:
    with pytest.raises(NotFound, match="jurisdiction"):
        ground(profile, "nonsense")


EMERGENCIES = [
    ("我妈妈突然晕倒了怎么办", "120"),
    ("孩子喝了农药，快来人", "120"),
    ("我怕他快不行了", "120"),
    ("老人家倒在地上叫不醒", "120"),
    ("我家厨房着火了", "119"),
    ("隔壁店铺烧起来了", "119"),
    ("有人拿着刀在小区里", "110"),
    ("我女儿说要自杀", "110"),
    ("刚才被骗了三万块", "110"),
    ("我出车祸了", "122"),
    ("被车撞了，在人民路口", "122"),
]


@pytest.mark.clause("SG-23")
@pytest.mark.parametrize(("said", "number"), EMERGENCIES)
def test_an_emergency_is_given_its_number(profile: Profile, said: str, number: str) -> None:
    match = emergency_match(profile, said)
    assert (match and match.number) == number
    assert match is not None
    assert number in match.told


@pytest.mark.parametrize(
    "said",
    [
        "救护车收费标准是多少",
        "如何预防煤气中毒",
        "交通事故认定书去哪里领",
        "路口没有红绿灯，容易出车祸了谁负责",
        "有人打架斗殴的处罚标准",
        "去年我家着火了，保险怎么赔",
        "楼上烟囱着火了似的天天冒烟",
    ],
)
def test_speaking_of_an_emergency_is_not_being_in_one(profile: Profile, said: str) -> None:
    assert emergency_match(profile, said) is None


def test_an_emergency_is_looked_for_where_who_is_in_need_says_it_first(profile: Profile) -> None:
    letter = "关于小区物业管理的建议。" * 20
    assert emergency_match(profile, letter + "我家着火了") is None
    assert emergency_match(profile, "我家着火了。" + letter) is not None


def test_a_cue_is_found_whatever_the_width_of_letters_and_spaces(profile: Profile) -> None:
    assert emergency_match(profile, "我家　着 火 了！！") is not None


SUDDEN = [
    ("家里闻到很浓的煤气味", "gas_leak"),
    ("人民路路面塌陷了一个大洞", "road_collapse"),
    ("楼上外墙正在脱落", "building_danger"),
    ("积水太深有人被困", "flooding"),
    ("路边井盖不见了", "tree_or_wire_down"),
    ("整个小区都停水了", "outage"),
    ("自来水放出来发黑", "water_pollution"),
    ("学校食堂食物中毒", "food_poisoning"),
    ("工地门口集体讨薪", "wage_crowd"),
    ("我妈困在电梯里了", "elevator"),
    ("化工厂正在偷排", "hazardous"),
]


@pytest.mark.clause("SG-23")
@pytest.mark.parametrize(("said", "matter"), SUDDEN)
def test_a_matter_of_the_sudden_list_is_recognised(profile: Profile, said: str, matter: str) -> None:
    match = sudden_match(profile, said)
    assert (match and match.id) == matter


@pytest.mark.parametrize("said", ["燃气泄漏报警器免费安装吗", "非法聚众赌博扰民", "担心以后会造成山体滑坡"])
def test_an_everyday_matter_is_not_sudden(profile: Profile, said: str) -> None:
    assert sudden_match(profile, said) is None
