"""Acting on a ticket: one event, checked against its state and the city's rules."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from kb_service.answering.routing import learning
from kb_service.answering.schemas import AnsweredIn, Channel
from kb_service.answering.service import showing
from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound, Pointer
from kb_service.identity.service import actors, people
from kb_service.knowledge.service import reading
from kb_service.notices.service import notify, settle
from kb_service.regulations import rules as regulation
from kb_service.regulations import service as regulations
from kb_service.regulations.schema import Profile
from kb_service.tickets import schemas
from kb_service.tickets.model import Ticket, TicketEvent
from kb_service.tickets.rules.actions import action
from kb_service.tickets.rules.clocks import Clock, clocks
from kb_service.tickets.rules.history import Event, State, advance, replay
from kb_service.tickets.rules.kinds import KINDS, NEED_NAMES, RATINGS, WITH_UNIT
from kb_service.tickets.service import collecting

MAX_TEXT = 5000


def find(session: ReadSession, ctx: Context, code: str) -> Ticket:
    """The ticket, where the actor may see it; NotFound otherwise, so that nobody learns that it exists."""
    ticket = session.execute(select(Ticket).where(Ticket.code == code)).scalar_one_or_none()
    if ticket is None or not visible(ctx, ticket):
        raise NotFound(f"没有编号为 {code} 的工单，或您无权查看。", code="unknown_ticket")
    return ticket


def visible(ctx: Context, ticket: Ticket) -> bool:
    if ticket.confidential and not ctx.actor.may("ticket.confidential"):
        return False
    return ctx.actor.unit_scope is None or (ticket.unit_id is not None and ctx.actor.in_scope(ticket.unit_id))


def history(session: ReadSession, ticket: Ticket) -> list[TicketEvent]:
    rows = select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.seq)
    return list(session.execute(rows).scalars())


def state_of(events: list[TicketEvent], profile: Profile) -> State:
    return replay([Event(row.seq, row.type, row.at, row.data) for row in events], profile)


def rules_of(session: ReadSession, ticket: Ticket) -> Profile:
    return regulations.pinned_profile(session, ticket.profile_id, ticket.profile_revision)


def clocks_of(
    session: ReadSession, ctx: Context, ticket: Ticket, state: State, profile: Profile
) -> list[Clock]:
    calendar = regulations.calendar(session)
    return clocks(state, profile, calendar, ticket.request_class, sudden=ticket.sudden, now=ctx.now)


def act(session: WriteSession, ctx: Context, code: str, data: schemas.EventIn) -> Ticket:
    """Adds one event. Refusals name the clause where a clause is why; a stale `seq` is a Conflict."""
    kind = KINDS.get(data.type)
    if kind is None:
        known = "、".join(f"{each.label}（{name}）" for name, each in KINDS.items())
        raise Invalid(f"没有“{data.type}”这种操作，可用：{known}。", code="unknown_event")
    ctx.actor.require(kind.permission)
    ticket = find(session, ctx, code)
    if data.seq is not None and data.seq != ticket.last_seq:
        raise Conflict("工单刚被其他人处理过，您的操作没有生效。请刷新后再试。", code="ticket_changed")
    profile = rules_of(session, ticket)
    state = state_of(history(session, ticket), profile)
    possible = action(data.type, state, profile)
    if not possible.ok:
        raise Conflict(possible.reason, code="action_refused", extra={"clause": possible.clause})
    _require_own_unit(ctx, ticket, kind.permission)
    details = _checked(session, profile, data)
    if data.type == "answer":
        _register_shown(session, ctx, ticket, details)
    _append(session, ctx, ticket, data.type, details)
    collecting.collect(session, ctx, ticket, data.type, details, history(session, ticket))
    after = advance(state, Event(ticket.last_seq, data.type, ctx.now, details), profile)
    _derive(session, ctx, ticket, after, profile)
    audit.record(session, ctx, f"ticket.{data.type}", f"ticket:{code}", after={"status": ticket.status})
    _tell(session, ctx, ticket, data.type)
    if after.status != state.status:
        _teach(session, ctx, ticket)
    return ticket


def _register_shown(session: WriteSession, ctx: Context, ticket: Ticket, details: Mapping[str, Any]) -> None:
    """Which versions an instant answer was given from (`points`, as code or code/number) is kept with the ticket."""
    named = details.get("points", ())
    for each in [named] if isinstance(named, str) else named:
        code, _, number = str(each).partition("/")
        if number and not number.isdigit():
            raise Invalid(f"所据知识“{each}”的写法不对，应为“编码”或“编码/版本”。", code="bad_details")
        view = reading.get_version(session, ctx, code, int(number) if number else None)
        told = AnsweredIn(
            code=code, version=view.number, channel=_TOLD_ON[ticket.channel], ticket=ticket.code
        )
        showing.told(session, ctx, told)


_TOLD_ON: Mapping[str, Channel] = {
    "phone": "phone",
    "web": "web",
    "wechat": "wechat",
    "app": "api",
    "api": "api",
}


def _require_own_unit(ctx: Context, ticket: Ticket, permission: str) -> None:
    """Handling is for the unit that holds the ticket, whatever else the actor may see."""
    if permission != "ticket.handle" or ctx.actor.unit_scope is None:
        return
    if ticket.unit_id is None or not ctx.actor.in_scope(ticket.unit_id):
        raise Forbidden("这件工单不在您的单位办理。", code="other_unit")


def _checked(session: ReadSession, profile: Profile, data: schemas.EventIn) -> dict[str, Any]:
    """The event's data, complete and of the right kinds."""
    details = {key: value for key, value in data.data.items() if value not in (None, "")}
    missing: list[Pointer] = [
        {"pointer": f"/data/{need}", "detail": f"缺少{NEED_NAMES[need]}"}
        for need in KINDS[data.type].needs
        if need not in details
    ]
    if missing:
        names = "、".join(NEED_NAMES[each["pointer"].rsplit("/", 1)[1]] for each in missing)
        raise Invalid(f"{KINDS[data.type].label}须写明{names}。", pointers=missing, code="missing_details")
    for key, value in details.items():
        _check_one(key, value)
    if "to" in details:
        unit = people.unit_by_code(session, str(details["to"]))
        if not unit.active:
            raise Invalid(f"{unit.name}已停用，不能转派。", code="unit_inactive")
    if "ground" in details:
        regulation.ground(profile, str(details["ground"]))
    return details


