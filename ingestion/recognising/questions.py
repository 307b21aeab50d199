"""Questions with their answers: 问…答…, Q…A…, numbered questions, and tables of both. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingestion.recognising.labels import plain_label
from ingestion.recognising.marks import NOISE, without_numbering
from ingestion.recognising.values import Block, Found, shortened

_ASKED = re.compile(
    r"^(?:[（(]?\d{1,3}[、.．）)]\s*|[一二三四五六七八九十]{1,3}、\s*)?(?:问题?\s*\d{0,3}\s*[:：.、]|Q\s*\d{0,3}\s*[:：]|Q\d{1,3}[.、])\s*"
)
_ANSWERED = re.compile(
    r"^(?:(?:答案?|解答|回复|答复)\s*\d{0,3}\s*[:：.、]|A\s*\d{0,3}\s*[:：]|A\d{1,3}[.、])\s*"
)
_NUMBERED = re.compile(r"^(?:\d{1,3}\s*[、.．]|[（(]?[一二三四五六七八九十]{1,3}[、）)]|问|Q\d)")
_PLAIN_NUMBER = re.compile(r"^\d{1,3}\s*[、.．]\s*(?=\d{4}\s*年|\D)")
_BOTH = re.compile(r"^(?P<question>.{2,300}?[?？])\s*(?:答案?|解答|A)\s*[:：]\s*(?P<answer>.+)$", re.DOTALL)
_QUESTION_COLUMN = {"问题", "提问", "常见问题", "咨询问题", "问", "问题描述", "标准问题", "Q"}
_ANSWER_COLUMN = {"答案", "解答", "回复", "答复", "答", "标准答案", "回答", "A"}
LONGEST_QUESTION = 150
LONGEST_TITLE = 128


@dataclass
class Pair:
    question: str
    answer: list[str]
    place: str
    marked: bool


def pairs_of(blocks: Sequence[Block]) -> list[Pair]:
    """Marked pairs where there are any, else lines that ask, each with what follows it; two of these at least."""
    tabled = list(_from_tables(blocks))
    blocks = [
        block
        for block in _halved(blocks)
        if not NOISE.match(block.text) and not (tabled and block.kind == "row")
    ]
    marked = _marked(blocks)
    if marked or tabled:
        return [*tabled, *marked]
    asked = _asked(blocks)
    return asked if len(asked) >= 2 else []


def _halved(blocks: Sequence[Block]) -> Iterator[Block]:
    """A block that holds question and answer, made two."""
    for block in blocks:
        both = _BOTH.match(block.text) if block.kind != "row" else None
        if both:
            yield Block(block.kind, both["question"], block.place)
            yield Block("paragraph", f"答：{both['answer']}", block.place)
        else:
            yield block


def _from_tables(blocks: Sequence[Block]) -> Iterator[Pair]:
    table = 0
    columns: tuple[int, int] | None = None
    for block in blocks:
        if block.kind != "row":
            continue
        if block.table != table:
            table, columns = block.table, _columns(block.cells)
        elif columns and max(columns) < len(block.cells):
            question, answer = (block.cells[at].strip() for at in columns)
            if question:
                yield Pair(question, answer.split("\n"), block.place, True)


def _columns(cells: Sequence[str]) -> tuple[int, int] | None:
    names = [plain_label(cell) for cell in cells]
    question = next((at for at, name in enumerate(names) if name in _QUESTION_COLUMN), None)
    answer = next((at for at, name in enumerate(names) if name in _ANSWER_COLUMN), None)
    return (question, answer) if question is not None and answer is not None else None


def _marked(blocks: Sequence[Block]) -> list[Pair]:
    """Each answer mark belongs to the question mark before it, or to the line right above."""
    answers = [at for at, block in enumerate(blocks) if _ANSWERED.match(block.text)]
    if not answers:
        return []
    begins: dict[int, int] = {}
    last = -1
    for at in answers:
        begin = next((each for each in range(at - 1, last, -1) if _ASKED.match(blocks[each].text)), at - 1)
        if begin > last:
            begins[begin] = at
        last = at
    # Not every answer of a list need say that it is one.
    for at, block in enumerate(blocks):
        if _NUMBERED.match(block.text) and _is_question(block):
            begins.setdefault(at, at)
    starts = sorted(begins.items())
    return [
        _pair(blocks, begin, at, starts[index + 1][0] if index + 1 < len(starts) else len(blocks))
        for index, (begin, at) in enumerate(starts)
    ]


def _pair(blocks: Sequence[Block], begin: int, at: int, end: int) -> Pair:
    """The question from `begin`, the answer from `at`, where its mark stands if it has one."""
    question = "".join(block.text for block in blocks[begin : max(at, begin + 1)])
    marked = at > begin
    first = [_ANSWERED.sub("", blocks[at].text)] if marked else []
    answer = [*first, *(block.text for block in blocks[at + 1 : end])]
    return Pair(_ASKED.sub("", question), _trimmed(answer), blocks[begin].place, marked)


def _asked(blocks: Sequence[Block]) -> list[Pair]:
    starts = [at for at, block in enumerate(blocks) if _is_question(block)]
    pairs = []
    for index, at in enumerate(starts):
        end = starts[index + 1] if index + 1 < len(starts) else len(blocks)
        answer = _trimmed([block.text for block in blocks[at + 1 : end]])
        if answer:
            question = _ASKED.sub("", blocks[at].text)
            pairs.append(Pair(question, answer, blocks[at].place, bool(_ASKED.match(blocks[at].text))))
    return pairs


def _is_question(block: Block) -> bool:
    text = block.text.strip()
    return text.endswith(("?", "？")) and len(text) <= LONGEST_QUESTION and "。" not in text[:-1]


def _trimmed(lines: Sequence[str]) -> list[str]:
    return [line.strip() for line in lines if line.strip()]


def found_in(pairs: Sequence[Pair], source: str) -> Iterator[Found]:
    for pair in pairs:
        question = _PLAIN_NUMBER.sub("", without_numbering(" ".join(pair.question.split())))
        answer = "\n".join(pair.answer)
        found = Found("faq")
        long = "问题超过 128 个字，标题只取了前面一段" if len(question) > LONGEST_TITLE else ""
        found.put("title", shortened(question, LONGEST_TITLE), pair.place, doubt=long)
        found.put("question", question[:300], pair.place)
        weak = "" if pair.marked else "没有“答”字样，把问句后面的文字当作答案"
        found.put("answer", answer, pair.place, doubt=weak)
        found.put("source", source, "")
        if not answer:
            found.doubt("answer", "没有找到答案", pair.place)
        yield found
