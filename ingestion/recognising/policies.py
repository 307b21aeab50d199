"""Official documents and laws: number, issuer, dates, validity and articles, each with where it stands. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from ingestion.recognising import history, issuing, validity
from ingestion.recognising.labels import Labels
from ingestion.recognising.marks import (
    ARTICLE,
    DOCUMENT_NUMBER,
    NOISE,
    ORDER,
    ORDER_HEAD,
    ORDER_TAIL,
    bodies_in,
    dates_in,
    is_title_like,
    lone_date,
    tidy,
    without_numbering,
)
from ingestion.recognising.values import Block, Document, Found, shortened
from search.analysis.passages import number_of

FACTS: Final = Labels(
    {
        "document_number": ("文号", "发文字号", "文件编号", "发文号", "文件字号", "发布文号", "文件文号"),
        "issuer": ("发文机关", "发布机构", "发布机关", "制定机关", "发文单位", "发布单位", "公布机关", "颁布机关"),
        "issued_on": ("成文日期", "发文日期", "制定日期", "公布日期", "颁布日期", "印发日期", "成文时间"),
        "effective_from": ("施行日期", "实施日期", "生效日期", "施行时间", "实施时间"),
        "effective_to": ("失效日期", "有效期至", "废止日期", "失效时间"),
        "title": ("标题", "文件名称", "文件标题", "名称"),
    }
)  # fmt: skip
HEAD_BLOCKS: Final = 40
TITLE_BLOCKS: Final = 15
LONGEST_TITLE: Final = 128
LONGEST_TEXT: Final = 1_000_000
LEAST_ARTICLES: Final = 3
_AT_END = re.compile(rf"[（(]\s*({DOCUMENT_NUMBER.pattern})\s*[）)]$")
_REPRINTED = re.compile(r"^[（(]转载[）)]\s*")
_STEP = 5
_SHORT = 60


@dataclass(frozen=True)
class Part:
    """A document seen as its head (before the first article) and all of its blocks without the page's noise."""

    document: Document
    blocks: list[Block]
    articles: list[int]

    @property
    def head(self) -> list[Block]:
        end = self.articles[0] if self.articles else len(self.blocks)
        return self.blocks[: min(end, HEAD_BLOCKS)]


def look_at(document: Document) -> Part:
    blocks = [block for block in document.blocks if not NOISE.match(block.text)]
    return Part(document, blocks, list(_articles(blocks)))


def _articles(blocks: Sequence[Block]) -> Iterator[int]:
    """Where articles begin: lines whose numbers go on counting."""
    last = 0
    for at, block in enumerate(blocks):
        match = ARTICLE.match(block.text) if block.kind != "row" else None
        if match is None:
            continue
        number = number_of(match[1])
        if last < number <= last + _STEP or (number == last and "之" in match[0]):
            yield at
            last = number


def is_official(part: Part) -> bool:
    """Whether the document shows itself to be one: articles, a number of its own, or a signed notice."""
    if len(part.articles) >= LEAST_ARTICLES:
        return True
    title, _ = title_of(part)
    if own_number(part) is not None:
        return True
    return is_title_like(title) and issuing.signature(part.blocks) is not None


def policy_found(part: Part, source: str) -> Found:
    found = Found("policy")
    title, place = title_of(part)
    long = f"标题超过 {LONGEST_TITLE} 个字，只取了前面一段" if len(title) > LONGEST_TITLE else ""
    found.put("title", shortened(title, LONGEST_TITLE), place, doubt=long)
    _put_facts(found, part)
    number = own_number(part)
    if number:
        found.put("document_number", number[0], number[1].place, number[1].text)
    past = history.read(part.head)
    _put_issue(found, part, title, past)
    _put_validity(found, part, past)
    text = "\n".join(block.text for block in part.blocks)
    cut = "全文超过 100 万字，后面的没有导入" if len(text) > LONGEST_TEXT else ""
    first = part.blocks[0].place if part.blocks else ""
    found.put("full_text", text[:LONGEST_TEXT], first, f"{len(part.articles)} 条", cut or _gaps(part))
    found.put("source", source, "")
    if not part.articles and not number and "issuer" not in found.cells:
        found.doubt("type", "没有认出文号、发文机关和条款，知识类型可能不对")
    return found


