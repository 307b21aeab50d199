"""Routes of imports: send a file, see what it would do, apply it, take it back."""

import json
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, File, Form, Path, Query, Response, UploadFile

from ingestion import schemas, service
from ingestion.template import template_csv, template_xlsx
from kb_service.core.errors import Invalid
from kb_service.core.paging import MAX_LIMIT
from kb_service.core.web import Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.schemas import Done, ListOut
from kb_service.knowledge.moving_in import service as moving_in

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
    format: Annotated[str, Form(description="Acceptance format: empty for our own, or xinyang")] = "",  # noqa: A002
) -> schemas.BatchOut:
    """A large file is read in the background: its batch is `staged` until then, with `progress`."""
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
        profile=format,
        limits=service.Limits.of(parts.settings),
        store=service.FileStore.of(parts.settings),
        clock=parts.clock,
        later=service.is_large(file.file),
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
def xlsx_template(session: Reader, ctx: Ctx, kind: Annotated[str, Query(alias="type")] = "faq") -> Response:
    return _download(
        template_xlsx(kind, service.template_choices(session, ctx)), XLSX, f"template-{kind}.xlsx"
    )


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


@router.get("/{batch_id}/rows/{row}", dependencies=[IMPORT])
def row_detail(session: Reader, ctx: Ctx, batch_id: str, row: int) -> schemas.RowDetailOut:
    return schemas.RowDetailOut.model_validate(service.row_detail(session, ctx, batch_id, row))


@router.patch("/{batch_id}/rows/{row}", dependencies=[IMPORT])
def correct(
    parts: RuntimeDep, ctx: Ctx, batch_id: str, row: int, data: schemas.CorrectionIn
) -> schemas.BatchOut:
    """Corrects what was read or recognised wrongly; the batch is checked again."""
    correction = service.Correction(row, **data.model_dump())
    corrected = service.correct(parts.database, ctx, batch_id, correction, clock=parts.clock)
    return schemas.BatchOut.model_validate(corrected)


@router.patch("/{batch_id}", dependencies=[IMPORT])
def give_defaults(parts: RuntimeDep, ctx: Ctx, batch_id: str, data: schemas.DefaultsIn) -> schemas.BatchOut:
    """Says for all rows what their empty cells mean; the batch is checked again."""
    given = service.give_defaults(parts.database, ctx, batch_id, data.defaults, clock=parts.clock)
    return schemas.BatchOut.model_validate(given)


@router.get("/{batch_id}/errors.csv", dependencies=[IMPORT])
def error_file(session: Reader, ctx: Ctx, batch_id: str) -> Response:
    content = service.error_file(session, ctx, batch_id)
    return _download(content, "text/csv; charset=utf-8", f"errors-{batch_id[-8:]}.csv")


@router.get("/{batch_id}/dry-run.{format}", dependencies=[IMPORT])
def dry_run(
    session: Reader,
    ctx: Ctx,
    batch_id: str,
    format: Annotated[str, Path(pattern="^(csv|xlsx)$")],  # noqa: A002
) -> Response:
    """Every row with what it would do and why."""
    content = service.dry_run_file(session, ctx, batch_id, format)
    media_type = XLSX if format == "xlsx" else "text/csv; charset=utf-8"
    return _download(content, media_type, f"dry-run-{batch_id[-8:]}.{format}")


@router.post("/{batch_id}/recheck", dependencies=[IMPORT])
def recheck(parts: RuntimeDep, ctx: Ctx, batch_id: str) -> schemas.BatchOut:
    staged = service.recheck(parts.database, ctx, batch_id, clock=parts.clock)
    return schemas.BatchOut.model_validate(staged)


@router.post("/{batch_id}/resume", dependencies=[IMPORT])
def resume(parts: RuntimeDep, ctx: Ctx, batch_id: str) -> schemas.BatchOut:
    """Takes a reading that broke off up where it stopped; refused while somebody is at it."""
    staged = service.carry_on(
        parts.database,
        ctx,
        batch_id,
        limits=service.Limits.of(parts.settings),
        store=service.FileStore.of(parts.settings),
        clock=parts.clock,
    )
    return schemas.BatchOut.model_validate(staged)


@router.post("/{batch_id}/apply", dependencies=[IMPORT])
def apply(parts: RuntimeDep, ctx: Ctx, batch_id: str, data: schemas.ApplyIn) -> schemas.AppliedOut:
    done = service.apply(parts.database, ctx, batch_id, allow_partial=data.allow_partial)
    return schemas.AppliedOut.model_validate(done)


@router.post("/{batch_id}/confirm-move-in", dependencies=[requires("knowledge.move_in")])
def confirm_move_in(
    session: Writer, ctx: Ctx, batch_id: str, evidence: Annotated[UploadFile, File()]
) -> schemas.MoveInOut:
    """A second person puts what moved in live at its original upload time, on the evidence sent."""
    made = moving_in.confirm(session, ctx, batch_id, evidence.filename or "evidence", evidence.file)
    return schemas.MoveInOut.model_validate(made)


@router.get("/{batch_id}/move-in-evidence", dependencies=[requires("knowledge.move_in")])
def move_in_evidence(session: Reader, ctx: Ctx, batch_id: str) -> Response:
    name, content = moving_in.evidence_file(session, ctx, batch_id)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Response(content, media_type="application/octet-stream", headers=headers)


@router.post("/{batch_id}/undo", dependencies=[IMPORT])
def undo(session: Writer, ctx: Ctx, batch_id: str, data: schemas.UndoIn) -> schemas.UndoneOut:
    return schemas.UndoneOut.model_validate(service.undo(session, ctx, batch_id, data.reason))
