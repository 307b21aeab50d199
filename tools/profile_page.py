"""Writes docs/reference/profile.md from the schema of profiles. Usage: python -m tools.profile_page"""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from kb_service.regulations.schema import Profile, Rule

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "profile.md"
MARK = "<!-- What follows is written by `make docs`. -->\n"
DEMO = PAGE.parents[2] / "kb_service" / "regulations" / "profiles" / "demo.yaml"
_PLAIN = {
    str: "text",
    int: "number",
    bool: "`true` or `false`",
    date: "date",
    timedelta: "quoted time of day",
}


def page(before: str) -> str:
    """The page anew: what stands before the mark is written by hand and kept."""
    by_hand, _, _ = before.partition(MARK)
    example = DEMO.read_text(encoding="utf-8")
    parts = [by_hand, MARK, f"\n## A small file\n\nThe demo city's, whole:\n\n```yaml\n{example}```\n"]
    for model in models():
        title = "The file" if model is Profile else model.__name__
        parts.append(f"\n## {title}\n\n")
        if issubclass(model, Rule) and model is not Rule:
            parts.append("Carries `clause`, `article`, `reading` as every [Rule](#rule).\n\n")
        parts.append("| key | 中文 | value | meaning |\n|---|---|---|---|\n")
        parts.extend(_rows(model))
    return "".join(parts)


def models() -> Iterator[type[BaseModel]]:
    """The profile and every part of it, each once, in the order they are met; Rule right after the profile."""
    yield Profile
    yield Rule
    seen: set[type[BaseModel]] = {Profile, Rule}
    waiting = [*_parts(Profile)]
    while waiting:
        model = waiting.pop(0)
        if model not in seen:
            seen.add(model)
            yield model
            waiting = [*_parts(model), *waiting]


def _parts(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for field in model.model_fields.values():
        yield from _models_in(field.annotation)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in get_args(annotation):
        yield from _models_in(each)


def _rows(model: type[BaseModel]) -> Iterator[str]:
    inherited = set(Rule.model_fields) if issubclass(model, Rule) and model is not Rule else set()
    for name, field in model.model_fields.items():
        if name not in inherited:
            key = f"`{field.alias or name}`"
            need = "" if field.is_required() else ", optional"
            yield f"| {key} | {field.title} | {_kind(field.annotation)}{_bound(field)}{need} | {field.description} |\n"


def _bound(field: FieldInfo) -> str:
    least = [each.ge for each in field.metadata if hasattr(each, "ge")]
    return f", at least {least[0]}" if least else ""


def _kind(annotation: Any) -> str:
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is None:
        is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})" if is_model else _PLAIN[annotation]
    if origin is Literal:
        return " or ".join(f"`{each}`" for each in inside)
    if origin is tuple:
        return f"list of: {_kind(inside[0])}"
    if origin is dict:
        return f"by key ({_kind(inside[0])}): {_kind(inside[1])}"
    # What is left says more about one type (Annotated) or allows it to be absent (a union with None).
    return _kind(next(each for each in inside if each is not NoneType))


def main() -> None:
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
