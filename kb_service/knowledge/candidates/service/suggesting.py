"""Similar questions for points that stand: what was asked when somebody chose them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Invalid
from kb_service.knowledge.candidates import rules
from kb_service.knowledge.candidates.service.confirming import refuse_personal, with_questions
from kb_service.knowledge.checks import similar
from kb_service.knowledge.learning.model import SuggestionDone
from kb_service.knowledge.rules import Status
from kb_service.knowledge.searches.model import Search
from kb_service.knowledge.service import drafts, reading
from kb_service.knowledge.service.facts import points
from kb_service.knowledge.service.lookups import works_on
from kb_service.knowledge.service.views import VersionView

_LOOKED_AT = 200
# Two wordings of which so much is the same are one suggestion.
_ALIKE = 0.85


@dataclass(frozen=True)
class Suggestion:
    question: str
    times: int
    last_at: datetime


def suggested_questions(session: ReadSession, ctx: Context, code: str) -> list[Suggestion]:
    """Questions that led to this point and that it does not ask yet, the most frequent first."""
    ctx.actor.require("knowledge.read_internal")
    view = reading.newest_view(session, ctx.now, code)
    if not works_on(ctx.actor, view.unit_id):
        view = reading.get_version(session, ctx, code)
    rows = (
        select(Search.question, func.count(Search.id), func.max(Search.at))
        .where(Search.chosen == code)
        .group_by(Search.question)
        .order_by(func.count(Search.id).desc(), Search.question)
        .limit(_LOOKED_AT)
    )
    known = [view.title, *view.content.questions(), *_refused(session, code)]
    found: list[Suggestion] = []
    for question, times, last_at in session.execute(rows):
        text = rules.scrub(question).text
        if len(found) < rules.SUGGESTED and _new(text, known):
            found.append(Suggestion(text, times, last_at))
            known.append(text)
    return found


def _refused(session: ReadSession, code: str) -> Sequence[str]:
    """Wordings of which somebody of the unit said that they do not mean the point."""
    rows = select(SuggestionDone.words).where(
        SuggestionDone.kind == "question", SuggestionDone.subject == code, ~SuggestionDone.taken
    )
    return session.execute(rows).scalars().all()


def _new(text: str, known: list[str]) -> bool:
    said = similar.letters(text)
    return (
        len(said) > 3
        and "*" not in text
        and not any(
            said == similar.letters(each) or similar.overlap(text, each)[0] >= _ALIKE for each in known
        )
    )


def accept(session: WriteSession, ctx: Context, code: str, questions: list[str]) -> VersionView:
    """Puts questions into the point's open draft, or into a new one that begins with its newest words."""
    if not questions:
        raise Invalid("请选择要采用的问法。", code="nothing_chosen")
    point = points(session, [code]).get(code)
    newest = reading.newest_view(session, ctx.now, code)
    said = with_questions(newest, questions)
    refuse_personal(said, keep_contacts=True)
    if point is None or point.open_number is None:
        return drafts.create_draft(session, ctx, newest.unit_code, said, code=code)
    if newest.status != Status.DRAFT:
        raise Conflict(f"知识点 {code} 的第 {newest.number} 版正在审核，请在审核后再补充。", code="in_review")
    again = said.model_copy(update={"release_at": newest.release_at, "note": newest.note})
    return drafts.edit_draft(session, ctx, code, newest.number, again, lock=newest.lock)
