"""What goes in and out of the routes of guidance."""

from pydantic import AwareDatetime, Field

from kb_service.identity.schemas import In
from kb_service.knowledge.guiding.rules import Kind


class GuidanceIn(In):
    """`words`: those that a query must hold, separated by blanks; with `whole` the query itself; of kind
    `negative` the question that the point does not answer."""

    kind: Kind
    words: str = Field(default="", max_length=400)
    reason: str = Field(min_length=1, max_length=300)
    whole: bool = False
    factor: float = 1.0
    from_at: AwareDatetime | None = None
    until_at: AwareDatetime | None = None


class EndIn(In):
    reason: str = Field(min_length=1, max_length=300)
