"""Writes the schemas of the assist socket into its reference page: `python -m tools.assist_page`."""

import json
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from kb_service.answering.assist import schemas

PAGE: Final = Path(__file__).parent.parent / "docs/reference/assist.md"
BEGIN, END = "<!-- schemas -->", "<!-- /schemas -->"
_TOLD = schemas.ReadyOut | schemas.UrgentOut | schemas.HeardOut | schemas.ProblemOut


def page(before: str) -> str:
    """The page with the schemas as they are now."""
    head, _, rest = before.partition(BEGIN)
    _, _, tail = rest.partition(END)
    parts = (
        ("Sent to the service", schemas.CLIENT, "validation"),
        ("Sent by the service", TypeAdapter(_TOLD), "serialization"),
    )
    made = "\n\n".join(
        f"### {title}\n\n```json\n{_schema(adapter, mode)}\n```" for title, adapter, mode in parts
    )
    return f"{head}{BEGIN}\n\n{made}\n\n{END}{tail}"


def _schema(adapter: TypeAdapter[Any], mode: str) -> str:
    """One line for each definition."""
    schema = adapter.json_schema(mode="validation" if mode == "validation" else "serialization")
    shared = schema.pop("$defs")
    inner = [f"  {json.dumps(key)}: {json.dumps(each, ensure_ascii=False)}" for key, each in shared.items()]
    rows = [f" {json.dumps(key)}: {json.dumps(each, ensure_ascii=False)}" for key, each in schema.items()]
    return "{\n" + ",\n".join([*rows, ' "$defs": {\n' + ",\n".join(inner) + "\n }"]) + "\n}"


def main() -> None:
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
