"""A unit disputes something that counts against it; the centre decides as on other records of its duties."""

from kb_service.core.context import Context
from kb_service.core.db import WriteSession
from kb_service.core.errors import Conflict, Forbidden, NotFound
from kb_service.identity.service import people
from kb_service.insight.evaluation.rules import against
from kb_service.insight.statistics.facts import MARKS
from kb_service.insight.statistics.rules import KINDS, MARKED, Tally
from kb_service.insight.statistics.service import listing
from kb_service.knowledge.duties.service import appeals

_LABELS = {mark: KINDS[figure].label for figure, mark in reversed(list(MARKED.items()))}


def appeal(
    session: WriteSession, ctx: Context, unit_code: str, key: str, reason: str, evidence: str = ""
) -> appeals.AppealView:
    """Approved, it no longer counts in any score worked out from then on. Needs `duty.appeal`.

    NotFound for what is not the unit's, Conflict for what does not count against it or was appealed before.
    """
    ctx.actor.require("duty.appeal")
    unit = people.unit_by_code(session, unit_code)
    if not ctx.actor.in_scope(unit.id):
        raise Forbidden(f"您不能代表“{unit.name}”申诉。", code="out_of_scope")
    mark = listing.mark_of(session, key)
    if mark is None or mark.unit_id != unit.id or mark.name not in MARKS:
        raise NotFound("没有这条记录，请刷新后重试。", code="unknown_entry")
    if not against(mark.name, Tally(mark.good, mark.done, mark.left_out)):
        raise Conflict("这一条没有计为对本单位不利，不必申诉。", code="nothing_to_appeal")
    if appeals.status_on(session, unit.id, [key]):
        raise Conflict("这一条已经申诉过，不能重复申诉。", code="appealed_already")
    title = f"工单 {key.split(':')[1]} {_LABELS[mark.name]}（{mark.day}）"
    return appeals.file(session, ctx, unit.id, key, title, reason, evidence)
