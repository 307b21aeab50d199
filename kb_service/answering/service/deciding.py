"""Deciding on a question: runs the steps, keeps them, and says what the caller is to do."""

import time

from kb_service.answering import schemas, transferring
from kb_service.answering.inquiry import Inquiry
from kb_service.answering.model import Conversation, Decision
from kb_service.answering.service import confirming, continuing, showing
from kb_service.answering.steps import STEPS
from kb_service.core import personal
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Invalid, NotFound
from kb_service.core.ids import new_id
from kb_service.core.runtime import Runtime
from kb_service.identity.service import people
from kb_service.knowledge.service.lookups import access_tokens
from kb_service.knowledge.service.views import VersionView
from kb_service.knowledge.supersession.service import part_notes, with_warning
from kb_service.regulations import service as regulations
from kb_service.regulations.rules import EmergencyMatch

MAX_LENGTH = 2000
RELATED = 5
TITLE = 30


def decide(
    session: WriteSession, ctx: Context, parts: Runtime, data: schemas.DecisionIn
) -> schemas.DecisionOut:
    if not data.question.strip():
        raise Invalid("问题不能为空，请用一句话说明要办的事或遇到的问题。", code="empty_question")
    names = {region.code: region.name for region in people.regions(session)}
    if data.region is not None and data.region not in names:
        raise NotFound(f"没有编码为“{data.region}”的行政区划。", code="unknown_region")
    conversation = _conversation(session, ctx, data)
    asked = data.question.strip()[:MAX_LENGTH]
    personal_data = personal.find_said(asked)
    said = personal.starred(asked, personal_data)
    meant = continuing.continued(session, conversation, said, fresh=data.fresh)
    inquiry = Inquiry(
        session=session,
        ctx=ctx,
        parts=parts,
        profile=regulations.current_profile(session, ctx, parts.settings.profile),
        calendar=regulations.calendar(session),
        channel=data.channel,
        question=meant.question,
        region=data.region or meant.region,
        earlier_region=conversation.region_code,
        region_names=names,
        masked=tuple(dict.fromkeys(span.kind for span in personal_data)),
        chosen_point=meant.point,
        clarified=meant.clarified,
        subject=meant.subject,
    )
    steps = _run(inquiry)
    outcome = _outcome(inquiry, conversation.id, steps)
    conversation.region_code = inquiry.region
    _keep(session, ctx, inquiry, outcome)
    return outcome


def _conversation(session: WriteSession, ctx: Context, data: schemas.DecisionIn) -> Conversation:
    if data.conversation is not None:
        found = session.get(Conversation, data.conversation)
        if found is None or found.channel != data.channel:
            raise NotFound("没有这次会话，请不填 conversation 重新开始。", code="unknown_conversation")
        return found
    conversation = Conversation(
        id=new_id(), channel=data.channel, region_code=data.region, created_at=ctx.now
    )
    session.add(conversation)
    session.flush()
    return conversation


def _run(inquiry: Inquiry) -> list[schemas.StepOut]:
    done = []
    for step in STEPS:
        given = step.given(inquiry)
        begun = time.perf_counter()
        outcome = step.run(inquiry)
        took = round((time.perf_counter() - begun) * 1000, 2)
        done.append(schemas.StepOut(name=step.name, label=step.label, given=given, outcome=outcome, ms=took))
    return done


def citation(view: VersionView, held: str = "") -> schemas.Citation:
    return schemas.Citation(
        code=view.code,
        version=view.number,
        title=view.title,
        unit=view.unit_code,
        unit_name=view.unit_name,
        source=view.source,
        uploaded_at=view.uploaded_at,
        held=held,
    )


def _outcome(inquiry: Inquiry, conversation: str, steps: list[schemas.StepOut]) -> schemas.DecisionOut:
    verdict = inquiry.verdict
    assert verdict is not None, "the last step always concludes"
    answered = verdict.answered_by
    chosen = inquiry.views[answered.code] if answered else None
    cited = [citation(chosen, answered.held)] if answered and chosen else []
    near = [
        citation(inquiry.views[each.code], each.held)
        for each in inquiry.candidates
        if each != answered and not (inquiry.public and each.suspended)
    ]
    return schemas.DecisionOut(
        id=new_id(),
        conversation=conversation,
        decision=verdict.decision,
        confidence=round(min(1.0, max(0.0, verdict.confidence)), 4),
        answer=_answer(inquiry, chosen) if chosen else None,
        citations=cited,
        clarification=(
            schemas.ClarificationOut.model_validate(verdict.clarification, from_attributes=True)
            if verdict.clarification
            else None
        ),
        refusal=_refusal(inquiry) if verdict.decision == "not_accept" else None,
        emergency=emergency_of(inquiry.emergency),
        units=units_of(inquiry),
        request_class=inquiry.guess.request_class,
        field=inquiry.field_name,
        reasons=inquiry.reasons,
        matter=inquiry.matter,
        region=inquiry.region,
        sudden=inquiry.sudden is not None,
        due=due_of(inquiry),
        related=near[:RELATED],
        steps=steps,
        degraded=inquiry.degraded,
        subject=_subject(inquiry),
        inherits=inquiry.subject.title if inquiry.subject and inquiry.inherits else "",
    )


