"""The duty roster 值班表: who is on duty for what, at any instant; and who leads a unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from kb_service.core import audit
from kb_service.core.clock import CITY, day_start, local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Invalid, NotFound
from kb_service.identity.model import Account, AccountRole, Unit
from kb_service.identity.service import actors
from kb_service.notices import absence, service
from kb_service.notices.model import Notice, Shift
from kb_service.notices.rules import DUTIES, DutyKind, Span, gaps, overlaps
from kb_service.regulations import service as regulations

LEADER = "unit_leader"
LONGEST = timedelta(days=7)
KIND_LENGTH = 40
# The beginning of a duty that is a seat of the city's rules, before the seat's own id.
SEAT = "seat."


@dataclass(frozen=True)
class OnDuty:
    id: int
    duty: str
    account_id: int
    name: str
    unit_name: str
    starts_at: datetime
    ends_at: datetime
    note: str


@dataclass(frozen=True)
class Week:
    """What a duty looks like in `[starts_at, ends_at)`."""

    duty: str
    starts_at: datetime
    ends_at: datetime
    shifts: list[OnDuty]
    gaps: list[Span]
    overlaps: list[Span]


def on_duty(session: ReadSession, duty: str, at: datetime) -> list[int]:
    """Accounts on duty at that instant and able to do it; whoever is away is replaced by their stand-in."""
    rows = (
        select(Shift.account_id)
        .where(Shift.duty == duty, Shift.cancelled_at.is_(None), Shift.starts_at <= at, Shift.ends_at > at)
        .order_by(Shift.starts_at, Shift.id)
    )
    there = absence.present(session, session.execute(rows).scalars(), at)
    if not there:
        return []
    able = {account.id for account in actors.holders(session, _duty(session, duty).permission)}
    return [each for each in there if each in able]


def duties(session: ReadSession) -> dict[str, DutyKind]:
    """Every duty there is: the service's own, and the days and seats for which the city's rules want a rota."""
    seats = regulations.standing_profile(session).seats
    listed = {f"{SEAT}{key}": each.label for key, each in seats.items() if each.rota}
    mine = {code: DutyKind(code, name, "inbox.use", "查看待办与提醒") for code, name in listed.items()}
    return {**DUTIES, **mine}


def duty_name(session: ReadSession, code: str) -> str:
    """Of a duty that the rules do not have any more, its code."""
    found = duties(session).get(code)
    return found.name if found is not None else code


def _duty(session: ReadSession, code: str) -> DutyKind:
    known = duties(session)
    if code not in known:
        told = "、".join(f"{each.code}（{each.name}）" for each in known.values())
        raise Invalid(f"没有“{code}”这种值班，可用：{told}。", code="unknown_duty")
    return known[code]


def leaders_of(session: ReadSession, unit_id: int) -> list[int]:
    """Active leaders of the unit, or of the nearest unit above it that has one."""
    seen: set[int] = set()
    node: int | None = unit_id
    while node is not None and node not in seen:
        seen.add(node)
        rows = (
            select(Account.id)
            .join(AccountRole, AccountRole.account_id == Account.id)
            .where(Account.unit_id == node, Account.active.is_(True), AccountRole.role_code == LEADER)
            .order_by(Account.id)
        )
        found = list(session.execute(rows).scalars())
        if found:
            return found
        node = session.execute(select(Unit.parent_id).where(Unit.id == node)).scalar_one_or_none()
    return []


def escalate(
    session: WriteSession, ctx: Context, unit_id: int, kind: str, title: str, link: str, subject: str
) -> list[int]:
    """Tells the unit's leaders what stays undone, once for each subject and kind; gives whom it told.

    Where no unit above has a leader either, whoever is on duty at the centre is told.
    """
    told = f"escalated.{kind}"[:KIND_LENGTH]
    people = leaders_of(session, unit_id) or on_duty(session, "centre", ctx.now)
    known = select(Notice.account_id).where(Notice.subject == subject, Notice.kind == told)
    fresh = sorted(set(people) - set(session.execute(known).scalars()))
    service.notify(session, ctx, fresh, told, title, link, subject)
    return fresh


def assign(
    session: WriteSession,
    ctx: Context,
    *,
    duty: str,
    account_id: int,
    starts_at: datetime,
    ends_at: datetime,
    note: str = "",
) -> Shift:
    """Puts somebody on duty; they must be able to do it, and not be on it already then."""
    ctx.actor.require("roster.manage")
    _check_span(starts_at, ends_at)
    _require_able(session, duty, account_id)
    same = (Shift.duty == duty, Shift.account_id == account_id, Shift.cancelled_at.is_(None))
    session.execute(select(Account.id).where(Account.id == account_id).with_for_update())
    clash = select(Shift.id).where(*same, Shift.starts_at < ends_at, Shift.ends_at > starts_at).limit(1)
    if session.execute(clash).scalar() is not None:
        raise Conflict("此人在这段时间已排了同一种班。", code="already_on_duty")
    shift = Shift(
        duty=duty, account_id=account_id, starts_at=starts_at, ends_at=ends_at, note=note.strip(),
        created_at=ctx.now,
    )  # fmt: skip
    session.add(shift)
    session.flush()
    audit.record(session, ctx, "shift.assigned", f"shift:{shift.id}", after=_told(shift))
    return shift


def _told(shift: Shift) -> dict[str, object]:
    return {
        "duty": shift.duty,
        "account": shift.account_id,
        "from": shift.starts_at.isoformat(),
        "to": shift.ends_at.isoformat(),
    }


def _check_span(starts_at: datetime, ends_at: datetime) -> None:
    if not starts_at < ends_at <= starts_at + LONGEST:
        raise Invalid(
            "班次的结束时间须晚于开始时间，且一班不超过 7 天。", code="bad_period",
            pointers=[{"pointer": "/ends_at", "detail": "须晚于开始时间，且一班不超过 7 天"}],
        )  # fmt: skip


def _require_able(session: ReadSession, duty: str, account_id: int) -> Account:
    kind = _duty(session, duty)
    account = session.get(Account, account_id)
    if account is None or not account.active:
        raise Invalid("值班人员的账号不存在或已停用。", code="unknown_account")
    if account_id not in {each.id for each in actors.holders(session, kind.permission)}:
        raise Invalid(
            f"{account.name}没有“{kind.needs}”的权限，不能值“{kind.name}”班。", code="cannot_do_duty"
        )
    return account


def hand_shift_over(
    session: WriteSession, ctx: Context, shift_id: int, to_account_id: int, *, note: str = ""
) -> Shift:
    """From now, or from its start if that lies ahead, somebody else has the shift.

    Who has it may hand it over, and who keeps the roster.
    """
    shift = session.get(Shift, shift_id, with_for_update=True)
    if shift is None:
        raise NotFound("没有这一班。")
    if ctx.actor.account_id != shift.account_id:
        ctx.actor.require("roster.manage")
    if shift.cancelled_at is not None or shift.ends_at <= ctx.now:
        raise Conflict("这一班已经结束或已交出，请刷新后查看。", code="already_over")
    if to_account_id == shift.account_id:
        raise Invalid("不能把班交给原值班人。", code="own_shift")
    return reassign(session, ctx, shift, to_account_id, note=note)


def reassign(session: WriteSession, ctx: Context, shift: Shift, to_account_id: int, *, note: str) -> Shift:
    """Ends a shift that is not over, now or before it began, and begins it again with somebody else."""
    _require_able(session, shift.duty, to_account_id)
    taken = Shift(
        duty=shift.duty, account_id=to_account_id, starts_at=max(shift.starts_at, ctx.now),
        ends_at=shift.ends_at, note=note.strip(), continues_id=shift.id, created_at=ctx.now,
    )  # fmt: skip
    before = _told(shift)
    if shift.starts_at < ctx.now:
        shift.ends_at = ctx.now
    else:
        shift.cancelled_at = ctx.now
    session.add(taken)
    session.flush()
    audit.record(
        session, ctx, "shift.handed_over", f"shift:{taken.id}",
        before=before, after=_told(taken), reason=note.strip(),
    )  # fmt: skip
    subject = f"shift:{taken.id}"
    title = (
        f"{duty_name(session, shift.duty)}的一班交给您，{taken.starts_at.astimezone(CITY):%m月%d日%H:%M}起"
    )
    link = f"/roster?duty={shift.duty}"
    service.notify(session, ctx, [to_account_id], "duty.taken", title, link, subject)
    return taken


def cancel(session: WriteSession, ctx: Context, shift_id: int) -> None:
    ctx.actor.require("roster.manage")
    shift = session.get(Shift, shift_id, with_for_update=True)
    if shift is None:
        raise NotFound("没有这一班。")
    if shift.cancelled_at is not None or shift.starts_at <= ctx.now:
        raise Conflict("已开始的班不能取消，可以交给他人。", code="already_over")
    shift.cancelled_at = ctx.now
    audit.record(session, ctx, "shift.cancelled", f"shift:{shift.id}", before=_told(shift))


def week(session: ReadSession, duty: str, monday: date, *, days: int = 7) -> Week:
    """The shifts that touch those days, where nobody is on duty, and where more than one is."""
    _duty(session, duty)
    starts_at, ends_at = day_start(monday), day_start(monday + timedelta(days=days))
    rows = (
        select(Shift, Account.name, Unit.name)
        .join(Account, Account.id == Shift.account_id)
        .join(Unit, Unit.id == Account.unit_id)
        .where(
            Shift.duty == duty, Shift.cancelled_at.is_(None), Shift.starts_at < ends_at,
            Shift.ends_at > starts_at,
        )
        .order_by(Shift.starts_at, Shift.id)
    )  # fmt: skip
    shifts = [
        OnDuty(
            shift.id,
            shift.duty,
            shift.account_id,
            name,
            unit_name,
            shift.starts_at,
            shift.ends_at,
            shift.note,
        )
        for shift, name, unit_name in session.execute(rows)
    ]
    spans = [Span(shift.starts_at, shift.ends_at) for shift in shifts]
    whole = Span(starts_at, ends_at)
    return Week(duty, starts_at, ends_at, shifts, gaps(spans, whole), overlaps(spans, whole))


def days_of(shifts: Sequence[OnDuty], monday: date) -> list[tuple[date, list[OnDuty]]]:
    """The seven days with the shifts that begin on each; what runs on from before stands on the first."""
    days = [monday + timedelta(days=at) for at in range(7)]
    return [(day, [each for each in shifts if max(local_day(each.starts_at), monday) == day]) for day in days]
