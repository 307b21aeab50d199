"""The owner unit decides: confirm or correct the words, merge them into a point, or say why not."""

from kb_service.core.context import Context
from kb_service.core.db import WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid, Pointer
from kb_service.identity.model import Unit
from kb_service.knowledge.candidates import rules
from kb_service.knowledge.candidates.model import Candidate, CandidateConfirmation, CandidateDraft
from kb_service.knowledge.candidates.rules import Status
from kb_service.knowledge.candidates.service import records
from kb_service.knowledge.candidates.service.placing import mine
from kb_service.knowledge.checks.similar import letters
from kb_service.knowledge.content import MANY_QUESTIONS, PointDraft
from kb_service.knowledge.service import drafts, filing, reading
from kb_service.knowledge.service.lookups import require_account
from kb_service.knowledge.service.views import VersionView


def confirm(
    session: WriteSession,
    ctx: Context,
    code: str,
    draft: PointDraft,
    *,
    keep_contacts: bool = False,
    submit: bool = True,
) -> VersionView:
    """The unit's words, its own or those collected, become a draft by the actor that goes through review.

    `keep_contacts`: telephone numbers and mail addresses in it are the unit's own and public.
    Raises Forbidden for anybody but the unit's own people, Invalid where personal data is left in the words.
    """
    candidate = mine(session, ctx, code)
    refuse_personal(draft, keep_contacts=keep_contacts)
    unit = session.get_one(Unit, candidate.unit_id)
    said = draft.model_copy(update={"note": draft.note or f"热线采集，{unit.name}确认（{candidate.code}）"})
    made = drafts.create_draft(session, ctx, unit.code, said)
    corrected = candidate.answer not in draft.model_dump_json() if candidate.answer else False
    _confirmed(session, ctx, candidate, made)
    if submit:
        made = filing.submit(session, ctx, made.code, made.number)
    _close(session, ctx, candidate, made, Status.CONFIRMED, f"已形成知识 {made.code}，审核通过后公开")
    records.note(
        session, ctx, candidate, "confirmed", point=made.code, number=made.number, corrected=corrected
    )
    return made


def merge(session: WriteSession, ctx: Context, code: str, point: str, question: str = "") -> VersionView:
    """What was asked is answered by a point of the unit: it becomes a similar question in its next version."""
    candidate = mine(session, ctx, code)
    asked = (question or candidate.question).strip()
    newest = reading.newest_view(session, ctx.now, point)
    if newest.unit_id != candidate.unit_id:
        raise Forbidden("只能并入本单位的知识；属于其他单位的请转给该单位。", code="other_unit")
    wording = [asked]
    said = with_questions(newest, wording)
    refuse_personal(said, keep_contacts=True)
    made = drafts.create_draft(session, ctx, newest.unit_code, said, code=point)
    _confirmed(session, ctx, candidate, made)
    _close(session, ctx, candidate, made, Status.MERGED, f"已作为相似问法并入知识 {point}")
    records.note(session, ctx, candidate, "merged", asked, point=point, number=made.number)
    return made


def with_questions(view: VersionView, questions: list[str]) -> PointDraft:
    """The words of a version with further similar questions. Raises Conflict where it asks them all already."""
    draft = view.draft()
    known = {letters(each) for each in (*draft.content.questions(), draft.title)}
    added = [each for each in dict.fromkeys(questions) if letters(each) not in known]
    if not added:
        raise Conflict("这条知识已有这些问法，请核对是否答非所问。", code="question_known")
    every = [*draft.content.similar_questions, *added]
    if len(every) > MANY_QUESTIONS:
        raise Invalid(f"一条知识最多 {MANY_QUESTIONS} 个相似问法。", code="too_many_questions")
    content = type(draft.content).model_validate(draft.content.model_dump() | {"similar_questions": every})
    return draft.model_copy(update={"content": content, "release_at": None, "note": "补充相似问法"})


def reject(session: WriteSession, ctx: Context, code: str, reason: str) -> Candidate:
    """The unit says why this is not to stand in the base; whoever brought it reads the reason."""
    candidate = mine(session, ctx, code)
    why = records.reason_of(reason)
    records.end(session, ctx, candidate, Status.REJECTED, why)
    records.note(session, ctx, candidate, "rejected", why)
    return candidate


def refuse_personal(draft: PointDraft, *, keep_contacts: bool) -> None:
    said = draft.model_dump(mode="json")
    shown = {"/title": said["title"]} | {
        f"/content/{name}": _text(value) for name, value in said["content"].items()
    }
    wrong: list[Pointer] = [
        {"pointer": pointer, "detail": f"含有{'、'.join(kinds)}，请删去"}
        for pointer, text in shown.items()
        if (kinds := rules.found_personal(text, keep_contacts=keep_contacts))
    ]
    if wrong:
        raise Invalid(
            "内容中有个人信息，不能收入知识库。对外公布的单位联系方式，请勾选“其中的电话、邮箱对外公布”。",
            code="personal_data",
            pointers=wrong,
        )


def _text(value: object) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _confirmed(session: WriteSession, ctx: Context, candidate: Candidate, made: VersionView) -> None:
    session.add(
        CandidateConfirmation(
            candidate_id=candidate.id,
            unit_id=candidate.unit_id,
            account_id=require_account(ctx),
            at=ctx.now,
            content_hash=made.content_hash,
        )
    )
    session.add(
        CandidateDraft(
            version_id=made.version_id,
            candidate_id=candidate.id,
            point_id=made.point_id,
            number=made.number,
        )
    )
    session.flush()


def _close(
    session: WriteSession, ctx: Context, candidate: Candidate, made: VersionView, outcome: Status, text: str
) -> None:
    candidate.point_code, candidate.number = made.code, made.number
    records.end(session, ctx, candidate, outcome, text)
