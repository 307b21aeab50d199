"""The queue's one action on many tickets, and the list that is taken out."""

from fastapi import APIRouter, Response
from pydantic import BaseModel

from admin.forms import CORRECTABLE, SentDep
from admin.rendering import PageDep
from kb_service.core import idempotency
from kb_service.core.db import WriteSession
from kb_service.core.web import RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.tickets.bulk import exporting, service
from kb_service.tickets.bulk.api import as_file
from kb_service.tickets.bulk.schemas import BulkIn, BulkOut, ExportIn

router = APIRouter(prefix="/tickets/bulk", include_in_schema=False)
EXPORT = "export"


class _Choice(BaseModel):
    """What the person chose, as the form names it."""

    action: str
    codes: list[str]


@router.post("", dependencies=[requires("ticket.read")])
def act(page: PageDep, session: Writer, parts: RuntimeDep, ctx: Ctx, sent: SentDep) -> Response:
    """Tells of each ticket what came of it; sent twice, it is done once."""
    choice = _Choice(action=sent.text("action"), codes=sent.many("code"))
    try:
        if choice.action == EXPORT:
            asked = ExportIn(codes=choice.codes, purpose=sent.text("purpose"))
            return as_file(exporting.listed(session, ctx, asked))
        details = {name: text for name in ("to", "text") if (text := sent.text(name))}
        data = BulkIn.model_validate({"codes": choice.codes, "action": choice.action, "data": details})
        found = _once(session, ctx, parts, sent.text("once"), data)
    except (*CORRECTABLE, ValueError) as error:
        session.rollback()
        told = getattr(error, "detail", "") or "请先选择工单（最多 100 件）和要做的事。"
        return page.go("/tickets", told, tone="bad")
    return page.show(session, "tickets/bulk.html", found=found, action=choice.action)


def _once(session: WriteSession, ctx: Ctx, parts: RuntimeDep, once: str, data: BulkIn) -> BulkOut:
    if not once:
        return service.act_on_all(session, ctx, parts, data)
    key = idempotency.scoped(ctx, f"bulk:{once}")
    mark = idempotency.fingerprint("POST", "/tickets/bulk", data.model_dump_json().encode())
    stored = idempotency.claim(session, ctx, key, mark)
    if stored is not None and stored.body is not None:
        return BulkOut.model_validate(stored.body)
    found = service.act_on_all(session, ctx, parts, data)
    idempotency.keep(session, key, 200, found.model_dump(mode="json"))
    return found
