"""The queue of findings, and what people make of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, true

from kb_service.core import audit, paging
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Invalid, NotFound, Pointer
from kb_service.identity.model import Account, Unit
from kb_service.knowledge.checks import rules
from kb_service.knowledge.checks.model import CheckRun, Finding, Print
from kb_service.knowledge.checks.rules import CHECKS, PAIRS, SEVERITY_NAMES, STATE_NAMES, State
from kb_service.knowledge.checks.service import keeping
from kb_service.knowledge.corrections.service import reporting
from kb_service.knowledge.corrections.service.reporting import Said
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.service.lookups import access_tokens, works_on

PERMISSION = "knowledge.check"
SHORTEST_REASON, LONGEST_REASON = 2, 500
HIDDEN = "（您无权查看这条知识的内容）"
WhichSide = Literal[0, 1]
_REASON: Pointer = {"pointer": "/reason", "detail": "请写明为什么不需要处理"}
# What a correction calls the trouble that a check has found.
_KINDS: Mapping[str, str] = {
    "contradiction": "contradiction",
    "phone_impossible": "wrong_contact",
    "phone_internal": "wrong_contact",
    "address_vague": "wrong_contact",
    "field_empty": "incomplete",
    "lapsed_basis": "outdated",
    "expired": "outdated",
    "link_dead": "dead_link",
}


@dataclass(frozen=True)
class SideView:
    """`text` is empty, and `hidden` set, where the actor may not read the version."""

    code: str
    number: int
    title: str
    unit_id: int
    unit_name: str
    label: str
    text: str
    marks: Sequence[tuple[int, int]]
    hidden: bool

    @property
    def pieces(self) -> list[tuple[str, bool]]:
        """The text in pieces, each with whether it is marked."""
        found: list[tuple[str, bool]] = []
        at = 0
        for start, end in self.marks:
            found += [(self.text[at:start], False), (self.text[start:end], True)]
            at = end
        return [piece for piece in (*found, (self.text[at:], False)) if piece[0]]


@dataclass(frozen=True)
class FindingView:
    """`more`: further places of the same kind, each with its sides."""

    id: int
    check_id: str
    check_name: str
    about: str
    severity: str
    severity_name: str
    state: str
    state_name: str
    detail: str
    sides: Sequence[SideView]
    more: Sequence[Sequence[SideView]]
    first_seen: datetime
    last_seen: datetime
    gone_at: datetime | None
    decided_at: datetime | None
    decided_by: str
    reason: str
    handed_to: str


@dataclass(frozen=True)
class FindingFilter:
    """Empty means any; `code` finds both sides of a pair."""

    state: str = State.OPEN
    check: str = ""
    severity: str = ""
    unit: str = ""
    code: str = ""


@dataclass(frozen=True)
class Overview:
    """Open findings by check, how many versions were looked at, and the last run that was through."""

    open_by_check: Mapping[str, int]
    looked_at: int
    ran_at: datetime | None


def list_findings(
    session: ReadSession, ctx: Context, wanted: FindingFilter, *, cursor: str = "", limit: int = 20
) -> paging.Page[FindingView]:
    """Newest first, of the units in the actor's scope."""
    ctx.actor.require(PERMISSION)
    statement = _statement().where(_in_scope(ctx), *_conditions(wanted)).order_by(Finding.id.desc())
    if cursor:
        statement = statement.where(Finding.id < paging.decode_cursor(cursor, [int])[0])
    rows = session.execute(statement.limit(limit + 1)).all()
    page = paging.page_of(rows, limit, lambda row: [row[0].id])
    return paging.Page(_views(session, ctx, page.items), page.next)


def get_finding(session: ReadSession, ctx: Context, number: int) -> FindingView:
    ctx.actor.require(PERMISSION)
    rows = session.execute(_statement().where(Finding.id == number, _in_scope(ctx))).all()
    if not rows:
        raise NotFound("没有这项质检发现，或不在您的管理范围。", code="unknown_finding")
    return _views(session, ctx, rows)[0]


def overview(session: ReadSession, ctx: Context) -> Overview:
    ctx.actor.require(PERMISSION)
    counts = (
        select(Finding.check_id, func.count())
        .where(Finding.state == State.OPEN, _in_scope(ctx))
        .group_by(Finding.check_id)
    )
    return Overview(
        open_by_check=dict(session.execute(counts).tuples().all()),
        looked_at=session.execute(select(func.count()).select_from(Print)).scalar_one(),
        ran_at=session.execute(select(func.max(CheckRun.ended_at))).scalar_one(),
    )


def _statement() -> Select[Any]:
    return select(Finding, Account.name).outerjoin(Account, Account.id == Finding.decided_by)


def _in_scope(ctx: Context) -> ColumnElement[bool]:
    scope = ctx.actor.unit_scope
    return true() if scope is None else or_(Finding.unit_id.in_(scope), Finding.other_unit_id.in_(scope))


def _conditions(wanted: FindingFilter) -> list[ColumnElement[bool]]:
    found = [
        column == value
        for column, value in (
            (Finding.state, wanted.state),
            (Finding.check_id, wanted.check),
            (Finding.severity, wanted.severity),
        )
        if value
    ]
    if wanted.unit:
        unit = select(Unit.id).where(Unit.code == wanted.unit).scalar_subquery()
        found.append(or_(Finding.unit_id == unit, Finding.other_unit_id == unit))
    if wanted.code:
        point = and_(Point.id == Version.point_id, Point.code == wanted.code)
        version = or_(Version.id == Finding.version_id, Version.id == Finding.other_version_id)
        found.append(exists().where(version, point))
    return found


