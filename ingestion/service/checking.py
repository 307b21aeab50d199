"""What each row of a batch would do to the base as it is now: the dry run."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import case, select

from ingestion import rules
from ingestion.acceptance import Acceptance
from ingestion.cells import text_of
from ingestion.columns import header_of
from ingestion.drafting import WARNING, Names, ParsedRow, column_of
from ingestion.origins import kept_origin, report_origin
from ingestion.readers.table import printable
from ingestion.rules import Identity, RowStatus
from ingestion.service.nearness import Near, Nearness
from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.identity.model import Role
from kb_service.knowledge.content import PointDraft, content_hash
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.rules import Status
from kb_service.knowledge.service import bulk
from kb_service.knowledge.service.checks import BulkRow, check_rows
from kb_service.knowledge.service.lookups import Directory, chunks

SHOWN_TEXT = 4_000
LARGEST_NUMBER = 10**15


@dataclass(frozen=True)
class Standing:
    """The newest version of a point that is there already."""

    number: int
    content_hash: str
    gone: bool


@dataclass(frozen=True)
class Checked:
    """A row and its outcome; `base` is the number of the version it was compared with, 0 for none."""

    row: ParsedRow
    status: RowStatus
    base: int = 0
    diff: list[dict[str, str]] = field(default_factory=list)
    near: Near | None = None

    def values(self, batch_id: str) -> dict[str, Any]:
        row = self.row
        kept = self.status in rules.LEFT_OUT or bool(row.problems)
        return {
            "batch_id": batch_id,
            "row": row.raw.number,
            "status": self.status,
            "warned": any(problem.level == WARNING for problem in row.problems),
            "type": row.type,
            "code": row.code[:32] if row.code else None,
            "title": row.title[:128],
            "unit": row.unit[:32],
            "base": self.base,
            "draft": row.draft.model_dump_json() if row.draft else None,
            "raw": _kept(row) if kept else None,
            "problems": [asdict(problem) for problem in row.problems],
            "diff": self.diff,
            "evidence": [asdict(each) for each in row.raw.evidence] or None,
            "attachments": row.attachments or None,
            "origin": kept_origin(row.origin),
        }


def _kept(row: ParsedRow) -> dict[str, Any]:
    cells = {header: _plain(value) for header, value in row.raw.cells.items()}
    return {"cells": cells, "faults": [asdict(fault) for fault in row.raw.faults]}


def _plain(value: object) -> object:
    match value:
        case None | bool():
            return value
        case int() if abs(value) < LARGEST_NUMBER:
            return value
        case list():
            return [_plain(item) for item in value]
        case float() if math.isfinite(value) and abs(value) < LARGEST_NUMBER:
            return text_of(value)
        case _:
            return printable(str(value))


def names_in(session: ReadSession, directory: Directory) -> Names:
    roles = {row.code: row.code for row in session.execute(select(Role.code))}
    roles |= {row.name: row.code for row in session.execute(select(Role.name, Role.code))}
    return Names(
        unit=directory.unit_code,
        region=directory.region_code,
        category=directory.category_code,
        role=roles.get,
    )


class Base:
    """The points of units by their identity, read when a unit is first met."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._units: set[str] = set()
        self.codes: dict[Identity, set[str]] = {}

    def unit_code(self, unit_id: int) -> str:
        return self._directory.units[unit_id].code

    def load(
        self, session: ReadSession, units: Collection[str], *, touched_since: datetime | None = None
    ) -> None:
        """`touched_since`: only points that were touched from then on."""
        for code in sorted(set(units) - self._units):
            self._units.add(code)
            number = Version.content["document_number"].as_string()
            rows = (
                select(
                    Point.code, Point.type, Version.title, case((Point.type == "policy", number), else_="")
                )
                .join(Version, (Version.point_id == Point.id) & (Version.number == Point.latest))
                .where(Point.unit_id == self._directory.unit(code).id)
            )
            if touched_since is not None:
                rows = rows.where(Point.touched_at >= touched_since)
            for point, kind, title, document_number in session.execute(rows):
                wanted = rules.named(code, kind, title, document_number or "")
                self.codes.setdefault(wanted, set()).add(point)


