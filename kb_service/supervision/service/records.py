"""What is recorded about a unit: urgings, clues handed on, accountability, cards."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from sqlalchemy import select

from kb_service.core import audit, outbox, personal
from kb_service.core.context import Context
from kb_service.core.db import WriteSession
from kb_service.core.errors import Conflict, Invalid, NotFound
from kb_service.notices import roster
from kb_service.notices import service as notices
from kb_service.regulations import rules as regulation
from kb_service.regulations import service as regulations
from kb_service.regulations.rules import DueTime
from kb_service.regulations.schema import Profile
from kb_service.supervision import rules
from kb_service.supervision.model import Accountability, CardMark, Referral, Urging
from kb_service.supervision.service import subjects
from kb_service.supervision.service.staff import MANAGE, people_of

# What a person recorded here about a ticket, as `urging:ID` or `referral:ID`; drained by the tickets.
TICKET_RECORDS: Final = "supervision.recorded"
REASON_LENGTH: Final = 500


def urge_by_hand(
    session: WriteSession, ctx: Context, *, subject: str, unit_id: int, title: str, link: str, reason: str
) -> Urging:
    """The same as `urge` where a person of the centre does it here."""
    ctx.actor.require(MANAGE)
    subjects.check(session, subject)
    made = urge(session, ctx, subject=subject, unit_id=unit_id, title=title, link=link, reason=reason)
    _tell_ticket(session, ctx, subject, f"urging:{made.id}")
    return made


def _tell_ticket(session: WriteSession, ctx: Context, subject: str, key: str) -> None:
    if subject.startswith("ticket:"):
        outbox.publish(session, ctx, TICKET_RECORDS, key)


def urge(
    session: WriteSession, ctx: Context, *, subject: str, unit_id: int, title: str, link: str, reason: str
) -> Urging:
    """Reminds a unit and its leaders, and keeps that it was reminded."""
    rules.check_subject(subject)
    basis = rules.urging(regulations.standing_profile(session))
    reason = personal.mask_said(reason)[:REASON_LENGTH]
    urging = Urging(
        subject=subject,
        unit_id=unit_id,
        title=title[: notices.TITLE_LENGTH],
        link=link,
        reason=reason,
        clause=basis.clause,
        article=basis.article,
        at=ctx.now,
        account_id=ctx.actor.account_id,
        actor=ctx.actor.name,
    )
    session.add(urging)
    session.flush()
    audit.record(session, ctx, "supervision.urged", subject, after={"unit": unit_id}, reason=reason)
    people = people_of(session, unit_id)
    notices.notify_again(session, ctx, people, "supervision.urged", f"催办：{title}", link, subject)
    return urging


def refer(
    session: WriteSession, ctx: Context, *, subject: str, unit_id: int, clue: str, text: str
) -> Referral:
    """Records a clue of misconduct, to be handed to the body that the city's rules name."""
    ctx.actor.require(MANAGE)
    subjects.check(session, subject)
    profile = regulations.standing_profile(session)
    made = note_referral(session, ctx, profile, subject=subject, unit_id=unit_id, clue=clue, text=text)
    _tell_ticket(session, ctx, subject, f"referral:{made.id}")
    return made


def note_referral(
    session: WriteSession, ctx: Context, profile: Profile, *, subject: str, unit_id: int, clue: str, text: str
) -> Referral:
    """Raises Invalid for a clue that `profile` does not have."""
    rules.check_subject(subject)
    listed = profile.supervision.referrals
    if clue not in listed:
        raise Invalid(
            f"本市规则没有“{clue}”这类线索，可用：{'、'.join(listed) or '无'}。", code="clue_unknown"
        )
    if len(text.strip()) < 2:
        raise Invalid("移交线索须写明情况。", code="reason_required")
    rule, text = listed[clue], personal.mask_said(text.strip())
    referral = Referral(
        subject=subject,
        unit_id=unit_id,
        clue=clue,
        label=rule.label,
        to=rule.to,
        clause="、".join(rule.clause),
        article=rule.cited,
        text=text,
        at=ctx.now,
        account_id=ctx.actor.account_id,
        actor=ctx.actor.name,
    )
    session.add(referral)
    session.flush()
    after = {"unit": unit_id, "clue": clue, "to": rule.to, "clause": referral.clause}
    audit.record(session, ctx, "supervision.referred", subject, after=after, reason=text)
    return referral


def note_outcome(session: WriteSession, ctx: Context, referral_id: int, text: str) -> Referral:
    """What the body that got the clue made of it."""
    ctx.actor.require(MANAGE)
    referral = session.get(Referral, referral_id, with_for_update=True)
    if referral is None or not ctx.actor.in_scope(referral.unit_id):
        raise NotFound("没有这条线索移交记录。", code="unknown_record")
    referral.outcome, referral.outcome_at = text.strip(), ctx.now
    after = {"referral": referral.id}
    audit.record(session, ctx, "supervision.referral_outcome", referral.subject, after=after, reason=text)
    return referral


