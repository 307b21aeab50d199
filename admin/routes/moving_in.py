"""Moved in from another system: what it says of its past, and a second person who confirms it on evidence."""

from urllib.parse import quote

from fastapi import APIRouter, Response

from admin.forms import SentDep
from admin.rendering import PageDep, strings
from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.knowledge.moving_in import reading, service

router = APIRouter(prefix="/move-in", include_in_schema=False, dependencies=[requires(service.PERMISSION)])


@router.get("")
def listed(page: PageDep, session: Reader, ctx: Ctx) -> Response:
    return page.show(session, "imports/moved.html", found=reading.batches(session, ctx))


@router.get("/{batch_id}")
def batch(page: PageDep, session: Reader, ctx: Ctx, batch_id: str) -> Response:
    return page.show(
        session,
        "imports/moved_batch.html",
        batch=reading.batch(session, ctx, batch_id),
        rows=reading.rows(session, ctx, batch_id),
    )


@router.post("/{batch_id}")
def confirm(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, batch_id: str) -> Response:
    where, file = f"/move-in/{batch_id}", sent.file("evidence")
    if file is None:
        return page.go(where, strings("import.moved_evidence_first"), tone="bad")
    made = service.confirm(session, ctx, batch_id, file.filename or "evidence", file.file)
    return page.go(where, strings("import.moved_done", count=made.versions))


@router.get("/{batch_id}/evidence")
def evidence(session: Reader, ctx: Ctx, batch_id: str) -> Response:
    name, content = service.evidence_file(session, ctx, batch_id)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Response(content, media_type="application/octet-stream", headers=headers)
