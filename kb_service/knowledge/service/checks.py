"""What stands against a row before it becomes a version: the same for a form, a file and a feed."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.core.errors import Pointer
from kb_service.knowledge.content import TYPE_NAMES, PointDraft, problems
from kb_service.knowledge.service.facts import PointFacts, points
from kb_service.knowledge.service.lookups import Directory, UnitFacts
from kb_service.knowledge.supersession.rules import is_article

_CODE = re.compile(r"[A-Za-z0-9_-]{1,32}")


@dataclass(frozen=True)
class BulkRow:
    """`code` of a known point makes its next version, an unknown one a point of that code; None gives a code."""

    unit: str
    draft: PointDraft
    code: str | None = None


@dataclass(frozen=True)
class RowProblem:
    row: int
    pointer: str
    detail: str


def check_rows(
    session: ReadSession, ctx: Context, rows: Sequence[BulkRow], *, complete: bool = True
) -> list[RowProblem]:
    """All that is wrong, by row (counted from 0). `complete` also asks for what a submission needs."""
    directory = Directory.load(session)
    known = points(session, _codes(rows))
    seen: dict[str, int] = {}
    found: list[RowProblem] = []
    for at, row in enumerate(rows):
        wrong = list(_row_problems(ctx, directory, known, seen, row))
        if complete:
            wrong += problems(row.draft)
        found += [RowProblem(at, each["pointer"], each["detail"]) for each in wrong]
        if row.code:
            seen.setdefault(row.code, at)
    return found


def _codes(rows: Iterable[BulkRow]) -> set[str]:
    return {code for row in rows for code in (row.code, *replaced_codes(row.draft)) if code}


def replaced_codes(draft: PointDraft) -> Iterator[str]:
    """Points that a draft replaces, in whole or part."""
    if draft.supersedes:
        yield draft.supersedes
    yield from (each.code for each in draft.replaces)


def _row_problems(
    ctx: Context,
    directory: Directory,
    known: Mapping[str, PointFacts],
    seen: Mapping[str, int],
    row: BulkRow,
) -> Iterable[Pointer]:
    unit = directory.unit_by_name.get(row.unit)
    if unit is None:
        yield {"pointer": "/unit", "detail": f"承办单位“{row.unit}”不存在"}
        return
    if not ctx.actor.in_scope(unit.id):
        yield {"pointer": "/unit", "detail": f"您不能为“{unit.name}”编写知识"}
    yield from directory.misplaced(unit, row.draft)
    if row.code:
        yield from _code_problems(directory, unit, known.get(row.code), seen, row)
    yield from successor_problems(ctx, row.code, row.draft, known, seen)


def _code_problems(
    directory: Directory, unit: UnitFacts, point: PointFacts | None, seen: Mapping[str, int], row: BulkRow
) -> Iterable[Pointer]:
    code = row.code or ""
    if code in seen:
        yield {"pointer": "/code", "detail": f"知识编码 {code} 与第 {seen[code] + 1} 条重复"}
    if point is None:
        if not _CODE.fullmatch(code):
            yield {"pointer": "/code", "detail": "知识编码只能由字母、数字、- 和 _ 组成，最多 32 个字符"}
        return
    if point.unit_id != unit.id:
        owner = directory.units[point.unit_id].name
        yield {"pointer": "/unit", "detail": f"知识点 {code} 属于“{owner}”"}
    if point.type != row.draft.content.type:
        name = TYPE_NAMES[point.type]
        yield {"pointer": "/type", "detail": f"知识点 {code} 的类型是“{name}”，不能改变"}
    if point.open_number is not None and point.unit_id == unit.id:
        detail = f"知识点 {code} 的第 {point.open_number} 版尚在编写或审核，请先处理完"
        yield {"pointer": "/code", "detail": detail}


def successor_problems(
    ctx: Context,
    code: str | None,
    draft: PointDraft,
    known: Mapping[str, PointFacts],
    seen: Collection[str] = (),
) -> Iterable[Pointer]:
    """What stands against a draft of the point `code` replacing what it names; `seen`: codes told with it."""
    named = [("/supersedes", draft.supersedes)] if draft.supersedes else []
    named += [(f"/replaces/{at}", each.code) for at, each in enumerate(draft.replaces)]
    for pointer, wanted in named:
        point = known.get(wanted or "")
        if wanted == code:
            detail = "知识点不能替代它自己，修改请用新版本"
        elif point is None and wanted not in seen:
            detail = f"要替代的知识点 {wanted} 不存在"
        elif point is not None and not ctx.actor.in_scope(point.unit_id):
            detail = f"知识点 {wanted} 不属于您的单位，不能替代"
        else:
            continue
        yield {"pointer": pointer, "detail": detail}
    for at, each in enumerate(draft.replaces):
        for article in each.articles:
            if not is_article(article):
                detail = f"“{article}”不是条文，请写如“第三条”；替代整份时不写条文"
                yield {"pointer": f"/replaces/{at}", "detail": detail}
