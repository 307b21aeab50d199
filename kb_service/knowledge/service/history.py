"""The timeline of a point: who did what to its versions, when and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import select

from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.identity.model import Account
from kb_service.knowledge.attachments.rules import KIND_NAMES
from kb_service.knowledge.attachments.service import of_versions
from kb_service.knowledge.corrections.model import Correction
from kb_service.knowledge.model import Review
from kb_service.knowledge.reviewing.signing import names_acted_for
from kb_service.knowledge.rules import Status, stage_name
from kb_service.knowledge.service import reading
from kb_service.knowledge.service.lookups import access_tokens, works_on
from kb_service.knowledge.service.views import VersionView
from kb_service.knowledge.supersession.service import part_notes
from kb_service.knowledge.training.model import TrainingReader

_ORDER: Final = (
    "superseded", "ended", "created", "attached", "training", "filed", "pass", "approve", "return", "published",
    "replaced_in_part", "reported", "corrected", "withdrawn", "discarded",
)  # fmt: skip
_DECIDED: Final = {"approve": "通过", "return": "退回", "pass": "转上级"}


@dataclass(frozen=True)
class TimelineEntry:
    """`kind`: created, attached, training, filed, approve, return, pass, published, replaced_in_part, reported,
    corrected, superseded, withdrawn, ended or discarded.
    """

    at: datetime
    kind: str
    number: int
    actor_name: str
    text: str
    remarks: Mapping[str, str] = field(default_factory=dict)


def timeline(session: ReadSession, ctx: Context, code: str) -> list[TimelineEntry]:
    """Of the versions one may see, oldest first. How a version was made is told to those who work on it."""
    works = works_on(ctx.actor, reading.unit_of(session, code))
    seen = {view.version_id: view for view in reading.ever_shown(session, ctx, code)}
    entries = [entry for view in seen.values() for entry in _life(view, ctx.now)]
    entries += _reviews(session, seen)
    entries += _attached(session, ctx, seen, works=works)
    entries += _parts(session, ctx, code)
    if works:
        entries += _training(session, seen)
        entries += _corrections(session, code)
    order = {kind: at for at, kind in enumerate(_ORDER)}
    return sorted(entries, key=lambda entry: (entry.at, entry.number, order[entry.kind]))


def _life(view: VersionView, now: datetime) -> list[TimelineEntry]:
    number, author = view.number, view.author_name
    entries = [TimelineEntry(view.created_at, "created", number, author, view.note or "新建版本")]
    if view.filed_at:
        entries.append(TimelineEntry(view.filed_at, "filed", number, author, "报送审核"))
    if view.live_from and view.live_from <= now and view.live_to != view.live_from:
        entries.append(TimelineEntry(view.live_from, "published", number, "", "上传生效，可供解答"))
    if view.live_to and view.live_to <= now:
        kind, text = _ending(view)
        entries.append(TimelineEntry(view.live_to, kind, number, "", text))
    if view.status == Status.DISCARDED:
        entries.append(TimelineEntry(view.changed_at, "discarded", number, "", "作废"))
    return entries


def _ending(view: VersionView) -> tuple[str, str]:
    if view.withdrawn_reason:
        return "withdrawn", f"下架：{view.withdrawn_reason}"
    if view.superseded_by:
        return "superseded", f"被知识点 {view.superseded_by} 替代"
    return "ended", "由后一版本接替"


def _reviews(session: ReadSession, seen: Mapping[int, VersionView]) -> list[TimelineEntry]:
    statement = (
        select(Review, Account.name)
        .outerjoin(Account, Account.id == Review.reviewer_id)
        .where(Review.version_id.in_(seen))
        .order_by(Review.id)
    )
    absent = names_acted_for(session, seen)
    return [
        TimelineEntry(
            review.at,
            review.decision,
            seen[review.version_id].number,
            f"{name}代{absent[review.id]}" if review.id in absent else name or "",
            f"{stage_name(review.stage)}：{review.reason or _DECIDED[review.decision]}",
            review.remarks,
        )
        for review, name in session.execute(statement)
    ]


def _attached(
    session: ReadSession, ctx: Context, seen: Mapping[int, VersionView], *, works: bool
) -> list[TimelineEntry]:
    """To others than those who work on the point, what belongs to a version that is live."""
    open_to = {key: view for key, view in seen.items() if works or view.live == "live"}
    return [
        TimelineEntry(
            each.attached_at,
            "attached",
            open_to[version_id].number,
            each.attached_by,
            f"{'沿用' if each.carried else '上传'}{KIND_NAMES[each.kind]}：{each.name}",
        )
        for version_id, found in of_versions(session, list(open_to)).items()
        for each in found
        if each.attached_at <= ctx.now
    ]


def _parts(session: ReadSession, ctx: Context, code: str) -> list[TimelineEntry]:
    notes = part_notes(session, [code], access_tokens(ctx.actor), ctx.now).get(code, ())
    return [TimelineEntry(note.since, "replaced_in_part", 0, "", note.text) for note in notes]


def _training(session: ReadSession, seen: Mapping[int, VersionView]) -> list[TimelineEntry]:
    rows = (
        select(TrainingReader.version_id, TrainingReader.named_at, Account.name)
        .join(Account, Account.id == TrainingReader.named_by)
        .where(TrainingReader.version_id.in_(seen))
        .distinct()
    )
    return [
        TimelineEntry(at, "training", seen[version_id].number, name, "指定发布前培训人员")
        for version_id, at, name in session.execute(rows)
    ]


def _corrections(session: ReadSession, code: str) -> list[TimelineEntry]:
    entries: list[TimelineEntry] = []
    rows = select(Correction).where(Correction.point_code == code).order_by(Correction.id)
    for row in session.execute(rows).scalars():
        text = f"纠错 {row.code}：{row.title}"
        entries.append(TimelineEntry(row.reported_at, "reported", row.number, "", text))
        if row.closed_at:
            note = (
                f"纠错 {row.code} 办结：{row.outcome_note}" if row.outcome_note else f"纠错 {row.code} 办结"
            )
            entries.append(TimelineEntry(row.closed_at, "corrected", row.fix_number or row.number, "", note))
    return entries
