"""What another platform sends, and what it is told of each item."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from kb_service.core.typed import Typed
from kb_service.regulations.complaints import complaint
from kb_service.regulations.schema.parts import Essential
from kb_service.tickets.rules.life.intake_data import Special
from kb_service.tickets.schemas import RequesterIn

Name = Annotated[Typed, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Platform = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")]
Number = Annotated[Typed, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Outcome = Literal["new", "known", "differs", "wrong"]
MOST = 200


class In(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class PlatformTicketIn(In):
    """One request. Class, region, unit and matter may be told by code or by name."""

    number: Number = Field(description="平台的工单编号，同一编号只登记一次")
    request_class: Name = Field(alias="class", description="诉求类型：consultation 或 咨询 …")
    region: Name
    title: Annotated[Typed, StringConstraints(strip_whitespace=True, min_length=2, max_length=120)]
    text: Annotated[Typed, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000)]
    requester: RequesterIn = RequesterIn()
    unit: Name | None = Field(None, description="建议的承办单位")
    matter: Name | None = None
    special: Special | None = Field(None, description="平台给定的期限及其依据")
    essentials: tuple[Essential, ...] = ()
    sudden: bool = False
    confidential: bool = False
    hidden: bool = Field(False, description="诉求人要求对承办单位隐去身份")


@dataclass(frozen=True)
class Unfit:
    """An item that is not even of the right form, and why."""

    number: str
    problem: str


def _by_itself(given: Any, read: ValidatorFunctionWrapHandler) -> "PlatformTicketIn | Unfit":
    """What is wrong with one item is told of that item, and the others are read."""
    try:
        item: PlatformTicketIn = read(given)
    except ValidationError as error:
        places = ["/".join(map(str, each["loc"])) for each in error.errors()]
        told = [complaint(dict(each)) for each in error.errors()]
        number = str(given.get("number", "")) if isinstance(given, dict) else ""
        return Unfit(number[:64], "；".join(f"{at}：{why}" for at, why in zip(places, told, strict=True)))
    return item


class ImportIn(In):
    platform: Platform = Field(description="平台的编码，与推送订阅中的相同")
    dry_run: bool = Field(False, description="只检查，什么都不登记")
    items: list[Annotated[PlatformTicketIn, WrapValidator(_by_itself)]] = Field(min_length=1, max_length=MOST)


class ItemOut(BaseModel):
    """`outcome`: new, registered now; known, registered before; differs, known with other content, which changes nothing; wrong."""

    place: int = Field(description="第几项，从 0 起；文件中为行号")
    number: str
    outcome: Outcome
    ticket: str = ""
    code: str = ""
    detail: str = ""
    clause: str = ""


class ImportOut(BaseModel):
    dry_run: bool
    registered: int
    wrong: int
    items: list[ItemOut]