def _check_one(key: str, value: object) -> None:
    flag = key in {"approved", "reached", "late"}
    if flag and not isinstance(value, bool):
        raise Invalid(f"{NEED_NAMES.get(key, key)}应为 true 或 false。", code="bad_details")
    if key == "value" and value not in RATINGS:
        raise Invalid(f"评价只能是{'、'.join(RATINGS)}之一。", code="bad_details")
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise Invalid(f"{NEED_NAMES.get(key, key)}最多 {MAX_TEXT} 个字。", code="bad_details")
    strings = isinstance(value, list) and all(isinstance(each, str) and len(each) <= 64 for each in value)
    if not (isinstance(value, str | bool) or strings):
        raise Invalid(f"{NEED_NAMES.get(key, key)}的格式不对。", code="bad_details")


def _append(session: WriteSession, ctx: Context, ticket: Ticket, kind: str, data: Mapping[str, Any]) -> None:
    ticket.last_seq += 1
    event = TicketEvent(
        ticket_id=ticket.id,
        seq=ticket.last_seq,
        type=kind,
        at=ctx.now,
        account_id=ctx.actor.account_id,
        actor=ctx.actor.name,
        unit_id=ctx.actor.unit_id,
        data=dict(data),
    )
    session.add(event)
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict(
            "工单刚被其他人处理过，您的操作没有生效。请刷新后再试。", code="ticket_changed"
        ) from error


def _derive(session: WriteSession, ctx: Context, ticket: Ticket, state: State, profile: Profile) -> None:
    """Brings the columns for lists and queues in line with the history."""
    ticket.status = state.status
    unit = people.unit_by_code(session, state.unit) if state.unit else None
    ticket.unit_id = unit.id if unit else None
    running = [
        clock
        for clock in clocks_of(session, ctx, ticket, state, profile)
        if clock.open and clock.name != "return"
    ]
    ticket.due_at = running[0].due if running and state.status in WITH_UNIT else None


def _teach(session: WriteSession, ctx: Context, ticket: Ticket) -> None:
    """What a unit has handled is an example for the next request like it; what is confidential is not."""
    if ticket.status in _HANDLED and ticket.unit_id is not None and not ticket.confidential:
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


def _tell(session: WriteSession, ctx: Context, ticket: Ticket, kind: str) -> None:
    subject, link = f"ticket:{ticket.code}", f"/tickets/{ticket.code}"
    if kind in _SETTLES:
        settle(session, ctx, subject, f"ticket.{_SETTLES[kind]}")
    told = _TELLS.get(kind)
    if told is None:
        return
    permission, words, notice = told
    units = [ticket.unit_id] if permission == "ticket.handle" and ticket.unit_id else None
    people_told = [account.id for account in actors.holders(session, permission, units)]
    notify(session, ctx, people_told, f"ticket.{notice}", f"{words}：{ticket.title}", link, subject)


_HANDLED = frozenset({"completed"})
_TELLS = {
    "dispatch": ("ticket.handle", "待签收", "dispatched"),
    "redo": ("ticket.handle", "发回重办，待签收", "dispatched"),
    "return_request": ("ticket.dispatch", "申请退回待审核", "returning"),
    "extend_request": ("ticket.review", "申请延期待审核", "extending"),
    "complete": ("ticket.review", "申请办结待审核", "completing"),
    "urge": ("ticket.handle", "催办", "urged"),
    "supplement": ("ticket.handle", "诉求人有补充", "supplemented"),
}
_SETTLES = {
    "dispatch": "pending",
    "answer": "pending",
    "refuse": "pending",
    "sign": "dispatched",
    "return_decide": "returning",
    "extend_decide": "extending",
    "complete_decide": "completing",
}