def _put_facts(found: Found, part: Part) -> None:
    """What a table at the head of the page or of the file says under labels of its own."""
    for fact in FACTS.find(part.head):
        text = fact.lines[0].strip() if fact.lines else ""
        if not text or len(fact.lines) > _STEP:
            continue
        match fact.key:
            case "document_number" if DOCUMENT_NUMBER.search(text) or ORDER.search(text):
                found.put("document_number", tidy(text), fact.place, f"{fact.label}：{text}")
            case "issuer" if len(text) <= 60 and bodies_in(text):
                found.put("issuer", "、".join(bodies_in(text)), fact.place, f"{fact.label}：{text}")
            case "issued_on" | "effective_from" | "effective_to":
                day = next(dates_in(text), None)
                if day and day[1] == 0:
                    found.put(fact.key, day[0].isoformat(), fact.place, f"{fact.label}：{text}")


def _put_issue(found: Found, part: Part, title: str, past: history.History) -> None:
    signed = issuing.signature(part.blocks)
    _put_issuer(found, part, title, past, signed)
    if signed and signed.day:
        found.put("issued_on", signed.day.isoformat(), signed.place, signed.quote)
    elif past.latest:
        found.put("issued_on", past.latest.isoformat(), past.place, past.quote)
    elif printed := issuing.printed(part.blocks):
        found.put("issued_on", printed[0].isoformat(), printed[1].place, printed[1].text, "取自印发日期")
    elif day := next(dates_in(part.document.facts.get("published", "")), None):
        published = part.document.facts["published"]
        found.put("issued_on", day[0].isoformat(), "网页", published, "取自网页的发布日期")


def _put_issuer(
    found: Found, part: Part, title: str, past: history.History, signed: issuing.Signature | None
) -> None:
    """In the order of how surely it tells: who signed, who passed it, who stands in the title, in the order's name."""
    named = issuing.in_title(title)
    if signed and signed.bodies:
        differs = bool(named) and not set(named) & set(signed.bodies)
        doubt = f"标题里写的是“{'、'.join(named)}”" if differs else ""
        found.put("issuer", "、".join(signed.bodies), signed.place, signed.quote, doubt)
    elif past.issuer:
        found.put("issuer", past.issuer, past.place, past.quote)
    elif named:
        found.put("issuer", "、".join(named), "标题", title)
    elif ordered := issuing.ordered(found.cells.get("document_number", "")):
        found.put("issuer", ordered, "文号", found.cells["document_number"])
    elif headed := issuing.red_head(part.head):
        found.put("issuer", headed[0], headed[1].place, headed[1].text)


def _put_validity(found: Found, part: Part, past: history.History) -> None:
    printed = issuing.printed(part.blocks)
    issued = found.cells.get("issued_on")
    started = printed[0] if printed else date.fromisoformat(issued) if issued else None
    told = validity.read(part.blocks, past.first or started, amended=past.amended)
    for key, each in (("effective_from", told.begins), ("effective_to", told.ends)):
        if each:
            found.put(key, each.day.isoformat(), each.place, each.quote, each.doubt)
    if past.begins:
        found.put("effective_from", past.begins.isoformat(), past.place, past.quote)
    if told.open_end and "effective_to" not in found.cells:
        found.doubt("effective_to", told.open_end.doubt, told.open_end.place)


