"""Confirming what moved in: the other system's approval counts once a second person has seen the evidence."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import insert, select

from kb_service.core import audit
from kb_service.core.clock import CITY
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound, TooLarge
from kb_service.knowledge.model import Review, Version
from kb_service.knowledge.moving_in.model import MoveIn, Origin
from kb_service.knowledge.moving_in.rules import OriginFacts, evidence_of
from kb_service.knowledge.rules import IN_REVIEW, Status
from kb_service.knowledge.service import announce, release
from kb_service.knowledge.service.facts import VersionFacts, locked_versions
from kb_service.knowledge.service.lookups import chunks, require_account

PERMISSION = "knowledge.move_in"
LARGEST = 20 * 2**20


@dataclass(frozen=True)
class MoveInView:
    batch_id: str
    versions: int
    evidence_name: str
    evidence_sha256: str
    moved_by: int
    confirmed_by: int
    confirmed_at: datetime


def confirm(session: WriteSession, ctx: Context, batch_id: str, name: str, evidence: BinaryIO) -> MoveInView:
    """Puts the versions of a batch that moved in live at their original upload time.

    Each gets a review by the confirming account, which is not the one that moved them in; the evidence, the
    export or the decision of the other system, is kept with the batch.
    """
    ctx.actor.require(PERMISSION)
    account = require_account(ctx)
    content = _content(evidence)
    versions = locked_versions(session, Version.batch_id == batch_id, Version.status.in_(IN_REVIEW))
    origins = _origins(session, [version.id for version in versions])
    moved = [version for version in versions if version.id in origins]
    _refuse(ctx, moved)
    author = moved[0].author_id
    session.execute(
        insert(Review), [_review(version, origins[version.id], account, ctx.now) for version in moved]
    )
    uploaded = {version.id: origins[version.id].uploaded_at for version in moved}
    release.approve(session, ctx, moved, uploaded=uploaded)
    announce.decided(session, ctx, moved, Status.APPROVED)
    made = MoveIn(
        batch_id=batch_id, versions=len(moved), evidence_name=name[-200:], evidence=content,
        evidence_sha256=hashlib.sha256(content).hexdigest(), moved_by=author, confirmed_by=account,
        confirmed_at=ctx.now,
    )  # fmt: skip
    session.add(made)
    _note(session, ctx, moved, origins, made)
    return _view(made)


def _content(evidence: BinaryIO) -> bytes:
    content = evidence.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise TooLarge(f"凭证文件超过 {LARGEST // 2**20} MB。", code="file_too_large")
    if not content:
        raise Invalid("请附上原系统的导出文件或批件，作为移入的凭证。", code="evidence_required")
    return content


def _refuse(ctx: Context, moved: Sequence[VersionFacts]) -> None:
    if not moved:
        raise NotFound("这一批没有等待确认的移入知识。", code="nothing_moved_in")
    if any(ctx.actor.account_id in version.authors for version in moved):
        raise Forbidden("移入的知识须由移入人以外的人确认。", code="own_version")
    if any(not ctx.actor.in_scope(version.unit_id) for version in moved):
        raise Forbidden("这一批含有其他单位的知识，您不能确认。", code="out_of_scope")
    if len({version.author_id for version in moved}) > 1:
        raise Conflict("这一批的知识不是由同一人移入的。", code="several_authors")


def _origins(session: ReadSession, version_ids: Sequence[int]) -> dict[int, Origin]:
    found: dict[int, Origin] = {}
    for part in chunks(version_ids):
        rows = session.execute(select(Origin).where(Origin.version_id.in_(part))).scalars()
        found |= {row.version_id: row for row in rows}
    return found


def _review(version: VersionFacts, origin: Origin, account: int, now: datetime) -> dict[str, object]:
    facts = OriginFacts(
        system=origin.system,
        origin_id=origin.origin_id,
        approved_by=origin.approved_by,
        approved_at=origin.approved_at.astimezone(CITY),
    )
    return {
        "version_id": version.id,
        "author_id": version.author_id,
        "stage": version.status,
        "decision": "approve",
        "reviewer_id": account,
        "reason": evidence_of(facts),
        "remarks": {},
        "at": now,
    }


def _note(
    session: WriteSession,
    ctx: Context,
    moved: Sequence[VersionFacts],
    origins: dict[int, Origin],
    made: MoveIn,
) -> None:
    entries = [
        audit.Entry(
            f"point:{version.code}",
            after={
                "number": version.number,
                "uploaded_at": origins[version.id].uploaded_at.isoformat(),
                "system": origins[version.id].system,
                "origin_id": origins[version.id].origin_id,
                "approved_by": origins[version.id].approved_by,
            },
        )
        for version in moved
    ]
    audit.record_many(session, ctx, "version.moved_in", entries)
    after = {"versions": made.versions, "evidence": made.evidence_name, "sha256": made.evidence_sha256}
    audit.record(session, ctx, "import.move_in_confirmed", f"import:{made.batch_id}", after=after)


def _view(made: MoveIn) -> MoveInView:
    return MoveInView(
        made.batch_id, made.versions, made.evidence_name, made.evidence_sha256, made.moved_by,
        made.confirmed_by, made.confirmed_at,
    )  # fmt: skip


def evidence_file(session: ReadSession, ctx: Context, batch_id: str) -> tuple[str, bytes]:
    """The name and content of the evidence that a batch was confirmed on."""
    ctx.actor.require(PERMISSION)
    found = session.get(MoveIn, batch_id)
    if found is None:
        raise NotFound("这一批没有移入凭证。", code="no_evidence")
    return found.evidence_name, found.evidence
