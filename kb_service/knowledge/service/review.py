"""Review 审核: one decision or thousands, at the stage where each version stands."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import insert, select, update

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import Database, ReadSession, WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid, KbError
from kb_service.identity.model import Account
from kb_service.knowledge import rules
from kb_service.knowledge.model import Review, Version
from kb_service.knowledge.reviewing import rules as sharing_rules
from kb_service.knowledge.reviewing import settings, sharing, signing
from kb_service.knowledge.rules import IN_REVIEW, ORDER, STAGE_PERMISSIONS, Status, Step
from kb_service.knowledge.service import announce, reading, release
from kb_service.knowledge.service.facts import (
    VersionFacts,
    locked_by_targets,
    locked_version,
    locked_versions,
)
from kb_service.knowledge.service.filing import record_passes
from kb_service.knowledge.service.lookups import Directory, chunks
from kb_service.knowledge.service.staff import Staff
from kb_service.knowledge.service.views import VersionView
from kb_service.knowledge.tasks.service import close_task
from kb_service.notices import absence

Decision = Literal["approve", "return"]
# A fifth of a second of the writer's time on SQLite.
AT_ONCE = 400


@dataclass(frozen=True)
class Decided:
    """`status` is where the version stands now; `detail` says why nothing was decided where `ok` is false."""

    code: str
    number: int
    ok: bool
    status: str
    detail: str = ""


@dataclass(frozen=True)
class BulkReport:
    done: int
    results: list[Decided]


def decide(
    session: WriteSession,
    ctx: Context,
    code: str,
    number: int,
    decision: Decision,
    *,
    remarks: Mapping[str, str] | None = None,
    stage: str = "",
    acting_for: str = "",
) -> VersionView:
    """Approves a version at its stage, or returns it with remarks by field (`""`: on the whole).

    `stage`: the stage the reviewer saw; Conflict where somebody has decided there meanwhile. `acting_for`:
    the login of an absent person the actor stands in for, where it is not told by whose turn it is.
    """
    version = locked_version(session, code, number)
    if (stage and stage != version.status) or _decided_meanwhile(session, ctx, version):
        words = rules.STATUS_NAMES[version.status]
        raise Conflict(
            f"这一环节刚由他人审核完毕，该版本现为“{words}”，请刷新后查看。", code="already_decided"
        )
    refused = _refusal(ctx, version)
    if refused:
        raise _error(*refused)
    absent = _named_absent(session, ctx, version, acting_for) if acting_for else None
    _apply(session, ctx, [version], decision, remarks or {}, absent)
    return reading.one_view(session, ctx.now, code, number)


def decide_chosen(
    database: Database,
    ctx: Context,
    targets: Sequence[tuple[str, int]] | None,
    decision: Decision,
    *,
    batch_id: str | None = None,
    remarks: Mapping[str, str] | None = None,
) -> BulkReport:
    """Decides on each of `targets`, or on what of a batch is in review."""
    if targets is None and batch_id is None:
        raise Invalid("请选择要审核的知识，或指定导入批次。", code="nothing_chosen")
    if targets is None:
        return decide_batch(database, ctx, str(batch_id), decision, remarks=remarks)
    with database.write() as session:
        return decide_many(session, ctx, targets, decision, remarks=remarks)


def decide_many(
    session: WriteSession,
    ctx: Context,
    targets: Sequence[tuple[str, int]],
    decision: Decision,
    *,
    remarks: Mapping[str, str] | None = None,
) -> BulkReport:
    """What may not be decided is told, and keeps nothing else from being decided."""
    report = _decide_found(session, ctx, locked_by_targets(session, targets), decision, remarks or {})
    missing = set(targets) - {(each.code, each.number) for each in report.results}
    told = [Decided(code, number, False, "", "没有这个版本") for code, number in sorted(missing)]
    return BulkReport(report.done, report.results + told)


def decide_batch(
    database: Database,
    ctx: Context,
    batch_id: str,
    decision: Decision,
    *,
    remarks: Mapping[str, str] | None = None,
) -> BulkReport:
    """Decides on what of a batch is in review, some versions a transaction, so that nobody waits for all of them.

    Broken off half-way, what was decided stays decided, and the rest is still in review.
    """
    awaiting = (Version.batch_id == batch_id, Version.status.in_(IN_REVIEW))
    with database.read() as session:
        ids = session.execute(select(Version.id).where(*awaiting).order_by(Version.id)).scalars().all()
    reports = []
    for at, part in enumerate(chunks(ids, AT_ONCE)):
        if at:
            database.let_others_write()
        with database.write() as session:
            found = locked_versions(session, Version.id.in_(part), *awaiting)
            reports.append(_decide_found(session, ctx, found, decision, remarks or {}))
    return BulkReport(sum(each.done for each in reports), [one for each in reports for one in each.results])


def _decide_found(
    session: WriteSession,
    ctx: Context,
    found: Sequence[VersionFacts],
    decision: Decision,
    remarks: Mapping[str, str],
) -> BulkReport:
    refusals = {version.id: _refusal(ctx, version) for version in found}
    allowed = [version for version in found if refusals[version.id] is None]
    landed = _apply(session, ctx, allowed, decision, remarks)
    results = [_decided(version, landed.get(version.id), refusals[version.id]) for version in found]
    return BulkReport(len(allowed), results)


def _decided_meanwhile(session: ReadSession, ctx: Context, version: VersionFacts) -> bool:
    """Whether what this reviewer could have decided on was decided on by another and has gone on."""
    if version.status not in ORDER or ctx.actor.may(STAGE_PERMISSIONS[version.status]):
        return False
    before = [
        stage for stage in ORDER[: ORDER.index(version.status)] if ctx.actor.may(STAGE_PERMISSIONS[stage])
    ]
    if not before or not ctx.actor.in_scope(version.unit_id):
        return False
    decided = select(Review.id).where(
        Review.version_id == version.id, Review.stage.in_(before), Review.decision == "approve"
    )
    return session.execute(decided.limit(1)).scalar() is not None


def _named_absent(session: ReadSession, ctx: Context, version: VersionFacts, login: str) -> dict[int, int]:
    found = session.execute(select(Account.id).where(Account.login == login)).scalar_one_or_none()
    if found is None:
        raise Invalid(f"没有登录名为“{login}”的账号。", code="unknown_account")
    return {version.id: signing.acting_for(session, ctx, version.authors, found)}


def _decided(version: VersionFacts, status: Status | None, refused: tuple[str, str] | None) -> Decided:
    detail = refused[1] if refused else ""
    return Decided(version.code, version.number, refused is None, status or version.status, detail)


def _refusal(ctx: Context, version: VersionFacts) -> tuple[str, str] | None:
    permission = STAGE_PERMISSIONS.get(version.status)
    return rules.refusal(
        version.status,
        ctx.actor.account_id,
        version.authors,
        permitted=permission is not None and ctx.actor.may(permission),
        in_scope=ctx.actor.in_scope(version.unit_id),
    )


def _error(code: str, detail: str) -> KbError:
    kind = Conflict if code == "not_in_review" else Forbidden
    return kind(f"{detail}。", code=code)


def _apply(
    session: WriteSession,
    ctx: Context,
    versions: Sequence[VersionFacts],
    decision: Decision,
    remarks: Mapping[str, str],
    absent: Mapping[int, int] | None = None,
) -> dict[int, Status]:
    """Stores the decision on each version; gives where each of them stands now."""
    if not versions:
        return {}
    if decision == "return" and not any(text.strip() for text in remarks.values()):
        raise Invalid("退回须写明意见，使编写人知道改什么。", code="remarks_required")
    stood_for = absent or _stood_in_for(session, ctx, versions)
    _store(session, ctx, versions, decision, remarks)
    for stage in {version.status for version in versions}:
        ids = [version.id for version in versions if version.status == stage]
        here = {version_id: stood_for[version_id] for version_id in ids if version_id in stood_for}
        signing.sign(session, ctx, ids, stage, here)
    sharing.end(session, ctx, [version.id for version in versions])
    if decision == "return":
        _set_status(session, ctx, [(version, Status.RETURNED) for version in versions])
        announce.decided(session, ctx, versions, Status.RETURNED)
        return dict.fromkeys((version.id for version in versions), Status.RETURNED)
    return _forward(session, ctx, versions)


def _stood_in_for(session: ReadSession, ctx: Context, versions: Sequence[VersionFacts]) -> dict[int, int]:
    """Whose turn it was that is away, where the actor stands in for them and they wrote nothing of it."""
    account = ctx.actor.account_id
    absent = set(absence.stands_in_for(session, account, ctx.now)) if account else set()
    if not absent:
        return {}
    turns = sharing.open_turns(session, [version.id for version in versions])
    owners = {version_id: turn.for_account_id or turn.account_id for version_id, turn in turns.items()}
    return {
        version.id: owners[version.id]
        for version in versions
        if owners.get(version.id) in absent and owners[version.id] not in version.authors
    }


def _forward(session: WriteSession, ctx: Context, versions: Sequence[VersionFacts]) -> dict[int, Status]:
    staff = Staff(session, Directory.load(session))
    kept = settings.kept_chains(session, [version.id for version in versions])
    steps = [(version, staff.next_step(version, kept)) for version in versions]
    record_passes(session, ctx, steps)
    onward: list[tuple[VersionFacts, Step]] = [each for each in steps if each[1].status != Status.APPROVED]
    final = [version for version, step in steps if step.status == Status.APPROVED]
    if onward:
        moved = [(version, step.status) for version, step in onward]
        _set_status(session, ctx, moved)
        announce.decided(session, ctx, [version for version, _ in moved], None)
        sharing.share(session, ctx, staff, moved)
        announce.awaiting(session, ctx, staff, moved)
    if final:
        release.approve(session, ctx, final)
        announce.decided(session, ctx, final, Status.APPROVED)
        for code in {version.code for version in final if version.type == "script"}:
            close_task(session, ctx, sharing_rules.CORRECT_TASK, f"point:{code}", "done", "新口径已发布")
    return {version.id: step.status for version, step in steps}


def _set_status(session: WriteSession, ctx: Context, moved: Iterable[tuple[VersionFacts, Status]]) -> None:
    rows = [{"id": version.id, "status": status, "changed_at": ctx.now} for version, status in moved]
    session.execute(update(Version), rows)


def _store(
    session: WriteSession,
    ctx: Context,
    versions: Sequence[VersionFacts],
    decision: Decision,
    remarks: Mapping[str, str],
) -> None:
    said = {field: text.strip() for field, text in remarks.items() if text.strip()}
    session.execute(
        insert(Review),
        [
            {
                "version_id": version.id,
                "author_id": version.author_id,
                "stage": version.status,
                "decision": decision,
                "reviewer_id": ctx.actor.account_id,
                "remarks": said,
                "at": ctx.now,
            }
            for version in versions
        ],
    )
    entries = [
        audit.Entry(f"point:{version.code}", after={"number": version.number, "stage": version.status})
        for version in versions
    ]
    audit.record_many(session, ctx, f"version.{decision}", entries, reason="；".join(said.values()))
