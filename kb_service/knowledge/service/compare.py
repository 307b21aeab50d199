"""Two versions side by side, field by field and word by word."""

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.knowledge.content import AUDIENCES
from kb_service.knowledge.service import reading
from kb_service.knowledge.service.views import VersionView
from search.analysis.words import cutter

Op = Literal["same", "removed", "added"]
# The time of a diff grows with the square of its words: a longer text is compared by lines.
MANY_WORDS = 4_000

LABELS = {
    "title": "标题", "question": "问题", "similar_questions": "相似问题", "answer": "答案",
    "item": "事项名称", "who": "办理对象", "conditions": "办理条件", "materials": "申请材料",
    "steps": "办理步骤", "time": "办理时限", "fee": "收费", "places": "办理地点", "channels": "办理渠道",
    "basis": "法律依据", "document_number": "文号", "issuer": "发文机关", "issued_on": "成文日期",
    "full_text": "全文", "interpretation": "政策解读", "functions": "机构职能", "power_list": "权责清单",
    "service_items": "服务事项", "address": "地址", "phone": "联系电话", "hours": "办公时间",
    "event": "事件", "text": "口径", "keywords": "关键词", "source": "来源", "category": "类目",
    "region": "行政区划", "matter": "事项", "audience": "使用范围", "roles": "限定角色",
    "effective_from": "生效日期", "effective_to": "失效日期", "release_at": "发布时间",
    "supersedes": "替代", "replaces": "同时替代", "note": "修改说明",
}  # fmt: skip


@dataclass(frozen=True)
class Segment:
    op: Op
    text: str


@dataclass(frozen=True)
class FieldDiff:
    """`old` and `new` are the field as text; `segments` lead from one to the other."""

    field: str
    label: str
    changed: bool
    old: str
    new: str
    segments: list[Segment]


@dataclass(frozen=True)
class Comparison:
    code: str
    old: int
    new: int
    fields: list[FieldDiff]

    @property
    def changed(self) -> list[FieldDiff]:
        return [field for field in self.fields if field.changed]


def compare(session: ReadSession, ctx: Context, code: str, old: int, new: int) -> Comparison:
    """Both must be versions that the actor may read."""
    before = reading.get_version(session, ctx, code, old)
    after = reading.get_version(session, ctx, code, new)
    return Comparison(code, old, new, compare_texts(texts_of(before), texts_of(after)))


def compare_texts(old: dict[str, str], new: dict[str, str]) -> list[FieldDiff]:
    """Fields that are empty on both sides are left out."""
    fields = [field for field in LABELS if old.get(field) or new.get(field)]
    return [_field(field, old.get(field, ""), new.get(field, "")) for field in fields]


def _field(field: str, old: str, new: str) -> FieldDiff:
    return FieldDiff(field, LABELS[field], old != new, old, new, word_diff(old, new))


def word_diff(old: str, new: str) -> list[Segment]:
    """What stayed, went and came, in words; joined, the parts are the two texts again."""
    if old == new:
        return [Segment("same", old)] if old else []
    left, right = alike(old, new)
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    found: list[Segment] = []
    for op, i, j, k, m in matcher.get_opcodes():
        if op == "equal":
            found.append(Segment("same", "".join(left[i:j])))
            continue
        if j > i:
            found.append(Segment("removed", "".join(left[i:j])))
        if m > k:
            found.append(Segment("added", "".join(right[k:m])))
    return found


def alike(*texts: str) -> list[list[str]]:
    """Each text in words, or all in lines where one is very long; joined, the parts are the text again."""
    words = [cutter().split(text) for text in texts]
    if all(len(each) <= MANY_WORDS for each in words):
        return words
    return [text.splitlines(keepends=True) for text in texts]


def texts_of(view: VersionView) -> dict[str, str]:
    shown = {
        "title": view.title,
        "keywords": "、".join(view.keywords),
        "source": view.source,
        "category": view.category_path,
        "region": view.region_name,
        "matter": view.matter_code or "",
        "audience": AUDIENCES[view.audience],
        "roles": "、".join(view.roles),
        "effective_from": _text(view.effective_from),
        "effective_to": _text(view.effective_to),
        "release_at": _text(view.release_at),
        "supersedes": view.supersedes or "",
        "replaces": "\n".join(str(each) for each in view.replaces or ()),
        "note": view.note,
    }
    content = view.content.model_dump(exclude={"type"})
    return shown | {field: _text(value) for field, value in content.items()}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "\n".join(value)
    return str(value)


def joined(segments: list[Segment], *ops: Op) -> str:
    """One side of a diff: `joined(found, "same", "removed")` is the old text."""
    return "".join(segment.text for segment in segments if segment.op in ops)
