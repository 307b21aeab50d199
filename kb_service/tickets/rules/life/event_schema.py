"""The JSON Schema of scenarios: one shape for each event type, made from the types themselves."""

from typing import Any

from kb_service.tickets.rules.life.registry import Kind, kinds
from kb_service.tickets.rules.life.scenario import Scenario
from kb_service.tickets.rules.life.words import ROLE_NAMES

_REF = "#/$defs/{model}"


def scenario_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of what `kb simulate` takes."""
    schema = Scenario.model_json_schema(by_alias=True, ref_template=_REF)
    shared: dict[str, Any] = schema.pop("$defs")
    shared.pop("ScenarioEvent")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["properties"]["events"]["items"] = {
        "oneOf": [{"$ref": f"#/$defs/event_{each.name}"} for each in kinds()]
    }
    for kind in kinds():
        data = kind.data.model_json_schema(by_alias=True, ref_template=_REF)
        shared |= data.pop("$defs", {})
        data.pop("title", None)
        data.pop("description", None)
        shared[f"event_{kind.name}"] = _event(kind, data)
    plain: dict[str, Any] = _without_titles(schema | {"$defs": dict(sorted(shared.items()))})
    for kind in kinds():
        plain["$defs"][f"event_{kind.name}"]["title"] = kind.label
    return plain


def _without_titles(value: Any) -> Any:
    """Titles that only repeat the keys are left out."""
    if isinstance(value, list):
        return [_without_titles(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _without_titles(each)
        for key, each in value.items()
        if key != "title" or not isinstance(each, str)
    }


def _event(kind: Kind, data: dict[str, Any]) -> dict[str, Any]:
    roles = "|".join(ROLE_NAMES)
    needed = ["at", "type", "by"]
    # The details of a registration may stand in `ticket`.
    if data.get("required") and kind.name != "register":
        needed.append("data")
    if kind.name == "register":
        data = {key: each for key, each in data.items() if key != "required"}
    return {
        "type": "object",
        "description": kind.note,
        "properties": {
            "at": {"type": "string", "format": "date-time"},
            "type": {"const": kind.name},
            "by": {"type": "string", "pattern": f"^({roles})(\\+({roles}))*(:[^:]*){{0,2}}$"},
            "data": data,
            "id": {"type": "string"},
        },
        "required": needed,
        "additionalProperties": False,
    }
