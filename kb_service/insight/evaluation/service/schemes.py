"""By which weights units are scored: those of the city's rules, or those the deployment has set instead."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, get_args

from pydantic import ValidationError
from sqlalchemy import select

from kb_service.core import audit
from kb_service.core.clock import local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Invalid, NotFound
from kb_service.insight.evaluation.model import EvaluationScheme
from kb_service.insight.statistics.periods import Period
from kb_service.regulations import service as regulations
from kb_service.regulations.complaints import complaint
from kb_service.regulations.schema import Profile, wrongly_counted
from kb_service.regulations.schema.oversight import SAID, Counted, Report, Scheme, Shared

# The figures that a scheme may weigh: shares, then counts.
SCORED = (*get_args(Shared), *get_args(Counted))


@dataclass(frozen=True)
class SchemeView:
    """`valid_from` None: of the city's rules file. `basis`: what it rests on."""

    valid_from: date | None
    scheme: Scheme
    basis: str
    set_at: datetime | None


def assessment(profile: Profile) -> tuple[str, Report]:
    """Id and rule of the city's assessment; NotFound where its rules have none."""
    for report_id, report in profile.reports.items():
        if report.scheme is not None:
            return report_id, report
    raise NotFound(
        f"{profile.title}的规则档案没有写明考核办法，请在 reports 的考核一项写 scheme。", code="no_scheme"
    )


def scheme_of(session: ReadSession, period: Period) -> Scheme:
    """The one in force when the period begins."""
    row = session.execute(
        select(EvaluationScheme)
        .where(EvaluationScheme.valid_from <= period.first)
        .order_by(EvaluationScheme.valid_from.desc(), EvaluationScheme.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    return parsed(row.scheme) if row is not None else _own(session)


def _own(session: ReadSession) -> Scheme:
    scheme = assessment(regulations.standing_profile(session))[1].scheme
    if scheme is None:
        raise AssertionError("an assessment has a scheme")
    return scheme


def parsed(kept: Mapping[str, Any]) -> Scheme:
    """A scheme as it was kept."""
    return Scheme.model_validate_json(json.dumps(dict(kept), ensure_ascii=False))


def schemes(session: ReadSession, ctx: Context) -> list[SchemeView]:
    """Newest first; that of the city's rules comes last."""
    ctx.actor.require("stats.read")
    rows = session.execute(select(EvaluationScheme).order_by(EvaluationScheme.id.desc())).scalars()
    set_here = [SchemeView(row.valid_from, parsed(row.scheme), row.basis, row.set_at) for row in rows]
    own = _own(session)
    return [*set_here, SchemeView(None, own, own.reading, None)]


def set_scheme(
    session: WriteSession, ctx: Context, valid_from: date, items: Mapping[str, Any], basis: str
) -> SchemeView:
    """For periods that begin on `valid_from` or later; never for one that has begun.

    Conflict where the regulation itself states the numbers; Invalid for a scheme that does not add up.
    """
    ctx.actor.require("duty.manage")
    own = _own(session)
    if own.stated:
        raise Conflict("本市规定写明了考核权重，不能另行设定。", code="weights_stated")
    scheme = _checked(session, ctx, valid_from, items, basis)
    row = EvaluationScheme(
        valid_from=valid_from,
        scheme=scheme.model_dump(mode="json"),
        basis=basis.strip(),
        set_at=ctx.now,
        set_by=ctx.actor.account_id,
    )
    session.add(row)
    session.flush()
    audit.record(
        session, ctx, "evaluation.scheme", f"evaluation_scheme:{valid_from}",
        after=scheme.model_dump(mode="json"), reason=row.basis,
    )  # fmt: skip
    return SchemeView(valid_from, scheme, row.basis, row.set_at)


def _checked(
    session: ReadSession, ctx: Context, valid_from: date, items: Mapping[str, Any], basis: str
) -> Scheme:
    if valid_from <= local_day(ctx.now):
        raise _bad("/valid_from", "须晚于今天：已经开始的考核期按原办法计算")
    if len(basis.strip()) < 2:
        raise _bad("/basis", "请写明依据（文件、会议或者负责人的决定）")
    profile = regulations.standing_profile(session)
    report = assessment(profile)[1]
    said = {"stated": False, "reading": basis.strip(), "items": _with_clauses(items, report)}
    try:
        scheme = parsed(said)
    except ValidationError as error:
        first = error.errors()[0]
        where = "/".join(str(each) for each in first["loc"])
        raise _bad(f"/{where}", complaint(dict(first))) from error
    if wrong := wrongly_counted(profile, scheme):
        raise _bad("/items", wrong)
    return scheme


def _with_clauses(items: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Each item stands on the clause of the assessment, unless the city's file gives it one of its own."""
    own = report.scheme.items if report.scheme is not None else {}
    made = {}
    for name, item in items.items():
        known = own.get(name)  # type: ignore[call-overload]
        excluding = list(known.excluding) if known is not None else ["kind", "appeal"] if name in SAID else []
        clause = list(known.clause if known is not None else report.clause)
        made[name] = {"excluding": excluding} | dict(item) | {"clause": clause}
    return made


def _bad(pointer: str, detail: str) -> Invalid:
    return Invalid(
        f"考核办法不符合要求：{detail}。",
        code="bad_scheme",
        pointers=[{"pointer": pointer, "detail": detail}],
    )
