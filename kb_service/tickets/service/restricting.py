"""Somebody who is kept off the line for a while: a new request is refused, and told where else to turn."""

from sqlalchemy import func, select

from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.core.errors import Forbidden
from kb_service.core.pages.times import minute
from kb_service.core.runtime import Runtime
from kb_service.identity.service import requesters
from kb_service.regulations import rules as regulation
from kb_service.regulations.schema import Profile
from kb_service.tickets import schemas
from kb_service.tickets.model import Ticket


def check(
    session: ReadSession, ctx: Context, parts: Runtime, profile: Profile, data: schemas.TicketIn
) -> None:
    """Raises Forbidden while a restriction that an authorised person imposed holds for this phone number."""
    rule, phone = profile.access.restriction, data.requester.phone.strip()
    if rule is None or not phone or (rule.channel == "phone" and data.channel != "phone"):
        return
    same = requesters.same_phone(session, parts.cipher, phone)
    latest = select(func.max(Ticket.restricted_until)).where(Ticket.requester_id.in_(same))
    until = session.execute(latest).scalar_one()
    if until is None or until <= ctx.now:
        return
    clause, article = regulation.cited(rule)
    others = "网站、微信、客户端或信函" if rule.channel == "phone" else "来信或当面"
    raise Forbidden(
        f"诉求人在限制使用期间（至{minute(until)}，{article}），不能再占用热线资源。请告知：可以通过{others}"
        "反映诉求，对限制决定有异议的可以向热线管理机构提出；紧急情况照常登记为突发事项。",
        code="restricted",
        extra={"clause": clause},
    )
