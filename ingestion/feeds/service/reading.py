"""From what came over the wire to items that can be weighed, each with what is wrong with it."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from ingestion.feeds.rules import Told
from ingestion.feeds.schemas import PutIn, WithdrawIn
from kb_service.core.errors import Pointer
from kb_service.core.web import in_chinese, pointer

ItemIn = PutIn | WithdrawIn
_ITEM: TypeAdapter[ItemIn] = TypeAdapter(Annotated[ItemIn, Field(discriminator="action")])
REVISION_LIMIT = 2**53


@dataclass(frozen=True)
class Refusal:
    code: str
    detail: str
    pointers: Sequence[Pointer] = ()


@dataclass
class Item:
    """One item on its way: `outcome` and what it became, or `refusal`."""

    at: int
    raw: dict[str, Any]
    data: ItemIn | None = None
    told: Told | None = None
    outcome: str = ""
    refusal: Refusal | None = None
    code: str | None = None
    number: int | None = None
    signer_id: int | None = None
    pointers: list[Pointer] = field(default_factory=list)

    @property
    def settled(self) -> bool:
        return bool(self.outcome)

    @property
    def external_id(self) -> str | None:
        if self.told is not None:
            return self.told.external_id
        said = self.raw.get("id")
        return said[:100] if isinstance(said, str) else None

    @property
    def revision(self) -> int | None:
        if self.told is not None:
            return self.told.revision
        said = self.raw.get("revision")
        return said if type(said) is int and 0 <= said <= REVISION_LIMIT else None

    @property
    def payload_hash(self) -> str:
        return self.told.payload_hash if self.told else _hash(self.raw)

    def settle(self, outcome: str, code: str | None = None, number: int | None = None) -> None:
        self.outcome, self.code, self.number = outcome, code, number

    def refuse(self, code: str, detail: str, pointers: Sequence[Pointer] = ()) -> None:
        placed: list[Pointer] = [
            {"pointer": f"/items/{self.at}{each['pointer']}", "detail": each["detail"]} for each in pointers
        ]
        self.outcome, self.refusal = "refused", Refusal(code, detail, placed)


def read(raws: Sequence[dict[str, Any]]) -> list[Item]:
    """Every item of a batch; what cannot be read is refused at once."""
    items = [Item(at, raw) for at, raw in enumerate(raws)]
    for item in items:
        if not _storable(item.raw):
            item.raw = {}
            item.refuse("bad_characters", "内容中有不能保存的字符（如空字符），请删去后重新报送。")
            continue
        said = item.raw if "action" in item.raw else {**item.raw, "action": "put"}
        try:
            item.data = _ITEM.validate_python(said)
        except ValidationError as error:
            item.refuse("invalid", *_told(error))
            continue
        item.told = Told(item.at, item.data.id, item.data.revision, _hash(item.data.model_dump(mode="json")))
    return items


def _storable(value: Any) -> bool:
    """A database refuses the whole of what it is given for one such character."""
    if isinstance(value, str):
        return "\x00" not in value and not any("\ud800" <= char <= "\udfff" for char in value)
    if isinstance(value, dict):
        return all(_storable(key) and _storable(each) for key, each in value.items())
    return all(map(_storable, value)) if isinstance(value, list) else True


def _told(error: ValidationError) -> tuple[str, list[Pointer]]:
    found: list[Pointer] = []
    for each in error.errors():
        # The discriminator stands in the way of what it led to, but not in what was sent.
        place = tuple(
            part for at, part in enumerate(each["loc"]) if not (at == 0 and part in ("put", "withdraw"))
        )
        place = tuple(
            part for part in place if part not in ("faq", "procedure", "policy", "agency", "script")
        )
        found.append({"pointer": pointer(place) if place else "", "detail": in_chinese(dict(each))})
    places = "；".join(f"{each['pointer']} {each['detail']}" for each in found[:3])
    return f"有 {len(found)} 处不符合要求：{places}。", found


def _hash(said: Any) -> str:
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
