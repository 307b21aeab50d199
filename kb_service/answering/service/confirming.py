"""What a citizen confirms teaches like what an agent chooses."""

from kb_service.answering.model import Decision
from kb_service.core.context import Context
from kb_service.core.db import WriteSession
from kb_service.knowledge.searches import service as searches


def confirmed(session: WriteSession, ctx: Context, decision: Decision) -> None:
    """Keeps the point that answered as the one chosen among what was found. A follow-up says too little by itself."""
    cited = [each["code"] for each in decision.outcome["citations"]]
    if not cited or decision.outcome.get("inherits"):
        return
    near = [each["code"] for each in decision.outcome["related"]]
    searches.record(
        session,
        ctx,
        decision.question,
        [*cited, *near],
        chosen=cited[0],
        channel=decision.channel,
        key=f"d:{decision.id}",
    )
