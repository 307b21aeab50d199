"""`kb calendar`, and the numbers a regulation leaves to the deployment."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kb_service.cli import running
from kb_service.cli.output import Json, report

if TYPE_CHECKING:
    from kb_service.tickets.calendar.comparing import Move

calendar = typer.Typer(help="工作日历：节假日、调休和本市调整", no_args_is_help=True)
Year = Annotated[int, typer.Option(help="通知所属的年份")]
Basis = Annotated[str, typer.Option(help="依据，如通知的文号")]
File = Annotated[Path, typer.Argument(help="通知原文，或每行一日（2027-02-06,上班）的文本文件")]
Day = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="日期，如 2026-10-10")]
_WORDS = {True: "上班", False: "放假"}
_SOURCES = {"national": "国务院通知", "city": "本市录入"}


@calendar.command("show")
def show(year: Annotated[int, typer.Argument(help="年份；默认今年")] = 0, as_json: Json = False) -> None:
    """列出一年中与平常周不同的日子，以及尚未公布的年份。"""
    from kb_service.core.clock import local_day
    from kb_service.tickets.calendar import service

    with running.runtime(search=False) as parts, parts.database.read() as session:
        ctx = running.system(parts)
        found = service.year_of(session, ctx, year or local_day(ctx.now).year)
        changes = service.changes_out(session, 10)
    lines = [f"{found.year} 年" + ("" if found.announced else "：放假安排还没有录入，期限为暂定")]
    lines += [
        f"  {each.day} {_WORDS[each.working]}  {_SOURCES[each.source]} {each.note}".rstrip()
        for each in found.days
    ]
    lines += [f"  {each} 年的放假安排还没有录入" for each in found.unannounced if each != found.year]
    lines += [
        f"  调整 {each.id}：{each.reason}（{each.by}），移动 {each.moved} 件工单的期限"
        + ("" if each.followed else "，正在推算")
        for each in changes
    ]
    data = found.model_dump(mode="json") | {"changes": [each.model_dump(mode="json") for each in changes]}
    report(data, as_json, lines)


@calendar.command("import-notice")
def import_notice(
    file: File,
    year: Year,
    basis: Basis,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只读出并显示，不录入")] = False,
    as_json: Json = False,
) -> None:
    """录入一年的放假通知；在办工单的期限随后重新推算并告知。"""
    from kb_service.regulations import service

    with running.runtime(search=False) as parts, parts.database.write() as session:
        found = service.import_notice(
            session, running.system(parts), year, basis, _text(file), dry_run=dry_run
        )
    lines = [f"  {day} {_WORDS[works]}" for day, works in found.changed.items()] or ["  没有不同的日子"]
    head = "录入" if found.applied else "将会改变"
    lines = [f"{year} 年{head}的日子：", *lines, *(f"  读不懂：{each}" for each in found.problems)]
    data = {
        "year": year,
        "applied": found.applied,
        "days": {day.isoformat(): works for day, works in found.days.items()},
        "changed": {day.isoformat(): works for day, works in found.changed.items()},
        "problems": list(found.problems),
    }
    report(data, as_json, lines)
    raise typer.Exit(1 if found.problems else 0)


@calendar.command("diff")
def diff(file: File, year: Year, as_json: Json = False) -> None:
    """一份通知录入后，哪些在办工单、知识纠错和知识任务的期限会变；不录入。"""
    from kb_service.knowledge.calendar import service as knowledge
    from kb_service.regulations import notice
    from kb_service.regulations import service as regulations
    from kb_service.regulations.calendar import WorkingCalendar
    from kb_service.tickets.calendar import service

    read = notice.parse_notice(_text(file), year)
    with running.runtime(search=False) as parts, parts.database.read() as session:
        now = regulations.calendar(session)
        after = WorkingCalendar({**now.overrides, **read.days}, now.announced_years | {year})
        found, compared = service.foreseen(session, running.system(parts), after)
        rows = [(ticket.code, ticket.title, moves) for ticket, moves in found]
        owed = [
            {"code": each.code, "title": each.title, "move": f"{each.label} {each.shown} → {due.shown}"}
            for each, due in knowledge.foreseen(session, running.system(parts), after)
        ]
    lines = [f"比较了 {compared} 件工单，{len(rows)} 件的期限会变；{len(owed)} 项知识纠错和任务的期限会变"]
    lines += [f"  {code} {title}：{each}" for code, title, moves in rows for each in _told(moves)]
    lines += [f"  {each['code']} {each['title']}：{each['move']}" for each in owed]
    data = {
        "compared": compared,
        "problems": read.problems,
        "moved": [
            {"ticket": code, "title": title, "moves": list(_told(moves))} for code, title, moves in rows
        ],
        "knowledge": owed,
    }
    report(data, as_json, [*(f"读不懂：{each}" for each in read.problems), *lines])


@calendar.command("moves")
def moves(
    change: Annotated[int, typer.Argument(help="调整的编号，见 kb calendar show")], as_json: Json = False
) -> None:
    """列出一次调整移动了哪些工单、知识纠错和知识任务的期限：从何时到何时。"""
    from dataclasses import asdict

    from kb_service.knowledge.calendar import service as knowledge
    from kb_service.tickets.calendar import service

    rows, cursor = [], ""
    with running.runtime(search=False) as parts, parts.database.read() as session:
        ctx = running.system(parts)
        while True:
            page = service.moved(session, ctx, change, cursor, 200)
            rows += page.items
            if not page.next:
                break
            cursor = page.next
        owed = knowledge.moved(session, ctx, change)
    lines = [
        f"{each.code} {each.label}：{each.before_shown or '—'} → {each.after_shown or '—'}  {each.unit_name}"
        for each in rows
    ] + [f"{each.code} {each.label}：{each.before} → {each.after}  {each.title}" for each in owed]
    report(
        {
            "change": change,
            "moves": [each.model_dump(mode="json") for each in rows],
            "knowledge": [asdict(each) for each in owed],
        },
        as_json,
        lines or ["没有移动任何期限"],
    )


@calendar.command("set")
def override(
    day: Day,
    note: Annotated[str, typer.Option(help="说明，写进审计日志")],
    working: Annotated[bool, typer.Option("--working/--rest", help="上班或放假")],
    as_json: Json = False,
) -> None:
    """本市某一日另行上班或放假。"""
    from kb_service.regulations import service

    with running.runtime(search=False) as parts, parts.database.write() as session:
        service.set_override(session, running.system(parts), day.date(), working, note)
    report({"day": day.date().isoformat(), "working": working}, as_json, [f"{day.date()} {_WORDS[working]}"])


@calendar.command("remove")
def remove(
    day: Day, reason: Annotated[str, typer.Option(help="理由，写进审计日志")], as_json: Json = False
) -> None:
    """取消本市对某一日的调整。"""
    from kb_service.regulations import service

    with running.runtime(search=False) as parts, parts.database.write() as session:
        service.remove_override(session, running.system(parts), day.date(), reason)
    report({"day": day.date().isoformat(), "removed": True}, as_json, [f"{day.date()} 的本市调整已取消"])


def numbers(as_json: Json = False) -> None:
    """列出本市规则留给部署单位规定的数字，和已经录入的。"""
    from dataclasses import asdict

    from kb_service.core.settings import get_settings
    from kb_service.regulations import service

    with running.runtime(search=False) as parts, parts.database.read() as session:
        found = service.open_numbers(session, get_settings().profile)
    lines = [
        f"{each.name}  {each.label}：{'未录入，' + each.without if each.number is None else each.number}"
        for each in found
    ]
    report({"numbers": [asdict(each) for each in found]}, as_json, lines or ["本市规则没有留待规定的数字"])


def supply(
    name: Annotated[str, typer.Argument(help="数字的名称，见 kb profile numbers")],
    number: Annotated[int, typer.Argument(min=0, help="数字")],
    basis: Basis,
    as_json: Json = False,
) -> None:
    """录入一个由部署单位规定的数字及其依据；已登记的工单仍按登记时的数字。"""
    from kb_service.core.settings import get_settings
    from kb_service.regulations import service

    profile = get_settings().profile
    with running.runtime(search=False) as parts, parts.database.write() as session:
        service.supply_number(session, running.system(parts), profile, name, number, basis)
    report({"profile": profile, "name": name, "number": number}, as_json, [f"{name}：{number}"])


def _text(file: Path) -> str:
    from kb_service.core.errors import NotFound

    if not file.is_file():
        raise NotFound(f"没有找到文件 {file.name}。", code="file_not_found")
    return file.read_text(encoding="utf-8-sig")


def _told(moves: "list[Move]") -> Iterator[str]:
    from kb_service.regulations.calendar import shown

    def when(due: datetime | None, day: date | None) -> str:
        return shown(due, day) if due is not None and day is not None else "—"

    for each in moves:
        before, after = when(each.before, each.before_day), when(each.after, each.after_day)
        yield f"{each.label} {before} → {after}"
