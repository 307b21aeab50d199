"""What a citizen's browser sends and gets."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from kb_service.core.typed import Typed

Id = Annotated[Typed, StringConstraints(max_length=40)]
# Lengths that a citizen may exceed by accident are checked in the service, which says so kindly.
Loose = Annotated[Typed, StringConstraints(max_length=20_000)]


class ConversationIn(BaseModel):
    """`conversation` is empty at the beginning; its id is known to nobody but the page that holds it."""

    conversation: Id = ""


class AskIn(ConversationIn):
    """`choice` is the value of an offered choice and goes before `question`. `once` is the page's one-time token."""

    question: Loose = ""
    choice: Annotated[Typed, StringConstraints(max_length=80)] = ""
    once: Id = ""


class TypedIn(BaseModel):
    q: Annotated[Typed, StringConstraints(max_length=500)] = ""


class JudgeIn(ConversationIn):
    decision: Id
    helpful: Literal["yes", "no"]


class MistakeIn(ConversationIn):
    """A citizen says that what they were told is wrong."""

    decision: Id
    kind: Literal["wrong", "outdated", "wrong_contact", "dead_link", "unclear"] = "wrong"
    remark: Loose = ""


class HandOverIn(ConversationIn):
    """`decision` on the question that is handed over; empty when a citizen registers without asking first."""

    decision: Id = ""


class RequestIn(HandOverIn):
    """What a citizen asks to have registered. Without a phone the request is anonymous."""

    once: Id = ""
    text: Loose = ""
    place: Loose = ""
    region: Annotated[Typed, StringConstraints(max_length=12)] = ""
    name: Loose = ""
    phone: Loose = ""


class ProgressIn(BaseModel):
    code: Annotated[Typed, StringConstraints(max_length=40)] = ""
    proof: Annotated[Typed, StringConstraints(max_length=40)] = ""


class ExchangeOut(BaseModel):
    """New messages as pieces of the page; `alarm` is what must be seen first, where there is danger."""

    conversation: str
    once: str
    html: str
    alarm: str = ""


class SuggestionsOut(BaseModel):
    suggestions: list[str] = Field(default_factory=list)


class JudgedOut(BaseModel):
    html: str
