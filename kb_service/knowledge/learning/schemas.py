"""What goes in and out of the routes of suggestions."""

from typing import Annotated

from pydantic import Field

from kb_service.identity.schemas import In, Out
from kb_service.knowledge.lexicon.schemas import Override

Term = Annotated[str, Field(max_length=60)]


class LexiconSuggestionOut(Out):
    spoken: str
    official: list[str]
    times: int
    codes: list[str]
    questions: list[str]


class TakeEntryIn(In):
    spoken: str = Field(max_length=40)
    official: list[Term] = Field(min_length=1, max_length=8)
    override: Override = ""


class RefuseEntryIn(In):
    spoken: str = Field(max_length=40)
    official: Term


class RefuseQuestionIn(In):
    question: str = Field(min_length=1, max_length=300)
