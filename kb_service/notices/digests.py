"""The daily digest: what a person has not read, told once, by kind, at the time they chose."""

from collections.abc import Sequence
from datetime import datetime, time

from sqlalchemy import ColumnElement, exists, insert, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from kb_service.core.clock import CITY, local_day
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.runtime import Runtime
from kb_service.identity.model import Account
from kb_service.notices import outlets, preferences
from kb_service.notices.delivery import heading, told_outside
from kb_service.notices.model import Delivery, Digest, DigestItem, Notice
from kb_service.notices.preferences import Wishes
from kb_service.notices.rules import digest_due, kind_of, mode_for
from kb_service.regulations import service as regulations

PEOPLE_AT_ONCE = 200


def build(parts: Runtime) -> int:
    """Builds the digests that are due and not built yet today; returns how many it made or found empty."""
    now = parts.clock.now()
    done = 0
    for outlet in outlets.names(parts.settings):
        with parts.database.read() as session:
            due = _due(session, now, outlet)
        if due:
            with parts.database.write() as session:
                for account_id, wish in due.items():
                    done += _build_one(session, now, account_id, outlet, wish, parts.settings.public_url)
    return done


def _due(session: ReadSession, now: datetime, outlet: str) -> dict[int, Wishes]:
    """Reachable people with something unread that no digest told, whose time has come today."""
    day = local_day(now)
    built = exists().where(Digest.account_id == Notice.account_id, Digest.outlet == outlet, Digest.day == day)
    rows = (
        select(Notice.account_id)
        .join(Account, Account.id == Notice.account_id)
        .where(Account.active.is_(True), Notice.read_at.is_(None), _untold(outlet), ~built)
        .distinct()
        .order_by(Notice.account_id)
    )
    people = session.execute(rows).scalars().all()
    working = regulations.calendar(session).is_working(day)
    wanted = preferences.wishes(session, people)
    ready = {
        account_id: wish
        for account_id, wish in wanted.items()
        if wish.reachable(outlet)
        and digest_due(now, wish.digest_minute, working_days_only=wish.working_days_only, is_working=working)
    }
    return dict(list(ready.items())[:PEOPLE_AT_ONCE])


def _untold(outlet: str) -> ColumnElement[bool]:
    return ~exists().where(DigestItem.notice_id == Notice.id, DigestItem.outlet == outlet)


def _build_one(
    session: WriteSession, now: datetime, account_id: int, outlet: str, wish: Wishes, public_url: str
) -> int:
    make = postgresql_insert if session.dialect_name == "postgresql" else sqlite_insert
    row = {"account_id": account_id, "outlet": outlet, "day": local_day(now), "built_at": now}
    # Whoever comes second to the same day's digest finds it made and adds nothing.
    claim = make(Digest).values(row).on_conflict_do_nothing().returning(Digest.id)
    digest_id = session.execute(claim).scalar_one_or_none()
    if digest_id is None:
        return 0
    notices = _unread(session, now, account_id, outlet, wish)
    if notices:
        session.execute(
            insert(DigestItem),
            [{"notice_id": each.id, "outlet": outlet, "digest_id": digest_id} for each in notices],
        )
        session.add(
            Delivery(
                key=f"digest-{digest_id}", account_id=account_id, notice_id=None, outlet=outlet,
                heading=heading(f"今日未读提醒 {len(notices)} 条"), body=told_outside(notices, public_url),
                next_at=now, created_at=now,
            )
        )  # fmt: skip
    return 1


def _unread(
    session: ReadSession, now: datetime, account_id: int, outlet: str, wish: Wishes
) -> Sequence[Notice]:
    """What came before today's time for the digest; what came later waits for the next one."""
    chosen_time = time(wish.digest_minute // 60, wish.digest_minute % 60)
    until = datetime.combine(local_day(now), chosen_time, CITY)
    rows = (
        select(Notice)
        .where(
            Notice.account_id == account_id, Notice.read_at.is_(None), Notice.created_at < until,
            _untold(outlet),
        )
        .order_by(Notice.id)
    )  # fmt: skip
    return [
        notice
        for notice in session.execute(rows).scalars()
        if mode_for(kind_of(notice.kind), outlet, wish.modes) == "digest"
    ]
