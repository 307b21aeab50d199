"""A month of the roster at once, from a table; all of it or nothing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select

from kb_service.core.clock import day_start
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Invalid, KbError, Pointer
from kb_service.identity.model import Account
from kb_service.notices import roster
from kb_service.notices.model import Shift
from kb_service.notices.people_schemas import RosterRow
from kb_service.notices.rules import shift_minutes

# How the columns of a roster may be headed.
HEADERS: Mapping[str, str] = {
    "日期": "day", "day": "day", "值班类别": "duty", "duty": "duty", "班次": "shift", "shift": "shift",
    "人员": "people", "值班人员": "people", "people": "people", "备注": "note", "note": "note",
}  # fmt: skip


def import_rows(
    session: WriteSession, ctx: Context, rows: Sequence[RosterRow], *, replace: bool = False
) -> tuple[int, int]:
    """Adds the shifts of all rows; gives how many were added and cancelled. Nothing is kept if a row is wrong."""
    ctx.actor.require("roster.manage")
    cancelled = _cancel_coming(session, ctx, rows) if replace else 0
    people = _people(session)
    wrong: list[Pointer] = []
    added = 0
    for at, row in enumerate(rows):
        try:
            added += _add(session, ctx, row, people)
        except KbError as error:
            wrong.append({"pointer": f"/rows/{at}", "detail": error.detail})
    if wrong:
        first = wrong[0]
        line = int(first["pointer"].rsplit("/", 1)[1]) + 1
        raise Invalid(
            f"值班表有 {len(wrong)} 行不符合要求，没有导入任何一行。第 {line} 行：{first['detail']}",
            code="rows_invalid", pointers=wrong,
        )  # fmt: skip
    return added, cancelled


def _people(session: ReadSession) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    rows = select(Account.id, Account.login, Account.name).where(Account.active.is_(True))
    for account_id, login, name in session.execute(rows):
        for word in {login, name}:
            found.setdefault(word, []).append(account_id)
    return found


def _add(session: WriteSession, ctx: Context, row: RosterRow, people: Mapping[str, list[int]]) -> int:
    minutes = shift_minutes(row.shift)
    if minutes is None:
        raise Invalid(
            f"班次“{row.shift}”不认识，应为全天、白班、夜班，或如 17:30-08:30。", code="unknown_shift"
        )
    starts_at, ends_at = span_of(row.day, minutes)
    duty = _code(session, row.duty)
    for word in row.people:
        found = people.get(word, [])
        if len(found) != 1:
            told = "没有这个人" if not found else "不止一人，请写登录名"
            raise Invalid(f"人员“{word}”：{told}。", code="unknown_account")
        roster.assign(
            session, ctx, duty=duty, account_id=found[0], starts_at=starts_at, ends_at=ends_at, note=row.note
        )
    return len(row.people)


def _code(session: ReadSession, word: str) -> str:
    """A duty may be named by its name or its code."""
    names = {kind.name: kind.code for kind in roster.duties(session).values()}
    return names.get(word.strip(), word.strip())


def span_of(day: date, minutes: tuple[int, int]) -> tuple[datetime, datetime]:
    start = day_start(day)
    return start + timedelta(minutes=minutes[0]), start + timedelta(minutes=minutes[1])


def _cancel_coming(session: WriteSession, ctx: Context, rows: Iterable[RosterRow]) -> int:
    wanted = {(_code(session, row.duty), row.day) for row in rows}
    count = 0
    for duty, day in sorted(wanted):
        coming = select(Shift.id).where(
            Shift.duty == duty, Shift.cancelled_at.is_(None), Shift.starts_at > ctx.now,
            Shift.starts_at >= day_start(day), Shift.starts_at < day_start(day + timedelta(days=1)),
        )  # fmt: skip
        for shift_id in session.execute(coming).scalars().all():
            roster.cancel(session, ctx, shift_id)
            count += 1
    return count
