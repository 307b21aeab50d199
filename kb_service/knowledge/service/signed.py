"""Versions that another person approved elsewhere: the approval is recorded in that person's name.

What a sub-centre tells was written by its feed's account and signed off by a named person of the unit. The
sign-off is a review like any other, by somebody other than the author, and stands where reviews stand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, update

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import WriteSession
from kb_service.knowledge.model import Review, Version
from kb_service.knowledge.rules import Status, chain
from kb_service.knowledge.service import announce, release
from kb_service.knowledge.service.facts import VersionFacts
from kb_service.knowledge.service.lookups import Directory
from kb_service.knowledge.service.staff import Staff


@dataclass(frozen=True)
class SignOff:
    """`words` tell what the approval rests on. `to_centre`: the stages after the unit's still decide."""

    version: VersionFacts
    account_id: int
    words: str
    to_centre: bool = False


def release_signed(
    session: WriteSession,
    ctx: Context,
    directory: Directory,
    staff: Staff,
    signed: Sequence[SignOff],
    why: str,
) -> None:
    """Files drafts with the unit's approval. `why` is said where the stages after it are passed on."""
    if not signed:
        return
    session.execute(insert(Review), [_review(ctx, each) for each in signed])
    to_centre = [each.version for each in signed if each.to_centre]
    _send_on(session, ctx, directory, staff, to_centre, why)
    _release(session, ctx, directory, [each.version for each in signed if not each.to_centre], why)
    entries = [
        audit.Entry(
            f"point:{each.version.code}",
            after={"number": each.version.number, "stage": Status.UNIT_REVIEW, "reviewer": each.account_id},
        )
        for each in signed
    ]
    audit.record_many(session, ctx, "version.signed", entries)


def _review(ctx: Context, signed: SignOff) -> dict[str, Any]:
    return {
        "version_id": signed.version.id,
        "author_id": signed.version.author_id,
        "stage": Status.UNIT_REVIEW,
        "decision": "approve",
        "reviewer_id": signed.account_id,
        "reason": signed.words,
        "remarks": {},
        "at": ctx.now,
    }


def _send_on(
    session: WriteSession,
    ctx: Context,
    directory: Directory,
    staff: Staff,
    versions: Sequence[VersionFacts],
    why: str,
) -> None:
    """To the centre, which decides last whatever the chain of the unit is."""
    if not versions:
        return
    stage = Status.CENTRE_REVIEW
    rows = [{"id": each.id, "status": stage, "filed_at": ctx.now, "changed_at": ctx.now} for each in versions]
    session.execute(update(Version), rows)
    _pass_on(session, ctx, directory, versions, why, but=stage)
    announce.awaiting(session, ctx, staff, [(version, stage) for version in versions])


def _release(
    session: WriteSession, ctx: Context, directory: Directory, versions: Sequence[VersionFacts], why: str
) -> None:
    if not versions:
        return
    rows = [{"id": version.id, "filed_at": ctx.now} for version in versions]
    session.execute(update(Version), rows)
    _pass_on(session, ctx, directory, versions, why)
    release.approve(session, ctx, versions, at_once=True)


def _pass_on(
    session: WriteSession,
    ctx: Context,
    directory: Directory,
    versions: Sequence[VersionFacts],
    why: str,
    *,
    but: Status | None = None,
) -> None:
    passes: list[dict[str, Any]] = [
        {
            "version_id": version.id,
            "author_id": version.author_id,
            "stage": stage,
            "decision": "pass",
            "reviewer_id": None,
            "reason": why,
            "remarks": {},
            "at": ctx.now,
        }
        for version in versions
        for stage in chain(directory.region_level(version.unit_id))
        if stage not in (Status.UNIT_REVIEW, but)
    ]
    if passes:
        session.execute(insert(Review), passes)
