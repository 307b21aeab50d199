"""Authorisations: asked for, granted by every owner unit, consented to by the centre, revoked."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select, true

from kb_service.core import audit, paging
from kb_service.core.clock import local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound, Pointer
from kb_service.core.ids import next_number
from kb_service.identity.model import Account, Unit
from kb_service.identity.service import actors
from kb_service.knowledge.content import TYPES
from kb_service.knowledge.exports import rules
from kb_service.knowledge.exports.model import ExportAuthorisation, ExportGrant
from kb_service.knowledge.service.lookups import Directory, require_account
from kb_service.notices import roster
from kb_service.notices import service as notices

REQUEST, GRANT, CONSENT = "export.request", "export.grant", "export.consent"
TO_DECIDE, OUTCOME = "export.ask", "export.outcome"


@dataclass(frozen=True)
class Wanted:
    """What somebody asks for. Empty categories or types mean all of them."""

    units: Sequence[str]
    purpose: str
    recipient: str
    valid_from: datetime
    valid_to: datetime
    categories: Sequence[str] = ()
    types: Sequence[str] = ()
    audiences: Sequence[str] = ("public",)


@dataclass(frozen=True)
class GrantView:
    unit_id: int
    unit_code: str
    unit_name: str
    decision: str
    by: str
    at: datetime | None
    note: str


@dataclass(frozen=True)
class AuthorisationView:
    row: ExportAuthorisation
    requester_unit: str
    grants: Sequence[GrantView] = field(default_factory=tuple)
    state: str = "asked"
    consent_name: str = ""

    @property
    def state_name(self) -> str:
        return rules.STATES[self.state]


def ask(session: WriteSession, ctx: Context, wanted: Wanted) -> ExportAuthorisation:
    """Asks each owner unit and the centre. Raises Invalid for a scope, purpose or term that says too little."""
    ctx.actor.require(REQUEST)
    account = require_account(ctx)
    directory = Directory.load(session)
    _check(ctx, directory, wanted)
    units = sorted({directory.unit(code).id for code in wanted.units})
    day = local_day(ctx.now)
    row = ExportAuthorisation(
        code=f"SQ{day:%Y%m%d}-{next_number(session, f'export:{day}'):03d}",
        requester_id=account,
        requester=ctx.actor.name,
        requester_unit_id=ctx.actor.unit_id,
        purpose=wanted.purpose.strip(),
        recipient=wanted.recipient.strip(),
        categories=sorted(set(wanted.categories)),
        types=sorted(set(wanted.types)),
        audiences=sorted(set(wanted.audiences)),
        valid_from=wanted.valid_from,
        valid_to=wanted.valid_to,
        requested_at=ctx.now,
        consent="",
        consent_note="",
    )
    session.add(row)
    session.flush()
    session.add_all(
        ExportGrant(authorisation_id=row.id, unit_id=unit, decision="", note="") for unit in units
    )
    session.flush()
    for unit in units:
        _tell(
            session,
            ctx,
            row,
            granters(session, unit),
            TO_DECIDE,
            f"请决定是否授权导出本单位知识：{row.purpose}",
        )
    centre = [each.id for each in actors.holders(session, CONSENT)]
    _tell(session, ctx, row, centre, TO_DECIDE, f"请决定是否同意导出知识：{row.purpose}")
    audit.record(
        session, ctx, "export.asked", _subject(row), after={"units": list(wanted.units)}, reason=row.purpose
    )
    return row


def _check(ctx: Context, directory: Directory, wanted: Wanted) -> None:
    wrong: list[Pointer] = []
    if not wanted.units:
        wrong.append({"pointer": "/units", "detail": "请选择要导出哪些单位的知识"})
    if len(wanted.purpose.strip()) < 4:
        wrong.append({"pointer": "/purpose", "detail": "请写明用途"})
    if len(wanted.recipient.strip()) < 2:
        wrong.append({"pointer": "/recipient", "detail": "请写明由谁使用"})
    if not wanted.audiences or not set(wanted.audiences) <= set(rules.AUDIENCES):
        wrong.append({"pointer": "/audiences", "detail": "只能导出公开和内部知识，限定角色的知识不能导出"})
    if not set(wanted.types) <= set(TYPES):
        wrong.append({"pointer": "/types", "detail": "没有这种知识类型"})
    if any(code not in directory.category_by_name for code in wanted.categories):
        wrong.append({"pointer": "/categories", "detail": "没有这个类目"})
    if wanted.valid_to <= max(wanted.valid_from, ctx.now):
        wrong.append({"pointer": "/valid_to", "detail": "截止时间应晚于开始时间和现在"})
    if wanted.valid_to - wanted.valid_from > rules.LONGEST_TERM:
        wrong.append({"pointer": "/valid_to", "detail": "期限最长一年，到期可再申请"})
    if wrong:
        raise Invalid("；".join(each["detail"] for each in wrong) + "。", code="incomplete", pointers=wrong)


def granters(session: ReadSession, unit_id: int) -> list[int]:
    """Who decides for a unit; told of it besides are those who lead it."""
    own = [account.id for account in actors.holders(session, GRANT, [unit_id])]
    return own or list(roster.leaders_of(session, unit_id))


def decide(
    session: WriteSession, ctx: Context, code: str, *, grant: bool, note: str = ""
) -> ExportAuthorisation:
    """One owner unit's word, by one of its own people who did not ask for it themselves."""
    ctx.actor.require(GRANT)
    account = require_account(ctx)
    row = _undecided(session, ctx, code)
    mine = session.get(ExportGrant, (row.id, ctx.actor.unit_id), with_for_update=True)
    if mine is None:
        raise Forbidden("这份申请不涉及您单位的知识，不由您决定。", code="other_unit")
    if mine.decision:
        raise Conflict("您的单位已经作出决定；要收回请撤销授权。", code="already_decided")
    _refuse_same(account, row.requester_id, row.consent_by)
    mine.decision, mine.account_id, mine.at = _word(grant), account, ctx.now
    mine.note = _note(grant, note)
    session.flush()
    audit.record(
        session, ctx, "export.granted" if grant else "export.refused", _subject(row),
        after={"unit": mine.unit_id}, reason=note,
    )  # fmt: skip
    _announce(session, ctx, row)
    return row


