"""A supervision from its opening to its end."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import select

from kb_service.core import audit, outbox, personal
from kb_service.core.clock import local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from kb_service.core.ids import next_number
from kb_service.core.steps import step
from kb_service.identity.service import actors
from kb_service.notices import service as notices
from kb_service.regulations import rules as regulation
from kb_service.regulations import service as regulations
from kb_service.regulations.calendar import WorkingCalendar, shown
from kb_service.regulations.rules import DueTime
from kb_service.regulations.schema import Profile
from kb_service.supervision import rules
from kb_service.supervision.model import Supervision, SupervisionEvent
from kb_service.supervision.service.staff import MANAGE, REPLY, people_of

Outcome = Literal["solved", "dropped"]
# What a ticket must learn of the supervisions on it; drained by the tickets.
TICKET_TOPIC: Final = "supervision.ticket"


def open_supervision(
    session: WriteSession,
    ctx: Context,
    *,
    subject: str,
    unit_id: int,
    trigger: str,
    reason: str,
    kind: str = "system",
    title: str = "",
    link: str,
    due_at: datetime | None = None,
    profile: Profile | None = None,
) -> Supervision:
    """Begins a supervision, or gives the one that is open on the same subject for the same cause.

    Without `due_at` the limit is that of the kind in the city's rules; `profile` are those the subject
    keeps, where they may differ from the city's of today. Raises Invalid for a trigger or kind that the
    rules do not have.
    """
    rules.check_subject(subject)
    profile = profile or regulations.standing_profile(session)
    cause, way = rules.trigger(profile, trigger), rules.kind(profile, kind)
    known = open_on(session, subject, cause.id)
    if known is not None:
        return known
    reason = personal.mask_said(reason.strip())
    if len(reason) < 2:
        raise Invalid("督办须写明事由。", code="reason_required")
    due = regulation.supervision_due(profile, regulations.calendar(session), way.id, ctx.now)
    if due_at is not None and due_at <= ctx.now:
        raise Invalid("督办的期限应晚于现在。", code="due_in_the_past")
    day = local_day(ctx.now)
    supervision = Supervision(
        code=f"DB{day:%Y%m%d}-{next_number(session, f'supervision:{day}'):04d}",
        subject=subject,
        unit_id=unit_id,
        trigger=cause.id,
        trigger_label=cause.label,
        kind=way.id,
        kind_label=way.label,
        title=(title or reason)[: notices.TITLE_LENGTH],
        link=link,
        reason=reason,
        profile_id=profile.id,
        profile_revision=regulations.pin_profile(session, ctx, profile),
        clause=cause.clause,
        article=cause.article,
        opened_at=ctx.now,
        opened_by=ctx.actor.name,
        due_at=due_at or (due.due if due else None),
        due_day=local_day(due_at) if due_at else due.due_day if due else None,
        due_clause=due.clause if due and not due_at else "",
        provisional=bool(due and not due_at and due.provisional),
    )
    session.add(supervision)
    session.flush()
    note(session, ctx, supervision, "opened", supervision.reason, trigger=cause.id, way=way.id)
    tell(session, ctx, supervision, f"督办：{supervision.title}")
    return supervision


def open_or_propose(
    session: WriteSession,
    ctx: Context,
    *,
    subject: str,
    unit_id: int,
    trigger: str,
    reason: str,
    title: str,
    link: str,
) -> Supervision | None:
    """What the service does on finding a cause: it supervises where the city's rules let it find the cause by
    itself; where a person decides, those who may are asked.
    """
    cause = rules.trigger(regulations.standing_profile(session), trigger)
    if cause.by_system:
        return open_supervision(
            session,
            ctx,
            subject=subject,
            unit_id=unit_id,
            trigger=trigger,
            reason=reason,
            title=title,
            link=link,
        )
    managers = [account.id for account in actors.holders(session, MANAGE)]
    words = f"请决定是否督办（{cause.label}）：{title}"
    notices.notify_again(session, ctx, managers, "supervision.proposed", words, link, subject)
    return None


def open_on(session: ReadSession, subject: str, trigger: str) -> Supervision | None:
    return session.execute(
        select(Supervision).where(
            Supervision.subject == subject, Supervision.trigger == trigger, Supervision.closed_at.is_(None)
        )
    ).scalar_one_or_none()


def code_on(session: ReadSession, subject: str) -> str | None:
    """The latest supervision that is open on a subject."""
    rows = select(Supervision.code).where(Supervision.subject == subject, Supervision.closed_at.is_(None))
    return session.execute(rows.order_by(Supervision.id.desc()).limit(1)).scalar_one_or_none()


def find(session: ReadSession, ctx: Context, code: str) -> Supervision:
    found = session.execute(select(Supervision).where(Supervision.code == code)).scalar_one_or_none()
    if found is None or not ctx.actor.in_scope(found.unit_id):
        raise NotFound(f"没有编号为 {code} 的督办。", code="unknown_supervision")
    return found


def reply(session: WriteSession, ctx: Context, code: str, text: str) -> Supervision:
    """What the unit answers; it may answer again until the supervision is closed."""
    ctx.actor.require(REPLY)
    supervision = _standing(session, ctx, code)
    if len(text.strip()) < 2:
        raise Invalid("请写明办理情况。", code="reply_required")
    return note_reply(session, ctx, supervision, text)


def note_reply(session: WriteSession, ctx: Context, supervision: Supervision, text: str) -> Supervision:
    supervision.reply = personal.mask_said(text.strip())
    supervision.replied_at = supervision.replied_at or ctx.now
    note(session, ctx, supervision, "replied", text.strip())
    managers = [account.id for account in actors.holders(session, MANAGE)]
    subject = f"supervision:{supervision.code}"
    title, link = f"督办已回复：{supervision.title}", f"/supervision/{supervision.code}"
    notices.notify(session, ctx, managers, "supervision.replied", title, link, subject)
    return supervision


def extend(session: WriteSession, ctx: Context, code: str, days: int, reason: str) -> Supervision:
    """More working days, as often and as long as the city's rules allow; must be asked for in time."""
    ctx.actor.require(MANAGE)
    supervision = _standing(session, ctx, code)
    if supervision.due_at is None or supervision.due_day is None:
        raise Conflict("这件督办没有期限，不需要延长。", code="no_due_time")
    if supervision.due_at <= ctx.now:
        raise Conflict("督办期限已过，不能再延长。", code="already_overdue")
    if len(reason.strip()) < 2:
        raise Invalid("延长期限须写明理由。", code="reason_required")
    return note_extension(session, ctx, supervision, days, reason)


