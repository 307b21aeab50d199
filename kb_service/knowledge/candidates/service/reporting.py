"""An agent tells that nothing in the base answers, with the answer they gave themselves if they gave one."""

from kb_service.core.context import Context
from kb_service.core.db import WriteSession
from kb_service.knowledge.candidates import rules
from kb_service.knowledge.candidates.model import Candidate
from kb_service.knowledge.candidates.service import collecting, placing
from search.ports import SearchEngine


def report_miss(
    session: WriteSession,
    ctx: Context,
    engine: SearchEngine,
    question: str,
    *,
    answer: str = "",
    unit: str | None = None,
    remark: str = "",
) -> Candidate:
    """Keeps a miss and asks the unit that seems responsible; `unit` is the agent's own guess."""
    ctx.actor.require("knowledge.read_internal")
    hits = placing.nearest(session, ctx, engine, question) if question.strip() else []
    return collecting.capture(
        session,
        ctx,
        source="agent" if answer.strip() else "miss",
        question=question,
        answer=answer,
        unit_hint=unit,
        hits=hits,
        evidence={"remark": rules.scrub(remark).text} if remark.strip() else {},
    )
