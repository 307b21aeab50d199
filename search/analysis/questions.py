"""What kind of answer a question asks for, and what an answer of that kind looks like. Pure; normal forms in."""

import re
from enum import StrEnum
from typing import Final


class Asks(StrEnum):
    """The kinds of question that are told apart; `WHAT` asks what a thing is or which there are."""

    WHAT = "what"
    HOW = "how"
    WHERE = "where"
    HOW_MUCH = "how_much"
    HOW_LONG = "how_long"
    DOCUMENTS = "documents"
    PHONE = "phone"
    WHO = "who"


_WHICH = "(?:什么|哪些|啥|哪几样|几样)"
_TOLD = "(?:是|为|有|在|到|至|要|需要)?"
_OPEN = "(?:[?]|$|多少|多|几|什么|啥|哪|何|怎)"
_PAPERS = "(?:材料|资料|证件|手续|证明|文件|单据|东西)"
_AMOUNT = "[0-9〇零一二三四五六七八九十百千万亿两.,]+"
_AGENCY = "(?:部门|单位|机关|机构|局|科室|处室|窗口单位)"

# Narrow kinds before wide ones: 需要带什么材料 asks for documents although it says 什么.
_CUES: Final[dict[Asks, tuple[str, ...]]] = {
    Asks.PHONE: (
        f"(?:电话|号码|热线|联系方式){_TOLD}{_OPEN}",
        "(?:什么|哪个?|啥|有没有|给个?|有)(?:咨询|联系|投诉|服务|办公)?(?:电话|热线)",
        "(?:打|拨)(?:打)?(?:哪个|什么|啥)(?:电话|号|热线)",
        "(?:怎么|怎样|如何)(?:才能)?联系",
        "(?:接|打)电话(?:[?吗么]|$)",
    ),
    Asks.WHERE: (
        "哪里|哪儿|哪边|(?<!如)何处|在哪|去哪|到哪|上哪|往哪|搬哪|啥地方|什么地方|怎么走|扔哪",
        "哪(?:个|家|条|一个)?(?:地方|窗口|网点|大厅|网站|平台|位置|路|街)",
        f"(?:地址|位置|地点|网点){_TOLD}{_OPEN}",
        "(?:路|街|道|巷|街上)(?:几|多少)号",
    ),
    Asks.DOCUMENTS: (
        f"{_WHICH}(?:样的)?(?:申请|申报|证明|办理|相关|有关)?{_PAPERS}",
        f"(?:需要的?|所需|要交的?|提交的?)(?:申请|申报|证明|办理)?{_PAPERS}(?:有|是|[?]|$)",
        f"{_PAPERS}(?:清单|要求)?(?:有|是|要|需要)?{_WHICH}",
        f"(?:带|拿|备|准备)(?:上|齐|好|点|些)?{_WHICH}",
    ),
    Asks.HOW_LONG: (
        "多久|多长时间|什么时候|啥时候|何时|几时|哪天|哪一天|哪年|几月份|几号|多大岁?数",
        "(?<!存在的)几点(?!问题|建议|意见|要求|思考|看法)",
        "(?:几|多少)个?(?:工作日|天|小时|分钟|周|星期|年)(?!没|前|来|了|级|期)",
        "(?:几|多少)个月(?!没|前|来|了|大)",
        f"(?:时限|期限|有效期|截止日期|截止时间|办理时间|营业时间|上班时间|时间|日期){_TOLD}{_OPEN}",
    ),
    Asks.HOW_MUCH: (
        "多少(?!人|年|天|日|个月)|几(?:块|元|毛|万|千|百|成|折)|多大比例",
        "要钱|(?:要|用|收|花|交|扣)(?:不要|不用|不收)?(?:花|交)?(?:钱|费)(?:[?吗么嘛]|$)|收不收费",
        "(?:费用|标准|额度|比例|利率|税率|金额|价格|补贴|补助)(?:是|为|有)?(?:多|几|什么|啥)",
        "(?:费用|标准|额度|比例|利率|税率|金额|价格)(?:[?]|$)",
    ),
    Asks.WHO: (
        f"谁|(?:哪个|哪一个|什么|啥|哪家|哪些)(?:政府|行政|主管)?{_AGENCY}",
        "归(?:谁|哪)|哪(?:里|个)?(?:来)?(?:管|负责)|找哪",
    ),
    Asks.HOW: (
        "怎么|怎样|咋|如何|能不能|可不可以|能否|可否",
        f"(?:流程|步骤|程序|方法|办法|途径|渠道|方式){_TOLD}(?:[?]|$|什么|啥|哪|怎)",
        "(?:可以|能).{1,12}[吗么]",
    ),
    Asks.WHAT: ("什么|哪些|哪种|哪几|啥|是不是|是否|有没有|有何|何种|意思|含义|条件",),
}

# What answers how, who and what looks like any other text. A number answers where it stands with its unit.
_ANSWERS: Final[dict[Asks, tuple[str, ...]]] = {
    Asks.PHONE: (r"(?<!\d)(?:0\d{2,3}[-—－ ]?\d{7,8}|1[3-9]\d{9}|\d{7,8}|12\d{3}|9[56]\d{3,4})(?!\d)",),
    Asks.WHERE: (
        r"(?:路|街|道|巷|大厦|广场)\s*[0-9一二三四五六七八九十]+\s*号|[0-9一二三四五六七八九十]+(?:楼|层|号窗口|号楼)",
        r"地址|窗口|服务中心|办事大厅|服务大厅|营业厅|https?:|www\.|网址|公众号|小程序",
    ),
    Asks.DOCUMENTS: (
        "(?:申请|申报|提交|提供|携带|出具|所需|下列|以下|证明)材料|材料清单",
        "身份证|户口簿|户口本|复印件|原件|申请表|登记表",
    ),
    Asks.HOW_LONG: (
        f"{_AMOUNT}个?(?:工作日|自然日|天|日|周|个月|月|年|周岁|岁|小时|分钟)",
        r"即时办结|当场办结|当日|\d{1,2}:\d{2}|长期有效",
    ),
    Asks.HOW_MUCH: (f"{_AMOUNT}(?:元|块|万|亿|%|倍|个百分点)", "免费|不收费|不收取|百分之|全额"),
}

_CUE = {kind: re.compile("|".join(cues)) for kind, cues in _CUES.items()}
_ANSWER = {kind: re.compile("|".join(marks)) for kind, marks in _ANSWERS.items()}


def asks(normal: str) -> Asks | None:
    """The kind of answer that a question in normal form asks for: the narrowest of which it has a cue."""
    return next((kind for kind, cue in _CUE.items() if cue.search(normal)), None)


def answer_pattern(kind: Asks | None) -> re.Pattern[str] | None:
    """What an answer of the kind looks like in a normal form; None where it looks like any other text."""
    return _ANSWER.get(kind) if kind else None
