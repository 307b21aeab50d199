"""Writing: drafts, and where they come from."""

from sqlalchemy import insert, select, update

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid, Pointer
from kb_service.knowledge.attachments.service import carry_over
from kb_service.knowledge.candidates import guard
from kb_service.knowledge.content import PointDraft, content_hash
from kb_service.knowledge.merging.drafts import merge_drafts
from kb_service.knowledge.merging.model import DraftState
from kb_service.knowledge.model import Version, VersionAuthor
from kb_service.knowledge.rules import IN_REVIEW, STATUS_NAMES, Status
from kb_service.knowledge.service import announce, reading
from kb_service.knowledge.service.bulk import insert_checked, resolved
from kb_service.knowledge.service.checks import BulkRow, check_rows, replaced_codes, successor_problems
from kb_service.knowledge.service.facts import (
    VersionFacts,
    lock_points,
    locked_version,
    points,
    require_scope,
)
from kb_service.knowledge.service.lookups import Directory, require_account
from kb_service.knowledge.service.views import VersionView
from kb_service.knowledge.supersession import words


def create_draft(
    session: WriteSession, ctx: Context, unit_code: str, draft: PointDraft, *, code: str | None = None
) -> VersionView:
    """A new point, or with the code of a known one its next version. It may still lack things."""
    ctx.actor.require("knowledge.edit")
    require_account(ctx)
    directory = Directory.load(session)
    _require_own(ctx, directory, unit_code)
    if code:
        _refuse_second(session, ctx, code)
    row = BulkRow(unit_code, draft, code)
    wrong: list[Pointer] = [
        {"pointer": each.pointer, "detail": each.detail}
        for each in check_rows(session, ctx, [row], complete=False)
    ]
    if wrong:
        places = "；".join(each["detail"] for each in wrong[:3])
        raise Invalid(f"有 {len(wrong)} 处不符合要求：{places}。", pointers=wrong)
    made = insert_checked(session, ctx, directory, [row], batch_id=None, submit=False)[0]
    return reading.one_view(session, ctx.now, made.code, made.number)


def _require_own(ctx: Context, directory: Directory, unit_code: str) -> None:
    unit = directory.unit(unit_code)
    if not ctx.actor.in_scope(unit.id):
        raise Forbidden(f"您不能为“{unit.name}”编写知识。", code="out_of_scope")


def _refuse_second(session: WriteSession, ctx: Context, code: str) -> None:
    """The point is locked before its open version is looked for: another may just be writing one.

    Other units are not told of it; that the point is not theirs is found by the checks of the row.
    """
    lock_points(session, [point.id for point in points(session, [code]).values()])
    point = points(session, [code]).get(code)
    if point is None or point.open_number is None or not ctx.actor.in_scope(point.unit_id):
        return
    statement = select(Version.status).where(
        Version.point_id == point.id, Version.number == point.open_number
    )
    status = Status(session.execute(statement).scalar_one())
    raise Conflict(
        f"知识点 {code} 已有第 {point.open_number} 版（{STATUS_NAMES[status]}），请在该版本上继续，或先作废它。",
        code="draft_exists",
        extra={"number": point.open_number, "status": status},
    )


def edit_draft(
    session: WriteSession, ctx: Context, code: str, number: int, draft: PointDraft, *, lock: int
) -> VersionView:
    """Replaces the words of a draft read at `lock`; Conflict with both texts if it has changed since."""
    ctx.actor.require("knowledge.edit")
    editor = require_account(ctx)
    version = locked_version(session, code, number)
    require_scope(ctx, version.unit_id, code)
    guard.require_own_writer(session, ctx, version)
    before = reading.one_view(session, ctx.now, code, number)
    _refuse_stale(session, version, before, draft, lock)
    if draft.content.type != version.type:
        raise Invalid("知识类型不能改变。", pointers=[{"pointer": "/content/type", "detail": "类型不能改变"}])
    directory = Directory.load(session)
    unit = directory.units[version.unit_id]
    wrong = directory.misplaced(unit, draft)
    wrong += successor_problems(ctx, code, draft, points(session, replaced_codes(draft)))
    if wrong:
        raise Invalid("；".join(each["detail"] for each in wrong[:3]) + "。", pointers=wrong)
    said = resolved(unit, draft)
    values = directory.columns(unit, said) | {"content_hash": content_hash(said), "lock": lock + 1}
    _keep_state(session, ctx, version, before.draft())
    session.execute(update(Version), [{"id": version.id, "changed_at": ctx.now, **values}])
    words.remember(session, {version.id: said}, again=True)
    if editor not in version.authors:
        session.execute(insert(VersionAuthor).values(version_id=version.id, account_id=editor))
    _record_edit(session, ctx, code, number, before.draft(), said)
    return reading.one_view(session, ctx.now, code, number)


