"""Routes of imports: send a file, see what it would do, apply it, take it back."""

import json
from typing import Annotated

from fastapi import APIRouter, File, Form, Query, Response, UploadFile

from ingestion import schemas, service
from ingestion.template import template_csv, template_xlsx
from kb_service.core.errors import Invalid
from kb_service.core.paging import MAX_LIMIT
from kb_service.core.web import Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.schemas import Done, ListOut

router = APIRouter(prefix="/api/v1/imports", tags=["imports"])
IMPORT = requires("knowledge.import")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


@router.post("", dependencies=[IMPORT], status_code=201)
def stage(
    parts: RuntimeDep,
    ctx: Ctx,
    file: Annotated[UploadFile, File()],
    name: Annotated[str, Form()] = "",
    mapping: Annotated[str, Form(description="JSON object: header to column key, empty for none")] = "",
    defaults: Annotated[str, Form(description="JSON object: column key to what an empty cell means")] = "",
    sheet: Annotated[str, Form()] = "",
    submit: Annotated[bool, Form(description="false: the rows become drafts")] = True,
) -> schemas.BatchOut:
    staged = service.stage(
        parts.database,
        ctx,
        file.file,
        file.filename or "",
        name=name,
        mapping=_texts(mapping, "mapping"),
        defaults=_texts(defaults, "defaults"),
        sheet=sheet,
        submit=submit,
        limits=service.Limits.of(parts.settings),
    )
    return schemas.BatchOut.model_validate(staged)


def _texts(text: str, field: str) -> dict[str, str]:
    if not text.strip():
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise Invalid(
            f"{field} 应为 JSON 对象，键和值都是文字。",
            code="bad_mapping",
            pointers=[{"pointer": f"/{field}", "detail": "应为 JSON 对象，键和值都是文字"}],
        )
    return found


@router.get("", dependencies=[IMPORT])
def batches(
    session: Reader, ctx: Ctx, status: str = "", cursor: str = "", limit: Limit = 20
) -> ListOut[schemas.BatchOut]:
    page = service.batches(session, ctx, status=status, cursor=cursor, limit=limit)
    return ListOut(items=[schemas.BatchOut.model_validate(each) for each in page.items], next=page.next)


@router.get("/template.csv", dependencies=[IMPORT])
def csv_template(kind: Annotated[str, Query(alias="type")] = "faq") -> Response:
    return _download(template_csv(kind), "text/csv; charset=utf-8", f"template-{kind}.csv")


@router.get("/template.xlsx", dependencies=[IMPORT])
def xlsx_template(kind: Annotated[str, Query(alias="type")] = "faq") -> Response:
    return _download(template_xlsx(kind), XLSX, f"template-{kind}.xlsx")


def _download(content: bytes, media_type: str, filename: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return Response(content, media_type=media_type, headers=headers)


@router.get("/{batch_id}", dependencies=[IMPORT])
def batch(session: Reader, ctx: Ctx, batch_id: str) -> schemas.BatchOut:
    return schemas.BatchOut.model_validate(service.batch(session, ctx, batch_id))


@router.delete("/{batch_id}", dependencies=[IMPORT])
def cancel(session: Writer, ctx: Ctx, batch_id: str) -> Done:
    service.cancel(session, ctx, batch_id)
    return Done()


@router.get("/{batch_id}/rows", dependencies=[IMPORT])
def rows(
    session: Reader, ctx: Ctx, batch_id: str, only: str = "", cursor: str = "", limit: Limit = 50
) -> ListOut[schemas.RowOut]:
    page = service.preview(session, ctx, batch_id, only=only, cursor=cursor, limit=limit)
    return ListOut(items=[schemas.RowOut.model_validate(each) for each in page.items], next=page.next)


@router.get("/{batch_id}/errors.csv", dependencies=[IMPORT])
def error_file(session: Reader, ctx: Ctx, batch_id: str) -> Response:
    content = service.error_file(session, ctx, batch_id)
    return _download(content, "text/csv; charset=utf-8", f"errors-{batch_id[-8:]}.csv")


@router.post("/{batch_id}/recheck", dependencies=[IMPORT])
def recheck(parts: RuntimeDep, ctx: Ctx, batch_id: str) -> schemas.BatchOut:
    return schemas.BatchOut.model_validate(service.recheck(parts.database, ctx, batch_id))


@router.post("/{batch_id}/apply", dependencies=[IMPORT])
def apply(parts: RuntimeDep, ctx: Ctx, batch_id: str, data: schemas.ApplyIn) -> schemas.AppliedOut:
    done = service.apply(parts.database, ctx, batch_id, allow_partial=data.allow_partial)
    return schemas.AppliedOut.model_validate(done)


@router.post("/{batch_id}/undo", dependencies=[IMPORT])
def undo(session: Writer, ctx: Ctx, batch_id: str, data: schemas.UndoIn) -> schemas.UndoneOut:
    return schemas.UndoneOut.model_validate(service.undo(session, ctx, batch_id, data.reason))
