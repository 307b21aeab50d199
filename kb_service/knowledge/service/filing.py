"""Submitting drafts to review 报送."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, update

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import WriteSession
from kb_service.core.errors import Conflict, Invalid
from kb_service.knowledge.content import problems
from kb_service.knowledge.model import Review, Version
from kb_service.knowledge.reviewing import sharing
from kb_service.knowledge.reviewing.model import VersionChain
from kb_service.knowledge.rules import STATUS_NAMES, Status, Step
from kb_service.knowledge.service import announce, reading
from kb_service.knowledge.service.facts import VersionFacts, locked_version, require_scope
from kb_service.knowledge.service.lookups import Directory, require_account
from kb_service.knowledge.service.staff import Staff
from kb_service.knowledge.service.views import VersionView


def submit(session: WriteSession, ctx: Context, code: str, number: int) -> VersionView:
    """From here on the words stay as they are: what is returned goes on in the next version."""
    ctx.actor.require("knowledge.edit")
    require_account(ctx)
    version = locked_version(session, code, number)
    require_scope(ctx, version.unit_id, code)
    if version.status != Status.DRAFT:
        raise Conflict(f"该版本现为“{STATUS_NAMES[version.status]}”，只有草稿可以报送。", code="not_a_draft")
    directory = Directory.load(session)
    draft = reading.one_view(session, ctx.now, code, number).draft()
    wrong = [*directory.misplaced(directory.units[version.unit_id], draft), *problems(draft)]
    if wrong:
        places = "；".join(each["detail"] for each in wrong[:3])
        raise Invalid(f"还有 {len(wrong)} 处需要补正：{places}。", code="incomplete", pointers=wrong)
    file_versions(session, ctx, Staff(session, directory), [version])
    return reading.one_view(session, ctx.now, code, number)


def file_versions(
    session: WriteSession, ctx: Context, staff: Staff, versions: Sequence[VersionFacts]
) -> None:
    """Drafts that were found complete go to their first review."""
    steps = [
        (version, staff.first_step(version.unit_id, version.type, version.authors)) for version in versions
    ]
    if not steps:
        return
    _keep_chains(session, staff, versions)
    session.execute(
        update(Version),
        [{"id": version.id, "status": step.status, "filed_at": ctx.now} for version, step in steps],
    )
    record_passes(session, ctx, steps)
    audit.record_many(
        session,
        ctx,
        "version.filed",
        [
            audit.Entry(
                f"point:{version.code}",
                after={"number": version.number, "status": step.status, "batch": version.batch_id},
            )
            for version, step in steps
        ],
    )
    moved = [(version, step.status) for version, step in steps]
    sharing.share(session, ctx, staff, moved)
    announce.awaiting(session, ctx, staff, moved)


def _keep_chains(session: WriteSession, staff: Staff, versions: Sequence[VersionFacts]) -> None:
    """A version in review goes on under the chain it was filed under, whatever is set later."""
    rows = [
        {"version_id": version.id, "stages": list(stages)}
        for version in versions
        if (stages := staff.chain(version.unit_id, version.type)) != staff.standard(version.unit_id)
    ]
    if rows:
        session.execute(insert(VersionChain), rows)


def record_passes(session: WriteSession, ctx: Context, steps: Sequence[tuple[VersionFacts, Step]]) -> None:
    rows: list[dict[str, Any]] = [
        {
            "version_id": version.id,
            "author_id": version.author_id,
            "stage": stage,
            "decision": "pass",
            "reviewer_id": None,
            "reason": reason,
            "remarks": {},
            "at": ctx.now,
        }
        for version, step in steps
        for stage, reason in step.passed
    ]
    if rows:
        session.execute(insert(Review), rows)