def note_extension(
    session: WriteSession, ctx: Context, supervision: Supervision, days: int, reason: str
) -> Supervision:
    """Raises Invalid where the city's rules allow no more, or not so much."""
    profile = _profile_of(session, supervision)
    nth = supervision.extensions + 1
    later = regulation.supervision_extended_due(
        profile, regulations.calendar(session), _due_of(supervision), nth, days
    )
    supervision.due_at, supervision.due_day = later.due, later.due_day
    supervision.due_clause, supervision.provisional = later.clause, later.provisional
    supervision.extensions = nth
    note(session, ctx, supervision, "extended", reason.strip(), days=days, due=later.shown)
    tell(session, ctx, supervision, f"督办延期至{later.shown}：{supervision.title}")
    return supervision


def escalate(session: WriteSession, ctx: Context, code: str, reason: str) -> Supervision:
    """Hands what stays unsolved to the body that the city's rules name. Raises Invalid where they name none."""
    ctx.actor.require(MANAGE)
    return note_escalation(session, ctx, _standing(session, ctx, code), reason)


def note_escalation(
    session: WriteSession, ctx: Context, supervision: Supervision, reason: str
) -> Supervision:
    rule = _profile_of(session, supervision).supervision.escalation
    if rule is None:
        raise Invalid("本市规则没有规定督办后仍未解决的提交给谁，请由热线中心处理。", code="escalation_none")
    if supervision.escalated_at is not None:
        return supervision
    supervision.escalated_at, supervision.escalated_to = ctx.now, rule.to
    clause, said = "、".join(rule.clause), f"提交{rule.to}：{reason.strip() or rule.when[0]}"
    note(session, ctx, supervision, "escalated", said, clause=clause)
    tell(session, ctx, supervision, f"督办已提交{rule.to}：{supervision.title}")
    return supervision


@dataclass(frozen=True)
class Offers:
    """What the city's rules still allow: whether more time, and to whom it may be handed on."""

    extension: bool
    escalation: str


def offers(session: ReadSession, supervision: Supervision) -> Offers:
    said = _profile_of(session, supervision).supervision
    more = said.extension is not None and supervision.extensions < said.extension.times
    standing = supervision.escalated_at is None and said.escalation is not None
    return Offers(
        more and supervision.due_at is not None,
        said.escalation.to if standing and said.escalation else "",
    )


def close(session: WriteSession, ctx: Context, code: str, outcome: Outcome, text: str = "") -> Supervision:
    ctx.actor.require(MANAGE)
    return end(session, ctx, _standing(session, ctx, code), outcome, text)


