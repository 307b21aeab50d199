"""Files of a version and who may read it before its release: what people do beside its words."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from admin.forms import Sent, SentDep
from admin.point_form import SEPARATORS
from admin.rendering import PageDep, strings
from kb_service.core.errors import Invalid
from kb_service.core.web import Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.knowledge.attachments import service
from kb_service.knowledge.attachments.api import sent as sent_file
from kb_service.knowledge.attachments.rules import Kind
from kb_service.knowledge.attachments.store import AttachmentStore
from kb_service.knowledge.training import service as training

router = APIRouter(prefix="/knowledge/{code}/{number}", include_in_schema=False)


def _files(parts: RuntimeDep) -> AttachmentStore:
    return AttachmentStore.of(parts.settings)


Files = Annotated[AttachmentStore, Depends(_files)]


@router.post("/attachments", dependencies=[requires("knowledge.edit")])
def upload(
    page: PageDep, session: Writer, ctx: Ctx, files: Files, sent: SentDep, code: str, number: int
) -> Response:
    file = sent.file("file")
    if file is None:
        raise Invalid("请先选择要上传的文件。", code="no_file")
    found = service.upload_to(session, ctx, files, code, number, file.filename or "", file.file, _kind(sent))
    return page.go(_place(code, number), strings("attachment.added", name=found[-1].name))


def _kind(sent: Sent) -> Kind:
    return "official_document" if sent.text("kind") == "official_document" else "other"


@router.get("/attachments/{attachment_id}", dependencies=[requires("knowledge.read_internal")])
def download(session: Reader, ctx: Ctx, files: Files, code: str, number: int, attachment_id: int) -> Response:
    return sent_file(service.open_attachment(session, ctx, files, code, number, attachment_id))


@router.post("/attachments/{attachment_id}/remove", dependencies=[requires("knowledge.edit")])
def remove(page: PageDep, session: Writer, ctx: Ctx, code: str, number: int, attachment_id: int) -> Response:
    service.detach(session, ctx, code, number, attachment_id)
    return page.go(_place(code, number), strings("attachment.removed"))


@router.post("/attachments/{attachment_id}/erase", dependencies=[requires("knowledge.withdraw")])
def erase(
    page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, code: str, number: int, attachment_id: int
) -> Response:
    service.erase(session, ctx, code, number, attachment_id, sent.text("reason"))
    return page.go(_place(code, number), strings("attachment.erased"))


@router.post("/training", dependencies=[requires("knowledge.edit")])
def name_readers(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, code: str, number: int) -> Response:
    people = [login.strip() for login in SEPARATORS.split(sent.text("people")) if login.strip()]
    training.name_readers(session, ctx, code, number, people, sent.many("training_roles"))
    return page.go(_place(code, number), strings("attachment.training_kept"))


def _place(code: str, number: int) -> str:
    return f"/knowledge/{code}?version={number}#files"
