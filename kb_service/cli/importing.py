"""`kb import`: a file into the knowledge base, in the name of an account."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, cast

import typer

from kb_service.cli import running
from kb_service.cli.output import Json, report, say, timed

if TYPE_CHECKING:
    from ingestion.views import BatchView
    from kb_service.core.context import Context
    from kb_service.core.runtime import Runtime

SHOWN_PROBLEMS = 20


def import_file(
    by: Annotated[str, typer.Option(help="以哪个账号（登录名）的身份导入")],
    file: Annotated[
        Path | None,
        typer.Argument(exists=True, help="表格、文件（DOCX、PDF、OFD、HTML、Markdown、TXT）、ZIP，或文件夹"),
    ] = None,
    name: Annotated[str, typer.Option(help="批次名称；默认为文件名")] = "",
    unit: Annotated[str, typer.Option(help="承办单位一栏为空时的单位")] = "",
    kind: Annotated[str, typer.Option("--type", help="知识类型一栏为空时的类型")] = "",
    sheet: Annotated[str, typer.Option(help="工作表；默认为第一张可见的")] = "",
    category: Annotated[str, typer.Option(help="类目一栏为空时的类目")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不写入")] = False,
    partial: Annotated[bool, typer.Option("--partial", help="有错误时只导入没有问题的行")] = False,
    draft: Annotated[bool, typer.Option("--draft", help="存为草稿，不送审")] = False,
    profile: Annotated[str, typer.Option("--format", help="验收格式，如 xinyang；默认为本系统的格式")] = "",
    resume: Annotated[str, typer.Option(help="接着读取中断的批次（编号），不需要文件")] = "",
    as_json: Json = False,
) -> None:
    """检查一个文件并导入知识库；逐行说明错在哪里。"""
    import ingestion.service as imports
    from kb_service.core.errors import Invalid

    with running.runtime(search=False) as parts:
        ctx = _acting(parts, by)
        store = imports.FileStore.of(parts.settings)
        limits = imports.Limits.of(parts.settings)
        if resume:
            with timed(f"接着读取 {resume}"):
                staged = imports.carry_on(
                    parts.database, ctx, resume, limits=limits, store=store, clock=parts.clock, force=True,
                    progress=_say_rows,
                )  # fmt: skip
        else:
            if file is None:
                raise Invalid("请指明要导入的文件，或用 --resume 接着读取中断的批次。", code="no_file")
            with timed(f"检查 {file.name}"), _opened(file) as (opened, filename):
                staged = imports.stage(
                    parts.database, ctx, opened, filename, name=name, sheet=sheet, submit=not draft, profile=profile,
                    defaults={"unit": unit, "type": kind, "category": category}, limits=limits, store=store,
                    clock=parts.clock, progress=_say_rows,
                )  # fmt: skip
        told = _told(parts, ctx, staged)
        if not dry_run and staged.good and (partial or not staged.left_out):
            with timed("写入"):
                done = imports.apply(parts.database, ctx, staged.id, allow_partial=partial)
            told["applied"] = asdict(done)
        else:
            with parts.database.write() as session:
                imports.cancel(session, ctx, staged.id)
    report(told, as_json, _lines(staged, told))
    raise typer.Exit(1 if staged.left_out and "applied" not in told else 0)


def _say_rows(rows: int) -> None:
    say(f"  已检查 {rows} 行")


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, str]]:
    """A file as it is; of a folder all the files in it, as a zip, so that both are looked at in one way."""
    if not path.is_dir():
        with path.open("rb") as file:
            yield file, path.name
        return
    with TemporaryFile() as packed:
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
            for each in sorted(path.rglob("*")):
                # A link may lead anywhere; only what lies in the folder was handed in.
                if each.is_file() and not each.is_symlink():
                    archive.write(each, each.relative_to(path).as_posix())
        packed.seek(0)
        yield cast("BinaryIO", packed), f"{path.resolve().name}.zip"


def _acting(parts: "Runtime", login: str) -> "Context":
    from kb_service.core.context import Context
    from kb_service.core.errors import Forbidden
    from kb_service.identity.service import actors, people

    with parts.database.read() as session:
        account = people.account_by_login(session, login)
        if not account.active:
            raise Forbidden(f"账号“{login}”已停用。", code="account_inactive")
        return Context(actors.of_account(session, account, "cli"), parts.clock.now())


def _told(parts: "Runtime", ctx: "Context", staged: "BatchView") -> dict[str, Any]:
    import ingestion.service as imports

    with parts.database.read() as session:
        rows = [
            row
            for only in ("error", "duplicate")
            for row in imports.preview(session, ctx, staged.id, only=only, limit=SHOWN_PROBLEMS).items
        ]
    return {
        "batch": staged.id,
        "name": staged.name,
        "counts": asdict(staged.counts),
        "columns": {column.header: column.key for column in staged.columns},
        "notes": staged.notes,
        "problems": [asdict(problem) | {"text": problem.text} for row in rows for problem in row.problems],
    }


def _lines(staged: "BatchView", told: dict[str, Any]) -> list[str]:
    counts = staged.counts
    outcome = f"新增 {counts.new}，有变化 {counts.changed}，无变化 {counts.unchanged}"
    lines = [
        f"共 {counts.rows} 行：{outcome}，重复 {counts.duplicate}，有错误 {counts.error}，近似重复 {counts.near}"
    ]
    lines += [f"  {each['text']}" for each in told["problems"][:SHOWN_PROBLEMS]]
    unread = [header for header, key in told["columns"].items() if key is None]
    if unread:
        lines.append(f"未导入的列：{'、'.join(unread)}")
    if "applied" in told:
        lines.append(f"已导入 {told['applied']['written']} 条，批次 {staged.id}")
    elif staged.left_out:
        lines.append("没有导入任何内容。请改正后重试，或加 --partial 只导入没有问题的行。")
    return lines
