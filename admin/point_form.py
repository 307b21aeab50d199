"""The form of a version: which fields each type has, from a form to a draft and back. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from admin.forms import Sent
from kb_service.core.clock import CITY
from kb_service.core.errors import Invalid, Pointer
from kb_service.knowledge.content import (
    AgencyContent,
    FaqContent,
    PointDraft,
    PolicyContent,
    ProcedureContent,
    ScriptContent,
)
from kb_service.knowledge.supersession.rules import articles_in

Kind = Literal["text", "area", "lines", "date"]
ContentModel = FaqContent | ProcedureContent | PolicyContent | AgencyContent | ScriptContent
SEPARATORS = re.compile(r"[,，、;；\n]+")
MISSING: Final = {"title": "请填写标题", "category": "请选择类目"}
MODELS: Final[Mapping[str, type[ContentModel]]] = {
    "faq": FaqContent,
    "procedure": ProcedureContent,
    "policy": PolicyContent,
    "agency": AgencyContent,
    "script": ScriptContent,
}


@dataclass(frozen=True)
class Input:
    """One control; `lines` is a list with one item a line."""

    field: str
    kind: Kind
    rows: int = 4
    must: bool = False

    @property
    def name(self) -> str:
        return f"content.{self.field}"


QUESTIONS = Input("similar_questions", "lines", 5)
INPUTS: Final[Mapping[str, Sequence[Input]]] = {
    "faq": (
        Input("question", "text"),
        Input("answer", "area", 9, must=True),
        QUESTIONS,
    ),
    "procedure": (
        Input("item", "text", must=True),
        Input("who", "text"),
        Input("conditions", "area"),
        Input("materials", "lines", 5),
        Input("steps", "lines", 5),
        Input("time", "text"),
        Input("fee", "text"),
        Input("places", "lines", 3),
        Input("channels", "lines", 3),
        Input("basis", "area", 3),
        QUESTIONS,
    ),
    "policy": (
        Input("document_number", "text"),
        Input("issuer", "text"),
        Input("issued_on", "date"),
        Input("full_text", "area", 16, must=True),
        Input("interpretation", "area", 6),
        QUESTIONS,
    ),
    "agency": (
        Input("functions", "area", 5, must=True),
        Input("power_list", "area", 5),
        Input("service_items", "lines", 4),
        Input("address", "text"),
        Input("phone", "text"),
        Input("hours", "text"),
        QUESTIONS,
    ),
    "script": (
        Input("event", "text", must=True),
        Input("text", "area", 9, must=True),
        QUESTIONS,
    ),
}


def draft_from(sent: Sent, type_: str, *, complete: bool = False) -> PointDraft:
    """Raises Invalid for what is missing, with `complete` all that a reviewer must find there; ValidationError
    for what cannot be read.
    """
    content = {"type": type_, **{each.field: _value(sent, each) for each in INPUTS[type_]}}
    if type_ == "faq" and not content["question"]:
        content["question"] = sent.text("title")
    missing = [name for name in ("title", "category") if not sent.text(name)]
    pointers: list[Pointer] = [{"pointer": f"/{name}", "detail": MISSING[name]} for name in missing]
    if complete and missing:
        lacks = MODELS[type_].model_validate(content).lacks()
        pointers += [{"pointer": f"/content/{name}", "detail": detail} for name, detail in lacks]
    if pointers:
        raise Invalid("请补齐后再保存。", pointers=pointers, code="incomplete")
    said: dict[str, Any] = {
        "title": sent.text("title"),
        "category": sent.text("category"),
        "region": sent.text("region") or None,
        "matter": sent.text("matter") or None,
        "audience": sent.text("audience") or "public",
        "roles": sent.many("roles") if sent.text("audience") == "restricted" else [],
        "keywords": [word.strip() for word in SEPARATORS.split(sent.text("keywords")) if word.strip()],
        "source": sent.text("source"),
        "effective_from": sent.text("effective_from") or None,
        "effective_to": sent.text("effective_to") or None,
        "release_at": _instant(sent.text("release_at")),
        "supersedes": sent.text("supersedes") or None,
        "replaces": replacements(sent.lines("replaces")),
        "note": sent.text("note"),
        "content": content,
    }
    return PointDraft.model_validate(said)


def _value(sent: Sent, control: Input) -> Any:
    if control is QUESTIONS:
        # What was asked and ticked beside the list joins it.
        return list(dict.fromkeys([*sent.lines(control.name), *sent.many("suggested")]))
    if control.kind == "lines":
        return sent.lines(control.name)
    text = sent.text(control.name)
    return (text or None) if control.kind == "date" else text


def replacements(lines: Sequence[str]) -> list[dict[str, Any]]:
    """One a line: a code, and the articles of it where it is not the whole. What is no article is left for the
    draft's check to name.
    """
    found = []
    for line in lines:
        code, _, rest = line.replace("　", " ").partition(" ")
        articles = list(articles_in(rest)) or ([rest.strip()[:20]] if rest.strip() else [])
        found.append({"code": code, "articles": articles})
    return found


def _instant(text: str) -> datetime | str | None:
    """A local time of the city from the browser's control; what is none is left for the draft to refuse."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=CITY)
    except ValueError:
        return text


def values_of(draft: PointDraft, unit: str) -> dict[str, str]:
    """What the controls show for a draft."""
    said = draft.model_dump(mode="json")
    shown = {f"content.{name}": value for name, value in said.pop("content").items()}
    return {name: control_text(name, value) for name, value in (said | shown).items()} | {"unit": unit}


def control_text(name: str, value: Any) -> str:
    """What the control of a field shows for its value in a dumped draft."""
    if name == "keywords":
        return "、".join(value)
    if name == "release_at" and value:
        return datetime.fromisoformat(value).astimezone(CITY).strftime("%Y-%m-%dT%H:%M")
    return _shown(value)


def blank(type_: str, unit: str) -> dict[str, str]:
    """An empty form: fields by name, all there, so that the template can ask for each."""
    shared = [name for name in PointDraft.model_fields if name != "content"]
    names = [*shared, "unit", *(f"content.{name}" for name in MODELS[type_].model_fields)]
    return dict.fromkeys(names, "") | {"audience": "public", "unit": unit}


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "\n".join(_item(each) for each in value)
    return str(value)


def _item(value: Any) -> str:
    """An item of a list; one that says what is replaced is told as it is typed."""
    return (
        f"{value['code']} {'、'.join(value['articles'])}".strip()
        if isinstance(value, Mapping)
        else str(value)
    )
