"""Walks a profile: every rule with where it stands, and every value of a rule with what it means."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from kb_service.regulations.schema import Part, Period, Profile, Rule
from kb_service.regulations.words import WORDS

_ABOUT_THE_RULE = {"clause", "article", "reading"}


@dataclass(frozen=True)
class Carried:
    """`path` in the words of the file, `titles` in Chinese; `listed`: one of a list of equals."""

    path: tuple[str, ...]
    titles: tuple[str, ...]
    rule: Rule
    listed: bool

    @property
    def dotted(self) -> str:
        return ".".join(self.path)


@dataclass(frozen=True)
class Value:
    """A single value inside a rule. `aid`: it helps to recognise a case and is no part of the rule."""

    path: tuple[str, ...]
    title: str
    value: Any
    field: FieldInfo
    aid: bool


def carried_rules(profile: Profile) -> Iterator[Carried]:
    yield from _rules(profile, (), (), listed=False)


def values_of(rule: Rule) -> Iterator[Value]:
    """The values of a rule itself, not of rules inside it; a period counts as one place with one number."""
    for name, field in type(rule).model_fields.items():
        value = getattr(rule, name)
        if name in _ABOUT_THE_RULE or value is None or _is_inner(value):
            continue
        key = field.alias or name
        title = field.title or key
        if isinstance(value, Period):
            unit = next(iter(value.model_fields_set))
            inner = type(value).model_fields[unit]
            yield Value((key, unit), title, getattr(value, unit), inner, aid=False)
        else:
            yield Value((key,), title, value, field, aid=_extra(field, "aid"))


def _rules(
    part: BaseModel, path: tuple[str, ...], titles: tuple[str, ...], *, listed: bool
) -> Iterator[Carried]:
    if isinstance(part, Rule):
        yield Carried(path, titles, part, listed)
    for name, field in type(part).model_fields.items():
        value = getattr(part, name)
        here = (*path, field.alias or name)
        shown = (*titles, field.title or name)
        if isinstance(value, Part):
            yield from _rules(value, here, shown, listed=False)
        elif isinstance(value, dict):
            for key, each in value.items():
                label = str(getattr(each, "label", WORDS.get(key, key)))
                yield from _rules(each, (*here, str(key)), (*shown, label), listed=_extra(field, "listed"))


def _is_inner(value: object) -> bool:
    return isinstance(value, (Part, dict)) and not isinstance(value, Period)


def _extra(field: FieldInfo, key: str) -> bool:
    extra = field.json_schema_extra
    return isinstance(extra, dict) and bool(extra.get(key))
