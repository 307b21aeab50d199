"""Setting chains of review by type and unit; each setting is kept with who made it and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import aliased

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Invalid, NotFound, Pointer
from kb_service.identity.model import Account, Region, Unit
from kb_service.knowledge.content import TYPE_NAMES
from kb_service.knowledge.reviewing import rules
from kb_service.knowledge.reviewing.model import ReviewChain
from kb_service.knowledge.reviewing.settings import stages_of
from kb_service.knowledge.reviewing.sharing import MANAGE
from kb_service.knowledge.rules import ORDER, STAGE_NAMES, Status
from kb_service.knowledge.service.lookups import require_account


@dataclass(frozen=True)
class ChainView:
    """`unit_code` and `type` are empty where it holds for all."""

    id: int
    unit_code: str
    unit_name: str
    type: str
    type_name: str
    stages: list[str]
    stage_names: list[str]
    centre_required: bool
    reason: str
    set_at: datetime
    set_by: str
    ended_at: datetime | None
    ended_by: str


def chains(session: ReadSession, *, past: bool = False) -> list[ChainView]:
    """Those in force, or with `past` all there ever were, the newest first."""
    setter, ender = aliased(Account), aliased(Account)
    rows = (
        select(ReviewChain, Unit.code, Unit.name, setter.name, ender.name)
        .outerjoin(Unit, Unit.id == ReviewChain.unit_id)
        .join(setter, setter.id == ReviewChain.set_by)
        .outerjoin(ender, ender.id == ReviewChain.ended_by)
        .order_by(ReviewChain.id.desc())
    )
    if not past:
        rows = rows.where(ReviewChain.ended_at.is_(None))
    return [
        ChainView(
            row.id, unit_code or "", unit_name or "", row.type or "", TYPE_NAMES.get(row.type or "", ""),
            list(row.stages), [STAGE_NAMES[stage] for stage in stages_of(row.stages)], row.centre_required,
            row.reason, row.set_at, setter_name, row.ended_at, ender_name or "",
        )
        for row, unit_code, unit_name, setter_name, ender_name in session.execute(rows)
    ]  # fmt: skip


def set_chain(
    session: WriteSession,
    ctx: Context,
    *,
    unit: str = "",
    type: str = "",  # noqa: A002 - the word of the glossary
    stages: Sequence[str],
    centre_required: bool = False,
    reason: str = "",
) -> ReviewChain:
    """From now on what is filed goes this way; what is in review goes on as it was filed."""
    ctx.actor.require(MANAGE)
    account = require_account(ctx)
    unit_id, level = _unit(session, unit)
    if type and type not in TYPE_NAMES:
        raise Invalid("没有这种知识类型。", code="unknown_type", pointers=[_at("type", "没有这种知识类型")])
    wanted = _stages(stages)
    wrong = _problems(wanted, level, reason.strip(), centre_required=centre_required)
    if wrong:
        raise Invalid("；".join(each["detail"] for each in wrong) + "。", code="bad_chain", pointers=wrong)
    place = f"{unit_id or '*'}/{type or '*'}"
    before = _end_standing(session, ctx, account, place)
    chain = ReviewChain(
        place=place, unit_id=unit_id, type=type or None, stages=[stage.value for stage in wanted],
        centre_required=centre_required, reason=reason.strip(), set_at=ctx.now, set_by=account,
    )  # fmt: skip
    session.add(chain)
    session.flush()
    after = {"stages": chain.stages, "centre_required": centre_required}
    subject = f"review_chain:{place}"
    audit.record(session, ctx, "review_chain.set", subject, before=before, after=after, reason=chain.reason)
    return chain


def end_chain(session: WriteSession, ctx: Context, chain_id: int) -> None:
    """What is wider holds again, or else the standard chain."""
    ctx.actor.require(MANAGE)
    account = require_account(ctx)
    place = session.execute(
        select(ReviewChain.place).where(ReviewChain.id == chain_id, ReviewChain.ended_at.is_(None))
    ).scalar_one_or_none()
    if place is None:
        raise NotFound("没有这条审核流程设置，或已停用。", code="unknown_chain")
    before = _end_standing(session, ctx, account, place)
    audit.record(session, ctx, "review_chain.ended", f"review_chain:{place}", before=before)


def _end_standing(session: WriteSession, ctx: Context, account: int, place: str) -> dict[str, object] | None:
    standing = session.execute(
        select(ReviewChain)
        .where(ReviewChain.place == place, ReviewChain.ended_at.is_(None))
        .with_for_update()
    ).scalar_one_or_none()
    if standing is None:
        return None
    standing.ended_at, standing.ended_by = ctx.now, account
    session.flush()
    return {"stages": standing.stages, "centre_required": standing.centre_required}


def _unit(session: ReadSession, code: str) -> tuple[int | None, str | None]:
    """The unit with the level of its region; none for all units."""
    if not code:
        return None, None
    rows = select(Unit.id, Region.level).join(Region, Region.code == Unit.region_code)
    found = session.execute(rows.where(Unit.code == code)).one_or_none()
    if found is None:
        raise Invalid(
            f"没有编码为“{code}”的单位。", code="unknown_unit", pointers=[_at("unit", "没有这个单位")]
        )
    return found[0], found[1]


def _stages(wanted: Sequence[str]) -> tuple[Status, ...]:
    known = rules.STAGES | {stage.value: stage for stage in ORDER}
    unknown = [each for each in wanted if each not in known]
    if unknown:
        detail = f"审核环节只能是：{'、'.join(rules.STAGES)}"
        raise Invalid(f"{detail}。", code="unknown_stage", pointers=[_at("stages", detail)])
    chosen = {known[each] for each in wanted}
    return tuple(stage for stage in ORDER if stage in chosen)


def _problems(
    stages: tuple[Status, ...], level: str | None, reason: str, *, centre_required: bool
) -> list[Pointer]:
    found: list[Pointer] = []
    usable = set(stages) - ({Status.REGION_REVIEW} if level in (None, "city") else set())
    if not usable:
        detail = (
            "请至少选择一个审核环节" if not stages else "区域审核只适用于县区单位，请再选单位审核或中心审核"
        )
        found.append(_at("stages", detail))
    if centre_required and Status.CENTRE_REVIEW not in stages:
        found.append(_at("stages", "要求必经中心审核时，须选上中心审核"))
    if rules.leaves_region_out(stages, level) and len(reason) < 5:
        found.append(_at("reason", "县区单位的知识不经区域审核，须写明理由（至少 5 个字）"))
    return found


def _at(name: str, detail: str) -> Pointer:
    return {"pointer": f"/{name}", "detail": detail}
