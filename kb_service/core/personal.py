"""Finds and masks personal data in free text: the one detector for questions, tickets and knowledge."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from stdnum import luhn
from stdnum.cn import ric


@dataclass(frozen=True)
class Span:
    """`kind` is one of `KIND_NAMES`; `start` and `end` count characters."""

    kind: str
    start: int
    end: int


KIND_NAMES: Final = {
    "phone": "手机号码",
    "id_card": "身份证号",
    "bank_card": "银行卡号",
    "plate": "车牌",
    "email": "邮箱",
    "name": "姓名",
    "home": "门牌住址",
}
_DIGIT_BEFORE, _DIGIT_AFTER = r"(?<![0-9A-Za-z])", r"(?![0-9A-Za-z])"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_DIGITS = "零〇一幺二两三四五六七八九"
_PATTERNS: Final = (
    ("id_card", re.compile(rf"{_DIGIT_BEFORE}[1-9]\d{{16}}[\dXx]{_DIGIT_AFTER}")),
    (
        "bank_card",
        re.compile(rf"{_DIGIT_BEFORE}\d{{4}}(?:[ -]?\d{{4}}){{2,3}}(?:[ -]?\d{{1,4}})?{_DIGIT_AFTER}"),
    ),
    ("phone", re.compile(rf"{_DIGIT_BEFORE}(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{{4}}[ -]?\d{{4}}{_DIGIT_AFTER}")),
    # Told on the line digit by digit: 幺三八…
    ("phone", re.compile(rf"(?<![{_DIGITS}])[一幺][三四五六七八九][{_DIGITS}]{{9}}(?![{_DIGITS}])")),
    ("plate", re.compile(rf"[{_PROVINCES}][A-HJ-NP-Z][·• ]?[A-HJ-NP-Z0-9]{{5,6}}(?![A-Za-z0-9])")),
    (
        "email",
        re.compile(
            r"(?<![A-Za-z0-9_.])[A-Za-z0-9_.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}"
        ),
    ),
)
_KEEP: Final = {
    "phone": (3, 4),
    "id_card": (6, 0),
    "bank_card": (0, 4),
    "plate": (2, 0),
    "email": (1, 0),
    "name": (1, 0),
    "home": (0, 0),
}
_TITLES = "先生|女士|小姐|老师|阿姨|大爷|师傅"
_AFTER_NAME = r"(?=[，,。；;！!\s]|$|的|身份|电话|手机|住|家住|今年)"
_NAMED = re.compile(
    rf"(?:我叫|本人叫|姓名[:：是]?\s*|名叫|名字[是叫])(?P<name>[一-鿿·]{{2,4}}?){_AFTER_NAME}"
)
_TITLED = re.compile(
    rf"(?<![一-鿿])(?P<name>[一-鿿]{{1,3}}?)(?=(?:{_TITLES})(?:[，,。；;：:\s]|反映|来电|咨询|的|$))"
)
# A name and its number side by side, as notes of a call have them.
_REACHED = re.compile(
    r"(?<![一-鿿])(?!单位)(?P<name>[一-鿿]{2,3})(?=[:：\s]{0,3}(?:1[3-9]\d[ -]?\d{4}[ -]?\d{4}))"
)
_ROOM = r"(?:室|号房|房)"
_HOME = re.compile(
    rf"\d+\s*(?:栋|幢|号楼|座)\s*(?:\d+\s*单元\s*)?\d+\s*{_ROOM}?|\d+\s*单元\s*\d+\s*{_ROOM}?|\d+-\d+-\d+{_ROOM}"
)
_LIVES = re.compile(r"(?:家住|住在|住址[:：]?)(?P<home>[^，,。；;\s]{2,30})")
_SURNAMES = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章云苏潘葛奚范彭郎鲁韦昌马苗凤方俞任袁柳"
    "史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常傅卞齐康伍余顾孟黄穆萧尹姚邵汪毛禹狄米明计成戴谈宋庞熊纪舒屈项祝董梁杜阮蓝闵席季"
    "麻强贾路娄江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫房缪干解应宗丁宣邓郁单洪包诸左石崔吉龚程嵇邢裴陆荣翁"
    "荀羊甄曲封芮储靳段富巫乌焦巴谷车侯班秋仲伊宫宁仇栾甘厉武符刘景詹束龙叶幸司黎薄白怀蒲邰鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍"
    "双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍桑桂牛寿通边扈燕冀尚农温别庄晏柴瞿阎充慕连茹习艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘"
    "匡国文寇广禄阙东欧沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾沙养鞠须丰巢关相查后荆红游竺权盖益桓公"
)


def _plausible(kind: str, text: str) -> bool:
    if kind == "id_card":
        return bool(ric.is_valid(text.upper())) or text[-1] in "Xx"
    if kind == "bank_card":
        digits = re.sub(r"\D", "", text)
        return 15 <= len(digits) <= 19 and bool(luhn.is_valid(digits))
    return True


def find_personal(text: str) -> list[Span]:
    """Spans from left to right, none overlapping; of two kinds at one place the stricter wins."""
    spans: list[Span] = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            taken = any(span.start < match.end() and match.start() < span.end for span in spans)
            if not taken and _plausible(kind, match.group()):
                spans.append(Span(kind, match.start(), match.end()))
    return sorted(spans, key=lambda span: span.start)


def find_said(text: str, *, where_they_live: bool = False) -> list[Span]:
    """Besides what `find_personal` finds, names and the doors of homes that people tell of themselves.

    Clues alone tell these, and words of a unit about itself look like both: not for knowledge. With
    `where_they_live` the street goes too, which a question about a place cannot do without.
    """
    spans = find_personal(text)
    named = [("name", match.span("name")) for match in _NAMED.finditer(text)]
    titled = [("name", match.span("name")) for each in (_TITLED, _REACHED) for match in each.finditer(text)]
    lives = [("home", match.span("home")) for match in _LIVES.finditer(text)] if where_they_live else []
    homes = [("home", match.span()) for match in _HOME.finditer(text)]
    for kind, (start, end) in (*named, *titled, *lives, *homes):
        taken = any(span.start < end and start < span.end for span in spans)
        if not taken and (kind != "name" or text[start] in _SURNAMES):
            spans.append(Span(kind, start, end))
    return sorted(spans, key=lambda span: span.start)


def mask(text: str) -> str:
    """The text with personal values starred out, all but what is needed to recognise them."""
    return starred(text, find_personal(text))


def mask_said(text: str) -> str:
    """The same for what people said of themselves, names and doors included."""
    return starred(text, find_said(text))


def starred(text: str, spans: Sequence[Span]) -> str:
    """The text, as long as before, with these spans starred out."""
    out, at = [], 0
    for span in spans:
        value = text[span.start : span.end]
        head, tail = _KEEP[span.kind] if len(value) > 1 else (0, 0)
        stars = "*" * (len(value) - head - tail)
        out += [text[at : span.start], value[:head], stars, value[len(value) - tail :]]
        at = span.end
    return "".join([*out, text[at:]])
