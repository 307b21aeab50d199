"""Importing a file: choose, see what each row would do, apply, take back."""

from typing import Any

from fastapi import APIRouter, Response

import ingestion.service as ingestion
from admin import choices
from admin.forms import Correcting, Sent, SentDep
from admin.rendering import Page, PageDep, strings
from admin.row_form import row_cells
from ingestion.acceptance import ACCEPTANCES
from ingestion.columns import COLUMNS
from ingestion.readers.sniffing import DOCUMENTS, FORMATS
from ingestion.service import Limits
from ingestion.service.correcting import EDITABLE
from ingestion.template import template_csv, template_xlsx
from kb_service.core.db import ReadSession
from kb_service.core.errors import Invalid, KbError
from kb_service.core.web import Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.knowledge.content import TYPE_NAMES

router = APIRouter(prefix="/import", include_in_schema=False, dependencies=[requires("knowledge.import")])
ROWS = 50
ACCEPT = ",".join(FORMATS)
KINDS = ("new", "near", "changed", "unchanged", "duplicate", "error", "warning")


@router.get("")
def batches(page: PageDep, session: Reader, ctx: Ctx, cursor: str = "") -> Response:
    found = ingestion.batches(session, ctx, cursor=cursor, limit=20)
    return _start(page, session, found=found, cursor=cursor)


def _start(page: Page, session: ReadSession, **values: Any) -> Response:
    if "found" not in values:
        values["found"] = ingestion.batches(session, page.ctx, limit=20)
    shown = {"cursor": "", "problem": "", "columns": [], "fields": [], "kept": {}} | values
    return page.show(
        session,
        "imports/start.html",
        422 if shown["problem"] else 200,
        units=choices.units(session, page.ctx.actor.unit_scope),
        own_unit=choices.own_unit(session, page.ctx),
        types=choices.types(),
        formats=[(each.key, each.name) for each in ACCEPTANCES.values()],
        categories=choices.categories(session),
        accept=ACCEPT,
        limit_mb=page.parts.settings.upload_limit_mb,
        **shown,
    )


@router.post("")
def upload(page: PageDep, session: Reader, parts: RuntimeDep, ctx: Ctx, sent: SentDep) -> Response:
    """Reads and checks the file; nothing of it reaches the knowledge base yet.

    Sent by htmx, the chosen file stays in its field while the person puts the columns right.
    """
    file = sent.file("file")
    try:
        if file is None:
            raise Invalid("请先选择要导入的文件。", code="no_file")
        staged = ingestion.stage(
            parts.database, ctx, file.file, file.filename or "", name=sent.text("name"), sheet=sent.text("sheet"),
            mapping=_mapping(sent), defaults=_defaults(sent), submit=not sent.flag("draft"),
            profile=sent.text("format"), limits=Limits.of(parts.settings), clock=parts.clock,
            store=ingestion.FileStore.of(parts.settings), later=ingestion.is_large(file.file),
        )  # fmt: skip
    except KbError as error:
        told = {"problem": error.detail, "columns": error.extra.get("columns", []), "fields": _fields()}
        if page.partial:
            return page.part("imports/problem.html", **told)
        return _start(page, session, kept=sent.kept, **told)
    where = f"/import/{staged.id}"
    return Response(status_code=204, headers={"HX-Redirect": where}) if page.partial else page.go(where)


def _defaults(sent: Sent) -> dict[str, str]:
    return {key: text for key in ("unit", "type", "category") if (text := sent.text(key))}


def _mapping(sent: Sent) -> dict[str, str] | None:
    """What each header of the file is, as the person says; None: by the headers themselves."""
    kept = sent.kept
    headers = {
        name.removeprefix("header."): value for name, value in kept.items() if name.startswith("header.")
    }
    return {header: kept.get(f"column.{at}", "") for at, header in headers.items()} or None


def _fields() -> list[choices.Choice]:
    return [(column.key, column.header) for column in COLUMNS.values()]


@router.get("/template.{format}")
def template(session: Reader, ctx: Ctx, format: str, type: str = "faq") -> Response:  # noqa: A002
    if type not in TYPE_NAMES:
        raise Invalid("没有这种知识类型。", code="unknown_type")
    if format not in {"csv", "xlsx"}:
        raise Invalid("模板只有 csv 和 xlsx 两种格式。", code="unknown_format")
    headers = {"Content-Disposition": f'attachment; filename="template-{type}.{format}"'}
    if format == "csv":
        return Response(template_csv(type), media_type="text/csv", headers=headers)
    content = template_xlsx(type, ingestion.template_choices(session, ctx))
    return Response(content, media_type="application/vnd.ms-excel", headers=headers)


@router.get("/{batch_id}")
def batch(
    page: PageDep, session: Reader, ctx: Ctx, batch_id: str, only: str = "", cursor: str = ""
) -> Response:
    only = only if only in KINDS else ""
    return page.show(
        session,
        "imports/batch.html",
        batch=ingestion.batch(session, ctx, batch_id),
        rows=ingestion.preview(session, ctx, batch_id, only=only, cursor=cursor, limit=ROWS),
        only=only,
        cursor=cursor,
        kinds=KINDS,
        fields=_fields(),
        documents=DOCUMENTS | {"zip"},
        types=choices.types(),
        units=choices.units(session, ctx.actor.unit_scope),
        categories=choices.categories(session),
    )


