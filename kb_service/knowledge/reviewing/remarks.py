"""What a reviewer remarked on each field, beside the version that puts it right."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, NotFound
from kb_service.identity.model import Account
from kb_service.knowledge.model import Review, Version
from kb_service.knowledge.reviewing.model import RemarkDone
from kb_service.knowledge.rules import STATUS_NAMES, Status, stage_name
from kb_service.knowledge.service import reading
from kb_service.knowledge.service.facts import locked_version, require_scope
from kb_service.knowledge.service.lookups import require_account, works_on


@dataclass(frozen=True)
class Remark:
    """`field` is empty for a remark on the whole; `number` is the version that was returned."""

    review_id: int
    number: int
    field: str
    text: str
    reviewer_name: str
    stage_name: str
    at: datetime
    done: bool
    done_by: str


def remarks_on(session: ReadSession, ctx: Context, code: str, number: int) -> list[Remark]:
    """Of the last return before a version, if nothing was approved since; with what it has put right."""
    view = reading.get_version(session, ctx, code, number)
    if not works_on(ctx.actor, reading.unit_of(session, code)):
        return []
    return _remarks(session, view.version_id)


def _remarks(session: ReadSession, version_id: int) -> list[Remark]:
    at = session.execute(select(Version.point_id, Version.number).where(Version.id == version_id)).one()
    earlier = (
        select(Review, Account.name, Version.number)
        .join(Version, Version.id == Review.version_id)
        .join(Account, Account.id == Review.reviewer_id)
        .where(Version.point_id == at.point_id, Version.number < at.number)
        .order_by(Review.id.desc())
        .limit(1)
    )
    last = session.execute(earlier).one_or_none()
    if last is None or last[0].decision != "return":
        return []
    review, reviewer, returned = last
    ticked = (
        select(RemarkDone.field, Account.name)
        .join(Account, Account.id == RemarkDone.account_id)
        .where(RemarkDone.version_id == version_id, RemarkDone.review_id == review.id)
    )
    done = dict(session.execute(ticked).tuples().all())
    return [
        Remark(
            review.id, returned, field, text, reviewer, stage_name(review.stage), review.at, field in done,
            done.get(field, ""),
        )
        for field, text in review.remarks.items()
    ]  # fmt: skip


def tick(
    session: WriteSession, ctx: Context, code: str, number: int, field: str, *, done: bool = True
) -> list[Remark]:
    """The editor says that a remark is put right, or takes that back, while it is a draft."""
    ctx.actor.require("knowledge.edit")
    account = require_account(ctx)
    version = locked_version(session, code, number)
    require_scope(ctx, version.unit_id, code)
    if version.status != Status.DRAFT:
        raise Conflict(f"该版本现为“{STATUS_NAMES[version.status]}”，不能再标记意见。", code="not_a_draft")
    remark = next((each for each in _remarks(session, version.id) if each.field == field), None)
    if remark is None:
        raise NotFound("没有对这一项的审核意见。", code="unknown_remark")
    if done != remark.done:
        key = {"version_id": version.id, "review_id": remark.review_id, "field": field}
        if done:
            session.execute(insert(RemarkDone).values(**key, account_id=account, at=ctx.now))
        else:
            same = (getattr(RemarkDone, name) == value for name, value in key.items())
            session.execute(delete(RemarkDone).where(*same))
        after = {"number": number, "field": field, "done": done}
        audit.record(session, ctx, "remark.ticked", f"point:{code}", after=after)
    return _remarks(session, version.id)


def tick_all(session: WriteSession, ctx: Context, code: str, number: int, fields: list[str]) -> None:
    """As a form sends it: the fields ticked, and no others."""
    for remark in remarks_on(session, ctx, code, number):
        if remark.done != (remark.field in fields):
            tick(session, ctx, code, number, remark.field, done=remark.field in fields)
