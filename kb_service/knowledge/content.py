"""What a knowledge point may say: one content type for each kind of knowledge.

Limits of length hold always; what must be there before a version may be submitted is told by `problems`.
"""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from kb_service.core.clauses import rule_value
from kb_service.core.errors import Pointer
from search.analysis.passages import Passage, cut_passages

KNOWLEDGE_TYPES: Final = rule_value(
    "MZ-18", name="knowledge.types", value=("faq", "procedure", "policy", "agency")
)
TYPES: Final = (*KNOWLEDGE_TYPES, "script")
TYPE_NAMES: Final = {
    "faq": "常见问题",
    "procedure": "办事流程",
    "policy": "政策法规",
    "agency": "机构信息",
    "script": "应答口径",
}
AUDIENCES: Final = {"public": "公开", "agents": "内部", "restricted": "限定"}
ONE_PASSAGE = 400
MANY_QUESTIONS = 200


Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]
Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4_000)]
Long = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000)]
Full = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1_000_000)]
Item = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000)]
Items = Annotated[list[Item], Field(max_length=100)]
Question = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Keyword = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]


class _Content(BaseModel, ABC):
    model_config = ConfigDict(extra="forbid", frozen=True)

    similar_questions: Annotated[list[Question], Field(max_length=MANY_QUESTIONS)] = []

    def questions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.similar_questions))

    def passages(self) -> list[Passage]:
        """What is indexed and shown as one piece each."""
        return _sections(self.sections())

    def answer_text(self) -> str:
        """The words that an instant answer shows."""
        return "\n".join(f"{label}：{text}" if label else text for label, text in self.sections())

    @abstractmethod
    def sections(self) -> list[tuple[str, str]]:
        """Label and text of each part that says something, in the order of reading."""

    @abstractmethod
    def lacks(self) -> Iterator[tuple[str, str]]:
        """Field and message for each thing without which the content is of no use."""


class FaqContent(_Content):
    type: Literal["faq"] = "faq"
    question: Line = ""
    answer: Long = ""

    def questions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*filter(None, [self.question]), *self.similar_questions]))

    def passages(self) -> list[Passage]:
        return cut_passages(self.answer, by_article=False)

    def sections(self) -> list[tuple[str, str]]:
        return [("", self.answer)]

    def lacks(self) -> Iterator[tuple[str, str]]:
        if not self.question:
            yield "question", "请填写问题"
        if not self.answer:
            yield "answer", "请填写答案"


class ProcedureContent(_Content):
    type: Literal["procedure"] = "procedure"
    item: Line = ""
    who: Paragraph = ""
    conditions: Long = ""
    materials: Items = []
    steps: Items = []
    time: Paragraph = ""
    fee: Paragraph = ""
    places: Items = []
    channels: Items = []
    basis: Long = ""

    def sections(self) -> list[tuple[str, str]]:
        return _filled(
            ("办理事项", self.item),
            ("办理对象", self.who),
            ("办理条件", self.conditions),
            ("申请材料", _numbered(self.materials)),
            ("办理步骤", _numbered(self.steps)),
            ("办理时限", self.time),
            ("收费", self.fee),
            ("办理地点", "；".join(self.places)),
            ("办理渠道", "；".join(self.channels)),
            ("法律依据", self.basis),
        )

    def lacks(self) -> Iterator[tuple[str, str]]:
        if not self.item:
            yield "item", "请填写事项名称"
        if not (self.conditions or self.materials or self.steps):
            yield "steps", "办理条件、申请材料、办理步骤至少填写一项"
        if not (self.places or self.channels):
            yield "channels", "办理地点、办理渠道至少填写一项"


class PolicyContent(_Content):
    type: Literal["policy"] = "policy"
    document_number: Line = ""
    issuer: Line = ""
    issued_on: date | None = None
    full_text: Full = ""
    interpretation: Long = ""

    def passages(self) -> list[Passage]:
        told = cut_passages(self.interpretation, by_article=False)
        return [
            *cut_passages(self.full_text, by_article=True),
            *(Passage("政策解读", passage.text) for passage in told),
        ]

    def answer_text(self) -> str:
        return self.interpretation or next((passage.text for passage in self.passages()), "")

    def sections(self) -> list[tuple[str, str]]:
        return _filled(("", self.full_text), ("政策解读", self.interpretation))

    def lacks(self) -> Iterator[tuple[str, str]]:
        if not self.full_text:
            yield "full_text", "请填写政策全文"


class AgencyContent(_Content):
    type: Literal["agency"] = "agency"
    functions: Long = ""
    power_list: Long = ""
    service_items: Items = []
    address: Paragraph = ""
    phone: Paragraph = ""
    hours: Paragraph = ""

    def sections(self) -> list[tuple[str, str]]:
        return _filled(
            ("办公地址", self.address),
            ("联系电话", self.phone),
            ("办公时间", self.hours),
            ("机构职能", self.functions),
            ("服务事项", "；".join(self.service_items)),
            ("权责清单", self.power_list),
        )

    def lacks(self) -> Iterator[tuple[str, str]]:
        if not self.functions:
            yield "functions", "请填写机构职能"
        if not (self.phone or self.address):
            yield "phone", "联系电话、办公地址至少填写一项"


