"""The owner unit answers: by a new version, or by an objection."""

from kb_service.core.context import Context
from kb_service.core.db import WriteSession
from kb_service.core.errors import Forbidden, Invalid
from kb_service.knowledge.corrections.model import Correction
from kb_service.knowledge.corrections.rules import Status
from kb_service.knowledge.corrections.service import closing, records
from kb_service.knowledge.service import drafts, reading
from kb_service.knowledge.service.facts import points
from kb_service.knowledge.service.views import VersionView


def begin(session: WriteSession, ctx: Context, code: str) -> VersionView:
    """A draft that begins with the words to be put right, named as the answer; or the one that is open."""
    correction = _mine(session, ctx, code)
    point = points(session, [correction.point_code])[correction.point_code]
    if point.open_number is not None:
        name_fix(session, ctx, code, point.open_number)
        return reading.one_view(session, ctx.now, point.code, point.open_number)
    view = drafts.next_draft(session, ctx, correction.point_code)
    name_fix(session, ctx, code, view.number)
    return view


def name_fix(session: WriteSession, ctx: Context, code: str, number: int) -> Correction:
    """Names the version that answers a correction: when it goes live, the correction is done."""
    correction = _mine(session, ctx, code)
    if correction.status not in (Status.CONFIRMED, Status.OBJECTED):
        records.move(correction, Status.CORRECTED)
    point = points(session, [correction.point_code])[correction.point_code]
    if not correction.stands_on < number <= point.latest:
        raise Invalid(
            f"应填第 {correction.stands_on} 版以后的版本。", code="not_a_later_version",
            pointers=[{"pointer": "/number", "detail": f"应大于 {correction.stands_on}"}],
        )  # fmt: skip
    if correction.fix_number != number:
        correction.fix_number = number
        records.note(session, ctx, correction, "answered", f"以第 {number} 版改正", fix=number)
    closing.settle_one(session, ctx, correction)
    return correction


def object_to(session: WriteSession, ctx: Context, code: str, reason: str) -> Correction:
    """The unit says why nothing is wrong; the centre decides. Meanwhile the version stays marked as it is."""
    correction = _mine(session, ctx, code)
    if len(reason.strip()) < 2:
        raise Invalid(
            "请写明异议的理由和依据。", code="reason_required",
            pointers=[{"pointer": "/reason", "detail": "请写明理由和依据"}],
        )  # fmt: skip
    records.move(correction, Status.OBJECTED)
    correction.objection, correction.objected_at = reason.strip(), ctx.now
    records.note(session, ctx, correction, "objected", reason.strip())
    title = f"单位对纠错有异议：{correction.title}"
    records.tell(session, ctx, correction, records.verifiers(session), records.TO_VERIFY, title)
    return correction


def _mine(session: WriteSession, ctx: Context, code: str) -> Correction:
    ctx.actor.require("knowledge.edit")
    correction = records.locked(session, code)
    if not ctx.actor.in_scope(correction.unit_id):
        raise Forbidden("这件纠错不属于您的单位。", code="out_of_scope")
    return correction
