"""The page on which two people's changes to one draft are brought together: what it shows and what comes back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData, UploadFile

from admin.forms import Sent
from admin.point_form import control_text, values_of
from kb_service.knowledge.content import PointDraft
from kb_service.knowledge.merging.drafts import MergedField, merge_drafts
from kb_service.knowledge.merging.rules import Piece

CHOICE = "choice."
_KEPT = ("mine", "theirs")


@dataclass(frozen=True)
class MergeRow:
    """One field that somebody changed, as texts of its control; `pieces` where both changed a text or list."""

    name: str
    label: str
    conflict: bool
    outcome: str
    base: str
    mine: str
    theirs: str
    merged: str
    pieces: list[Piece]
    listed: bool


def fields_of(extra: Mapping[str, Any]) -> list[MergeRow]:
    """From the conflict that saving met; what must be decided first."""
    base = PointDraft.model_validate(extra["base"]) if extra["base"] else None
    mine, theirs = (PointDraft.model_validate(extra[side]) for side in _KEPT)
    rows = [_row(field) for field in merge_drafts(base, mine, theirs).fields]
    return sorted(rows, key=lambda row: not row.conflict)


def _row(field: MergedField) -> MergeRow:
    return MergeRow(
        name=field.name,
        label=field.label,
        conflict=field.conflict,
        outcome=field.outcome,
        base=control_text(field.name, field.base) if field.base else "",
        mine=control_text(field.name, field.mine),
        theirs=control_text(field.name, field.theirs),
        merged=control_text(field.name, field.merged),
        pieces=field.pieces,
        listed=isinstance(field.mine, list),
    )


def hidden(extra: Mapping[str, Any], rows: Sequence[MergeRow]) -> list[tuple[str, str]]:
    """What the form carries along: all that nobody has to decide on."""
    theirs = PointDraft.model_validate(extra["theirs"])
    values = values_of(theirs, "") | {row.name: row.merged for row in rows}
    open_rows = {row.name for row in rows if row.conflict}
    return list(_carried(values, open_rows))


def _carried(values: Mapping[str, str], left_out: set[str]) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if name in left_out or name == "unit":
            continue
        if name == "roles":
            yield from (("roles", code) for code in value.splitlines())
        else:
            yield name, value


def words_of(shown: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """What codes of chosen things are called, by field."""
    return {
        "category": dict([*shown["held"], *shown["others"]]),
        "region": dict(shown["regions"]),
        "matter": dict(shown["matters"]),
        "audience": dict(shown["audiences"]),
    }


def decided(sent: Sent) -> Sent:
    """The form as if each field had been typed as it was decided; a form without decisions as it is."""
    kept = sent.kept
    chosen = {name.removeprefix(CHOICE): side for name, side in kept.items() if name.startswith(CHOICE)}
    if not chosen:
        return sent
    items: list[tuple[str, UploadFile | str]] = [
        ("roles", code) for code in sent.many("roles") if "roles" not in chosen
    ]
    for name, value in kept.items():
        plain = name.partition(".")[2] if name.startswith((CHOICE, "mine.", "theirs.")) else name
        if plain == name and name not in chosen and name != "roles":
            items.append((name, value))
    for name, side in chosen.items():
        text = kept.get(f"{side}.{name}", "") if side in _KEPT else kept.get(name, "")
        items += [("roles", code) for code in text.splitlines()] if name == "roles" else [(name, text)]
    return Sent(FormData(items))