def consent(
    session: WriteSession, ctx: Context, code: str, *, grant: bool, note: str = ""
) -> ExportAuthorisation:
    """The centre's word, by somebody else than who asked and who granted for a unit."""
    ctx.actor.require(CONSENT)
    account = require_account(ctx)
    row = _undecided(session, ctx, code)
    if row.consent:
        raise Conflict("热线中心已经作出决定；要收回请撤销授权。", code="already_decided")
    kind = session.execute(select(Unit.kind).where(Unit.id == ctx.actor.unit_id)).scalar_one()
    if kind != "centre":
        raise Forbidden("只有热线管理机构的人员能代表中心同意。", code="not_the_centre")
    _refuse_same(account, row.requester_id, *(each.account_id for each in _grants(session, row)))
    row.consent, row.consent_by, row.consent_at = _word(grant), account, ctx.now
    row.consent_note = _note(grant, note)
    session.flush()
    audit.record(session, ctx, "export.consented" if grant else "export.refused", _subject(row), reason=note)
    _announce(session, ctx, row)
    return row


def revoke(session: WriteSession, ctx: Context, code: str, reason: str) -> ExportAuthorisation:
    """By who asked, by any unit that granted, or by the centre: from now on nothing leaves on it."""
    account = require_account(ctx)
    row = locked(session, code)
    unit = session.get(ExportGrant, (row.id, ctx.actor.unit_id))
    may = account == row.requester_id or ctx.actor.may(CONSENT) or (unit is not None and ctx.actor.may(GRANT))
    if not may:
        raise Forbidden("只有申请人、授权的单位和热线中心能撤销。", code="not_concerned")
    if row.revoked_at is not None:
        raise Conflict("这份授权已经撤销。", code="already_revoked")
    if len(reason.strip()) < 2:
        raise Invalid("请写明撤销的理由。", code="reason_required", pointers=[_REASON])
    row.revoked_at, row.revoked_by, row.revoked_reason = ctx.now, account, reason.strip()
    notices.settle(session, ctx, _subject(row), TO_DECIDE)
    _tell(session, ctx, row, [row.requester_id], OUTCOME, f"知识导出授权已撤销：{row.purpose}")
    audit.record(session, ctx, "export.revoked", _subject(row), reason=reason)
    return row


_REASON: Pointer = {"pointer": "/reason", "detail": "请写明理由"}


def _undecided(session: WriteSession, ctx: Context, code: str) -> ExportAuthorisation:
    row = locked(session, code)
    standing = state_of(row, [each.decision for each in _grants(session, row)], ctx.now)
    if standing in ("revoked", "expired"):
        raise Conflict(f"这份申请{rules.STATES[standing]}，不能再决定。", code="export_over")
    return row


def _refuse_same(account: int, *others: int | None) -> None:
    if rules.same_person(account, others):
        raise Forbidden("申请、单位授权、中心同意须由不同的人作出。", code="same_person")


def _word(grant: bool) -> str:
    return "granted" if grant else "refused"