def close_on(session: WriteSession, ctx: Context, subject: str, outcome: Outcome, text: str) -> int:
    """Closes what is open on a subject that was settled; returns how many."""
    rows = select(Supervision).where(Supervision.subject == subject, Supervision.closed_at.is_(None))
    found = session.execute(rows.with_for_update()).scalars().all()
    for supervision in found:
        end(session, ctx, supervision, outcome, text)
    return len(found)


def end(
    session: WriteSession, ctx: Context, supervision: Supervision, outcome: Outcome, text: str
) -> Supervision:
    supervision.closed_at, supervision.outcome = ctx.now, outcome
    note(session, ctx, supervision, "closed", text, outcome=outcome)
    for kind in ("supervision.opened", "supervision.replied"):
        notices.settle(session, ctx, f"supervision:{supervision.code}", kind)
    return supervision


def recount(session: WriteSession, ctx: Context) -> int:
    """After a change of the calendar: due times that the city's rules set are counted anew, and told where
    they moved; returns how many did.
    """
    rows = select(Supervision).where(Supervision.closed_at.is_(None), Supervision.due_clause != "")
    calendar, moved = regulations.calendar(session), 0
    for supervision in session.execute(rows.order_by(Supervision.id)).scalars().all():
        due = _counted(session, supervision, calendar)
        if due is None or due.due == supervision.due_at:
            continue
        before = _due_of(supervision).shown if supervision.due_at else ""
        supervision.due_at, supervision.due_day = due.due, due.due_day
        supervision.provisional = due.provisional
        if supervision.overdue_at is None:
            note(session, ctx, supervision, "moved", f"{before} → {due.shown}", due=due.shown)
            tell(session, ctx, supervision, f"督办期限随工作日历调整：{supervision.title}")
        moved += 1
    return moved


def _counted(session: ReadSession, supervision: Supervision, calendar: WorkingCalendar) -> DueTime | None:
    """From its opening, with each extension it was given."""
    profile = _profile_of(session, supervision)
    due = regulation.supervision_due(profile, calendar, supervision.kind, supervision.opened_at)
    rows = select(SupervisionEvent.data).where(
        SupervisionEvent.supervision_id == supervision.id, SupervisionEvent.kind == "extended"
    )
    given = session.execute(rows.order_by(SupervisionEvent.seq)).scalars().all()
    for nth, data in enumerate(given, 1):
        if due is not None:
            due = regulation.supervision_extended_due(profile, calendar, due, nth, int(data["days"]))
    return due


def note(
    session: WriteSession, ctx: Context, supervision: Supervision, kind: str, text: str, **data: Any
) -> None:
    """One more step in a supervision's history, in the audit log, and on its way to what it is about.

    Histories and logs outlive what is known of people, so nobody is named in them.
    """
    text = personal.mask_said(text)
    supervision.last_seq += 1
    session.add(
        step(ctx, SupervisionEvent, supervision.last_seq, kind, text, data, supervision_id=supervision.id)
    )
    session.flush()
    subject = f"supervision:{supervision.code}"
    audit.record(session, ctx, f"supervision.{kind}", subject, after=data, reason=text)
    if supervision.subject.startswith("ticket:"):
        outbox.publish(session, ctx, TICKET_TOPIC, supervision.code)


def tell(session: WriteSession, ctx: Context, supervision: Supervision, title: str) -> None:
    """Everybody concerned in the unit, in the place of what they have not read yet about it."""
    if supervision.due_at is not None and supervision.due_day is not None:
        title = f"{title}（{shown(supervision.due_at, supervision.due_day)}）"
    subject, link = f"supervision:{supervision.code}", f"/supervision/{supervision.code}"
    people = people_of(session, supervision.unit_id)
    notices.notify_again(session, ctx, people, "supervision.opened", title, link, subject)


def _standing(session: WriteSession, ctx: Context, code: str) -> Supervision:
    found = find(session, ctx, code)
    session.refresh(found, with_for_update=True)
    if found.closed_at is not None:
        raise Conflict(f"督办 {code} 已经结束。", code="supervision_closed")
    return found


def _profile_of(session: ReadSession, supervision: Supervision) -> Profile:
    """The rules in force when it was opened go on to hold for it."""
    return regulations.pinned_profile(session, supervision.profile_id, supervision.profile_revision)


def _due_of(supervision: Supervision) -> DueTime:
    if supervision.due_at is None or supervision.due_day is None:
        raise Forbidden("这件督办没有期限。", code="no_due_time")
    return DueTime(
        clause=supervision.due_clause or supervision.clause,
        article=supervision.article,
        name="supervision",
        label=f"督办：{supervision.kind_label}",
        due=supervision.due_at,
        due_day=supervision.due_day,
        provisional=supervision.provisional,
        counted_days=(),
        shown=shown(supervision.due_at, supervision.due_day),
    )
