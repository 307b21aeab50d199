"""A dissatisfied callback: what its requester had been answered with is reported as wrong."""

from contextlib import suppress

from sqlalchemy import select

from kb_service.answering.model import Shown
from kb_service.core.context import Context
from kb_service.core.db import WriteSession
from kb_service.core.errors import NotFound
from kb_service.knowledge.corrections.service import reporting
from kb_service.knowledge.corrections.service.reporting import Said
from kb_service.tickets.recalls import rules


def report_dissatisfied(
    session: WriteSession, ctx: Context, ticket: str, remark: str, *, kind: str = "wrong"
) -> list[str]:
    """Reports each version that the ticket's requester was answered with; gives the codes of the corrections.

    Nothing is reported where no answer of the base reached them, or its version was withdrawn since.
    """
    rows = select(Shown).where(Shown.ticket_code == ticket).order_by(Shown.id)
    found: dict[str, None] = {}
    for shown in session.execute(rows).scalars().all():
        if not rules.reached(shown.channel, shown.kind):
            continue
        said = Said(kind=kind, remark=remark, number=shown.version, shown_id=shown.id, ticket_code=ticket)
        with suppress(NotFound):
            done = reporting.report(session, ctx, shown.code, said, way="callback")
            found[done.correction.code] = None
    return list(found)
