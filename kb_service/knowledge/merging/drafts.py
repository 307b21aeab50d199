"""Two drafts written from one: field by field, texts by words, lists by their items, the rest as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kb_service.knowledge.content import PointDraft
from kb_service.knowledge.merging import rules
from kb_service.knowledge.merging.rules import Outcome, Piece
from kb_service.knowledge.service.compare import LABELS, alike

_TEXTS = frozenset({"title", "source", "note"})


@dataclass(frozen=True)
class MergedField:
    """`name` as in a draft, `content.answer`; `merged` is mine where both changed the same place.

    `pieces` are given for texts and lists; without a known base there are none.
    """

    name: str
    label: str
    outcome: Outcome
    base: Any
    mine: Any
    theirs: Any
    merged: Any
    pieces: list[Piece]

    @property
    def conflict(self) -> bool:
        return self.outcome == "conflict"


@dataclass(frozen=True)
class Merge:
    """`fields`: those that either side changed. `draft` is what they say together, ready to be checked."""

    fields: list[MergedField]
    draft: dict[str, Any]

    @property
    def conflicts(self) -> list[str]:
        return [field.name for field in self.fields if field.conflict]


def merge_drafts(base: PointDraft | None, mine: PointDraft, theirs: PointDraft) -> Merge:
    """Without a base every difference is a conflict."""
    before = _flat(base) if base else {}
    one, other = _flat(mine), _flat(theirs)
    found: list[MergedField] = []
    for name in other:
        said = (before.get(name), one.get(name), other[name])
        field = _merged(name, *said) if base else _different(name, *said[1:])
        if field is not None:
            found.append(field)
    merged = other | {field.name: field.merged for field in found}
    return Merge(found, _nested(merged))


def _different(name: str, mine: Any, theirs: Any) -> MergedField | None:
    if mine == theirs:
        return None
    return MergedField(name, _label(name), "conflict", None, mine, theirs, mine, [])


def _merged(name: str, base: Any, mine: Any, theirs: Any) -> MergedField | None:
    """None where neither side changed anything."""
    outcome = rules.value(base, mine, theirs)
    if outcome == "same":
        return None
    pieces: list[Piece] = []
    merged = theirs if outcome == "theirs" else mine
    if outcome == "conflict" and _is_text(name, base, mine, theirs):
        pieces = rules.merge(*alike(base, mine, theirs))
        merged = "".join(word for piece in pieces for word in piece.merged)
    elif outcome == "conflict" and _is_list(base, mine, theirs):
        pieces = rules.merge(base, mine, theirs)
        merged = [item for piece in pieces for item in piece.merged]
    if pieces and not any(piece.outcome == "conflict" for piece in pieces):
        return MergedField(name, _label(name), "both", base, mine, theirs, merged, pieces)
    return MergedField(name, _label(name), outcome, base, mine, theirs, merged, pieces)


def _label(name: str) -> str:
    return LABELS.get(name.removeprefix("content."), name)


def _is_text(name: str, *values: Any) -> bool:
    return (name.startswith("content.") or name in _TEXTS) and all(isinstance(each, str) for each in values)


def _is_list(*values: Any) -> bool:
    return all(isinstance(each, list) and all(isinstance(item, str) for item in each) for each in values)


def _flat(draft: PointDraft) -> dict[str, Any]:
    said = draft.model_dump(mode="json")
    content: Mapping[str, Any] = said.pop("content")
    return said | {f"content.{name}": value for name, value in content.items()}


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    content = {
        name.removeprefix("content."): value for name, value in flat.items() if name.startswith("content.")
    }
    return {name: value for name, value in flat.items() if not name.startswith("content.")} | {
        "content": content
    }
