"""The mark of trust that a searcher sees beside a version."""

from collections.abc import Iterable
from datetime import datetime

from kb_service.core.db import ReadSession
from kb_service.knowledge.service.views import VersionView
from kb_service.knowledge.verification.rules import Trust, TrustFacts, trust
from kb_service.knowledge.verification.service.disputes import disputes_of
from kb_service.knowledge.verification.service.freshness import Confirmable, dues, last_stated


def trust_of(session: ReadSession, views: Iterable[VersionView], now: datetime) -> dict[str, Trust]:
    """By the code of the point; a version that was never approved has no mark."""
    shown = [(view, view.approved_at) for view in views if view.approved_at is not None]
    if not shown:
        return {}
    stated = last_stated(session, [view.version_id for view, _ in shown])
    due = dues(
        session, [Confirmable(view.point_id, view.version_id, view.type, at) for view, at in shown], stated
    )
    disputed = disputes_of(session, [view.code for view, _ in shown])
    found: dict[str, Trust] = {}
    for view, approved_at in shown:
        last, dispute = stated.get(view.version_id), disputed.get(view.code)
        facts = TrustFacts(
            type=view.type,
            source=view.source,
            approved_at=approved_at,
            due_at=due[view.version_id],
            effective_to=view.effective_to,
            verified_at=last.at if last else None,
            verified_by=last.unit_name if last else "",
            open_corrections=dispute.open if dispute else 0,
            serious=dispute.serious if dispute else False,
        )
        found[view.code] = trust(facts, now)
    return found
