"""Routes of the files that belong to a version."""

from collections.abc import Iterator
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, File, Form, Response, UploadFile
from fastapi.responses import StreamingResponse

from kb_service.core.web import Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.schemas import Done, ListOut
from kb_service.knowledge.attachments import schemas, service
from kb_service.knowledge.attachments.rules import Kind
from kb_service.knowledge.attachments.store import AttachmentStore

router = APIRouter(prefix="/api/v1/points/{code}/versions/{number}/attachments", tags=["knowledge"])
_PIECE = 2**16


def _files(parts: RuntimeDep) -> AttachmentStore:
    return AttachmentStore.of(parts.settings)


Files = Annotated[AttachmentStore, Depends(_files)]


@router.get("", dependencies=[requires("knowledge.read")])
def attachments(code: str, number: int, session: Reader, ctx: Ctx) -> ListOut[service.AttachmentView]:
    return ListOut(items=service.attachments(session, ctx, code, number))


@router.post("", dependencies=[requires("knowledge.edit")], status_code=201)
def upload(
    code: str,
    number: int,
    session: Writer,
    ctx: Ctx,
    files: Files,
    file: Annotated[UploadFile, File()],
    kind: Annotated[Kind, Form()] = "other",
) -> ListOut[service.AttachmentView]:
    """The official document on the day of release; anything else while the version is a draft."""
    found = service.upload_to(session, ctx, files, code, number, file.filename or "", file.file, kind)
    return ListOut(items=found)


@router.get("/{attachment_id}", dependencies=[requires("knowledge.read")], response_class=StreamingResponse)
def download(code: str, number: int, attachment_id: int, session: Reader, ctx: Ctx, files: Files) -> Response:
    return sent(service.open_attachment(session, ctx, files, code, number, attachment_id))


@router.delete("/{attachment_id}", dependencies=[requires("knowledge.edit")])
def detach(code: str, number: int, attachment_id: int, session: Writer, ctx: Ctx) -> Done:
    service.detach(session, ctx, code, number, attachment_id)
    return Done()


@router.post("/{attachment_id}/erase", dependencies=[requires("knowledge.withdraw")])
def erase(
    code: str, number: int, attachment_id: int, data: schemas.EraseIn, session: Writer, ctx: Ctx
) -> Done:
    service.erase(session, ctx, code, number, attachment_id, data.reason)
    return Done()


def sent(opened: service.Opened) -> Response:
    """Always to be saved, never shown in the page: what others uploaded must not act in our name."""
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(opened.name, safe='')}",
        "Content-Length": str(opened.size),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return StreamingResponse(_pieces(opened), media_type=opened.media_type, headers=headers)


def _pieces(opened: service.Opened) -> Iterator[bytes]:
    with opened.file:
        while piece := opened.file.read(_PIECE):
            yield piece