def record_accountability(
    session: WriteSession,
    ctx: Context,
    *,
    subject: str,
    unit_id: int,
    ground: str,
    reason: str,
    facet: str = "",
    link: str = "",
    evidence: Mapping[str, Any] | None = None,
) -> Accountability | None:
    """Records against a unit what the city's rules let be recorded; None where they have no such ground.

    Recorded once for a subject, ground and facet. Whether it holds a person decides afterwards.
    """
    rules.check_subject(subject)
    basis = rules.accountability(regulations.standing_profile(session), ground)
    if basis is None:
        return None
    reason = personal.mask_said(reason)
    about = (Accountability.subject == subject, Accountability.unit_id == unit_id)
    same = (Accountability.ground == ground, Accountability.facet == facet)
    known = session.execute(select(Accountability).where(*about, *same)).scalar_one_or_none()
    if known is not None:
        return known
    record = Accountability(
        subject=subject,
        unit_id=unit_id,
        ground=ground,
        facet=facet,
        label=basis.label,
        clause=basis.clause,
        article=basis.article,
        reason=reason,
        link=link,
        evidence=dict(evidence or {}),
        at=ctx.now,
        actor=ctx.actor.name,
    )
    session.add(record)
    session.flush()
    after = {"unit": unit_id, "ground": ground, "facet": facet, "clause": basis.clause}
    audit.record(session, ctx, "accountability.recorded", subject, after=after, reason=reason)
    people = roster.leaders_of(session, unit_id)
    title = f"记录在案：{basis.label}"
    notices.notify(session, ctx, people, "accountability.recorded", title, link or "/supervision", subject)
    return record


def decide_accountability(
    session: WriteSession, ctx: Context, record_id: int, decision: Literal["upheld", "dropped"], text: str
) -> Accountability:
    ctx.actor.require(MANAGE)
    record = session.get(Accountability, record_id, with_for_update=True)
    if record is None or not ctx.actor.in_scope(record.unit_id):
        raise NotFound("没有这条追责记录。", code="unknown_record")
    if record.decision:
        raise Conflict("这条追责记录已经认定，不能再改。", code="already_decided")
    if len(text.strip()) < 2:
        raise Invalid("请写明认定的理由。", code="reason_required")
    record.decision, record.decision_note = decision, text.strip()
    record.decided_at, record.decided_by = ctx.now, ctx.actor.name
    after = {"record": record.id, "decision": decision}
    audit.record(session, ctx, "accountability.decided", record.subject, after=after, reason=text.strip())
    return record


def mark_card(
    session: WriteSession,
    ctx: Context,
    *,
    subject: str,
    unit_id: int,
    clock: str,
    due: DueTime,
) -> CardMark | None:
    """Notes the card that a clock shows now, each colour once; None in a city without cards or when green."""
    profile = regulations.standing_profile(session)
    rule = profile.cards
    card = regulation.card(profile, regulations.calendar(session), due, ctx.now)
    if rule is None or card is None or clock not in rule.clocks or card.colour == "green":
        return None
    return keep_card(
        session,
        ctx,
        subject=subject,
        unit_id=unit_id,
        clock=clock,
        colour=card.colour,
        overdue_days=card.overdue_working_days,
        clause=card.clause,
    )


def keep_card(
    session: WriteSession,
    ctx: Context,
    *,
    subject: str,
    unit_id: int,
    clock: str,
    colour: str,
    overdue_days: int,
    clause: str,
) -> CardMark:
    """Keeps a card that somebody's rules show, each colour of a clock once; gives the one that is kept."""
    where = (CardMark.subject == subject, CardMark.unit_id == unit_id)
    same = (CardMark.clock == clock, CardMark.colour == colour)
    known = session.execute(select(CardMark).where(*where, *same)).scalar_one_or_none()
    if known is not None:
        return known
    mark = CardMark(
        subject=subject,
        unit_id=unit_id,
        clock=clock,
        colour=colour,
        overdue_days=overdue_days,
        clause=clause,
    )
    return add_card(session, ctx, mark)


def add_card(session: WriteSession, ctx: Context, mark: CardMark) -> CardMark:
    """The same for a card that is known to be new."""
    mark.at = ctx.now
    session.add(mark)
    after = {"colour": mark.colour, "clock": mark.clock, "clause": mark.clause}
    audit.record(session, ctx, "supervision.card", mark.subject, after=after)
    return mark