def _refuse_stale(
    session: WriteSession, version: VersionFacts, stored: VersionView, draft: PointDraft, lock: int
) -> None:
    if version.status != Status.DRAFT:
        raise Conflict(
            f"该版本现为“{STATUS_NAMES[version.status]}”，内容不能再改。可新建下一版。", code="not_a_draft"
        )
    if version.lock == lock:
        return
    state = session.get(DraftState, (version.id, lock))
    base = PointDraft.model_validate(state.draft) if state else None
    merge = merge_drafts(base, draft, stored.draft())
    raise Conflict(
        "您编辑期间，他人已修改了这份草稿。请对照两份内容合并后重新保存。",
        code="edit_conflict",
        extra={
            "base": state.draft if state else None,
            "mine": draft.model_dump(mode="json"),
            "theirs": stored.draft().model_dump(mode="json"),
            "merged": merge.draft,
            "conflicts": merge.conflicts,
            "lock": version.lock,
        },
    )


def _keep_state(session: WriteSession, ctx: Context, version: VersionFacts, draft: PointDraft) -> None:
    """What others may still be writing from."""
    state = DraftState(
        version_id=version.id,
        lock=version.lock,
        draft=draft.model_dump(mode="json"),
        replaced_by=require_account(ctx),
        replaced_at=ctx.now,
    )
    session.add(state)
    session.flush()


def _record_edit(
    session: WriteSession, ctx: Context, code: str, number: int, before: PointDraft, after: PointDraft
) -> None:
    """Only what changed is kept in the audit log: a draft has no other memory."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    changed = [key for key in new if new[key] != old[key]]
    audit.record(
        session,
        ctx,
        "version.edited",
        f"point:{code}",
        before={"number": number, **{key: old[key] for key in changed}},
        after={"number": number, **{key: new[key] for key in changed}},
    )


def next_draft(session: WriteSession, ctx: Context, code: str) -> VersionView:
    """A new draft that begins with the newest version's words, also of one that was returned."""
    newest = reading.newest_view(session, ctx.now, code)
    return _begun_from(session, ctx, newest, _unreleased(newest, ""))


def _begun_from(session: WriteSession, ctx: Context, old: VersionView, said: PointDraft) -> VersionView:
    made = create_draft(session, ctx, old.unit_code, said, code=old.code)
    carry_over(session, ctx, old.version_id, made.version_id)
    return made


def restore(session: WriteSession, ctx: Context, code: str, number: int, *, note: str = "") -> VersionView:
    """A new draft with the words of an old version, which goes through review like any other."""
    old = reading.one_view(session, ctx.now, code, number)
    said = _unreleased(old, note or f"恢复第 {number} 版")
    return _begun_from(session, ctx, old, said)


def _unreleased(view: VersionView, note: str) -> PointDraft:
    """A time of release that was meant for another version does not carry over."""
    return view.draft().model_copy(update={"release_at": None, "note": note})


def discard(session: WriteSession, ctx: Context, code: str, number: int, *, reason: str = "") -> None:
    """Gives up a draft, or takes one's own version back from review. Its words stay in the history."""
    ctx.actor.require("knowledge.edit")
    account = require_account(ctx)
    version = locked_version(session, code, number)
    require_scope(ctx, version.unit_id, code)
    if version.status in IN_REVIEW and account not in version.authors:
        raise Forbidden("审核中的版本只能由编写人撤回。", code="not_the_author")
    if version.status not in IN_REVIEW and version.status != Status.DRAFT:
        raise Conflict(
            f"该版本现为“{STATUS_NAMES[version.status]}”，不能作废。已发布的请用下架。", code="not_open"
        )
    discard_versions(session, ctx, [version], reason)


def discard_versions(session: WriteSession, ctx: Context, versions: list[VersionFacts], reason: str) -> None:
    rows = [{"id": each.id, "status": Status.DISCARDED, "changed_at": ctx.now} for each in versions]
    session.execute(update(Version), rows)
    announce.decided(session, ctx, [each for each in versions if each.status in IN_REVIEW], None)
    entries = [audit.Entry(f"point:{each.code}", after={"number": each.number}) for each in versions]
    audit.record_many(session, ctx, "version.discarded", entries, reason=reason)
