"""What a batch and its rows may become, and which point a row renews. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kb_service.core.clauses import rule
from kb_service.knowledge.content import PointDraft, PolicyContent


class BatchStatus(StrEnum):
    STAGED = "staged"
    CHECKED = "checked"
    APPLIED = "applied"
    UNDONE = "undone"
    FAILED = "failed"
    CANCELLED = "cancelled"


BATCH_NAMES: Final = {
    BatchStatus.STAGED: "读取中",
    BatchStatus.CHECKED: "待确认",
    BatchStatus.APPLIED: "已导入",
    BatchStatus.UNDONE: "已撤销",
    BatchStatus.FAILED: "失败",
    BatchStatus.CANCELLED: "已取消",
}


class RowStatus(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    ERROR = "error"


ROW_NAMES: Final = {
    RowStatus.NEW: "新增",
    RowStatus.CHANGED: "有变化",
    RowStatus.UNCHANGED: "无变化",
    RowStatus.DUPLICATE: "重复",
    RowStatus.ERROR: "有错误",
}
WRITTEN: Final = frozenset({RowStatus.NEW, RowStatus.CHANGED})
LEFT_OUT: Final = frozenset({RowStatus.DUPLICATE, RowStatus.ERROR})


@dataclass(frozen=True)
class Identity:
    """What makes two rows without a code the same point: same unit, type and title, and for a policy its number."""

    unit: str
    type: str
    title: str
    document_number: str = ""


def identity(unit: str, draft: PointDraft) -> Identity:
    content = draft.content
    number = content.document_number if isinstance(content, PolicyContent) else ""
    return named(unit, content.type, draft.title, number)


def named(unit: str, kind: str, title: str, document_number: str) -> Identity:
    """Spaces in a title tell nothing."""
    return Identity(unit, kind, "".join(title.split()), "".join(document_number.split()))


def _as_given(code: str | None, wanted: Identity, known: Mapping[Identity, Collection[str]]) -> str | None:  # noqa: ARG001 - without the rule every row without a code is a new point
    return code


@rule("MZ-19.1", neutral=_as_given)
def renewed_point(
    code: str | None, wanted: Identity, known: Mapping[Identity, Collection[str]]
) -> str | None:
    """The code of the point that a row brings up to date: the one it names, else the only one of its identity.

    So a unit may hand in its list again and again: what is there already gets a new version, not a double.
    """
    if code is not None:
        return code
    found = known.get(wanted, ())
    return next(iter(found)) if len(found) == 1 else None


@dataclass(frozen=True)
class FieldChange:
    """One column of a version that a row would change, in words."""

    key: str
    old: str
    new: str


def changes_between(old: PointDraft, new: PointDraft) -> list[FieldChange]:
    """By column, without the note and the time of release, which say nothing."""
    before, after = _texts(old), _texts(new)
    keys = dict.fromkeys([*before, *after])
    return [
        FieldChange(key, before.get(key, ""), after.get(key, ""))
        for key in keys
        if before.get(key, "") != after.get(key, "")
    ]


def _texts(draft: PointDraft) -> dict[str, str]:
    plain = draft.model_dump(mode="json", exclude={"content", "note", "release_at"})
    plain["replaces"] = [str(each) for each in draft.replaces]
    content = draft.content.model_dump(mode="json", exclude={"type"})
    return {key: _text(value) for key, value in (plain | content).items()}


def _text(value: object) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "\n".join(map(str, value))
    return "" if value is None else str(value)


def left_out(counts: Mapping[str, int]) -> int:
    return sum(counts.get(status, 0) for status in LEFT_OUT)


def pieces(text: str, separators: str) -> Iterator[str]:
    """The parts of a cell, without the empty ones."""
    for separator in separators[1:]:
        text = text.replace(separator, separators[0])
    for part in text.split(separators[0]):
        if stripped := part.strip():
            yield stripped
