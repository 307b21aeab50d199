"""From utterances to the question they amount to, and to what is still missing. Pure."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from kb_service.core.personal import Span, find_personal, mask
from kb_service.regulations import rules as regulation
from kb_service.regulations.schema import Profile
from kb_service.regulations.schema.intake import RequestClass
from search.analysis.normalise import squeeze
from search.analysis.query import drop_small_talk
from search.analysis.tokens import words

Who = Literal["caller", "agent"]
LONGEST: Final = 2000
# What was said so long ago is no more part of what is asked now.
RECENT: Final = 4
# A ticket's text; more is a conversation that nobody reads.
LONGEST_FACTS: Final = 1500
TELLING: Final = 2
LABELS: Final = {
    "time": "时间",
    "place": "地点",
    "facts": "事由",
    "parties": "涉及的单位或人",
    "name": "姓名",
    "phone": "联系电话",
    "address": "联系地址",
}
PROMPTS: Final = {
    "time": "请问事情是什么时候发生的？",
    "place": "请问是在哪里发生的？具体到街道、小区或路口。",
    "facts": "请您说说发生了什么事，希望怎样解决。",
    "parties": "请问涉及哪个单位或什么人？",
    "name": "请问您贵姓？",
    "phone": "请问您的联系电话是多少？",
    "address": "请问您的联系地址是哪里？",
}
# What any ticket needs to be handled at all, where the city's rules ask for nothing in particular.
ANY_TICKET: Final = ("place", "facts")
_SPEAKER = re.compile(
    r"^\s*(来电人?|市民|群众|客户|诉求人|坐席|客服|话务员|热线|caller|agent)\s*[:：]\s*", re.IGNORECASE
)
_AGENTS: Final = frozenset({"坐席", "客服", "话务员", "热线", "agent"})
_NAME = re.compile(
    r"(?:我姓|免贵姓|贵姓|我是姓)(?P<name>[一-鿿])|我(?:叫|是)(?P<full>[一-鿿]{2,3})(?=[，,。]|$)"
)
# Said with a detail, it is no question either.
_DETAILS = re.compile(
    r"我姓.|免贵姓.|我叫[一-鿿]{2,3}|(?:我的?)?(?:联系)?(?:电话|手机|号码|手机号码?)是?|地址|住在?|就在|发生在|的事情?|[*\d-]{5,}"
    r"|[这那](?:边儿?|里|儿|块儿?|附近)|[从自]?(?:才|就)?开始的?|(?:左右|前后|以来|附近|旁边|门口)的?"
)
_BACK = re.compile(
    r"^(?:嗯+|啊|哦|对+|好的?|是的?|行|可以|谢谢(?:你|您)?|没有了?|再见|喂|你好|您好)[。，,！!]*$"
)


@dataclass(frozen=True)
class Utterance:
    """`text` has personal data starred out at the same places, `personal` says where and what it was."""

    seq: int
    who: Who
    text: str
    personal: tuple[Span, ...] = ()

    @classmethod
    def said(cls, seq: int, who: Who, text: str) -> "Utterance":
        cut = text[:LONGEST]
        return cls(seq, who, mask(cut), tuple(find_personal(cut)))


@dataclass(frozen=True)
class Missing:
    name: str
    label: str
    prompt: str
    clause: str


@dataclass(frozen=True)
class Said:
    """All that the caller said: what it amounts to as a question, and as facts."""

    question: str
    facts: str
    given: frozenset[str] = field(default_factory=frozenset)


def parsed(transcript: str) -> list[Utterance]:
    """A transcript as text, one utterance a line; who speaks stands before a colon, else it is the caller."""
    found: list[Utterance] = []
    for line in transcript.splitlines():
        speaker = _SPEAKER.match(line)
        text = line[speaker.end() :] if speaker else line
        who: Who = "agent" if speaker and speaker[1].lower() in _AGENTS else "caller"
        if text.strip():
            found.append(Utterance.said(len(found) + 1, who, text.strip()))
    return found


def _as_it_is(text: str) -> str:
    return text


def likely_question(utterances: Sequence[Utterance], bare: Callable[[str], str] = _as_it_is) -> str:
    """The last thing the caller said that says something, with what was said just before where it is short.

    `bare` takes places and times out of an utterance: who tells where and when asks nothing new.
    """
    told = [
        each.text
        for each in utterances
        if each.who == "caller" and telling(_DETAILS.sub(" ", bare(each.text)))
    ][-RECENT:]
    if not told:
        return ""
    question = told[-1]
    for earlier in reversed(told[:-1]):
        if len(_meaning(question)) > TELLING or len(question) + len(earlier) > LONGEST // 20:
            break
        question = f"{earlier} {question}"
    return question


def telling(text: str) -> bool:
    """Whether an utterance is more than a nod or a greeting."""
    normal = squeeze(text)
    return not _BACK.match(normal) and bool(_meaning(normal))


def _meaning(text: str) -> list[str]:
    return [word for word in words(drop_small_talk(squeeze(text))) if len(word) > 1]


def facts_of(utterances: Iterable[Utterance]) -> str:
    """What the caller told, oldest first, as the text of a ticket; the last of it where it is too long."""
    told = [each.text for each in utterances if each.who == "caller" and telling(each.text)]
    return "。".join(line.rstrip("。，, ") for line in told)[-LONGEST_FACTS:]


def name_of(utterances: Iterable[Utterance]) -> str:
    """How the caller calls themselves, starred but for the family name."""
    for each in utterances:
        match = _NAME.search(each.text) if each.who == "caller" else None
        if match:
            said: str = match["name"] or match["full"]
            return said[:1] + "*" * (len(said) - 1 or 1)
    return ""


def missing(profile: Profile, request_class: str, given: Collection[str]) -> list[Missing]:
    """What the city's rules ask of such a request and the caller has not said. A question needs nothing, unless
    the city's rules name something for questions themselves."""
    needs, rule = regulation.essentials(profile, request_class)
    if request_class == "consultation" and not isinstance(rule, RequestClass):
        return []
    clause = "、".join(rule.clause) if rule is not None else ""
    return [
        Missing(name, LABELS.get(name, name), PROMPTS.get(name, ""), clause)
        for name in (needs if rule is not None else ANY_TICKET)
        if name not in given
    ]
