"""Writes docs/reference/simulation.md from the event types. Usage: python -m tools.simulation_page"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kb_service.tickets.rules.life import Kind, kinds
from kb_service.tickets.rules.life.event_schema import scenario_schema
from kb_service.tickets.rules.life.words import ROLE_NAMES, STATUS_NAMES

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "simulation.md"
MARK = "<!-- What follows is written by `make docs`. -->\n"


def page(before: str) -> str:
    """The page anew: what stands before the mark is written by hand and kept."""
    by_hand, _, _ = before.partition(MARK)
    parts = [by_hand, MARK, "\n## States\n\n", _names(STATUS_NAMES), "\n## Who acts\n\n", _names(ROLE_NAMES)]
    parts.append("\n## Event types\n")
    for kind in kinds():
        parts.append(f"\n### {kind.name} {kind.label}\n\n{kind.note}\n\n")
        parts.append(f"By: {_code(sorted(kind.roles))}. In: {_before(kind)}.\n")
        rows = list(_rows(kind))
        if rows:
            parts += ["\n| data | value | meaning |\n|---|---|---|\n", *rows]
    parts.append(f"\n## JSON Schema\n\n```json\n{_lines(scenario_schema())}\n```\n")
    return "".join(parts)


def _lines(schema: dict[str, Any]) -> str:
    """One line for each definition."""
    shared = schema.pop("$defs")
    rows = [f" {json.dumps(key)}: {json.dumps(each, ensure_ascii=False)}" for key, each in schema.items()]
    inner = [f"  {json.dumps(key)}: {json.dumps(each, ensure_ascii=False)}" for key, each in shared.items()]
    rows.append(' "$defs": {\n' + ",\n".join(inner) + "\n }")
    return "{\n" + ",\n".join(rows) + "\n}"


def _names(names: Any) -> str:
    rows = [f"| `{key}` | {label} |\n" for key, label in names.items()]
    return "| | 中文 |\n|---|---|\n" + "".join(rows)


def _code(names: Any) -> str:
    return ", ".join(f"`{each}`" for each in names)


def _before(kind: Kind) -> str:
    return _code(each for each in STATUS_NAMES if each in kind.before)


def _rows(kind: Kind) -> Iterator[str]:
    schema = kind.data.model_json_schema(by_alias=True)
    parts = schema.get("$defs", {})
    for name, field in schema.get("properties", {}).items():
        need = "" if name in schema.get("required", ()) else ", optional"
        told = field.get("description", "")
        yield f"| `{name}` | {_kind(field, parts)}{need} | {told} |\n"


def _kind(field: Any, parts: Any) -> str:
    if "$ref" in field:
        inner = parts[field["$ref"].rsplit("/", 1)[1]]["properties"]
        return "{" + ", ".join(f"`{name}`: {_kind(each, parts)}" for name, each in inner.items()) + "}"
    if "anyOf" in field:
        return _kind(next(each for each in field["anyOf"] if each.get("type") != "null"), parts)
    if "enum" in field:
        return " or ".join(f"`{each}`" for each in field["enum"])
    if field.get("type") == "array":
        return f"list of: {_kind(field['items'], parts)}"
    if field.get("format") in {"date", "date-time"}:
        return {"date": "day", "date-time": "instant"}[field["format"]]
    return {"string": "text", "integer": "number", "boolean": "`true` or `false`"}[field["type"]]


def main() -> None:
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
