"""Files of another platform: each row is checked first, then those that are right are registered."""

from itertools import islice
from typing import Any, BinaryIO

from fastapi import APIRouter, Response
from pydantic import TypeAdapter, ValidationError

from admin import platform_rows
from admin.forms import CORRECTABLE, SentDep
from admin.rendering import Page, PageDep, strings
from ingestion.readers import open_table
from ingestion.readers.sniffing import TABLES, format_of
from ingestion.service import Limits
from kb_service.core.db import ReadSession
from kb_service.core.errors import Invalid
from kb_service.core.settings import Settings
from kb_service.core.web import Reader, RuntimeDep
from kb_service.identity.auth import Ctx, requires
from kb_service.tickets.platforms import service
from kb_service.tickets.platforms.schemas import Platform
from kb_service.tickets.platforms.service import Item

router = APIRouter(
    prefix="/tickets/imports", include_in_schema=False, dependencies=[requires("ticket.import")]
)
MOST_ROWS = 200
ACCEPT = ".csv,.xlsx,.xls"
_PLATFORM: TypeAdapter[str] = TypeAdapter(Platform)


def _start(page: Page, session: ReadSession, **values: Any) -> Response:
    shown: dict[str, Any] = {"problem": "", "found": None, "batch": None, "kept": {}} | values
    status = 422 if shown["problem"] else 200
    return page.show(
        session, "tickets/imports.html", status, columns=list(platform_rows.COLUMNS),
        needed=platform_rows.NEEDED, accept=ACCEPT, **shown,
    )  # fmt: skip


@router.get("")
def start(page: PageDep, session: Reader) -> Response:
    return _start(page, session)


@router.post("")
def check(page: PageDep, session: Reader, ctx: Ctx, parts: RuntimeDep, sent: SentDep) -> Response:
    """Nothing is registered yet; the rows that are right wait to be confirmed."""
    file = sent.file("file")
    try:
        if file is None:
            raise Invalid("请先选择文件。", code="no_file")
        items = _read(parts.settings, file.file, file.filename or "")
        name = _platform(sent.text("platform"))
        found = service.take(ctx, parts, name, items, dry_run=True)
        right = {each.place for each in found.items if each.outcome == "new"}
        rows = [(each.place, each.data) for each in items if each.data is not None and each.place in right]
        batch = service.keep(ctx, parts, name, file.filename or "", rows) if rows else None
    except CORRECTABLE as error:
        return _start(page, session, problem=error.detail, kept=sent.kept)
    return _start(page, session, found=found, batch=batch, kept=sent.kept)


@router.post("/{batch}/confirm")
def confirm(page: PageDep, session: Reader, ctx: Ctx, parts: RuntimeDep, batch: int) -> Response:
    try:
        found = service.confirm(ctx, parts, batch)
    except CORRECTABLE as error:
        return _start(page, session, problem=error.detail)
    if found.wrong:
        # What has come to be wrong since it was checked.
        return _start(page, session, found=found)
    return page.go("/tickets?status=pending", strings("work.import_done", count=found.registered))


def _read(settings: Settings, file: BinaryIO, filename: str) -> list[Item]:
    limits = Limits(settings.upload_limit_mb * 2**20, MOST_ROWS)
    if format_of(file, filename, limits) not in TABLES - {"jsonl"}:
        raise Invalid("请上传 CSV 或 Excel 文件。", code="unknown_format")
    table = open_table(file, filename, limits)
    platform_rows.check_headers(table.headers or ())
    items = platform_rows.items_of(islice(table.rows, MOST_ROWS))
    if not items:
        raise Invalid("文件里没有工单。", code="empty_file")
    return items


def _platform(text: str) -> str:
    try:
        return _PLATFORM.validate_python(text)
    except ValidationError:
        raise Invalid("平台编码须由字母、数字、点、横线组成，如 gd-12345。", code="bad_platform") from None
