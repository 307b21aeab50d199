"""Reporting that something is wrong; reports on the same thing become one correction."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from kb_service.core import personal
from kb_service.core.clock import local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from kb_service.core.ids import next_number
from kb_service.knowledge.corrections import rules
from kb_service.knowledge.corrections.model import Correction, CorrectionReport
from kb_service.knowledge.corrections.rules import Status, Way
from kb_service.knowledge.corrections.service import records
from kb_service.knowledge.service import reading
from kb_service.knowledge.service.facts import lock_points
from kb_service.knowledge.service.views import VersionView
from kb_service.notices import service as notices
from kb_service.regulations import service as regulations
from kb_service.regulations.knowledge_rules import knowledge_rules

MAX_REMARK = 1000


@dataclass(frozen=True)
class Said:
    """What somebody says is wrong. `number` None means the live version; `field` is one of its fields, or the whole."""

    kind: str = "wrong"
    remark: str = ""
    field: str = ""
    serious: bool = False
    number: int | None = None
    shown_id: int | None = None
    conversation_id: str | None = None
    ticket_code: str | None = None
    evidence: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Reported:
    """`merged`: it joined a correction that was open already."""

    correction: Correction
    report: CorrectionReport
    merged: bool


def report(session: WriteSession, ctx: Context, code: str, said: Said, *, way: Way) -> Reported:
    """Keeps a report and gives the correction it belongs to; said twice by the same person it is kept once.

    `ctx` must be allowed to see the version. Whether somebody may report this way is the caller's to
    check. Raises NotFound for a version that the actor cannot see, Invalid for one that was never live.
    """
    if said.kind not in rules.KINDS:
        raise Invalid(f"没有“{said.kind}”这种错误，可用：{'、'.join(rules.KINDS)}。", code="unknown_kind")
    view = reading.get_version(session, ctx, code, said.number)
    if view.live_from is None or view.live_from > ctx.now:
        raise Invalid("这一版还没有发布，请在审核中提出意见。", code="never_live")
    lock_points(session, [view.point_id])
    remark = personal.mask_said(said.remark.strip())[:MAX_REMARK]
    correction = _open(session, view, said)
    merged = correction is not None
    if correction is None:
        correction = _begin(session, ctx, view, said)
    else:
        known = _same_again(session, ctx, correction, said, remark)
        if known is not None:
            return Reported(correction, known, merged=True)
    row = CorrectionReport(
        correction_id=correction.id,
        at=ctx.now,
        way=way,
        account_id=ctx.actor.account_id,
        reporter=ctx.actor.name,
        conversation_id=said.conversation_id,
        ticket_code=said.ticket_code,
        shown_id=said.shown_id,
        remark=remark,
        serious=said.serious,
        evidence={
            key: personal.mask_said(value) if isinstance(value, str) else value
            for key, value in said.evidence.items()
        },
        retracted_at=None,
    )
    session.add(row)
    session.flush()
    records.note(session, ctx, correction, "reported", remark, way=way, report=row.id, serious=said.serious)
    _weigh(session, correction)
    _tell(session, ctx, correction, merged)
    return Reported(correction, row, merged)


def _open(session: ReadSession, view: VersionView, said: Said) -> Correction | None:
    return session.execute(
        select(Correction).where(
            Correction.point_id == view.point_id,
            Correction.number == view.number,
            Correction.kind == said.kind,
            Correction.field == said.field,
            Correction.closed_at.is_(None),
        )
    ).scalar_one_or_none()


def _begin(session: WriteSession, ctx: Context, view: VersionView, said: Said) -> Correction:
    profile = regulations.standing_profile(session)
    target = knowledge_rules(profile).correction.verify
    due = regulations.calendar(session).due(ctx.now, target, profile.periods.day_ends)
    day = local_day(ctx.now)
    correction = Correction(
        code=f"JC{day:%Y%m%d}-{next_number(session, f'correction:{day}'):04d}",
        point_id=view.point_id,
        point_code=view.code,
        number=view.number,
        stands_on=view.number,
        kind=said.kind,
        field=said.field,
        title=view.title,
        unit_id=view.unit_id,
        status=Status.REPORTED,
        profile_id=profile.id,
        reported_at=ctx.now,
        verify_due_at=due.due,
        verify_due_day=due.due_day,
    )
    session.add(correction)
    session.flush()
    return correction


def _same_again(
    session: ReadSession, ctx: Context, correction: Correction, said: Said, remark: str
) -> CorrectionReport | None:
    """What the same person, or conversation, has said already."""
    for each in records.reports_of(session, correction):
        person = ctx.actor.account_id is not None and each.account_id == ctx.actor.account_id
        conversation = said.conversation_id is not None and each.conversation_id == said.conversation_id
        ticket = said.ticket_code == each.ticket_code
        if (person or conversation) and ticket and each.retracted_at is None and remark in ("", each.remark):
            return each
    return None


def _weigh(session: WriteSession, correction: Correction) -> None:
    """While nobody has verified it, what the reports that stand say of its gravity decides."""
    standing = [each for each in records.reports_of(session, correction) if each.retracted_at is None]
    correction.serious_claimed = any(each.serious for each in standing)
    if correction.status == Status.REPORTED:
        correction.hold = rules.reported_hold((each.way, each.serious) for each in standing)
    session.flush()


def _tell(session: WriteSession, ctx: Context, correction: Correction, merged: bool) -> None:
    if correction.status != Status.REPORTED or (merged and not correction.serious_claimed):
        return
    head = "待核实纠错（反映为重大）" if correction.serious_claimed else "待核实纠错"
    title = f"{head}：{correction.title}——{rules.KINDS[correction.kind]}"
    records.tell(session, ctx, correction, records.verifiers(session), records.TO_VERIFY, title)


def retract(session: WriteSession, ctx: Context, report_id: int) -> Correction:
    """Takes one's own report back while nobody has verified it; without any left the correction ends."""
    row = session.get(CorrectionReport, report_id)
    if row is None:
        raise NotFound("没有这条报错。", code="unknown_report")
    if ctx.actor.account_id is None or row.account_id != ctx.actor.account_id:
        raise Forbidden("只能撤回自己的报错。", code="not_the_reporter")
    correction = session.get_one(Correction, row.correction_id, with_for_update=True)
    if row.retracted_at is not None:
        return correction
    if correction.status != Status.REPORTED:
        raise Conflict("这条报错已经核实，不能再撤回；如有误请联系知识主管。", code="already_verified")
    row.retracted_at = ctx.now
    session.flush()
    records.note(session, ctx, correction, "taken_back", "", report=row.id)
    if all(each.retracted_at is not None for each in records.reports_of(session, correction)):
        records.end(session, ctx, correction, Status.RETRACTED, "")
        notices.settle(session, ctx, records.subject_of(correction), records.OUTCOME)
    else:
        _weigh(session, correction)
    return correction
