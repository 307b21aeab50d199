"""Telling people what awaits them."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from kb_service.core import outbox, paging
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession, affected
from kb_service.core.outbox import Lane
from kb_service.identity.model import Account
from kb_service.notices import absence
from kb_service.notices.model import Awaited, Notice
from kb_service.notices.rules import kind_of

TITLE_LENGTH = 200
TOPIC = "notice"


def notify(
    session: WriteSession,
    ctx: Context,
    account_ids: Iterable[int],
    kind: str,
    title: str,
    link: str,
    subject: str,
    *,
    but: Collection[int] = (),
) -> None:
    """One notice to each account but the actor's own, who knows what they just did.

    What is to be done reaches the stand-ins of those who are away too, except `but`: those who may not
    do it, such as its authors.
    """
    people = sorted(set(account_ids) - {ctx.actor.account_id})
    if not people:
        return
    titles = dict.fromkeys(people, title)
    if kind_of(kind).patience_hours is not None:
        titles = _for_stand_ins(session, ctx, people, title, but) | titles
        _await(session, ctx, people, kind, title, link, subject)
    rows = [
        {
            "account_id": account_id,
            "kind": kind,
            "title": words[:TITLE_LENGTH],
            "link": link,
            "subject": subject,
            "created_at": ctx.now,
        }
        for account_id, words in sorted(titles.items())
    ]
    ids = session.execute(insert(Notice).returning(Notice.id), rows).scalars().all()
    outbox.publish_many(session, ctx, TOPIC, map(str, ids), lane=Lane.NORMAL)


def _for_stand_ins(
    session: ReadSession, ctx: Context, people: Sequence[int], title: str, but: Collection[int]
) -> dict[int, str]:
    instead = absence.stand_ins(session, people, ctx.now)
    if not instead:
        return {}
    named = select(Account.id, Account.name).where(Account.id.in_(instead))
    names = dict(session.execute(named).tuples().all())
    return {
        stand_in: f"代{names[absent]}办理：{title}"
        for absent, stand_in in instead.items()
        if stand_in not in but and stand_in != ctx.actor.account_id
    }


def _await(
    session: WriteSession,
    ctx: Context,
    people: Sequence[int],
    kind: str,
    title: str,
    link: str,
    subject: str,
) -> None:
    """Begins the wait of each unit that was told, unless it waits already."""
    units = session.execute(select(Account.unit_id).where(Account.id.in_(people)).distinct()).scalars()
    rows: list[dict[str, Any]] = [
        {
            "subject": subject,
            "kind": kind,
            "unit_id": unit_id,
            "title": title[:TITLE_LENGTH],
            "link": link,
            "since": ctx.now,
        }
        for unit_id in sorted(units)
    ]
    make = postgresql_insert if session.dialect_name == "postgresql" else sqlite_insert
    session.execute(make(Awaited).values(rows).on_conflict_do_nothing())


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
    waiting = (Awaited.subject == subject, Awaited.kind == kind, Awaited.settled_at.is_(None))
    session.execute(update(Awaited).where(*waiting).values(settled_at=ctx.now))


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
