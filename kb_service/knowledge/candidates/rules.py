"""The life of a candidate, and what the same question is. Pure.

undecided ──placed or designated──> asked ──somebody wrote an answer──> proposed
    ↑ └───────handed on, at most twice───┘ │                              │
    └──────────────────────────────────────┴──> confirmed, merged, rejected
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal

from kb_service.core import personal
from kb_service.core.clauses import rule
from kb_service.regulations.calendar import Period

Way = Literal["search", "miss", "agent", "ticket"]


class Status(StrEnum):
    UNDECIDED = "undecided"
    ASKED = "asked"
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    MERGED = "merged"
    REJECTED = "rejected"


OPEN: Final = frozenset({Status.UNDECIDED, Status.ASKED, Status.PROPOSED})
WITH_UNIT: Final = frozenset({Status.ASKED, Status.PROPOSED})
STATUS_NAMES: Final = {
    Status.UNDECIDED: "待指定单位",
    Status.ASKED: "待单位答复",
    Status.PROPOSED: "待单位确认",
    Status.CONFIRMED: "单位已确认",
    Status.MERGED: "已并入现有知识",
    Status.REJECTED: "单位不采纳",
}
WAYS: Final = {
    "search": "检索无果",
    "miss": "话务员报告没找到",
    "agent": "话务员自拟答复",
    "ticket": "咨询工单答复",
}

# The service's own targets: the regulations set none.
ANSWER_WITHIN: Final = Period(working_days=5)
CONFIRM_WITHIN: Final = Period(working_days=3)
MOST_HANDS: Final = 2
LONGEST_QUESTION: Final = 300
LONGEST_ANSWER: Final = 20_000
# Of a search that led nowhere something is made only when it comes back.
ASKED_AGAIN: Final = 3
FOUND_NOTHING_AGAIN: Final = 2
WINDOW: Final = timedelta(days=30)
SETTLES_AFTER: Final = timedelta(hours=1)
SUGGESTED: Final = 20

_SAME, _SAME_WITH_HITS, _SAME_INSIDE = 0.55, 0.35, 0.8
_REST: Final = {Status.REJECTED: timedelta(days=90)}
_REST_OF_OTHERS: Final = timedelta(days=30)


@rule("MZ-19.2", neutral=True)
def may_confirm(*, account_unit: int | None, owner: int | None, owner_is_centre: bool) -> bool:
    """The owner unit's own people alone say that something collected is right; the centre never does."""
    return owner is not None and account_unit == owner and not owner_is_centre


@rule("MZ-19.2", neutral=False)
def unconfirmed(*, confirmed: bool, owner: int | None, author_units: Iterable[int]) -> bool:
    """Whether a version that a candidate became may not go live: nobody of the unit has confirmed it, or
    somebody outside of the unit has written on it.
    """
    return not confirmed or any(unit != owner for unit in author_units)


def standing(answer: str) -> Status:
    """Where a candidate stands whose unit is known."""
    return Status.PROPOSED if answer else Status.ASKED


def within(answer: str) -> Period:
    return CONFIRM_WITHIN if answer else ANSWER_WITHIN


def to_centre(hands: int, *, unit_named: bool) -> bool:
    """Whether the next one is named by the centre: nobody is named, or it went from hand to hand long enough."""
    return not unit_named or hands >= MOST_HANDS


def joins_closed(status: str, closed_at: datetime, now: datetime, *, new_answer: bool) -> bool:
    """Whether a question that was settled lately only counts there, rather than being asked anew."""
    if status == Status.REJECTED and new_answer:
        return False
    return now - closed_at < _REST.get(Status(status), _REST_OF_OTHERS)


_POLITE = re.compile(
    r"你好|您好|请问|麻烦|我想(?:问|咨询|了解)(?:一下|下)?|想(?:问|咨询)(?:一下|下)?|咨询(?:一下|下)|谢谢|[吗呢啊呀吧]"
)


_HOW = re.compile(r"怎样|如何|怎么样|咋样?")


def core(question: str) -> str:
    """What is asked, without the words of politeness that make different questions look alike."""
    said = _HOW.sub("怎么", _POLITE.sub("", question))
    return said if len(said) > 2 else question


def same_question(overlap: tuple[float, float], *, shared_hit: bool, shorter: int) -> bool:
    """`overlap`: what both have in common, and what part of the shorter that is; `shorter` counts its letters."""
    common, inside = overlap
    if common >= _SAME or (inside >= _SAME_INSIDE and shorter >= 6):
        return True
    return shared_hit and common >= _SAME_WITH_HITS


