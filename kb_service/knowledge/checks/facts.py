"""What a text states in figures: amounts, periods, dates, telephones, addresses, hours, ages, shares. Pure.

A fact keeps its value in a canonical form, so that 三十万元 and 30万元, 一年 and 12个月, 20-3862 1111 and
38621111 are the same, and the words around it, by which facts of two texts are set side by side.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from kb_service.knowledge.checks.numerals import ARABIC, CHINESE, NUMBER, plain, value_of
from search.analysis.normalise import Positions, normalise

KIND_NAMES: Final = {
    "fee": "金额",
    "period": "时限",
    "date": "日期",
    "phone": "电话",
    "address": "地址",
    "hours": "时间",
    "age": "年龄",
    "share": "比例",
    "count": "数量",
}
# Shorter stretches of a long text are enough to find a value again, and keep the evidence readable.
LONGEST_SENTENCE: Final = 300
_BEFORE, _AFTER = 14, 8
_SHORT = 8
_SENDER = re.compile(
    r"(?:局|室|处|办|政府|委员会|中心|大队|支队|镇|街道|会|院|校|部|司|厅|公司|谢谢|支持|回复|此复)[!。]?$"
)


@dataclass(frozen=True)
class Fact:
    """`start` and `end` are places in `sentence`; `near` are the pairs of characters
    close to the value, `wide` those of its sentence, `around` those of its and the neighbouring sentences, all
    without the values themselves.

    `value` is canonical for its kind and `unit`; `bound` is `max`, `min` or empty.
    """

    kind: str
    value: tuple[str, ...]
    unit: str
    bound: str
    sentence: str
    start: int
    end: int
    label: str = ""
    near: frozenset[str] = field(default=frozenset(), repr=False)
    wide: frozenset[str] = field(default=frozenset(), repr=False)
    around: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def shown(self) -> str:
        return self.sentence[self.start : self.end]


@dataclass(frozen=True)
class _Found:
    kind: str
    value: tuple[str, ...]
    unit: str
    start: int
    end: int


_SENTENCE = re.compile(r"[^。!?;\n]+")
_CIRCLED = re.compile("[①-⑳⑴-⒇❶-❿]")
_OPAQUE = re.compile(
    r"《[^》]{1,80}》|https?://[^\s,。;、()]+|[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:/[^\s,。;、()]*)?(?<![\d.])"
    r"|[〔\[(]\s*(?:19|20)\d\d\s*[〕\])]\s*第?\s*\d+\s*号|(?:(?:19|20)\d\d年\s*)?第\s*\d+\s*号[令文]?"
    rf"|第\s*(?:{CHINESE}|\d+)\s*(?:条|款|项|章|节|批|次|届|期|类|号|版|名|位|学期|季度|页|行|档|级|人民|代|方|子女)"
    r"|(?:^|(?<=[\n。;:,]))\s*(?:\d{1,2}[.、)](?!\d)|\(\s*(?:\d{1,2}|[一二三四五六七八九十]{1,3})\s*\)|[一二三四五六七八九十]{1,3}、)"
    r"|[a-z]+\d+[a-z\d]*|\d{17}[\dx]|\d{12,16}"
)
_N = f"({NUMBER})"
_TO = r"\s*[-—–~至到]+\s*"
_GLUE = r"(?<![\d.])"

_TALK = r"(?:电话|热线|咨询|拨打|联系|致电|专线|来电|传真|服务台|投诉|总机|座机|手机|tel)"
_PHONE = re.compile(
    r"(?<![\d.])(?:\+?86[- ]?)?(?:"
    r"(?P<area>\(?0\d{2,3}\)?[-—– ]{0,2})(?P<local>\d{6,9})"
    r"|(?P<mobile>1[3-9]\d[- ]?\d{4}[- ]?\d{4})|(?P<free>[48]00[- ]?\d{3}[- ]?\d{4})"
    r"|(?P<bare>[2-9]\d{6,7})|(?P<short>12\d{3}|1[12]\d|96\d{3,4}|95\d{3})"
    r")(?P<ext>(?:[-—–转]\d{1,5}(?!\d))?)(?!\d|\.\d|\s*(?:元|万|人|平方|个|%|米|吨|户|辆|㎡))"
)
_ADDRESS = re.compile(
    r"[一-鿿]{1,18}?(?:路|街|大道|巷|里|胡同|大街|道)(?:[东西南北中][段侧]?|[一二三四五六七八九十]段)?\s*(?P<no>\d+)号"
    r"(?:[一-鿿a-z()]{0,12}?(?P<floor>\d{1,2}|[一二三四五六七八九十]{1,3})(?:楼|层))?"
)
_YEAR, _SMALL = (
    r"(?:(?:19|20)\d\d|[一二][〇零一二三四五六七八九]{3})",
    r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})",
)
_DATE = re.compile(
    rf"{_GLUE}(?:(?P<y>{_YEAR})\s*年度?\s*)?(?P<m>{_SMALL})\s*月\s*(?P<d>{_SMALL})\s*[日号]"
    rf"(?:(?:{_TO}|、)(?:(?P<m2>{_SMALL})\s*月\s*)?(?P<d2>{_SMALL})\s*[日号])?"
    rf"|{_GLUE}(?P<iy>(?:19|20)\d\d)[-/.](?P<im>\d{{1,2}})[-/.](?P<id>\d{{1,2}})(?!\d)"
    rf"|{_GLUE}(?P<yy>{_YEAR})\s*年(?:度|底|初|末)?(?:\s*(?P<ym>{_SMALL})\s*月)?"
    rf"|(?<![\d.个])(?P<mm>{_SMALL})\s*月(?:份|底|初|末)?(?:{_TO}(?P<mm2>{_SMALL})\s*月(?:\s*(?P<md3>{_SMALL})\s*日)?)?"
    rf"|(?:每月|次月|当月|本月|上月|下月)\s*(?P<md>{_SMALL})\s*[日号](?:{_TO}(?P<md2>{_SMALL})\s*[日号])?"
)
_CLOCK = r"(?:(\d{1,2})(?::(\d{2})|[时点](?:(\d{1,2})分|(半))?))"
_HALF = r"(上午|下午|早上|晚上|中午)?\s*"
_HOURS = re.compile(rf"{_GLUE}{_HALF}{_CLOCK}{_TO}{_HALF}{_CLOCK}")
_WEEKDAYS = re.compile(rf"(?:周|星期|礼拜)([一二三四五六日天]){_TO}(?:周|星期|礼拜)?([一二三四五六日天])")
_FEE = re.compile(rf"{_GLUE}{_N}(?:元?{_TO}{_N})?\s*(?:元|块钱|圆)(?!旦)")
_FREE = re.compile(
    r"(?:不|无需|不需|免予?)(?:收取|收|缴纳|交纳|缴|交)(?:任何)?[一-鿿]{0,4}费用?|免费|不收费|零收费|免收"
)
_PERIOD = re.compile(
    rf"{_GLUE}{_N}(?:{_TO}{_N})?\s*(?P<unit>个?工作日|个?(?:自然|日历)日|日|天|个?星期|周(?!岁|[一二三四五六日])"
    r"|个月|年(?!级|度|龄|代|月|\d)|周年|个?小时|分钟)"
)
_AGE = re.compile(rf"{_GLUE}{_N}(?:{_TO}{_N})?\s*周?岁")
_SHARE = re.compile(
    rf"{_GLUE}({ARABIC})(?:%?{_TO}({ARABIC}))?\s*%|百分之({CHINESE}|{ARABIC})(?:{_TO}(?:百分之)?({CHINESE}|{ARABIC}))?"
    rf"|{_GLUE}{_N}\s*(?P<times>倍)(?!数)"
)
_MEASURES = (
    "平方米|㎡|平方公里|平米|亩|公里|千米|厘米|毫米|米|公斤|千克|克|吨|千瓦时|千瓦|度|立方米|升|毫升|分贝|份|张|次|人|名|位|户|间|辆|台"
    "|套|寸|栋|层|家|所|处|门|学时|课时|页|册|枚|项|期|批|个|分|条|条次|班次|车次"
)
_COUNT = re.compile(rf"{_GLUE}({ARABIC}[百千万亿]{{0,2}}|[两二三四五六七八九十]|[二三四五六七八九]?十[一二三四五六七八九]?)"
                    rf"(?:{_TO}({ARABIC}[百千万亿]{{0,2}}))?\s*(?P<unit>{_MEASURES})(?!月|工作日|小时|星期|户)")  # fmt: skip
_SAME_MEASURE = {"㎡": "平方米", "平米": "平方米", "千米": "公里", "公斤": "千克", "名": "人", "位": "人"}
_MAX = re.compile(
    r"不超过|不高于|不大于|不多于|最高|最多|最长|最迟|上限|封顶|至多|低于|小于|不足|不满|未满|不到"
)
_MIN = re.compile(r"不少于|不低于|不小于|不足|最低|最少|最短|至少|下限|超过|高于|大于|满")
_DAYS = {
    "日": 1, "天": 1, "周": 7, "星期": 7, "个月": 30, "月": 30, "年": 360, "周年": 360, "自然日": 1, "日历日": 1
}  # fmt: skip


def facts_of(text: str, label: str = "") -> list[Fact]:
    """All facts a text states, in the order of reading."""
    read = [(sentence, *_in_sentence(sentence, label)) for sentence in _sentences(text)]
    pairs = [frozenset(_pairs(bare)) for _, _, bare in read]
    found: list[Fact] = []
    for at, (_, facts, _) in enumerate(read):
        around = frozenset().union(*pairs[max(0, at - 1) : at + 2])
        found += [replace(fact, wide=pairs[at], around=around) for fact in facts]
    return found


def _sentences(text: str) -> Iterator[str]:
    normal = normalise(text)
    # `normalise` makes blanks of line breaks; the original still has them at the same places where aligned.
    positions = Positions(text, normal)
    broken = "".join(
        "\n" if char == " " and text[positions.original((at, at + 1))[0]] in "\r\n" else char
        for at, char in enumerate(normal)
    )
    for match in _SENTENCE.finditer(broken):
        start, end = positions.original(match.span())
        for at in range(start, end, LONGEST_SENTENCE):
            piece = text[at : min(at + LONGEST_SENTENCE, end)]
            lead = len(piece) - len(piece.lstrip())
            if piece.strip():
                yield piece[lead:].rstrip()


def _in_sentence(sentence: str, label: str) -> tuple[list[Fact], str]:
    """The facts of a sentence, and the sentence without their values."""
    normal = normalise(_CIRCLED.sub(" ", sentence))
    positions = Positions(sentence, normal)
    hidden = list(_OPAQUE.sub(lambda match: "\x00" * len(match.group()), normal))
    found: list[_Found] = []
    for find in _FINDERS:
        masked = "".join(hidden)
        for each in find(masked):
            found.append(each)
            hidden[each.start : each.end] = "\x01" * (each.end - each.start)
    found.sort(key=lambda each: each.start)
    bare = _bare(normal, found)
    if label and sum(map(len, bare)) < _SHORT:
        # A field that holds a bare value says by its name what the value is of.
        bare[0] = f"{label}{bare[0]}"
    facts: list[Fact] = []
    for each in found:
        if each.kind == "date" and _signs(normal, each):
            continue
        start, end = positions.original((each.start, each.end))
        near = (
            "".join(bare[max(0, each.start - _BEFORE) : each.start + 1]),
            "".join(bare[each.start + 1 : each.end + _AFTER]),
        )
        bound, words = _bound(normal, each), frozenset(_pairs("".join(near)))
        facts.append(Fact(each.kind, each.value, each.unit, bound, sentence, start, end, label, words))
    return facts, "".join(bare)


def _signs(normal: str, found: _Found) -> bool:
    """Whether a date stands under a letter, after nothing or the name of its sender: it states nothing."""
    before, after = normal[: found.start].strip(" ,;:"), normal[found.end :].strip(" )")
    return not after and (not before or _SENDER.search(before) is not None)


def _bare(normal: str, found: list[_Found]) -> list[str]:
    """The sentence with each value blotted out, so that two that differ in values alone are equal."""
    bare = [char if char.isalnum() else " " for char in normal]
    for each in found:
        bare[each.start : each.end] = [""] * (each.end - each.start)
    return bare


def _pairs(text: str) -> Iterator[str]:
    for run in text.split():
        yield from (run[at : at + 2] for at in range(len(run) - 1))


def _bound(normal: str, found: _Found) -> str:
    before, after = normal[max(0, found.start - 4) : found.start], normal[found.end : found.end + 4]
    if _MAX.search(before) or re.match(r"\(?(?:以内|以下|之内|内|封顶)", after):
        return "max"
    if _MIN.search(before) or re.match(r"\(?(?:以上|起)", after):
        return "min"
    return ""


def _numbers(*numerals: str | None, scale: int = 1) -> tuple[str, ...]:
    """Canonical numbers; of a range like 1至4万 the first takes the size of the second."""
    return tuple(plain(value_of(each) * scale) for each in numerals if each)


def _phones(text: str) -> Iterator[_Found]:
    for match in _PHONE.finditer(text):
        talk = re.search(_TALK, text[max(0, match.start() - 20) : match.start()])
        hot = re.match(r"[^,。;\d]{0,8}(?:热线|专线|电话)", text[match.end() :])
        if (match["bare"] or match["short"]) and not (talk or hot):
            continue
        digits = re.sub(r"\D", "", (match["area"] or "") + (match["local"] or ""))
        number = (
            digits
            or re.sub(r"\D", "", match["mobile"] or match["free"] or "")
            or match["bare"]
            or match["short"]
        )
        extension = re.sub(r"\D", "", match["ext"] or "")
        area = re.sub(r"\D", "", match["area"] or "")
        yield _Found("phone", (number, extension), area, *match.span())


def _addresses(text: str) -> Iterator[_Found]:
    for match in _ADDRESS.finditer(text):
        road = re.split(r"[省市区县镇乡]|街道", match.group().split(match["no"] + "号")[0].strip())[-1]
        road = re.sub(r"^[在到至于位是为址的]+", "", road.strip())
        floor = plain(value_of(match["floor"])) if match["floor"] else ""
        if len(road) >= 2:
            yield _Found("address", (road, match["no"], floor), "", *match.span())


def _dates(text: str) -> Iterator[_Found]:
    def small(numeral: str | None) -> str:
        return plain(value_of(numeral)) if numeral else ""

    for match in _DATE.finditer(text):
        group = match.groupdict()
        year = group["y"] or group["iy"] or group["yy"]
        month = group["m"] or group["im"] or group["ym"] or group["mm"]
        day = group["d"] or group["id"] or group["md"]
        last = (group["m2"] or group["mm2"], group["d2"] or group["md2"] or group["md3"])
        value = (small(year), small(month), small(day), small(last[0]), small(last[1]))
        if _is_date(value):
            yield _Found("date", value, "", *match.span())


def _is_date(value: tuple[str, ...]) -> bool:
    return all(
        not part or 0 < int(part) <= most for part, most in zip(value[1:], (12, 31, 12, 31), strict=True)
    )


def _hours(text: str) -> Iterator[_Found]:
    for match in _HOURS.finditer(text):
        start = _minutes(match.group(1), *match.group(2, 3, 4, 5))
        end = _minutes(match.group(6) or match.group(1), *match.group(7, 8, 9, 10))
        yield _Found("hours", (str(start), str(end)), "clock", *match.span())
    for match in _WEEKDAYS.finditer(text):
        first, last = ("一二三四五六日".index(day.replace("天", "日")) + 1 for day in match.groups())
        yield _Found("hours", (str(first), str(last)), "week", *match.span())


def _minutes(half: str | None, hour: str, minute: str | None, spoken: str | None, thirty: str | None) -> int:
    later = 12 if half in {"下午", "晚上"} and int(hour) < 12 else 0
    return (int(hour) + later) * 60 + (30 if thirty else int(minute or spoken or 0))


def _fees(text: str) -> Iterator[_Found]:
    for match in _FEE.finditer(text):
        yield _Found("fee", _span_numbers(match.group(1), match.group(2)), "元", *match.span())
    for match in _FREE.finditer(text):
        yield _Found("fee", ("0",), "元", *match.span())


def _span_numbers(first: str, second: str | None) -> tuple[str, ...]:
    if second and second[-1] in "百千万亿" and first[-1] not in "百千万亿" and first[-1].isdecimal():
        first += second[len(second.rstrip("百千万亿")) :]
    return _numbers(first, second)


def _periods(text: str) -> Iterator[_Found]:
    for match in _PERIOD.finditer(text):
        unit = match["unit"].removeprefix("个") if match["unit"] != "个月" else "个月"
        first, second = match.group(1, 2)
        if unit in _DAYS:
            yield _Found("period", _numbers(first, second, scale=_DAYS[unit]), "日", *match.span())
        elif unit == "小时":
            hours = _numbers(first, second)
            whole = all(Decimal(each) % 24 == 0 for each in hours)
            value = tuple(plain(Decimal(each) / 24) for each in hours) if whole else hours
            yield _Found("period", value, "日" if whole else "小时", *match.span())
        else:
            yield _Found("period", _numbers(first, second), unit, *match.span())


def _ages(text: str) -> Iterator[_Found]:
    for match in _AGE.finditer(text):
        yield _Found("age", _numbers(match.group(1), match.group(2)), "岁", *match.span())


def _shares(text: str) -> Iterator[_Found]:
    for match in _SHARE.finditer(text):
        numerals = [each for each in match.group(1, 2, 3, 4, 5) if each]
        yield _Found("share", _numbers(*numerals), "倍" if match["times"] else "%", *match.span())


def _counts(text: str) -> Iterator[_Found]:
    for match in _COUNT.finditer(text):
        unit = _SAME_MEASURE.get(match["unit"], match["unit"])
        yield _Found("count", _numbers(match.group(1), match.group(2)), unit, *match.span())


# In this order: what a stricter form has taken is not read again as a looser one.
_FINDERS: Final[tuple[Callable[[str], Iterator[_Found]], ...]] = (
    _addresses, _phones, _hours, _dates, _fees, _ages, _shares, _periods, _counts,
)  # fmt: skip
