"""The marks by which official Chinese texts tell what they are: numbers, dates, articles, bodies, labels. Pure."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from search.analysis.passages import number_of

_YEAR = r"(?:19|20)\d{2}"
_CHINESE_DIGITS = "〇○零Ｏ一二三四五六七八九"
NUMERAL: Final = "[〇零一二三四五六七八九十百千两0-9０-９]{1,9}"
DOCUMENT_NUMBER: Final = re.compile(
    rf"[\u4e00-\u9fffA-Za-z]{{1,20}}\s*[〔\[﹝【（(［〖]\s*{_YEAR}\s*年?[〕\]﹞】）)］〗]\s*(?:第\s*)?\d{{1,5}}\s*号"
)
ORDER: Final = re.compile(
    rf"[\u4e00-\u9fff（）()、]{{2,60}}?(?:(?:令|公告)\s*[（(]?第?\s*{NUMERAL}\s*号[）)]?|第\s*{NUMERAL}\s*号(?:令|公告))"
)
ORDER_HEAD: Final = re.compile(r"[\u4e00-\u9fff]{2,40}(?:令|公告)")
ORDER_TAIL: Final = re.compile(rf"[（(]?第?\s*{NUMERAL}\s*号[）)]?")
_DATE = re.compile(rf"({_YEAR})\s*[年./-]\s*(\d{{1,2}})\s*[月./-]\s*(\d{{1,2}})\s*日?")
_CHINESE_DATE = re.compile(
    rf"([{_CHINESE_DIGITS}]{{4}})年([一二三四五六七八九十]{{1,3}})月([一二三四五六七八九十]{{1,3}})日"
)
ARTICLE: Final = re.compile(
    rf"第({NUMERAL})条(?:之[一二三四五六七八九十])?(?=[\s　]|[^\s款项、，,和至及规的])"
)
_BODY_END = (
    "人民政府|办公厅|办公室|委员会|常委会|管理局|分局|总局|局|厅|委|部|署|院|中心|管委会|办事处|支队|总队|大队|联合会|协会"
    "|总工会|公安处|银行|法院|检察院|街道办|代表大会|公积金中心|国务院|处|所|站"
)
BODY: Final = re.compile(
    rf"[\u4e00-\u9fff（）()·]{{1,40}}(?:{_BODY_END})(?:[（(][\u4e00-\u9fff、]{{2,40}}[）)])?"
)
TITLE_ENDS: Final = (
    "通知", "办法", "条例", "规定", "细则", "公告", "通告", "意见", "方案", "决定", "批复", "函", "规则", "规程", "规范",
    "法", "解释", "纲要", "规划", "标准", "措施", "指引", "指南", "目录", "清单", "制度", "章程", "令", "通报", "预案",
    "计划", "决议", "命令", "议案", "请示", "报告", "纪要", "守则", "准则", "要求", "答复", "说明",
)  # fmt: skip
_IN_BRACKETS = re.compile(r"[（(《〈][^）)》〉]{0,40}[）)》〉]$")
_NUMBERING = re.compile(
    r"^\s*(?:[（(]?[一二三四五六七八九十百]{1,4}[、.．）)]|[（(]\d{1,3}[）)]|\d{1,3}\s*[、.．](?!\d)|第[一二三四五六七八九十\d]{1,3}[问、：:]"
    r"|[①-⑳]|0\d\s+|【|★|●|■|◆|·|•|-\s|\*\s)\s*"
)
NOISE: Final = re.compile(
    r"^(?:[-—=_*·\s]{3,}|关注\s*[·・].{0,20}|.{0,8}当前(?:的)?位置.*|首页\s*[>＞].*|【?字体[:：]?.{0,20}|[\[【]?打印[\]】]?.{0,10}|分享到?.{0,20}|扫一扫.{0,20}"
    r"|[A-Z]{1,6}\d{6,20}|.{2,90}\s[-_|]\s\S{2,30}(?:网站|政府网|门户)|【(?:音频|文字|视频|图片|图文)解读】.*|【一图读懂】.*|\d{8}[0-9A-Z]{5,12}/\d{4}-\d{3,6}|.{0,30}-->|浏览次数.{0,20})$"
)


def dates_in(text: str) -> Iterator[tuple[date, int, int]]:
    """Each date that exists, with where it begins and ends."""
    for match in _DATE.finditer(text):
        if day := _day(int(match[1]), int(match[2]), int(match[3])):
            yield day, match.start(), match.end()
    for match in _CHINESE_DATE.finditer(text):
        year = int("".join(str("〇一二三四五六七八九".find(_plain_zero(char))) for char in match[1]))
        if day := _day(year, number_of(match[2]), number_of(match[3])):
            yield day, match.start(), match.end()


def _plain_zero(char: str) -> str:
    return "〇" if char in "〇○零Ｏ" else char


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def lone_date(text: str) -> date | None:
    """The date where a line holds nothing else."""
    for day, start, end in dates_in(text):
        if not text[:start].strip() and not text[end:].strip():
            return day
    return None


def bodies_in(line: str) -> list[str]:
    """The bodies where a line names nothing else, as in a signature: one, or several with spaces between."""
    text = line.strip().removesuffix("文件")
    if not text or len(text) > 200:
        return []
    parts = [part for part in re.split(r"[\s　]{1,}|、|，", text) if part]
    spaced = "".join(parts)
    if all(len(part) == 1 for part in parts) and BODY.fullmatch(spaced):
        return [spaced]
    return parts if parts and all(BODY.fullmatch(part) for part in parts) else []


def without_numbering(text: str) -> str:
    """The words behind 一、 （二） 3. 第四问 and the like."""
    previous = None
    while previous != text:
        previous, text = text, _NUMBERING.sub("", text, count=1)
    return text.strip()


def is_title_like(text: str) -> bool:
    """Whether a line could be the title of an official document, or its end."""
    if not 4 <= len(text) <= 150 or text.endswith(("。", "；", "：", ":", "，")):
        return False
    plain = text
    while found := _IN_BRACKETS.search(plain):
        if found.start() == 0:
            break
        plain = plain[: found.start()].rstrip()
    return plain.endswith(TITLE_ENDS)


def tidy(text: str) -> str:
    """A number or a name without the spaces that typesetting put in."""
    return re.sub(r"[\s　]+", "", text)
