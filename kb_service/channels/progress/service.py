"""Looking up a request, so seldom that nobody can guess."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from kb_service.channels.progress import rules
from kb_service.channels.progress.model import Lookup
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession, affected
from kb_service.core.errors import NotFound, TooMany
from kb_service.core.runtime import Runtime
from kb_service.identity.service import requesters
from kb_service.tickets.schemas import ProgressOut
from kb_service.tickets.service import looking_up


def look_up(parts: Runtime, ctx: Context, code: str, proof: str) -> ProgressOut:
    """Raises NotFound alike for a wrong number and a wrong proof, TooMany after too many of them.

    A failed attempt is kept in a transaction of its own, for the request's is taken back. Who gives the whole
    number is not held up by others' guesses at its end.
    """
    mark = parts.cipher.fingerprint(f"lookup:{code.strip()}")
    source = parts.cipher.fingerprint(f"source:{ctx.source}")
    whole = len(requesters.normal_phone(proof)) > rules.SHORT_PROOF
    with parts.database.read() as session:
        if _held_up(session, ctx.now, "" if whole else mark, source):
            raise TooMany("查询次数过多，请 15 分钟后再试，或拨打 12345 查询。", code="too_many_lookups")
        try:
            return looking_up.progress(session, parts, code, proof)
        except NotFound as error:
            failed = error
    with parts.database.write() as session:
        session.add(Lookup(code=mark, source=source, at=ctx.now))
    raise failed


def _held_up(session: ReadSession, now: datetime, mark: str, source: str) -> bool:
    def failures(column: object, value: str, within: timedelta) -> int:
        rows = select(func.count(Lookup.id)).where(column == value, Lookup.at > now - within)  # type: ignore[arg-type]
        return session.execute(rows).scalar_one()

    return rules.too_often(
        failures(Lookup.code, mark, rules.WINDOW),
        failures(Lookup.code, mark, rules.DAY),
        failures(Lookup.source, source, rules.WINDOW),
    )


def forget(session: WriteSession, now: datetime) -> int:
    return affected(session, delete(Lookup).where(Lookup.at < now - rules.DAY))
