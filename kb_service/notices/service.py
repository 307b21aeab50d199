"""Telling people what awaits them."""

from collections.abc import Collection, Iterable

from sqlalchemy import delete, func, insert, select, update

from kb_service.core import paging
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession, affected
from kb_service.notices.model import Notice

TITLE_LENGTH = 200


def notify(
    session: WriteSession,
    ctx: Context,
    account_ids: Iterable[int],
    kind: str,
    title: str,
    link: str,
    subject: str,
) -> None:
    """One notice to each account but the actor's own, who knows what they just did."""
    rows = [
        {
            "account_id": account_id,
            "kind": kind,
            "title": title[:TITLE_LENGTH],
            "link": link,
            "subject": subject,
            "created_at": ctx.now,
        }
        for account_id in sorted(set(account_ids))
        if account_id != ctx.actor.account_id
    ]
    if rows:
        session.execute(insert(Notice), rows)


def notify_again(
    session: WriteSession,
    ctx: Context,
    account_ids: Collection[int],
    kind: str,
    title: str,
    link: str,
    subject: str,
) -> None:
    """The same, in the place of what these accounts have not read yet on the subject."""
    unread = (Notice.subject == subject, Notice.kind == kind, Notice.read_at.is_(None))
    session.execute(delete(Notice).where(*unread, Notice.account_id.in_(account_ids)))
    notify(session, ctx, account_ids, kind, title, link, subject)


def settle(session: WriteSession, ctx: Context, subject: str, kind: str) -> None:
    """Marks notices read for everyone once what they asked for is done."""
    about = (Notice.subject == subject, Notice.kind == kind, Notice.read_at.is_(None))
    session.execute(update(Notice).where(*about).values(read_at=ctx.now))


def unread_count(session: ReadSession, ctx: Context) -> int:
    mine = (Notice.account_id == ctx.actor.account_id, Notice.read_at.is_(None))
    return session.execute(select(func.count(Notice.id)).where(*mine)).scalar_one()


def inbox(
    session: ReadSession, ctx: Context, *, unread: bool = False, cursor: str = "", limit: int = 20
) -> paging.Page[Notice]:
    rows = select(Notice).where(Notice.account_id == ctx.actor.account_id).order_by(Notice.id.desc())
    if unread:
        rows = rows.where(Notice.read_at.is_(None))
    if cursor:
        rows = rows.where(Notice.id < paging.decode_cursor(cursor, [int])[0])
    return paging.page_of(session.execute(rows.limit(limit + 1)).scalars().all(), limit, lambda row: [row.id])


def mark_read(session: WriteSession, ctx: Context, ids: Iterable[int] | None) -> int:
    """Marks the given notices of the actor read, or all of them; returns how many changed."""
    mine = [Notice.account_id == ctx.actor.account_id, Notice.read_at.is_(None)]
    if ids is not None:
        mine.append(Notice.id.in_(list(ids)))
    return affected(session, update(Notice).where(*mine).values(read_at=ctx.now))