@router.post("/{batch_id}/defaults")
def defaults(page: PageDep, parts: RuntimeDep, ctx: Ctx, sent: SentDep, batch_id: str) -> Response:
    """Unit, type and category for all rows that lack them."""
    given = {key: text for key in ("unit", "type", "category") if (text := sent.text(key))}
    try:
        ingestion.give_defaults(parts.database, ctx, batch_id, given, clock=parts.clock)
    except KbError as error:
        return page.go(f"/import/{batch_id}", error.detail, tone="bad")
    return page.go(f"/import/{batch_id}", strings("import.defaults_given"))


@router.get("/{batch_id}/rows/{row}")
def row(page: PageDep, session: Reader, ctx: Ctx, batch_id: str, row: int) -> Response:
    """One row with its cells to be corrected, each beside the place in the file where it was found."""
    detail = ingestion.row_detail(session, ctx, batch_id, row)
    return page.show(
        session,
        "imports/row.html",
        batch=ingestion.batch(session, ctx, batch_id),
        detail=detail,
        cells=row_cells(detail),
        evidence={each.key: each for each in reversed(detail.row.evidence)},
        types=choices.types(),
        units=choices.units(session, ctx.actor.unit_scope),
        categories=choices.categories(session),
    )


@router.post("/{batch_id}/rows/{row}")
def correct(page: PageDep, parts: RuntimeDep, ctx: Ctx, sent: SentDep, batch_id: str, row: int) -> Response:
    """Only what the person changed is sent on, so that what was read stays as it was read."""
    cells = {key: sent.text(f"cell.{key}") for key in EDITABLE if f"was.{key}" in sent.kept}
    changed = {key: text for key, text in cells.items() if _plain(text) != _plain(sent.kept[f"was.{key}"])}
    act = sent.text("act")
    correction = ingestion.Correction(
        row, changed, confirmed=act == "confirm", join=act == "join", drop=act == "drop"
    )
    where = f"/import/{batch_id}/rows/{row}"
    try:
        ingestion.correct(parts.database, ctx, batch_id, correction, clock=parts.clock)
    except KbError as error:
        return page.go(where, error.detail, tone="bad")
    done = f"/import/{batch_id}" if act in {"drop", "confirm"} else where
    return page.go(done, strings("import.corrected"))


def _plain(text: str) -> str:
    """A browser sends the ends of lines in its own way."""
    return text.replace("\r\n", "\n").strip()


@router.get("/{batch_id}/progress")
def progress(page: PageDep, session: Reader, ctx: Ctx, batch_id: str) -> Response:
    """Asked for again and again while a file is read; then the page as a whole is shown anew."""
    found = ingestion.batch(session, ctx, batch_id)
    if found.progress.state == "done":
        return Response(status_code=204, headers={"HX-Redirect": f"/import/{batch_id}"})
    return page.part("imports/progress.html", batch=found)


@router.post("/{batch_id}/resume")
def resume(page: PageDep, parts: RuntimeDep, ctx: Ctx, batch_id: str) -> Response:
    ingestion.carry_on(
        parts.database,
        ctx,
        batch_id,
        limits=Limits.of(parts.settings),
        store=ingestion.FileStore.of(parts.settings),
        clock=parts.clock,
    )
    return page.go(f"/import/{batch_id}")


@router.get("/{batch_id}/dry-run.{format}")
def dry_run(session: Reader, ctx: Ctx, batch_id: str, format: str) -> Response:  # noqa: A002
    kinds = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
    if format not in kinds:
        raise Invalid("检查结果只有 csv 和 xlsx 两种格式。", code="unknown_format")
    headers = {"Content-Disposition": f'attachment; filename="dry-run-{batch_id[-8:]}.{format}"'}
    content = ingestion.dry_run_file(session, ctx, batch_id, format)
    return Response(content, media_type=kinds[format], headers=headers)


@router.get("/{batch_id}/errors.csv")
def errors(session: Reader, ctx: Ctx, batch_id: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="errors-{batch_id[-8:]}.csv"'}
    return Response(ingestion.error_file(session, ctx, batch_id), media_type="text/csv", headers=headers)


@router.post("/{batch_id}/recheck")
def recheck(page: PageDep, parts: RuntimeDep, ctx: Ctx, batch_id: str) -> Response:
    ingestion.recheck(parts.database, ctx, batch_id)
    return page.go(f"/import/{batch_id}", strings("import.rechecked"))


@router.post("/{batch_id}/apply")
def apply(page: PageDep, parts: RuntimeDep, ctx: Ctx, sent: SentDep, batch_id: str) -> Response:
    where = f"/import/{batch_id}"
    try:
        done = ingestion.apply(parts.database, ctx, batch_id, allow_partial=sent.flag("partial"))
    except KbError as error:
        return page.go(where, error.detail, tone="bad")
    words = strings("import.applied", new=done.new, changed=done.changed)
    return page.go(where, words)


@router.post("/{batch_id}/undo")
def undo(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, batch_id: str) -> Response:
    with Correcting(session) as wrong:
        done = ingestion.undo(session, ctx, batch_id, sent.text("reason"))
        counted = {"discarded": done.discarded, "withdrawn": done.withdrawn, "restored": len(done.restored)}
        return page.go(f"/import/{batch_id}", strings("import.undone", **counted))
    told = "；".join([*wrong.general, *wrong.fields.values()])
    return page.go(f"/import/{batch_id}", told, tone="bad")


@router.post("/{batch_id}/cancel")
def cancel(page: PageDep, session: Writer, ctx: Ctx, batch_id: str) -> Response:
    ingestion.cancel(session, ctx, batch_id)
    return page.go("/import", strings("import.cancelled"))
