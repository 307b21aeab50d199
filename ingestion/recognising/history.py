"""The lines under a law's title that tell who passed, approved, promulgated and amended it, and when. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from ingestion.recognising.marks import ORDER, dates_in, tidy
from ingestion.recognising.values import Block

_ACT = re.compile(r"(通过|批准|公布|发布|修订|修正|颁布|施行|实施)")
_ISSUING = ("通过", "公布", "发布", "颁布", "修订", "修正")
_SESSION = re.compile(r"第[一二三四五六七八九十百\d]{1,5}[届次](?:常务)?(?:会议)?")
_MEETING = re.compile(r"(?:主席团|主任)?(?:全体)?(?:常务)?会议.*$")
_ORDER_OF = re.compile(r"(?:令|公告)?\s*第?\s*[〇零一二三四五六七八九十百\d]{1,6}\s*号.*$")
_QUOTED = re.compile(r"《[^》]*(?:〈[^〉]*〉[^》]*)*》的?(?:决定|决议)?")
_LONGEST_LINE = 600
_CHOOSE = re.compile(
    r"(.*?(?:人民代表大会(?:常务委员会)?|常务委员会?|人民政府|国务院|委员会|部|局|署|会|院))"
)


@dataclass(frozen=True)
class History:
    """`first` is when it was first promulgated, `latest` when its present words came to be."""

    issuer: str = ""
    first: date | None = None
    latest: date | None = None
    begins: date | None = None
    amended: bool = False
    place: str = ""
    quote: str = ""


@dataclass(frozen=True)
class _Act:
    day: date
    words: str
    kind: str
    block: Block


def read(head: Sequence[Block]) -> History:
    acts = [act for block in _whole_lines(head) for act in _acts(block)]
    made = [act for act in acts if act.kind not in {"施行", "实施"}]
    if not made:
        return History()
    promulgated = [act for act in made if act.kind in {"公布", "发布", "颁布"}]
    latest = max(made, key=lambda act: act.day)
    begins = [act.day for act in acts if act.kind in {"施行", "实施"}]
    return History(
        _issuer(made),
        (promulgated or made)[0].day,
        latest.day,
        begins[-1] if begins else None,
        any(act.kind in {"修订", "修正"} for act in made) or sum(act.kind == "通过" for act in made) > 1,
        latest.block.place,
        latest.block.text,
    )


def last_order(head: Sequence[Block]) -> tuple[str, Block] | None:
    """The number under which it was last promulgated."""
    for act in reversed([act for block in _whole_lines(head) for act in _acts(block)]):
        if act.kind in {"公布", "发布", "颁布"} and (found := ORDER.match(act.words.strip())):
            return tidy(found[0]), act.block
    return None


def _whole_lines(head: Sequence[Block]) -> Iterator[Block]:
    """A title in brackets may go over several lines; it is one line of the history."""
    open_block: Block | None = None
    for block in head:
        if block.kind == "row":
            continue
        joined = Block("paragraph", open_block.text + block.text, open_block.place) if open_block else block
        waits = joined.text.count("《") > joined.text.count("》") and len(joined.text) < _LONGEST_LINE
        open_block = joined if waits else None
        if not waits:
            yield joined


def _acts(block: Block) -> list[_Act]:
    """A line may tell of several acts; each begins with its date."""
    text = block.text.strip("（）() 　")
    if block.kind == "row":
        return []
    found = list(dates_in(text))
    if not found or found[0][1] > 2:
        # An act may follow on the line of the one before, never the running text of a paragraph.
        return []
    acts = []
    for at, (day, _, end) in enumerate(found):
        words = text[end : found[at + 1][1] if at + 1 < len(found) else len(text)]
        plain = _QUOTED.sub("", words).strip(" 　，,）)根据")
        kinds = _ACT.findall(plain)
        if kinds and len(plain) <= 90 and not plain.startswith("起") and "。" not in plain[:-1]:
            acts.append(_Act(day, words.strip(" 　"), _kind(plain, kinds), block))
    return acts


def _kind(plain: str, kinds: Sequence[str]) -> str:
    """The last act told; that it begins to hold is told at the end or not at all, else it is part of a name."""
    if plain.endswith(("施行", "实施", "起施行", "起实施")):
        return kinds[-1]
    return next((kind for kind in reversed(kinds) if kind not in {"施行", "实施"}), kinds[-1])


def _issuer(acts: Sequence[_Act]) -> str:
    """Who last passed or promulgated it; a body that only approved is not its issuer."""
    own = [act for act in acts if act.kind in _ISSUING and not _is_quoted(act) and not _is_approval(act)]
    for act in reversed(own):
        if body := body_of(_QUOTED.sub("", act.words)):
            return body
    approving = [act for act in acts if act.kind == "批准"]
    return body_of(_QUOTED.sub("", approving[-1].words)) if approving and not own else ""


def _is_approval(act: _Act) -> bool:
    """`批准第二次修订`, `批准的《…决定》修正`: whoever approves an amendment did not make it."""
    return "批准" in _QUOTED.sub("", act.words)


def _is_quoted(act: _Act) -> bool:
    """An amendment by a decision tells that decision's body only where it is named."""
    return not _QUOTED.sub("", act.words).strip(" 　第一二三四五六七八九十次修订正）)")


def body_of(words: str) -> str:
    """国务院 of 国务院第 145 次常务会议通过; several bodies stay several."""
    text = words.strip(" 　").removeprefix("根据").strip()
    for act in ("通过", "公布", "发布", "颁布", "修订", "修正", "批准"):
        text = text.partition(act)[0]
    text = re.sub(r"中华人民共和国(?=国务院|主席|中央军事委员会)", "", text)
    text = _ORDER_OF.sub("", text)
    text = re.sub(r"(?:令|公告)$", "", text)
    text = _MEETING.sub("", _SESSION.sub("", text))
    parts = [part.strip() for part in re.split(r"[、\s　]+", text) if part.strip()]
    bodies = [
        re.sub(r"常务委员$", "常务委员会", found[1]) if (found := _CHOOSE.fullmatch(part)) else ""
        for part in parts
    ]
    return "、".join(bodies) if bodies and all(bodies) else ""