def _subject(inquiry: Inquiry) -> schemas.SubjectOut | None:
    """What a question that goes on from this one goes on from: danger and the wish for a person are none.

    An answer names it; until one is found it is called by the question.
    """
    verdict = inquiry.verdict
    if verdict is None or verdict.decision in {"emergency", "human"}:
        return None
    kept = inquiry.subject if inquiry.follow is not None and inquiry.follow.kind == "subject" else None
    asked = kept.asked if kept else inquiry.wanted
    if verdict.answered_by is not None:
        view = inquiry.views[verdict.answered_by.code]
        return schemas.SubjectOut(asked=asked, title=view.title, code=view.code, names=view.keywords)
    if kept is not None:
        return schemas.SubjectOut(asked=asked, title=kept.title, code=kept.code, names=list(kept.names))
    return schemas.SubjectOut(asked=asked, title=asked[:TITLE])


def due_of(inquiry: Inquiry) -> list[schemas.DueOut]:
    return [
        schemas.DueOut(
            name=due.name,
            label=due.label,
            due=due.due,
            due_day=due.due_day,
            shown=due.shown,
            clause=due.clause,
            article=due.article,
            provisional=due.provisional,
        )
        for due in inquiry.due
    ]


def units_of(inquiry: Inquiry) -> list[schemas.UnitOut]:
    found = [schemas.UnitOut.model_validate(unit, from_attributes=True) for unit in inquiry.units]
    ways = transferring.ways(inquiry.session, [unit.code for unit in found])
    return [unit.model_copy(update={"transfer": ways.get(unit.code, "")}) for unit in found]


def _answer(inquiry: Inquiry, view: VersionView) -> str:
    """The version's own words; what another point has replaced in them is told first."""
    viewer = access_tokens(inquiry.ctx.actor)
    notes = part_notes(inquiry.session, [view.code], viewer, inquiry.ctx.now).get(view.code, ())
    return with_warning(view.answer, "", notes)


def _refusal(inquiry: Inquiry) -> schemas.RefusalOut:
    ground = inquiry.grounds[0]
    return schemas.RefusalOut(
        ground=ground.ground,
        label=ground.label,
        clause=ground.clause,
        channel=ground.channel,
        told=ground.told,
        article=ground.article,
    )


def emergency_of(match: EmergencyMatch | None) -> schemas.EmergencyOut | None:
    return schemas.EmergencyOut(number=match.number, label=match.label, told=match.told) if match else None


def _keep(session: WriteSession, ctx: Context, inquiry: Inquiry, outcome: schemas.DecisionOut) -> None:
    body = outcome.model_dump(mode="json", by_alias=True)
    steps = body.pop("steps")
    session.add(
        Decision(
            id=outcome.id,
            conversation_id=outcome.conversation,
            at=ctx.now,
            channel=inquiry.channel,
            question=inquiry.question,
            decision=outcome.decision,
            confidence=outcome.confidence,
            outcome=body,
            steps=steps,
            profile_id=inquiry.profile.id,
            account_id=ctx.actor.account_id,
        )
    )
    session.flush()
    for cited in outcome.citations:
        showing.record(session, ctx, cited.code, cited.version, inquiry.channel, "answered", decision=outcome)


def find(session: ReadSession, decision_id: str) -> Decision:
    decision = session.get(Decision, decision_id)
    if decision is None:
        raise NotFound("没有这个处置决定。")
    return decision


def read(session: ReadSession, decision_id: str) -> schemas.DecisionOut:
    decision = find(session, decision_id)
    body = dict(decision.outcome) | {"steps": decision.steps}
    return schemas.DecisionOut.model_validate(body | {"request_class": body.pop("class")})


def in_full(decision: Decision) -> str:
    """The question so that it can be understood by itself: a follow-up with its subject."""
    inherits = decision.outcome.get("inherits")
    return f"{inherits}：{decision.question}" if inherits else decision.question


def judge(session: WriteSession, ctx: Context, decision_id: str, helpful: bool) -> None:
    decision = find(session, decision_id)
    decision.helpful = helpful
    if helpful:
        confirming.confirmed(session, ctx, decision)
