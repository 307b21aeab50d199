"""From the inbox to the outside: routed by each person's wishes, tried until delivered or given up.

What is sent names kinds, numbers and codes only, never a notice's title: titles may quote people.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, select, update

from kb_service.core import audit, outbox, paging
from kb_service.core.context import SYSTEM, Context
from kb_service.core.crypto import FieldCipher
from kb_service.core.db import ReadSession, WriteSession, affected
from kb_service.core.errors import Conflict, NotFound
from kb_service.core.personal import mask
from kb_service.core.runtime import Runtime
from kb_service.identity.model import Account
from kb_service.notices import outlets, preferences
from kb_service.notices.model import Delivery, Notice
from kb_service.notices.outlets import Message, NotDelivered, Outlet
from kb_service.notices.rules import after_quiet, kind_of, mode_for, next_attempt
from kb_service.notices.service import TOPIC

AT_ONCE = 500
SENT_AT_ONCE = 50
CODES_SHOWN = 5
# Longer than any outlet may take: a sender that was killed gives its messages back after this.
LEASE = timedelta(minutes=5)
# Codes that people know things by; the number of a task or a notice says nothing to anybody.
_CODE = re.compile(r"(?:point|ticket|correction|unit):([A-Z]{1,4}-?[A-Z0-9-]{1,20}|\d{8}-\d{5,8})")


def heading(text: str) -> str:
    return f"【12345知识库】{text}"


def told_outside(notices: Sequence[Notice], public_url: str) -> str:
    """How many of which kind, with the codes of what they are about."""
    counts = Counter(kind_of(notice.kind).name for notice in notices)
    parts = []
    for name, count in counts.most_common():
        codes = list(
            dict.fromkeys(
                found[1]
                for notice in notices
                if kind_of(notice.kind).name == name and (found := _CODE.fullmatch(notice.subject))
            )
        )
        more = "等" if len(codes) > CODES_SHOWN else ""
        named = f"（{'、'.join(codes[:CODES_SHOWN])}{more}）" if codes else ""
        parts.append(f"{name} {count} 条{named}")
    where = f"{public_url.rstrip('/')}/inbox" if public_url else "“待办与提醒”"
    return mask(f"{'；'.join(parts)}。请登录知识库，在{where}查看。")


def route(parts: Runtime) -> int:
    """Makes deliveries of the notices that somebody wants at once; returns how many notices it looked at."""
    with parts.database.read() as session:
        if not outbox.waiting(session, TOPIC, 1):
            return 0
    now, enabled = parts.clock.now(), outlets.names(parts.settings)
    with parts.database.write() as session:
        rows = outbox.waiting(session, TOPIC, AT_ONCE)
        ids = [int(row.key) for row in rows]
        unread = select(Notice).where(Notice.id.in_(ids), Notice.read_at.is_(None)).order_by(Notice.id)
        notices = session.execute(unread).scalars().all()
        wanted = preferences.wishes(session, {notice.account_id for notice in notices})
        for notice in notices:
            wish, kind = wanted[notice.account_id], kind_of(notice.kind)
            for outlet in enabled:
                if not wish.reachable(outlet) or mode_for(kind, outlet, wish.modes) != "now":
                    continue
                start = now if kind.urgent else after_quiet(now, wish.quiet_from, wish.quiet_to)
                session.add(
                    Delivery(
                        key=f"notice-{notice.id}-{outlet}", account_id=notice.account_id,
                        notice_id=notice.id, outlet=outlet, heading=heading(kind.name),
                        body=told_outside([notice], parts.settings.public_url), next_at=start, created_at=now,
                    )
                )  # fmt: skip
        outbox.mark_drained(session, [row.id for row in rows], now)
    return len(rows)


@dataclass(frozen=True)
class _Taken:
    id: int
    outlet: str
    message: Message
    attempts: int


def deliver(parts: Runtime) -> int:
    """Sends what is due through the outlets; returns how many were sent.

    Each is taken under a lease before it goes out and marked after it, so that a sender that dies
    in between sends it once more rather than never.
    """
    with parts.database.read() as session:
        if session.execute(_due(parts.clock.now()).limit(1)).first() is None:
            return 0
    enabled = outlets.enabled(parts.settings)
    with parts.database.write() as session:
        taken = _take(session, parts, enabled)
    done = 0
    for each in taken:
        problem = _try(enabled[each.outlet], each.message)
        with parts.database.write() as session:
            _mark(session, parts, each, problem)
        done += problem is None
    return done


def _due(now: datetime) -> Select[tuple[Delivery]]:
    return (
        select(Delivery)
        .where(Delivery.status == "waiting", Delivery.next_at <= now)
        .order_by(Delivery.next_at, Delivery.id)
    )


def _take(session: WriteSession, parts: Runtime, enabled: Mapping[str, Outlet]) -> list[_Taken]:
    now = parts.clock.now()
    rows = session.execute(_due(now).limit(SENT_AT_ONCE).with_for_update(skip_locked=True)).scalars().all()
    wanted = preferences.wishes(session, {row.account_id for row in rows})
    active = set(
        session.execute(
            select(Account.id).where(Account.id.in_(list(wanted)), Account.active.is_(True))
        ).scalars()
    )
    read = _read_already(session, rows)
    taken = []
    for row in rows:
        sealed = wanted[row.account_id].addresses.get(row.outlet)
        unreachable = row.outlet not in enabled or (row.outlet != "log" and sealed is None)
        if row.notice_id in read or row.account_id not in active or unreachable:
            row.status, row.ended_at = "dropped", now
            row.problem = "已在系统内处理" if row.notice_id in read else "账号、渠道或地址已停用"
            continue
        address = _open(parts.cipher, row, sealed)
        row.attempts += 1
        row.next_at = now + LEASE
        message = Message(row.key, address, row.heading, row.body, now)
        taken.append(_Taken(row.id, row.outlet, message, row.attempts))
    return taken


def _open(cipher: FieldCipher, row: Delivery, sealed: str | None) -> str:
    return preferences.open_address(cipher, row.account_id, row.outlet, sealed) if sealed else ""


def _read_already(session: ReadSession, rows: Sequence[Delivery]) -> set[int | None]:
    """Notices of these deliveries that were read meanwhile, or are gone because a newer one replaced them."""
    wanted = {row.notice_id for row in rows if row.notice_id is not None}
    unread = select(Notice.id).where(Notice.id.in_(wanted), Notice.read_at.is_(None))
    return set(wanted - set(session.execute(unread).scalars()))


def _try(outlet: Outlet, message: Message) -> NotDelivered | None:
    try:
        outlet.send(message)
    except NotDelivered as problem:
        return problem
    return None


def _mark(session: WriteSession, parts: Runtime, each: _Taken, problem: NotDelivered | None) -> None:
    now = parts.clock.now()
    values: dict[str, Any] = {"status": "sent", "ended_at": now, "problem": ""}
    if problem is not None:
        again = None if problem.for_good else next_attempt(now, each.attempts)
        values = {"problem": problem.problem[:200]}
        values |= {"next_at": again} if again else {"status": "dead", "ended_at": now}
    standing = (Delivery.id == each.id, Delivery.status == "waiting")
    session.execute(update(Delivery).where(*standing).values(**values))
    if values.get("status") == "dead":
        audit.record(
            session,
            Context(SYSTEM, now),
            "delivery.given_up",
            f"delivery:{each.id}",
            reason=values["problem"],
        )


def deliveries(
    session: ReadSession, *, status: str = "", cursor: str = "", limit: int = 50
) -> paging.Page[Delivery]:
    """The newest first; addresses are not among them."""
    rows = select(Delivery).order_by(Delivery.id.desc())
    if status:
        rows = rows.where(Delivery.status == status)
    if cursor:
        rows = rows.where(Delivery.id < paging.decode_cursor(cursor, [int])[0])
    return paging.page_of(session.execute(rows.limit(limit + 1)).scalars().all(), limit, lambda row: [row.id])


def retry(session: WriteSession, ctx: Context, delivery_id: int) -> Delivery:
    """Begins anew with a delivery that was given up."""
    ctx.actor.require("system.manage")
    row = session.get(Delivery, delivery_id, with_for_update=True)
    if row is None:
        raise NotFound("没有这条发送记录。")
    if row.status != "dead":
        raise Conflict("这条消息没有发送失败，不需要重发。", code="not_dead")
    row.status, row.attempts, row.next_at, row.ended_at = "waiting", 0, ctx.now, None
    audit.record(session, ctx, "delivery.retried", f"delivery:{delivery_id}")
    return row


def purge(session: WriteSession, before: datetime) -> int:
    """Forgets what ended before; what was given up stays as long, for somebody to look at."""
    old = delete(Delivery).where(Delivery.status != "waiting", Delivery.ended_at < before)
    return affected(session, old)
