"""What follows from an event or an effect outside the ticket: notices, urging, what is learnt."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from kb_service.answering.routing import learning
from kb_service.core.clauses import rule
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Invalid
from kb_service.core.runtime import Runtime
from kb_service.identity.service import actors
from kb_service.notices.service import notify, notify_again, settle
from kb_service.supervision import service as supervision
from kb_service.tickets.model import Ticket
from kb_service.tickets.recalls import dissatisfied
from kb_service.tickets.rules.life import Effect
from kb_service.tickets.rules.life.words import BAD, DONE
from kb_service.tickets.service import collecting, seeing

HANDLE, DISPATCH, REVIEW = "ticket.handle", "ticket.dispatch", "ticket.review"
# By the event: who is told, in what words, by which kind of notice.
_TELLS: Final[Mapping[str, tuple[str, str, str]]] = {
    "register": (DISPATCH, "待转派", "pending"),
    "dispatch": (HANDLE, "待签收", "dispatched"),
    "pass_on": (HANDLE, "待签收", "dispatched"),
    "designate": (HANDLE, "指定承办，待签收", "dispatched"),
    "redo": (HANDLE, "发回重办，待签收", "dispatched"),
    "unit_changed": (HANDLE, "随机构调整转入", "moved"),
    "request_return": (DISPATCH, "申请退回待审核", "returning"),
    "open_coordination": (DISPATCH, "待协调确定单位", "coordinating"),
    "decide_return": (HANDLE, "退回申请已审核", "decided"),
    "request_extension": (REVIEW, "申请延期待审核", "extending"),
    "decide_extension": (HANDLE, "延期申请已审核", "decided"),
    "request_completion": (REVIEW, "申请办结待审核", "completing"),
    "decide_completion": (HANDLE, "办结申请已审核", "decided"),
    "end": (REVIEW, "申请终止待审核", "ending"),
    "ask_supplementary": (REVIEW, "申请补充答复待审核", "supplementary"),
    "write_supplementary": (REVIEW, "补充答复待发布", "supplementary"),
    "object": (REVIEW, "诉求人提出异议", "objection"),
    "appeal_rating": (REVIEW, "评价申诉待审核", "appeal"),
    "supplement": (HANDLE, "诉求人有补充", "supplemented"),
    "repeat_call": (HANDLE, "诉求人再次来电", "supplemented"),
}
_SETTLES: Final[Mapping[str, str]] = {
    "dispatch": "pending",
    "answer": "pending",
    "line_answer": "pending",
    "promised_answer": "pending",
    "not_accept": "pending",
    "put_through": "pending",
    "split": "pending",
    "sign": "dispatched",
    "decide_return": "returning",
    "designate": "coordinating",
    "decide_extension": "extending",
    "decide_completion": "completing",
    "decide_ending": "ending",
    "issue_supplementary": "supplementary",
    "settle_objection": "objection",
    "redo": "objection",
    "decide_appeal": "appeal",
}


def after_event(
    session: WriteSession,
    ctx: Context,
    parts: Runtime,
    ticket: Ticket,
    kind: str,
    said: Mapping[str, Any],
    *,
    learnt: bool,
) -> None:
    """What was `learnt` from a supervision stands there already."""
    _tell(session, ctx, ticket, kind)
    if kind == "urge" and not learnt:
        _urge(session, ctx, ticket, str(said["text"]))
    collecting.collect(session, ctx, parts, ticket, kind, said)
    _report(session, ctx, ticket, kind, said)
    if ticket.status == "completed" and kind in {"decide_completion", "request_completion"}:
        _teach(session, ctx, ticket)
    if ticket.status in DONE:
        settle(session, ctx, f"ticket:{ticket.code}", "ticket.overdue")


class Handlers:
    """Accounts that handle the tickets of a unit, each unit looked up once."""

    def __init__(self, session: ReadSession) -> None:
        self._session = session
        self._known: dict[int, list[int]] = {}

    def of(self, unit_id: int) -> list[int]:
        if unit_id not in self._known:
            found = actors.holders(self._session, HANDLE, [unit_id])
            self._known[unit_id] = [account.id for account in found]
        return self._known[unit_id]


def after_effects(
    session: WriteSession, ctx: Context, ticket: Ticket, effects: Iterable[Effect], handlers: Handlers
) -> None:
    """Each effect counts from its own instant, however late somebody looks."""
    for each in effects:
        if each.effect == "urged":
            _urge(session, replace(ctx, now=min(each.at, ctx.now)), ticket, each.reason)
        elif each.effect == "deemed_signed":
            _tell_unit(session, ctx, ticket, "ticket.deemed_signed", "视为签收", handlers)
            settle(session, ctx, f"ticket:{ticket.code}", "ticket.dispatched")


def tell_overdue(session: WriteSession, ctx: Context, ticket: Ticket, handlers: Handlers) -> None:
    _tell_unit(session, ctx, ticket, "ticket.overdue", "已超期", handlers)


def _tell_unit(
    session: WriteSession, ctx: Context, ticket: Ticket, kind: str, words: str, handlers: Handlers
) -> None:
    told = handlers.of(ticket.unit_id) if ticket.unit_id is not None else []
    told = _entitled(session, ticket, told)
    if not told:
        return
    subject, link = f"ticket:{ticket.code}", f"/tickets/{ticket.code}"
    notify_again(session, ctx, told, kind, f"{words}：{ticket.title}", link, subject)


def _tell(session: WriteSession, ctx: Context, ticket: Ticket, kind: str) -> None:
    subject, link = f"ticket:{ticket.code}", f"/tickets/{ticket.code}"
    if kind in _SETTLES:
        settle(session, ctx, subject, f"ticket.{_SETTLES[kind]}")
    told = _TELLS.get(kind)
    if told is None:
        return
    permission, words, notice = told
    if permission == HANDLE and ticket.unit_id is None:
        return
    units = [ticket.unit_id] if permission == HANDLE and ticket.unit_id else None
    people_told = [account.id for account in actors.holders(session, permission, units)]
    if units is None:
        # Who works for a district or a unit does not see what lies with the centre.
        everywhere = actors.city_wide(session)
        people_told = [each for each in people_told if each in everywhere]
    people_told = _entitled(session, ticket, people_told)
    notify(session, ctx, people_told, f"ticket.{notice}", f"{words}：{ticket.title}", link, subject)


def _everybody(_session: ReadSession, _ticket: Ticket, told: list[int]) -> list[int]:
    return told


@rule("MZ-20", neutral=_everybody)
def _entitled(session: ReadSession, ticket: Ticket, told: list[int]) -> list[int]:
    """Those of them who may see the ticket: of a confidential one no title goes to anybody else."""
    if not ticket.confidential:
        return told
    named = {account.id for account in actors.holders(session, "ticket.confidential")}
    return [each for each in told if each in named]


def _urge(session: WriteSession, ctx: Context, ticket: Ticket, reason: str) -> None:
    if ticket.unit_id is not None:
        subject, link = f"ticket:{ticket.code}", f"/tickets/{ticket.code}"
        supervision.urge(
            session,
            ctx,
            subject=subject,
            unit_id=ticket.unit_id,
            title=seeing.told_title(ticket),
            link=link,
            reason=reason,
        )


def _report(session: WriteSession, ctx: Context, ticket: Ticket, kind: str, said: Mapping[str, Any]) -> None:
    """A callback that finds the requester dissatisfied puts what they were answered with in question."""
    if kind == "callback" and said.get("satisfaction") in BAD:
        remark = str(said.get("text") or "") or "回访时诉求人表示不满意"
        with suppress(Invalid):
            # A version that was never live cannot have misled anybody.
            dissatisfied.report_dissatisfied(session, ctx, ticket.code, remark)


def _teach(session: WriteSession, ctx: Context, ticket: Ticket) -> None:
    """What a unit has handled is an example for the next request like it; what is confidential is not."""
    if ticket.unit_id is None or ticket.confidential:
        return
    settled = learning.Settled(
        title=ticket.title,
        request_class=ticket.request_class,
        field=ticket.field,
        matter_code=ticket.matter_code,
        region_code=ticket.region_code,
        unit_id=ticket.unit_id,
        decision_id=ticket.decision_id,
    )
    learning.publish(session, ctx, ticket.code, settled)