class ScriptContent(_Content):
    type: Literal["script"] = "script"
    event: Line = ""
    text: Long = ""

    def passages(self) -> list[Passage]:
        return cut_passages(self.text, by_article=False)

    def sections(self) -> list[tuple[str, str]]:
        return [("", self.text)]

    def lacks(self) -> Iterator[tuple[str, str]]:
        if not self.event:
            yield "event", "请填写所涉事件"
        if not self.text:
            yield "text", "请填写口径内容"


Content = Annotated[
    FaqContent | ProcedureContent | PolicyContent | AgencyContent | ScriptContent, Field(discriminator="type")
]


class Replacement(BaseModel):
    """A further point that a version replaces; without articles the whole of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=32)]
    articles: Annotated[list[Annotated[str, StringConstraints(max_length=20)]], Field(max_length=40)] = []

    @property
    def whole(self) -> bool:
        return not self.articles

    def __str__(self) -> str:
        return f"{self.code} {'、'.join(self.articles)}".strip()


class PointDraft(BaseModel):
    """All that a version says. `effective_to` is the last day in force; `region` None means the unit's own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
    content: Content
    category: Annotated[str, StringConstraints(min_length=1, max_length=32)]
    region: Annotated[str, StringConstraints(max_length=12)] | None = None
    matter: Annotated[str, StringConstraints(max_length=32)] | None = None
    audience: Literal["public", "agents", "restricted"] = "public"
    roles: Annotated[list[Annotated[str, StringConstraints(max_length=32)]], Field(max_length=30)] = []
    keywords: Annotated[list[Keyword], Field(max_length=30)] = []
    source: Line = ""
    effective_from: date | None = None
    effective_to: date | None = None
    release_at: AwareDatetime | None = None
    supersedes: Annotated[str, StringConstraints(max_length=32)] | None = None
    replaces: Annotated[list[Replacement], Field(max_length=20)] = []
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""

    @field_validator("replaces")
    @classmethod
    def _in_one_order(cls, replaces: list[Replacement]) -> list[Replacement]:
        return sorted(replaces, key=lambda each: each.code)

    @model_validator(mode="after")
    def _known_type(self) -> Self:
        if self.content.type not in TYPES:
            raise ValueError(f"没有“{self.content.type}”这种知识类型")
        return self

    @model_validator(mode="before")
    @classmethod
    def _question_is_the_title(cls, data: object) -> object:
        """A question that was asked nowhere else is asked by the title."""
        if isinstance(data, dict) and isinstance(data.get("content"), dict):
            content = data["content"]
            if content.get("type") == "faq" and not content.get("question"):
                return data | {"content": content | {"question": data.get("title", "")}}
        return data


def problems(draft: PointDraft) -> list[Pointer]:
    """What is missing or contradicts itself, to be mended before the version is submitted."""
    found = [(f"/content/{field}", detail) for field, detail in draft.content.lacks()]
    found += _shared(draft)
    return [{"pointer": pointer, "detail": detail} for pointer, detail in found]


def _shared(draft: PointDraft) -> Iterator[tuple[str, str]]:
    content = draft.content
    for index, keyword in enumerate(draft.keywords):
        if keyword == draft.title:
            yield f"/keywords/{index}", f"关键词“{keyword}”与标题相同，请换用其他关键词"
    if draft.audience == "restricted" and not draft.roles:
        yield "/roles", "使用范围为“限定”时须写明限定的角色"
    if draft.audience != "restricted" and draft.roles:
        yield "/roles", "只有使用范围为“限定”时才能填写限定角色"
    if draft.effective_from and draft.effective_to and draft.effective_to < draft.effective_from:
        yield "/effective_to", f"失效日期 {draft.effective_to} 早于生效日期 {draft.effective_from}"
    yield from _replaced_twice(draft)
    if isinstance(content, PolicyContent) and not (content.issuer or content.document_number or draft.source):
        yield "/content/issuer", "发文机关、文号、来源至少填写一项，使人知道政策的出处"


def _replaced_twice(draft: PointDraft) -> Iterator[tuple[str, str]]:
    seen = {draft.supersedes}
    for index, each in enumerate(draft.replaces):
        if each.code in seen:
            yield f"/replaces/{index}", f"知识点 {each.code} 已写明被替代，请合并为一项"
        seen.add(each.code)


def content_hash(draft: PointDraft) -> str:
    """Equal for drafts that say the same; the note and the time of release say nothing."""
    silent = {"note", "release_at"} | (set() if draft.replaces else {"replaces"})
    text = draft.model_dump_json(exclude=silent)
    return hashlib.sha256(text.encode()).hexdigest()


def _filled(*sections: tuple[str, str]) -> list[tuple[str, str]]:
    return [(label, text) for label, text in sections if text]


def _numbered(items: Iterable[str]) -> str:
    lines = list(items)
    return lines[0] if len(lines) == 1 else "".join(f"\n{at}. {line}" for at, line in enumerate(lines, 1))


def _sections(sections: list[tuple[str, str]]) -> list[Passage]:
    """One passage for a short text; a long one goes by its sections, so that the right one is shown."""
    if sum(len(text) for _, text in sections) <= ONE_PASSAGE:
        whole = "\n".join(f"{label}：{text}" for label, text in sections)
        return [Passage("", whole)] if whole else []
    return [
        Passage(label, f"{label}：{piece.text}")
        for label, text in sections
        for piece in cut_passages(text, by_article=False)
    ]
