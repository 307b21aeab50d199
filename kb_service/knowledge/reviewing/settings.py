"""The chains that are in force, as the rules take them."""

from collections.abc import Collection

from sqlalchemy import select

from kb_service.core.db import ReadSession
from kb_service.knowledge.reviewing.model import ReviewChain, VersionChain
from kb_service.knowledge.reviewing.rules import Setting
from kb_service.knowledge.rules import Status

_AT_ONCE = 5_000


def standing(session: ReadSession) -> list[Setting]:
    rows = select(ReviewChain).where(ReviewChain.ended_at.is_(None))
    return [
        Setting(row.unit_id, row.type, stages_of(row.stages), row.centre_required)
        for row in session.execute(rows).scalars()
    ]


def stages_of(kept: Collection[str]) -> tuple[Status, ...]:
    return tuple(Status(stage) for stage in kept)


def kept_chains(session: ReadSession, version_ids: Collection[int]) -> dict[int, tuple[Status, ...]]:
    """The chains that versions were filed under, of those that were not filed under the standard one."""
    wanted = sorted(version_ids)
    found: dict[int, tuple[Status, ...]] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        rows = select(VersionChain.version_id, VersionChain.stages).where(VersionChain.version_id.in_(part))
        found |= {version_id: stages_of(stages) for version_id, stages in session.execute(rows).tuples()}
    return found