def own_number(part: Part) -> tuple[str, Block] | None:
    """The document's own number: a line of the head that is nothing else, or stands behind the title.

    Numbers in the running text are those of other documents.
    """
    head = part.head
    for at, block in enumerate(head):
        text = block.text.strip(" 　()（）[]【】")
        if len(text) > 120:
            continue
        if DOCUMENT_NUMBER.fullmatch(text) or (ORDER.fullmatch(text) and not text.startswith("根据")):
            return tidy(text), block
        if (found := _AT_END.search(block.text)) and is_title_like(block.text[: found.start()].strip()):
            return tidy(found[1]), block
        if len(text) <= 80 and (found := DOCUMENT_NUMBER.match(text)) and _is_dressing(text[found.end() :]):
            return tidy(found[0]), block
        after = head[at + 1].text.strip() if at + 1 < len(head) else ""
        if ORDER_HEAD.fullmatch(tidy(text)) and ORDER_TAIL.fullmatch(after):
            return f"{tidy(text)}{tidy(after).strip('（）()')}", block
    return history.last_order(head)


def _is_dressing(rest: str) -> bool:
    """What may stand beside the number on its line: who signed it, or the date."""
    rest = rest.strip()
    return rest.startswith("签发人") or lone_date(rest) is not None


def title_of(part: Part) -> tuple[str, str]:
    """The title: the file's own word, the labelled one, or the first lines that look like one."""
    for fact in FACTS.find(part.head):
        if fact.key == "title" and fact.lines and len(fact.lines) <= _STEP:
            return fact.lines[0], fact.place
    for at, block in enumerate(part.head[:TITLE_BLOCKS]):
        if block.kind != "row" and (title := _title_from(part.head, at)):
            return _REPRINTED.sub("", title), block.place
    if part.document.title:
        return part.document.title, "文件标题"
    first = next((block for block in part.blocks if block.kind == "heading"), None) or part.blocks[0]
    if len(first.text) > _SHORT or "。" in first.text or _is_mark(first.text) or bodies_in(first.text):
        return re.sub(r"\.[A-Za-z]{2,8}$", "", part.document.name), "文件名"
    return first.text, first.place


def _is_mark(text: str) -> bool:
    """Whether a line is something else than a title, whatever it ends in."""
    text = text.strip(" 　()（）[]【】")
    known = ARTICLE.match(text) or DOCUMENT_NUMBER.fullmatch(text) or ORDER.fullmatch(text)
    return bool(known or next(dates_in(text), None) or text != without_numbering(text))


_MOST_LINES = 4


def _title_from(head: Sequence[Block], at: int) -> str:
    """A title may be set in several lines; only the last of them ends like one."""
    text = ""
    for block in head[at : at + _MOST_LINES]:
        line = _AT_END.sub("", block.text).strip()
        if block.kind == "row" or len(line) > LONGEST_TITLE or re.search(r"[。；:：]", line):
            return ""
        if text and (DOCUMENT_NUMBER.search(line) or next(dates_in(line), None)):
            return ""
        if not text and (_is_mark(line) or bodies_in(line)) and not _opens_title(line, head, at):
            return ""
        text = _joined(text, line)
        if is_title_like(text):
            return text
    return ""


def _opens_title(line: str, head: Sequence[Block], at: int) -> bool:
    """Bodies on a line of their own belong to the title where 关于 follows."""
    rest = (block.text for block in head[at + 1 : at + _MOST_LINES])
    return bool(bodies_in(line)) and any(text.startswith("关于") for text in rest) and not _is_mark(line)


def _joined(before: str, line: str) -> str:
    return before + line if not before or not before[-1].isascii() else f"{before} {line}"


def _gaps(part: Part) -> str:
    numbers = [number_of(match[1]) for at in part.articles if (match := ARTICLE.match(part.blocks[at].text))]
    if not numbers:
        return ""
    missing = sorted(set(range(1, numbers[-1] + 1)) - set(numbers))
    return f"缺第 {'、'.join(map(str, missing[:10]))} 条" if missing else ""