def worth_asking(times: int, *, found_something: bool) -> bool:
    """Whether a search in which nothing was chosen came back often enough to ask a unit."""
    return times >= (ASKED_AGAIN if found_something else FOUND_NOTHING_AGAIN)


MASKED_NAMES: Final = {
    "phone": "手机号码",
    "id_card": "身份证号",
    "bank_card": "银行卡号",
    "plate": "车牌",
    "email": "邮箱",
    "name": "姓名",
    "home": "门牌住址",
}
# What a unit may publish of itself; the rest is nobody's to publish.
CONTACTS: Final = frozenset({"phone", "email"})
_TITLES = "先生|女士|小姐|老师|阿姨|大爷|师傅"
_NAME = re.compile(
    rf"(?:(?:我叫|本人叫|姓名[:：是]?\s*|名叫)(?P<said>[一-鿿·]{{2,4}}?)(?=[，,。；;\s]|$|的|身份|电话|手机|住))"
    rf"|(?P<titled>[一-鿿]{{1,3}}?)(?=(?:{_TITLES})(?:[，,。；;：:\s]|反映|来电|咨询|的|$))"
)
_HOME = re.compile(
    r"\d+\s*(?:栋|幢|号楼|座)\s*(?:\d+\s*单元\s*)?\d+\s*(?:室|号|房)?|\d+\s*单元\s*\d+\s*(?:室|号|房)?|(?:家住|住在|住址[:：]?)[^，,。；;\s]{2,30}"
)
_SURNAMES = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章云苏潘葛奚范彭郎鲁韦昌马苗凤方俞任袁柳"
    "史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常傅卞齐康伍余顾孟黄穆萧尹姚邵汪毛禹狄米明计成戴谈宋庞熊纪舒屈项祝董梁杜阮蓝闵席季"
    "麻强贾路娄江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫房缪干解应宗丁宣邓郁单洪包诸左石崔吉龚程嵇邢裴陆荣翁"
    "荀羊甄曲封芮储靳段富巫乌焦巴谷车侯班秋仲伊宫宁仇栾甘厉武符刘景詹束龙叶幸司黎薄白怀蒲邰鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍"
    "双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍桑桂牛寿通边扈燕冀尚农温别庄晏柴瞿阎充慕连茹习艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘"
    "匡国文寇广禄阙东欧沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾沙养鞠须丰巢关相查后荆红游竺权盖益桓公"
)


@dataclass(frozen=True)
class Scrubbed:
    """A text as it may be kept, and how many values of each kind were starred out of it."""

    text: str
    masked: Mapping[str, int]


def scrub(text: str) -> Scrubbed:
    """Personal values starred out: those of the common detector, and names and homes told in free words."""
    counts: Counter[str] = Counter(span.kind for span in personal.find_personal(text))
    said = personal.mask(text)
    said = _NAME.sub(lambda match: _starred_name(match, counts), said)
    said = _HOME.sub(lambda match: _starred_home(match, counts), said)
    return Scrubbed(said, dict(counts))


def _starred_name(match: re.Match[str], counts: Counter[str]) -> str:
    group = "said" if match["said"] else "titled"
    name = match[group]
    if name[0] not in _SURNAMES:
        return match[0]
    counts["name"] += 1
    return match[0].replace(name, personal.mask_name(name) if len(name) > 1 else "*")


def _starred_home(match: re.Match[str], counts: Counter[str]) -> str:
    counts["home"] += 1
    return "*" * len(match[0])


def found_personal(text: str, *, keep_contacts: bool) -> list[str]:
    """Names of the kinds of personal data in words that a unit is about to confirm.

    A name and a home are told by clues alone, and words of a unit about itself look like both: not looked for.
    """
    kinds = dict.fromkeys(span.kind for span in personal.find_personal(text))
    return [MASKED_NAMES[kind] for kind in kinds if not (keep_contacts and kind in CONTACTS)]


def owner_by_hits(owners: Sequence[int], *, but: frozenset[int]) -> int | None:
    """The unit most of the nearest points belong to, the nearer weighing more."""
    weight: Counter[int] = Counter()
    for place, owner in enumerate(owners):
        if owner not in but:
            weight[owner] += len(owners) - place
    return weight.most_common(1)[0][0] if weight else None
