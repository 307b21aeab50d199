"""Taking a whole import back."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from kb_service.knowledge.incoming import attaching
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.rules import OPEN, Status
from kb_service.knowledge.service.bulk import insert_checked
from kb_service.knowledge.service.checks import BulkRow
from kb_service.knowledge.service.drafts import discard_versions
from kb_service.knowledge.service.facts import VersionFacts, locked_versions
from kb_service.knowledge.service.lookups import Directory, chunks, require_account
from kb_service.knowledge.service.release import withdraw_versions
from kb_service.knowledge.service.views import VersionView, select_views, views

SHOWN_CODES = 50


@dataclass(frozen=True)
class UndoReport:
    """How many versions were discarded or withdrawn, and the points whose earlier words went to review again."""

    discarded: int
    withdrawn: int
    restored: list[str]


def undo_batch(session: WriteSession, ctx: Context, batch_id: str, reason: str) -> UndoReport:
    """Takes back every version of an import while no newer version stands on one of them.

    What is not approved yet is discarded; drafts let go of their attachments. What is live or waiting is
    withdrawn at once, and where the point said something before, or another point was replaced by it, those
    words are submitted again: a change back is reviewed like any change.
    """
    ctx.actor.require("knowledge.edit")
    require_account(ctx)
    if len(reason.strip()) < 2:
        raise Invalid("撤销导入须写明原因。", code="reason_required")
    versions = locked_versions(session, Version.batch_id == batch_id)
    if not versions:
        raise NotFound(f"没有编号为 {batch_id} 的导入批次。", code="unknown_batch")
    if any(not ctx.actor.in_scope(version.unit_id) for version in versions):
        raise Forbidden("该批次含有其他单位的知识，您不能撤销。", code="out_of_scope")
    _refuse_built_on(session, versions)
    waiting = [version for version in versions if version.status in OPEN]
    if waiting:
        discard_versions(session, ctx, waiting, reason)
        attaching.let_go(session, [version.id for version in waiting])
    approved = [version for version in versions if version.status == Status.APPROVED]
    taken = withdraw_versions(session, ctx, approved, reason.strip())
    replaced = _replaced(session, ctx, taken)
    # What one row brought and another replaced goes with them; the words before it come back.
    own = {view.code for view in replaced if view.batch_id == batch_id}
    gone = [*taken, *(version for version in approved if version.code in own)]
    others = [view for view in replaced if view.code not in own]
    restored = _restore(session, ctx, [*_before(session, ctx, gone), *others])
    return UndoReport(len(waiting), len(taken), restored)


def _refuse_built_on(session: ReadSession, versions: Sequence[VersionFacts]) -> None:
    newest: dict[int, int] = {}
    for part in chunks([version.point_id for version in versions]):
        found = (
            select(Version.point_id, func.max(Version.number))
            .where(Version.point_id.in_(part), Version.status != Status.DISCARDED)
            .group_by(Version.point_id)
        )
        newest |= dict(session.execute(found).tuples().all())
    codes = sorted(version.code for version in versions if newest.get(version.point_id, 0) > version.number)
    if codes:
        shown = "、".join(codes[:5])
        raise Conflict(
            f"该批次有 {len(codes)} 个知识点此后又有新版本（{shown}），不能整批撤销，请逐个处理。",
            code="batch_in_use",
            extra={"codes": codes[:SHOWN_CODES]},
        )


def _restore(session: WriteSession, ctx: Context, found: Sequence[VersionView]) -> list[str]:
    directory = Directory.load(session)
    rows = [BulkRow(view.unit_code, view.draft().model_copy(update=_RESTORED), view.code) for view in found]
    if rows:
        insert_checked(session, ctx, directory, rows, batch_id=None, submit=True)
    return [row.code for row in rows if row.code]


def _replaced(session: ReadSession, ctx: Context, taken: Sequence[VersionFacts]) -> list[VersionView]:
    """Words that ended because one of these replaced their point, with nothing newer since."""
    found: list[VersionView] = []
    for part in chunks([version.id for version in taken]):
        ended = (Version.superseded_by.in_(part), Version.withdrawn_at.is_(None), Version.live_to <= ctx.now)
        newest = Point.latest == Version.number
        found += views(session, select_views().where(*ended, newest).order_by(Version.point_id), ctx.now)
    # Who may replace a point may write for its unit; that may have changed since.
    return [view for view in found if ctx.actor.in_scope(view.unit_id)]


_RESTORED = {"release_at": None, "note": "撤销导入，恢复此前内容"}


def _before(session: ReadSession, ctx: Context, taken: Sequence[VersionFacts]) -> list[VersionView]:
    """The last approved version before each of these."""
    numbers = {version.point_id: version.number for version in taken if version.number > 1}
    found: dict[int, VersionView] = {}
    for part in chunks(sorted(numbers)):
        statement = (
            select_views()
            .where(Version.point_id.in_(part), Version.status == Status.APPROVED)
            .order_by(Version.point_id, Version.number)
        )
        for view in views(session, statement, ctx.now):
            if view.number < numbers[view.point_id]:
                found[view.point_id] = view
    return list(found.values())