def _note(grant: bool, note: str) -> str:
    if not grant and len(note.strip()) < 2:
        raise Invalid(
            "不同意须写明理由。",
            code="reason_required",
            pointers=[{"pointer": "/note", "detail": "请写明理由"}],
        )
    return note.strip()


def _announce(session: WriteSession, ctx: Context, row: ExportAuthorisation) -> None:
    """Tells who asked once it is settled either way."""
    decisions = [each.decision for each in _grants(session, row)]
    standing = state_of(row, decisions, ctx.now)
    if standing == "asked":
        return
    notices.settle(session, ctx, _subject(row), TO_DECIDE)
    title = f"知识导出申请{rules.STATES[standing]}：{row.purpose}"
    _tell(session, ctx, row, [row.requester_id], OUTCOME, title)


def _tell(
    session: WriteSession,
    ctx: Context,
    row: ExportAuthorisation,
    people: Collection[int],
    kind: str,
    title: str,
) -> None:
    notices.notify(session, ctx, people, kind, title, f"/exports/{row.code}", _subject(row))


def _subject(row: ExportAuthorisation) -> str:
    return f"export:{row.code}"


def find(session: ReadSession, code: str) -> ExportAuthorisation:
    row = session.execute(
        select(ExportAuthorisation).where(ExportAuthorisation.code == code)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound(f"没有编号为 {code} 的导出授权。", code="unknown_authorisation")
    return row


def locked(session: WriteSession, code: str) -> ExportAuthorisation:
    row = find(session, code)
    session.refresh(row, with_for_update=True)
    return row


def _grants(session: ReadSession, row: ExportAuthorisation) -> list[ExportGrant]:
    rows = select(ExportGrant).where(ExportGrant.authorisation_id == row.id).order_by(ExportGrant.unit_id)
    return list(session.execute(rows).scalars())


def state_of(row: ExportAuthorisation, decisions: Collection[str], now: datetime) -> str:
    return rules.state(
        decisions,
        row.consent,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        revoked_at=row.revoked_at,
        now=now,
    )


def view(session: ReadSession, ctx: Context, code: str) -> AuthorisationView:
    """Raises NotFound also for what does not concern the actor."""
    row = find(session, code)
    concerns = select(ExportAuthorisation.id).where(ExportAuthorisation.id == row.id, _concerns(ctx))
    if session.execute(concerns).first() is None:
        raise NotFound(f"没有编号为 {code} 的导出授权。", code="unknown_authorisation")
    return _view(session, ctx, row)


def _view(session: ReadSession, ctx: Context, row: ExportAuthorisation) -> AuthorisationView:
    rows = (
        select(ExportGrant, Unit.code, Unit.name, Account.name.label("by"))
        .join(Unit, Unit.id == ExportGrant.unit_id)
        .outerjoin(Account, Account.id == ExportGrant.account_id)
        .where(ExportGrant.authorisation_id == row.id)
        .order_by(Unit.code)
    )
    grants = [
        GrantView(grant.unit_id, code, name, grant.decision, by or "", grant.at, grant.note)
        for grant, code, name, by in session.execute(rows)
    ]
    names = select(Account.name).where(Account.id == row.consent_by)
    unit = session.execute(select(Unit.name).where(Unit.id == row.requester_unit_id)).scalar_one()
    return AuthorisationView(
        row,
        unit,
        grants,
        state_of(row, [each.decision for each in grants], ctx.now),
        session.execute(names).scalar_one_or_none() or "",
    )


def listed(
    session: ReadSession, ctx: Context, *, cursor: str = "", limit: int = 20
) -> paging.Page[AuthorisationView]:
    """Those that concern the actor, the newest first."""
    rows = select(ExportAuthorisation).where(_concerns(ctx)).order_by(ExportAuthorisation.id.desc())
    if cursor:
        rows = rows.where(ExportAuthorisation.id < paging.decode_cursor(cursor, [int])[0])
    found = session.execute(rows.limit(limit + 1)).scalars().all()
    views = [_view(session, ctx, row) for row in found]
    return paging.page_of(views, limit, lambda each: [each.row.id])


def _concerns(ctx: Context) -> ColumnElement[bool]:
    """The centre sees all; others what they asked for and what their unit is asked."""
    if ctx.actor.may(CONSENT) or ctx.actor.may("audit.read"):
        return true()
    asked = exists().where(
        ExportGrant.authorisation_id == ExportAuthorisation.id, ExportGrant.unit_id == ctx.actor.unit_id
    )
    mine = ExportAuthorisation.requester_id == ctx.actor.account_id
    return or_(mine, asked) if ctx.actor.may(GRANT) else mine
