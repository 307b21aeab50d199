"""Which live versions are found to contradict each other, for whoever is about to tell one of them."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from kb_service.core.db import ReadSession
from kb_service.knowledge.checks.model import Finding
from kb_service.knowledge.checks.rules import State


@dataclass(frozen=True)
class Dispute:
    """Two versions by their ids, and in which values they differ."""

    one: int
    other: int
    detail: str


def disputes(session: ReadSession, versions: Collection[int]) -> list[Dispute]:
    """Contradictions among these versions that nobody has settled or waved through."""
    ids = list(versions)
    rows = session.execute(
        select(Finding.version_id, Finding.other_version_id, Finding.evidence)
        .where(
            Finding.check_id == "contradiction",
            Finding.state.in_((State.OPEN, State.HANDED)),
            Finding.version_id.in_(ids),
            Finding.other_version_id.in_(ids),
        )
        .order_by(Finding.id)
    )
    return [Dispute(one, other, evidence["detail"]) for one, other, evidence in rows]
