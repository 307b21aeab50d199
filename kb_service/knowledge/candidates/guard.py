"""What keeps a version that a candidate became from going live before its unit has confirmed it."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select

from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.core.errors import Forbidden
from kb_service.identity.model import Account
from kb_service.knowledge.candidates import rules
from kb_service.knowledge.candidates.model import CandidateConfirmation, CandidateDraft
from kb_service.knowledge.model import Version
from kb_service.knowledge.rules import Status
from kb_service.knowledge.service.facts import VersionFacts
from kb_service.knowledge.service.lookups import chunks


def require_confirmed(session: ReadSession, versions: Sequence[VersionFacts]) -> None:
    """Raises Forbidden where one of these came from a candidate and its unit has not confirmed the words."""
    for part in chunks(versions):
        born = _origins(session, part)
        if born:
            _check(session, [each for each in part if each.id in born], born)


def _origins(session: ReadSession, versions: Sequence[VersionFacts]) -> dict[int, int]:
    """The candidate behind each version, by its id. A point that a candidate became has it behind every
    version until one is approved: what follows a draft says in the main what that said.
    """
    point_ids = {each.point_id for each in versions}
    rows = select(CandidateDraft.version_id, CandidateDraft.point_id, CandidateDraft.candidate_id).where(
        CandidateDraft.point_id.in_(point_ids)
    )
    links = session.execute(rows.order_by(CandidateDraft.version_id)).all()
    if not links:
        return {}
    exact = {link.version_id: link.candidate_id for link in links}
    settled = select(Version.point_id).where(
        Version.point_id.in_(point_ids), Version.status == Status.APPROVED
    )
    approved = set(session.execute(settled).scalars())
    born = {link.point_id: link.candidate_id for link in links if link.point_id not in approved}
    found = {each.id: exact.get(each.id, born.get(each.point_id)) for each in versions}
    return {version_id: candidate for version_id, candidate in found.items() if candidate is not None}


def _check(session: ReadSession, versions: Sequence[VersionFacts], born: Mapping[int, int]) -> None:
    confirmed = _confirmations(session, set(born.values()))
    units = _units(session, {author for each in versions for author in each.authors})
    for each in versions:
        by = confirmed.get(born[each.id])
        # Who wrote as the unit that confirmed stays one of its people when the point has moved on since.
        authors = [each.unit_id if units[author] == by else units[author] for author in each.authors]
        if rules.unconfirmed(confirmed=by is not None, owner=each.unit_id, author_units=authors):
            raise Forbidden(
                f"知识点 {each.code} 第 {each.number} 版由热线采集的信息写成，须由承办单位的人员确认和修改后才能发布。",
                code="not_confirmed_by_unit",
                extra={"clause": "MZ-19.2"},
            )


def _confirmations(session: ReadSession, candidate_ids: Collection[int]) -> dict[int, int]:
    rows = select(CandidateConfirmation.candidate_id, CandidateConfirmation.unit_id).where(
        CandidateConfirmation.candidate_id.in_(candidate_ids)
    )
    return dict(session.execute(rows).tuples().all())


def _units(session: ReadSession, account_ids: Collection[int]) -> dict[int, int]:
    rows = select(Account.id, Account.unit_id).where(Account.id.in_(account_ids))
    return dict(session.execute(rows).tuples().all())


def require_own_writer(session: ReadSession, ctx: Context, version: VersionFacts) -> None:
    """Raises Forbidden where somebody outside of the unit would write on what a candidate became."""
    if ctx.actor.unit_id != version.unit_id and _origins(session, [version]):
        raise Forbidden(
            "这份草稿由热线采集的信息写成，只能由承办单位的人员修改；意见请在审核时写明。",
            code="not_the_owner_unit",
            extra={"clause": "MZ-19.2"},
        )
