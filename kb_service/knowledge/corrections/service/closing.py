"""What the windows of versions mean for open corrections: repaired, withdrawn, or moved on to the next version."""

from collections.abc import Collection

from sqlalchemy import select

from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.knowledge.corrections import rules
from kb_service.knowledge.corrections.model import Correction
from kb_service.knowledge.corrections.rules import Live, Status
from kb_service.knowledge.corrections.service import overdue, records
from kb_service.knowledge.model import Version
from kb_service.knowledge.service.conditions import live_at
from kb_service.knowledge.service.lookups import chunks

BEING_REPAIRED = (Status.CONFIRMED, Status.OBJECTED)


def settle(session: WriteSession, ctx: Context, point_ids: Collection[int]) -> int:
    """Settles the corrections of points whose windows have changed; returns how many ended."""
    ended = 0
    for part in chunks(sorted(point_ids)):
        rows = (
            select(Correction)
            .where(Correction.point_id.in_(part), Correction.status.in_(BEING_REPAIRED))
            .order_by(Correction.id)
            .with_for_update()
        )
        for correction in session.execute(rows).scalars().all():
            settle_one(session, ctx, correction)
            ended += correction.closed_at is not None
    return ended


def settle_one(session: WriteSession, ctx: Context, correction: Correction) -> None:
    if correction.received_at is None:
        return
    live = _live(session, ctx, correction)
    outcome = rules.settles(
        live,
        stands_on=correction.stands_on,
        received_at=correction.received_at,
        fix_number=correction.fix_number,
    )
    if outcome is not None:
        overdue.note_late(session, ctx, correction)
        by = f"以第 {live.number} 版改正" if live and outcome == Status.CORRECTED else ""
        if live and outcome == Status.CORRECTED:
            correction.fix_number = live.number
        records.end(session, ctx, correction, outcome, by)
    elif live is not None and live.number != correction.stands_on:
        correction.stands_on = live.number
        text = f"第 {live.number} 版发布了，但它起草于通知之前，所报的错仍待改正"
        records.note(session, ctx, correction, "moved_on", text, number=live.number)


def _live(session: ReadSession, ctx: Context, correction: Correction) -> Live | None:
    rows = select(Version.number, Version.created_at).where(
        Version.point_id == correction.point_id, live_at(ctx.now)
    )
    row = session.execute(rows).first()
    return Live(row.number, row.created_at) if row else None
