"""The work home: what awaits the person who is logged in, by what they may do."""

from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Response

from admin.navigation import REVIEWS
from admin.rendering import PageDep
from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.core.web import Reader
from kb_service.identity.auth import signed_in
from kb_service.knowledge.service import listing, review_queue
from kb_service.knowledge.service.listing import PointFilter
from kb_service.knowledge.tasks import service as tasks
from kb_service.notices import service as notices
from kb_service.tickets.service import listing as tickets
from kb_service.tickets.service.listing import TicketFilter

router = APIRouter(include_in_schema=False)
ROWS = 6


@dataclass(frozen=True)
class Awaiting:
    """Parts that a person may not use stay None."""

    notices: Any = None
    reviews: Any = None
    review_count: int = 0
    drafts: Any = None
    returned: Any = None
    tasks: Any = None
    tickets: Any = None
    ticket_counts: dict[str, int] = field(default_factory=dict)


def awaiting(session: ReadSession, ctx: Context) -> Awaiting:
    may = ctx.actor.may
    found: dict[str, Any] = {}
    if may("inbox.use"):
        found["notices"] = notices.inbox(session, ctx, unread=True, limit=ROWS)
    if any(may(permission) for permission in REVIEWS):
        found["reviews"] = review_queue.awaiting(session, ctx, limit=ROWS)
        found["review_count"] = review_queue.awaiting_count(session, ctx)
    if may("knowledge.edit"):
        found["tasks"] = tasks.tasks_of(session, ctx, limit=ROWS)
        found["drafts"] = listing.list_points(session, ctx, PointFilter(status="draft"), limit=ROWS)
        found["returned"] = listing.list_points(session, ctx, PointFilter(status="returned"), limit=ROWS)
    if may("ticket.read"):
        found["tickets"] = tickets.list_tickets(session, ctx, TicketFilter(status="open"), limit=ROWS)
        found["ticket_counts"] = tickets.counts(session, ctx)
    return Awaiting(**found)


@router.get("/", dependencies=[signed_in()])
def home(page: PageDep, session: Reader) -> Response:
    return page.show(session, "home.html", waiting=awaiting(session, page.ctx))
