"""Who could review what: needed to know whether a stage has anyone but the authors."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from kb_service.core.db import ReadSession
from kb_service.identity.model import Account, AccountRole, Role
from kb_service.knowledge.reviewing import settings
from kb_service.knowledge.reviewing.rules import resolve
from kb_service.knowledge.rules import STAGE_PERMISSIONS, Status, Step, advance, chain
from kb_service.knowledge.service.facts import VersionFacts
from kb_service.knowledge.service.lookups import Directory, UnitFacts


@dataclass(frozen=True)
class _Holder:
    account_id: int
    unit: UnitFacts
    reach: str


class Staff:
    """A snapshot of the reviewers, for one transaction."""

    def __init__(self, session: ReadSession, directory: Directory) -> None:
        self._directory = directory
        self._settings = settings.standing(session)
        self._known: dict[tuple[Status, int], frozenset[int]] = {}
        self._holders = {
            stage: _holders(session, directory, permission) for stage, permission in STAGE_PERMISSIONS.items()
        }

    def reviewers(self, stage: Status, unit_id: int) -> frozenset[int]:
        """Accounts that may decide at this stage on the versions of a unit they did not write."""
        found = self._known.get((stage, unit_id))
        if found is None:
            unit = self._directory.units[unit_id]
            found = frozenset(
                holder.account_id for holder in self._holders[stage] if self._reaches(holder, unit)
            )
            self._known[stage, unit_id] = found
        return found

    def chain(self, unit_id: int, type_: str) -> tuple[Status, ...]:
        """The chain in force for what a unit files of this type."""
        return resolve(self._settings, unit_id, type_, self._directory.region_level(unit_id))

    def standard(self, unit_id: int) -> tuple[Status, ...]:
        return chain(self._directory.region_level(unit_id))

    def first_step(self, unit_id: int, type_: str, authors: Collection[int]) -> Step:
        return self._step(self.chain(unit_id, type_), unit_id, None, authors)

    def next_step(self, version: VersionFacts, kept: Mapping[int, tuple[Status, ...]]) -> Step:
        """After an approval; `kept` holds the chains that versions were filed under, where not the standard."""
        stages = kept.get(version.id) or self.standard(version.unit_id)
        return self._step(stages, version.unit_id, version.status, version.authors)

    def _step(
        self, stages: tuple[Status, ...], unit_id: int, after: Status | None, authors: Collection[int]
    ) -> Step:
        return advance(stages, after, lambda stage: not self.reviewers(stage, unit_id) <= set(authors))

    def _reaches(self, holder: _Holder, unit: UnitFacts) -> bool:
        if holder.reach == "all":
            return True
        if holder.reach == "region":
            return holder.unit.region_code in self._directory.region_and_above(unit.region_code)
        return holder.unit.id in self._above(unit)

    def _above(self, unit: UnitFacts) -> set[int]:
        found: set[int] = set()
        node: UnitFacts | None = unit
        while node is not None and node.id not in found:
            found.add(node.id)
            node = self._directory.units.get(node.parent_id) if node.parent_id else None
        return found


def _holders(session: ReadSession, directory: Directory, permission: str) -> list[_Holder]:
    reaches = {
        role.code: role.reach
        for role in session.execute(select(Role)).scalars()
        if permission in role.permissions
    }
    rows = (
        select(Account.id, Account.unit_id, AccountRole.role_code)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(Account.active.is_(True), AccountRole.role_code.in_(reaches))
    )
    return [
        _Holder(account_id, directory.units[unit_id], reaches[role])
        for account_id, unit_id, role in session.execute(rows)
    ]