def standing(session: ReadSession, codes: Collection[str]) -> dict[str, Standing]:
    found: dict[str, Standing] = {}
    for part in chunks(sorted(set(codes))):
        rows = (
            select(Point.code, Version.number, Version.content_hash, Version.status, Version.withdrawn_at)
            .join(Version, (Version.point_id == Point.id) & (Version.number == Point.latest))
            .where(Point.code.in_(part))
        )
        for row in session.execute(rows):
            gone = row.status == Status.DISCARDED or row.withdrawn_at is not None
            found[row.code] = Standing(row.number, row.content_hash, gone)
    return found


def titles_held(session: ReadSession, titles: Collection[str]) -> dict[str, set[str]]:
    """The codes of points whose newest version has one of these titles, unless it was discarded."""
    found: dict[str, set[str]] = {}
    for part in chunks(sorted(set(titles))):
        rows = (
            select(Version.title, Point.code)
            .join(Version, (Version.point_id == Point.id) & (Version.number == Point.latest))
            .where(Version.title.in_(part), Version.status != Status.DISCARDED)
        )
        for title, code in session.execute(rows):
            found.setdefault(title, set()).add(code)
    return found


class Checker:
    """Checks the rows of one file in their order, a chunk at a time; remembers what came before."""

    def __init__(self, directory: Directory, *, complete: bool, accepted: Acceptance | None = None) -> None:
        self.directory = directory
        self._complete = complete
        self._base = Base(directory)
        self._codes: dict[str, int] = {}
        self._identities: dict[Identity, int] = {}
        self._titles: dict[str, int] | None = {} if accepted else None
        self._nearness = Nearness()

    def remember(self, number: int, unit: str, draft: PointDraft, code: str | None) -> None:
        """A row that was checked before this checker was made."""
        self._identities.setdefault(rules.identity(unit, draft), number)
        if code is not None:
            self._codes.setdefault(code, number)
        if self._titles is not None:
            self._titles.setdefault(draft.title, number)
        if code is None:
            self._nearness.remember(number, draft)

    def check(self, session: ReadSession, ctx: Context, rows: Sequence[ParsedRow]) -> list[Checked]:
        whole = [row for row in rows if row.draft is not None]
        self._base.load(session, {row.unit for row in whole if self._in_scope(ctx, row)})
        doubles = {id(row) for row in whole if self._is_double(row)}
        sound = [row for row in whole if id(row) not in doubles]
        known = standing(session, [row.code for row in sound if row.code])
        same = {id(row) for row in sound if self._is_same(row, known)}
        moving = [row for row in sound if id(row) not in same]
        self._report_refusals(session, ctx, moving)
        if self._titles is not None:
            self._report_titles(session, self._titles, moving)
        for row in moving:
            report_origin(ctx, row, known=row.code in known, submit=self._complete)
        diffs = self._diffs(session, ctx, [row for row in moving if row.code in known and not row.wrong])
        checked = [
            Checked(row, RowStatus.DUPLICATE)
            if id(row) in doubles
            else _outcome(row, known, diffs, id(row) in same)
            for row in rows
        ]
        return self._nearness.tell(session, ctx, checked)

    def _report_titles(self, session: ReadSession, seen: dict[str, int], rows: Sequence[ParsedRow]) -> None:
        """Where a title may stand once only: not twice in the file, and not at another point of the base."""
        holders = titles_held(session, [row.title for row in rows])
        for row in rows:
            first = seen.setdefault(row.title, row.raw.number)
            others = holders.get(row.title, set()) - {row.code or ""}
            if first != row.raw.number:
                row.report("title", "duplicate_title", f"与第 {first} 行的标题相同，标题不能重复")
            elif others:
                named = "、".join(sorted(others)[:3])
                row.report("title", "title_taken", f"知识库里已有同名的知识点（{named}），请改用不同的标题")

    def _in_scope(self, ctx: Context, row: ParsedRow) -> bool:
        return ctx.actor.in_scope(self.directory.unit(row.unit).id)

    def _is_double(self, row: ParsedRow) -> bool:
        """Settles which point a row is, and whether an earlier row is the same one."""
        assert row.draft is not None
        wanted = rules.identity(row.unit, row.draft)
        row.code = rules.renewed_point(row.code, wanted, self._base.codes)
        number = row.raw.number
        if row.code is not None:
            self._identities.setdefault(wanted, number)
            first = self._codes.setdefault(row.code, number)
            if first != number:
                row.report(
                    "code", "duplicate_code", f"知识编码 {row.code} 与第 {first} 行重复，请删去其中一行"
                )
            return first != number
        several = self._base.codes.get(wanted, ())
        if several:
            named = "、".join(sorted(several)[:5])
            detail = (
                f"该单位有 {len(several)} 个同名的知识点（{named}），请在“{header_of('code')}”列写明是哪一个"
            )
            row.report("title", "ambiguous_title", detail)
            return True
        first = self._identities.setdefault(wanted, number)
        if first != number:
            row.report(
                "title",
                "duplicate_title",
                f"与第 {first} 行的单位、类型、标题都相同，请删去其中一行，或改用不同的标题",
            )
        return first != number

    def _report_refusals(self, session: ReadSession, ctx: Context, rows: Sequence[ParsedRow]) -> None:
        found = check_rows(session, ctx, [_bulk(row) for row in rows], complete=self._complete)
        for problem in found:
            row = rows[problem.row]
            column = column_of(problem.pointer)
            if not self._comes_before(row, problem.pointer):
                row.report(column, "refused", problem.detail)

    def _comes_before(self, row: ParsedRow, pointer: str) -> bool:
        """Whether the point to be replaced that is meant is made by an earlier row of the same file."""
        assert row.draft is not None
        column, _, at = pointer.strip("/").partition("/")
        wanted = row.draft.supersedes if column == "supersedes" else None
        if column == "replaces" and at:
            wanted = row.draft.replaces[int(at)].code
        first = self._codes.get(wanted or "")
        return first is not None and first < row.raw.number

    def _diffs(
        self, session: ReadSession, ctx: Context, rows: Sequence[ParsedRow]
    ) -> dict[str, list[dict[str, str]]]:
        current = bulk.current(session, ctx, [row.code for row in rows if row.code])
        diffs = {}
        for row in rows:
            assert row.code is not None
            changes = rules.changes_between(current[row.code].draft, self._resolved(row))
            diffs[row.code] = [
                {
                    "field": change.key,
                    "label": header_of(change.key),
                    "old": change.old[:SHOWN_TEXT],
                    "new": change.new[:SHOWN_TEXT],
                }
                for change in changes
            ]
        return diffs

    def _is_same(self, row: ParsedRow, known: Mapping[str, Standing]) -> bool:
        newest = known.get(row.code or "")
        if newest is None or newest.gone:
            return False
        return content_hash(self._resolved(row)) == newest.content_hash

    def _resolved(self, row: ParsedRow) -> PointDraft:
        assert row.draft is not None
        return bulk.resolved(self.directory.unit(row.unit), row.draft)


def _outcome(
    row: ParsedRow, known: Mapping[str, Standing], diffs: Mapping[str, list[dict[str, str]]], same: bool
) -> Checked:
    if row.wrong or row.draft is None:
        return Checked(row, RowStatus.ERROR)
    newest = known.get(row.code or "")
    if newest is None or row.code is None:
        return Checked(row, RowStatus.NEW)
    if same:
        if row.files:
            detail = "内容没有变化，这一行的附件不会写入；请到该知识点新建一版后上传"
            row.report("attachments", "attachments_unchanged", detail, WARNING)
        return Checked(row, RowStatus.UNCHANGED, newest.number)
    if newest.gone:
        row.report("code", "gone", f"知识点 {row.code} 已下架或作废，导入后将重新送审", WARNING)
    return Checked(row, RowStatus.CHANGED, newest.number, diffs[row.code])


def _bulk(row: ParsedRow) -> BulkRow:
    assert row.draft is not None
    return BulkRow(row.unit, row.draft, row.code)


def draft_of(text: str) -> PointDraft:
    return PointDraft.model_validate_json(text)
