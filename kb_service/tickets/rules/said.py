"""What people wrote in a step, apart from the facts that the rules read: the one can be destroyed, the other stays."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from kb_service.tickets.rules.life.intake_data import SAID

# Stands among the facts where something was written.
WITHHELD: Final = "…"
Facts = dict[str, Any]


def parted(model: type[BaseModel], data: Mapping[str, Any]) -> tuple[Facts, Facts]:
    """Details of a step, by the names they were sent under, as (facts, words)."""
    facts, words, shape = dict(data), {}, _shape(model)
    for name, value in data.items():
        kind = shape.get(name)
        if kind is None or not value:
            continue
        if kind is SAID:
            words[name] = value
            facts[name] = [WITHHELD for _ in value] if isinstance(value, list | tuple) else WITHHELD
        elif isinstance(value, list | tuple):
            pairs = [parted(kind, each) for each in value]
            facts[name], words[name] = [each for each, _ in pairs], [each for _, each in pairs]
    return facts, words


def joined(facts: Mapping[str, Any], words: Mapping[str, Any]) -> Facts:
    """The details as they were sent."""
    whole = dict(facts)
    for name, value in words.items():
        kept = whole.get(name)
        if (
            isinstance(value, list)
            and isinstance(kept, list)
            and all(isinstance(each, dict) for each in kept)
        ):
            whole[name] = [joined(each, more) for each, more in zip(kept, value, strict=True)]
        else:
            whole[name] = value
    return whole


def told_gone(data: Any, told: str) -> Any:
    """The facts with `told` wherever there were words."""
    if isinstance(data, dict):
        return {name: told_gone(value, told) for name, value in data.items()}
    if isinstance(data, list):
        return [told_gone(each, told) for each in data]
    return told if data == WITHHELD else data


@cache
def _shape(model: type[BaseModel]) -> dict[str, Any]:
    """By the name a field is sent under: SAID where it holds words, the model where parts of it do."""
    found: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        if SAID in field.metadata or _holds_words(field.annotation):
            found[field.alias or name] = SAID
        elif (inner := _inner(field)) is not None and _shape(inner):
            found[field.alias or name] = inner
    return found


def _holds_words(annotation: Any) -> bool:
    return any(SAID in getattr(each, "__metadata__", ()) for each in get_args(annotation))


def _inner(field: FieldInfo) -> type[BaseModel] | None:
    listed = get_args(field.annotation)[:1]
    one = listed[0] if listed else None
    return one if isinstance(one, type) and issubclass(one, BaseModel) else None
