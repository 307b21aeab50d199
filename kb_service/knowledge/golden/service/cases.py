"""Saving cases and retiring them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from kb_service.core import audit, paging
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Invalid, NotFound
from kb_service.core.paging import Page
from kb_service.identity.model import Region, Role
from kb_service.knowledge.golden import rules
from kb_service.knowledge.golden.model import GoldenCase
from kb_service.knowledge.model import Point
from kb_service.knowledge.service.lookups import require_account

PERMISSION = "search.manage"


@dataclass(frozen=True)
class CaseIn:
    """What must and must not be among the first `first` hits of a query; see `GoldenCase`."""

    query: str
    must: Sequence[str]
    must_not: Sequence[str]
    first: int
    why: str
    region: str | None = None
    audience: str = rules.PUBLIC


def save(session: WriteSession, ctx: Context, data: CaseIn) -> GoldenCase:
    """A case stays as it was saved: to change it is to retire it and save another."""
    ctx.actor.require(PERMISSION)
    account = require_account(ctx)
    must, must_not = list(dict.fromkeys(data.must)), list(dict.fromkeys(data.must_not))
    wrong = rules.problems(data.query, must, must_not, data.first, data.why)
    wrong += _unknown(session, data, [*must, *must_not])
    if wrong:
        raise Invalid(
            "；".join(detail for _, detail in wrong) + "。",
            code="bad_case",
            pointers=[{"pointer": f"/{name}", "detail": detail} for name, detail in wrong],
        )
    case = GoldenCase(
        query=data.query.strip(), must=must, must_not=must_not, first=data.first,
        region_code=data.region, audience=data.audience, why=data.why.strip(), account_id=account,
        created_at=ctx.now,
    )  # fmt: skip
    session.add(case)
    session.flush()
    told = {"query": case.query, "must": must, "must_not": must_not, "first": case.first}
    audit.record(session, ctx, "golden.saved", f"golden:{case.id}", after=told, reason=case.why)
    return case


def _unknown(session: ReadSession, data: CaseIn, codes: Sequence[str]) -> list[tuple[str, str]]:
    found = []
    known = set(session.execute(select(Point.code).where(Point.code.in_(codes))).scalars())
    lost = [code for code in codes if code not in known]
    if lost:
        found.append(("must", f"没有编码为 {'、'.join(lost)} 的知识点"))
    if data.region is not None and session.get(Region, data.region) is None:
        found.append(("region", f"没有编码为“{data.region}”的行政区划"))
    general = {rules.PUBLIC, rules.AGENTS}
    roles = select(Role.code).where(Role.code == data.audience)
    if data.audience not in general and session.execute(roles).first() is None:
        found.append(("audience", "请填写 public（公众）、agents（话务员）或角色编码"))
    return found


def retire(session: WriteSession, ctx: Context, number: int, reason: str) -> GoldenCase:
    """It is tried no more; its results stay."""
    ctx.actor.require(PERMISSION)
    account = require_account(ctx)
    case = session.get(GoldenCase, number, with_for_update=True)
    if case is None:
        raise NotFound("没有这个检验用例。", code="unknown_case")
    if case.retired_at is not None:
        raise Conflict("这个用例已经停用。", code="already_retired")
    if not reason.strip():
        raise Invalid("请说明为什么停用。", code="reason_needed")
    case.retired_at, case.retired_by, case.retired_reason = ctx.now, account, reason.strip()
    audit.record(session, ctx, "golden.retired", f"golden:{case.id}", reason=reason.strip())
    return case


def list_cases(
    session: ReadSession, ctx: Context, *, retired: bool = False, cursor: str = "", limit: int = 50
) -> Page[GoldenCase]:
    ctx.actor.require("knowledge.read_internal")
    rows = select(GoldenCase).order_by(GoldenCase.id.desc())
    if not retired:
        rows = rows.where(GoldenCase.retired_at.is_(None))
    if cursor:
        rows = rows.where(GoldenCase.id < paging.decode_cursor(cursor, [int])[0])
    found = session.execute(rows.limit(limit + 1)).scalars().all()
    return paging.page_of(found, limit, lambda case: [case.id])