def _views(session: ReadSession, ctx: Context, rows: Sequence[Any]) -> list[FindingView]:
    ids = {side["version_id"] for finding, _ in rows for side in finding.evidence["sides"]}
    statement = (
        select(Version.id, Version.access, Point.unit_id, Unit.name)
        .join(Point, Point.id == Version.point_id)
        .join(Unit, Unit.id == Point.unit_id)
        .where(Version.id.in_(ids))
    )
    known = {row.id: row for row in session.execute(statement)}
    return [_view(ctx, finding, name, known) for finding, name in rows]


def _view(ctx: Context, finding: Finding, decided_by: str | None, known: Mapping[int, Any]) -> FindingView:
    check = CHECKS[finding.check_id]
    evidence = finding.evidence
    sides = [_side(ctx, side, known) for side in evidence["sides"]]
    hidden = any(side.hidden for side in sides)
    return FindingView(
        id=finding.id,
        check_id=check.id,
        check_name=check.name,
        about=check.about,
        severity=finding.severity,
        severity_name=SEVERITY_NAMES[finding.severity],
        state=finding.state,
        state_name=STATE_NAMES[State(finding.state)],
        # The summary quotes both texts.
        detail=check.about if hidden else evidence["detail"],
        sides=sides,
        more=[[_side(ctx, side, known) for side in each] for each in evidence.get("more", ())],
        first_seen=finding.first_seen,
        last_seen=finding.last_seen,
        gone_at=finding.gone_at,
        decided_at=finding.decided_at,
        decided_by=decided_by or "",
        reason=finding.reason,
        handed_to=finding.handed_to,
    )


def _side(ctx: Context, side: Mapping[str, Any], known: Mapping[int, Any]) -> SideView:
    row = known[side["version_id"]]
    readable = works_on(ctx.actor, row.unit_id) or any(
        f"|{token}|" in row.access for token in access_tokens(ctx.actor)
    )
    return SideView(
        code=side["code"],
        number=side["number"],
        title=side["title"] if readable else HIDDEN,
        unit_id=row.unit_id,
        unit_name=row.name,
        label=side["label"] if readable else "",
        text=side["text"] if readable else "",
        marks=[(start, end) for start, end in side["marks"]] if readable else [],
        hidden=not readable,
    )


def dismiss(session: WriteSession, ctx: Context, number: int, reason: str) -> FindingView:
    """Nothing is to be done; holds until the words it was about change."""
    said = reason.strip()
    if not SHORTEST_REASON <= len(said) <= LONGEST_REASON:
        raise Invalid("忽略须写明理由，以便复查。", code="reason_required", pointers=[_REASON])
    finding = _open(session, ctx, number)
    finding.state, finding.reason = State.DISMISSED, said
    return _decided(session, ctx, finding, "dismissed")


def to_task(session: WriteSession, ctx: Context, number: int, side: WhichSide = 0) -> FindingView:
    """Asks the unit of one side to see to it."""
    finding = _open(session, ctx, number)
    keeping.hand_to_task(session, ctx, finding, _unit_of(finding, side))
    return _decided(session, ctx, finding, "task")


def to_correction(session: WriteSession, ctx: Context, number: int, side: WhichSide = 0) -> FindingView:
    """Reports one side as wrong, for the centre to verify."""
    finding = _open(session, ctx, number)
    _unit_of(finding, side)
    told = finding.evidence["sides"][side]
    said = Said(
        kind=_KINDS.get(finding.check_id, "wrong"),
        remark=f"夜间检查发现{CHECKS[finding.check_id].name}：{finding.evidence['detail']}",
        number=told["number"],
        evidence={"finding": finding.id},
    )
    reported = reporting.report(session, ctx, told["code"], said, way="check")
    finding.state, finding.handed_to = State.HANDED, f"correction:{reported.correction.code}"
    return _decided(session, ctx, finding, "correction")


def reopen(session: WriteSession, ctx: Context, number: int) -> FindingView:
    """Takes a dismissal back."""
    finding = _locked(session, ctx, number)
    if finding.state != State.DISMISSED:
        raise Conflict("只有已忽略的发现可以重新打开。", code="finding_not_dismissed")
    finding.state, finding.reason = State.OPEN, ""
    return _decided(session, ctx, finding, "reopened")


def _locked(session: WriteSession, ctx: Context, number: int) -> Finding:
    ctx.actor.require(PERMISSION)
    wanted = select(Finding).where(Finding.id == number, _in_scope(ctx)).with_for_update()
    finding = session.execute(wanted).scalar_one_or_none()
    if finding is None:
        raise NotFound("没有这项质检发现，或不在您的管理范围。", code="unknown_finding")
    return finding


def _open(session: WriteSession, ctx: Context, number: int) -> Finding:
    finding = _locked(session, ctx, number)
    state = State(finding.state)
    if not rules.may_decide(state):
        raise Conflict(f"这项发现现在是“{STATE_NAMES[state]}”，不能再处理。", code="finding_settled")
    return finding


def _unit_of(finding: Finding, side: WhichSide) -> int:
    if side == 0:
        return finding.unit_id
    if finding.check_id not in PAIRS or finding.other_unit_id is None:
        raise Invalid(
            "这项发现只涉及一个知识点。", code="no_such_side",
            pointers=[{"pointer": "/side", "detail": "只能填 0"}],
        )  # fmt: skip
    return finding.other_unit_id


def _decided(session: WriteSession, ctx: Context, finding: Finding, how: str) -> FindingView:
    finding.decided_at, finding.decided_by = ctx.now, ctx.actor.account_id
    session.flush()
    audit.record(session, ctx, f"finding.{how}", keeping.subject_of(finding), reason=finding.reason)
    return get_finding(session, ctx, finding.id)
