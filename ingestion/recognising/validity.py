"""From when and until when a document is in force, in the words of its last articles. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ingestion.recognising.marks import dates_in
from ingestion.recognising.values import Block, shortened
from search.analysis.passages import number_of

_SELF = (
    r"本(?:条例|办法|规定|细则|实施细则|实施办法|通知|意见|方案|通告|公告|决定|规则|法|措施|规范|规程|标准|制度|指引"
    r"|解释|文件|清单|目录|计划|章程|预案|暂行\S{2,4}|试行\S{2,4}|\S{0,10}?(?:办法|规定|细则|条例))"
)
_SENTENCE = re.compile(r"[^。；;\n]+")
_FROM = re.compile(r"(?:自|从|于|定于)")
_ON_ISSUE = re.compile(
    r"(?:自|从)?(?:印发|公布|发布|颁布|下发|批准|通过)之?日(?:起)?(?:满\S{1,6})?(?:起)?(?:施行|实施|执行|生效)"
)
_AFTER_DAYS = re.compile(r"之日起(?:满)?\s*([0-9一二三四五六七八九十]{1,4})\s*(个月|日|天)后?")
_TERM = re.compile(
    r"(?:有效期|有效期限|试行期|试行期限|有效时间)\s*(?:为|是|暂定为?|暂定)?\s*[:：]?\s*([0-9]{1,2}|[一二两三四五六七八九十]{1,3})\s*(年|个月)"
)
_UNTIL = re.compile(r"(?:有效期|有效期限|试行期|执行期限)?\s*(?:截?至|到|截止到|截止至)\s*$")
_VALID = re.compile(r"有效期|试行期|有效至|有效时间")


@dataclass(frozen=True)
class Told:
    day: date
    place: str
    quote: str
    doubt: str = ""


@dataclass(frozen=True)
class Remark:
    doubt: str
    place: str


@dataclass(frozen=True)
class Validity:
    """`open_end` is a remark where a term is told but not from when."""

    begins: Told | None = None
    ends: Told | None = None
    open_end: Remark | None = None


def read(blocks: Sequence[Block], issued: date | None, *, amended: bool) -> Validity:
    """`issued` stands for 自公布之日起; of several statements the last counts, as each law tells it at its end."""
    begins: Told | None = None
    ends: Told | None = None
    remark: Remark | None = None
    for block, sentence in _sentences(blocks):
        begun = _begin(block, sentence, issued, amended)
        begins = begun or begins
        if _VALID.search(sentence):
            ends = _end(block, sentence, begun or begins) or ends
            if ends is None and _TERM.search(sentence):
                remark = Remark(f"写有“{shortened(sentence, 30)}”，但没有认出从哪一天算起", block.place)
    return Validity(begins, ends, None if ends else remark)


def _sentences(blocks: Sequence[Block]) -> Iterator[tuple[Block, str]]:
    """Those that speak of this document's own life, and what follows them in the same paragraph."""
    for block in blocks:
        if block.kind == "row":
            continue
        own = False
        for match in _SENTENCE.finditer(block.text):
            sentence = match[0].strip()
            own = (own and bool(_VALID.match(sentence))) or bool(re.search(_SELF, sentence))
            if own:
                yield block, sentence


def _begin(block: Block, sentence: str, issued: date | None, amended: bool) -> Told | None:
    for day, start, end in dates_in(sentence):
        before, after = sentence[:start], sentence[end : end + 12]
        if re.match(r"\s*(?:零时|0时)?\s*起?\s*(?:正式)?\s*(?:施行|实施|执行|生效)", after) and _is_own(
            before
        ):
            return Told(day, block.place, sentence)
        if re.search(r"(?:施行|实施|生效)(?:日期|时间)\s*[:：为]?\s*$", before):
            return Told(day, block.place, sentence)
    if issued and (match := _ON_ISSUE.search(sentence)) and _is_own(sentence[: match.start()] + "自"):
        later = _AFTER_DAYS.search(sentence)
        day = _later(issued, later) if later and "满" in sentence else issued
        doubt = "自公布之日起施行，其后又经修改，取了首次公布的日期" if amended else ""
        return Told(day, block.place, sentence, doubt)
    return None


def _is_own(before: str) -> bool:
    """Whether it is this document that begins, not another that it names."""
    text = before.rstrip()
    if not _FROM.search(text[-3:]):
        return False
    subject = re.search(_SELF, text)
    return subject is not None and "《" not in text[subject.end() :] and len(text) - subject.end() <= 40


def _later(issued: date, match: re.Match[str]) -> date:
    count = number_of(match[1])
    return _months_after(issued, count) if match[2] == "个月" else issued + timedelta(days=count)


def _end(block: Block, sentence: str, begins: Told | None) -> Told | None:
    for day, start, _ in dates_in(sentence):
        if _UNTIL.search(sentence[:start]):
            return Told(day, block.place, sentence)
    term = _TERM.search(sentence)
    if term is None or begins is None:
        return None
    months = number_of(term[1]) * (12 if term[2] == "年" else 1)
    if not 0 < months <= 1200:
        return None
    return Told(_months_after(begins.day, months) - timedelta(days=1), block.place, sentence, begins.doubt)


def _months_after(day: date, months: int) -> date:
    """The same day so many months later; the last of a month that has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    first = date(year, month + 1, 1)
    last = (date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return first.replace(day=min(day.day, last))
