"""Messages of the assist socket, and what each utterance gives. Fields may be added, never renamed."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

from kb_service.answering.assist.rules import LONGEST
from kb_service.answering.schemas import DueOut, EmergencyOut, UnitOut
from kb_service.core.typed import Typed


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class StartIn(_In):
    """The first message. With a `call` known from before, the call goes on."""

    type: Literal["start"]
    call: str | None = Field(None, max_length=36, description="重连时填写上次 ready 返回的 call")
    region: str | None = Field(None, max_length=12, description="来电所在行政区划编码")


class SayIn(_In):
    """One utterance. The same `seq` again replaces it, as recognisers correct themselves."""

    type: Literal["say"]
    seq: int = Field(ge=1, le=100_000, description="从 1 起递增的序号")
    who: Literal["caller", "agent"] = "caller"
    text: Annotated[Typed, StringConstraints(max_length=LONGEST)]


class EndIn(_In):
    type: Literal["end"]


ClientMessage = Annotated[StartIn | SayIn | EndIn, Field(discriminator="type")]
CLIENT: TypeAdapter[StartIn | SayIn | EndIn] = TypeAdapter(ClientMessage)


class ReadyOut(BaseModel):
    """`seq` is the last utterance that is known: after a reconnection those behind it are sent again."""

    type: Literal["ready"] = "ready"
    call: str
    seq: int
    resumed: bool
    longest: int = LONGEST
    per_second: int


class UrgentOut(BaseModel):
    """Told at once, before anything is looked up."""

    type: Literal["emergency"] = "emergency"
    seq: int
    cue: str
    emergency: EmergencyOut


class ProblemOut(BaseModel):
    type: Literal["problem"] = "problem"
    code: str
    detail: str


class HitOut(BaseModel):
    code: str
    version: int
    title: str
    unit_name: str
    snippet: str
    answer: str
    confidence: float
    state: str
    uploaded_at: datetime | None
    held: str = ""


class NamedOut(BaseModel):
    code: str
    name: str


class WhenOut(BaseModel):
    """A time as it was said, with the day it names where it names one."""

    text: str
    day: date | None = None


class PersonalOut(BaseModel):
    """Where something personal was said, in characters of the utterance; the value itself is never sent."""

    kind: str
    seq: int
    start: int
    end: int
    masked: str


class FieldsOut(BaseModel):
    """The ticket as far as the caller has told it; nothing is kept of it until somebody registers it."""

    request_class: str = Field(serialization_alias="class")
    title: str
    text: str
    region: NamedOut | None = None
    places: list[str] = []
    times: list[WhenOut] = []
    parties: list[str] = []
    matter: NamedOut | None = None
    field: str | None = None
    name: str = ""
    phone: str = ""
    personal: list[PersonalOut] = []
    units: list[UnitOut] = []
    due: list[DueOut] = []
    sudden: bool = False


class MissingOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: str
    label: str
    prompt: str
    clause: str


class HeardOut(BaseModel):
    """What the conversation amounts to after utterance `seq`."""

    type: Literal["heard"] = "heard"
    seq: int
    question: str = ""
    inherits: str = ""
    hits: list[HitOut] = []
    fields: FieldsOut
    missing: list[MissingOut] = []
    emergency: EmergencyOut | None = None
    ground: str = Field("", description="可能不予受理的情形；由工作人员决定")
    degraded: str | None = None
    ms: float
