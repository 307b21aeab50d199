"""Writing down what was found, and noticing what is no longer found."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select, update

from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.knowledge.checks import rules
from kb_service.knowledge.checks.model import CheckRule, Finding, Print
from kb_service.knowledge.checks.rules import CHECKS, State
from kb_service.knowledge.service.lookups import chunks
from kb_service.knowledge.tasks import service as tasks
from kb_service.knowledge.tasks.model import Task

TASK_KIND = "finding"


@dataclass(frozen=True)
class Side:
    """A version that a finding is about, with the passage that shows it and the places to mark in it."""

    version_id: int
    unit_id: int
    code: str
    number: int
    title: str

    def shown(self, text: str = "", marks: Sequence[tuple[int, int]] = (), label: str = "") -> dict[str, Any]:
        return {
            "version_id": self.version_id,
            "code": self.code,
            "number": self.number,
            "title": self.title,
            "label": label,
            "text": text,
            "marks": [list(mark) for mark in marks],
        }


@dataclass(frozen=True)
class Found:
    """`about` tells findings of one check on the same points apart; `words` are what a dismissal is bound to."""

    check_id: str
    sides: Sequence[Side]
    about: str
    words: Sequence[str]
    evidence: Mapping[str, Any]

    @property
    def key(self) -> str:
        return _hash(self.check_id, *sorted(side.code for side in self.sides), self.about)

    @property
    def digest(self) -> str:
        return _hash(*self.words)


def _hash(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


@dataclass(frozen=True)
class Ruling:
    runs: bool
    opens: str


def rulings(session: ReadSession) -> dict[str, Ruling]:
    """How each check is wanted: as it comes, or as a person has set it."""
    standing = {check.id: Ruling(True, check.opens) for check in CHECKS.values()}
    for rule in session.execute(select(CheckRule)).scalars():
        if rule.check_id in standing:
            standing[rule.check_id] = Ruling(rule.runs, rule.opens)
    return standing


def keep(session: WriteSession, ctx: Context, found: Sequence[Found]) -> int:
    """Writes down what was found; what was found before is seen again. Returns how many are newly open."""
    wanted = rulings(session)
    by_key = {each.key: each for each in found if wanted[each.check_id].runs}
    opened = 0
    for part in chunks(sorted(by_key)):
        known = {
            row.key: row
            for row in session.execute(
                select(Finding).where(Finding.key.in_(part)).with_for_update()
            ).scalars()
        }
        for key in part:
            fresh = _keep_one(session, ctx, by_key[key], known.get(key))
            if fresh is None:
                continue
            opened += 1
            if wanted[fresh.check_id].opens == "task":
                session.flush()
                hand_to_task(session, ctx, fresh)
    session.flush()
    return opened


def _keep_one(session: WriteSession, ctx: Context, found: Found, known: Finding | None) -> Finding | None:
    """Gives the finding where it has become open by this."""
    before = rules.Seen(State(known.state), known.digest) if known else None
    state = rules.state_when_found(before, found.digest)
    left, right = found.sides[0], found.sides[1] if len(found.sides) > 1 else None
    if known is None:
        known = Finding(key=found.key, check_id=found.check_id, first_seen=ctx.now)
        session.add(known)
    known.severity = CHECKS[found.check_id].severity
    known.digest, known.state, known.last_seen = found.digest, state, ctx.now
    known.version_id, known.unit_id = left.version_id, left.unit_id
    known.other_version_id = right.version_id if right else None
    known.other_unit_id = right.unit_id if right else None
    known.evidence = dict(found.evidence)
    if state != State.OPEN or (before is not None and before.state == State.OPEN):
        return None
    known.gone_at = known.decided_at = known.decided_by = None
    known.reason, known.handed_to = "", ""
    return known


def hand_to_task(session: WriteSession, ctx: Context, finding: Finding, unit_id: int | None = None) -> Task:
    """Asks the unit of a side, the first by default, to see to it."""
    titles = "”与“".join(side["title"] for side in finding.evidence["sides"])
    task = tasks.open_task(
        session,
        ctx,
        kind=TASK_KIND,
        subject=subject_of(finding),
        unit_id=unit_id or finding.unit_id,
        title=f"{CHECKS[finding.check_id].name}：“{titles}”",
        link=f"/findings/{finding.id}",
        evidence={"detail": finding.evidence["detail"]},
    )
    finding.state, finding.handed_to = State.HANDED, f"task:{task.id}"
    finding.decided_at, finding.decided_by = ctx.now, ctx.actor.account_id
    return task


def subject_of(finding: Finding) -> str:
    return f"finding:{finding.id}"


def drop_unfound(session: WriteSession, ctx: Context) -> int:
    """Findings of texts whose versions are gone, or in which a later look has not found them again."""
    left, right = Print.__table__.alias("one"), Print.__table__.alias("other")
    unseen = or_(
        left.c.version_id.is_(None),
        Finding.last_seen < left.c.looked_at,
        and_(
            Finding.other_version_id.is_not(None),
            or_(right.c.version_id.is_(None), Finding.last_seen < right.c.looked_at),
        ),
        Finding.check_id.not_in([check for check, ruling in rulings(session).items() if ruling.runs]),
    )
    rows = (
        select(Finding)
        .outerjoin(left, left.c.version_id == Finding.version_id)
        .outerjoin(right, right.c.version_id == Finding.other_version_id)
        .where(Finding.state.in_([State.OPEN, State.HANDED]), Finding.check_id.not_in(rules.DAILY), unseen)
    )
    return _drop(session, ctx, list(session.execute(rows).scalars()))


def drop_unseen_since(session: WriteSession, ctx: Context, check_id: str, since: datetime) -> int:
    rows = select(Finding).where(
        Finding.check_id == check_id,
        Finding.state.in_([State.OPEN, State.HANDED]),
        Finding.last_seen < since,
    )
    return _drop(session, ctx, list(session.execute(rows).scalars()))


def _drop(session: WriteSession, ctx: Context, findings: Sequence[Finding]) -> int:
    for finding in findings:
        if finding.state == State.HANDED:
            tasks.close_task(session, ctx, TASK_KIND, subject_of(finding), "done", "复查时已没有这个问题")
        finding.state = rules.state_when_not_found(State(finding.state))
        finding.gone_at = ctx.now
    session.flush()
    return len(findings)


def look_again(session: WriteSession) -> None:
    """Has every version looked at anew."""
    session.execute(update(Print).values(rules=0))
