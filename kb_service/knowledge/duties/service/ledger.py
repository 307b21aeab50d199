"""Reads the history of units and makes their ledgers of it: what was due when, and when it came."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, func, or_, select

from kb_service.core.clock import day_start
from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.identity.model import Unit
from kb_service.knowledge.attachments.model import Attachment, VersionAttachment
from kb_service.knowledge.corrections.model import Correction
from kb_service.knowledge.duties import rules
from kb_service.knowledge.duties.model import DutyAppeal, SuddenEvent
from kb_service.knowledge.duties.rules import Entry, Period, Scheme
from kb_service.knowledge.duties.service.telling import missing_at
from kb_service.knowledge.filing_rules import document_due, filing_timeliness
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.periods import periods
from kb_service.knowledge.rules import DUTIES, DUTY_NAMES
from kb_service.knowledge.service.lookups import chunks
from kb_service.knowledge.tasks.model import Task
from kb_service.knowledge.verification.model import AuditItem, Verification
from kb_service.knowledge.verification.rules import verification_due
from kb_service.knowledge.verification.service.intervals import Intervals
from kb_service.regulations import service as regulations

_INSTANT = timedelta(microseconds=1)
# These are measured from the history itself.
MEASURED_ELSEWHERE = ("verification", "script")
Found = Iterator[tuple[int, Entry]]


@dataclass(frozen=True)
class Span:
    """The units and the period asked for; `seen` is the instant up to which what happened counts."""

    units: Mapping[int, str]
    period: Period
    seen: datetime

    @property
    def ids(self) -> Collection[int]:
        return list(self.units)


def ledgers(
    session: ReadSession,
    ctx: Context,
    units: Mapping[int, str],
    period: Period,
    scheme: Scheme,
    known_at: datetime,
) -> dict[int, list[Entry]]:
    """All entries of these units (id to code) that belong to the period, with what became of appeals."""
    # What happened at the very instant is known.
    span = Span(units, period, min(known_at + _INSTANT, period.end))
    appeals = _appeals(session, span, known_at)
    found: dict[int, list[Entry]] = {unit_id: [] for unit_id in units}
    for source in (
        _agency(session, span),
        _policies(session, ctx, span),
        _scripts(session, span),
        _corrections(session, span),
        _verifications(session, span),
        _updates(session, span, scheme),
        _tasks(session, span),
        _accuracy(session, span),
    ):
        for unit_id, entry in source:
            if rules.belongs(entry, period):
                found[unit_id].append(entry)
    return {
        unit_id: rules.with_appeals(
            sorted(mine, key=lambda each: (each.settled_at, each.key)), appeals[unit_id]
        )
        for unit_id, mine in found.items()
    }


def _appeals(session: ReadSession, span: Span, known_at: datetime) -> dict[int, dict[str, str]]:
    """What is known of appeals, by the key of the entry; the newest about an entry counts."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    rows = (
        select(DutyAppeal)
        .where(DutyAppeal.unit_id.in_(span.ids), DutyAppeal.filed_at <= known_at)
        .order_by(DutyAppeal.id)
    )
    for appeal in session.execute(rows).scalars():
        decided = appeal.decided_at is not None and appeal.decided_at <= known_at
        found[appeal.unit_id][appeal.entry] = appeal.status if decided else "open"
    return found


def _agency(session: ReadSession, span: Span) -> Found:
    missing = missing_at(session, span.ids, span.seen - _INSTANT)
    duties = [(code, DUTY_NAMES[code]) for code in DUTIES]
    for unit_id, code in span.units.items():
        for entry in rules.reported(code, duties, missing[unit_id], span.period):
            yield unit_id, entry


def _policies(session: ReadSession, ctx: Context, span: Span) -> Found:
    """Public policies that went live in the period, or whose official document was due in it."""
    filing = periods(session, ctx).filing
    calendar = regulations.calendar(session)
    document = (
        select(VersionAttachment.version_id, func.min(Attachment.uploaded_at).label("at"))
        .join(Attachment, Attachment.id == VersionAttachment.attachment_id)
        .where(VersionAttachment.kind == "official_document", VersionAttachment.attached_at < span.seen)
        .group_by(VersionAttachment.version_id)
        .subquery()
    )
    rows = (
        select(
            Point.unit_id, Point.code, Version.number, Version.title, Version.filed_at, Version.release_at,
            Version.live_from, document.c.at,
        )
        .join(Point, Point.id == Version.point_id)
        .outerjoin(document, document.c.version_id == Version.id)
        .where(
            Point.type == "policy",
            Point.unit_id.in_(span.ids),
            Version.audience == "public",
            Version.release_at.is_not(None),
            Version.live_from >= span.period.start - timedelta(days=366),
            Version.live_from < span.seen,
            or_(Version.live_to.is_(None), Version.live_to > Version.live_from),
        )
    )  # fmt: skip
    for unit_id, code, number, title, filed_at, release_at, live_from, attached_at in session.execute(rows):
        timely = filing_timeliness(filed_at, release_at, calendar, filing)
        link = f"/knowledge/{code}?version={number}"
        if timely.latest is not None:
            last = day_start(timely.latest + timedelta(days=1))
            yield unit_id, Entry(
                key=f"policy:{code}/{number}", measure="policy", title=title, link=link, began_at=release_at,
                # Filed too early counts against the unit only where the regulation says so.
                due_at=last if timely.counts or filed_at < last else filed_at + _INSTANT,
                done_at=filed_at if timely.kind != "early" or not timely.counts else last,
                counted_at=live_from,
            )  # fmt: skip
        due = document_due(release_at, calendar, filing)
        if due is not None:
            yield unit_id, Entry(
                key=f"document:{code}/{number}", measure="document", title=title, link=link,
                began_at=release_at, due_at=due, done_at=attached_at, counted_at=max(due, live_from),
            )  # fmt: skip


def _scripts(session: ReadSession, span: Span) -> Found:
    """Sudden events of which the units were told."""
    rows = select(SuddenEvent).where(
        SuddenEvent.unit_id.in_(span.ids),
        SuddenEvent.asked_at < span.period.end,
        or_(
            SuddenEvent.asked_at >= span.period.start - timedelta(days=7),
            SuddenEvent.linked_at.is_(None),
            SuddenEvent.linked_at >= span.period.start,
        ),
    )
    for event in session.execute(rows).scalars():
        linked = event.linked_at is not None and event.linked_at < span.seen
        yield (
            event.unit_id,
            Entry(
                key=f"script:{event.code}",
                measure="script",
                title=event.title,
                link=f"/duties/events?code={event.code}",
                began_at=event.asked_at,
                due_at=rules.script_due(event.asked_at, event.target_minutes),
                done_at=event.answered_at if linked else None,
            ),
        )


def _corrections(session: ReadSession, span: Span) -> Found:
    """Errors that the centre confirmed; those it dropped again, before `seen`, do not count."""
    rows = select(Correction).where(
        Correction.unit_id.in_(span.ids),
        Correction.received_at < span.seen,
        Correction.due_at < span.period.end + timedelta(days=366),
        or_(Correction.closed_at.is_(None), Correction.closed_at >= span.period.start),
    )
    late_before = select(Correction).where(
        Correction.unit_id.in_(span.ids),
        Correction.due_at >= span.period.start,
        Correction.due_at < span.period.end,
        Correction.closed_at < span.period.start,
    )
    for statement in (rows, late_before):
        for each in session.execute(statement).scalars():
            entry = _correction(each, span.seen)
            if entry is not None:
                yield each.unit_id, entry


def _correction(each: Correction, seen: datetime) -> Entry | None:
    if each.due_at is None or each.received_at is None:
        return None
    closed = each.closed_at if each.closed_at is not None and each.closed_at < seen else None
    if closed is not None and each.status not in {"corrected", "withdrawn"}:
        return None
    # An objection raised in time stops the clock; whether it was right is known when the correction ends.
    objected = each.objected_at is not None and each.objected_at < each.due_at
    if objected and closed is None:
        return None
    return Entry(
        key=f"correction:{each.code}",
        measure="correction",
        title=each.title,
        link=f"/corrections/{each.code}",
        began_at=each.received_at,
        due_at=each.due_at,
        done_at=min(closed, each.due_at - _INSTANT) if objected and closed else closed,
        counted_at=max(closed, each.due_at) if objected and closed else None,
    )


def _verifications(session: ReadSession, span: Span) -> Found:
    """What had to be verified in the period. Only points with a version old enough to be due are read."""
    lived = (
        select(Version.id, Version.point_id, Version.number, Version.title, Version.approved_at,
               Version.live_from, Version.live_to, Point.code, Point.type, Point.unit_id)
        .join(Point, Point.id == Version.point_id)
        .where(
            Point.unit_id.in_(span.ids),
            Version.live_from < span.seen,
            or_(Version.live_to.is_(None), Version.live_to > Version.live_from),
            or_(Version.live_to.is_(None), Version.live_to > span.period.start - timedelta(days=1)),
        )
        .order_by(Point.id, Version.number)
    )  # fmt: skip
    versions = session.execute(lived).all()
    stated = _stated(session, [row.id for row in versions], span.seen)
    holds = Intervals(session, {row.point_id for row in versions})
    confirmed: dict[int, list[rules.Confirmed]] = defaultdict(list)
    newest = {row.point_id: row for row in versions}
    for row in versions:
        steps = holds.of(row.type, row.point_id)
        over = row.live_to
        first = verification_due(row.approved_at, steps)
        confirmed[row.point_id].append(rules.Confirmed(row.approved_at, first, row.live_from, over))
        for at, until in stated.get(row.id, ()):
            due = verification_due(at, steps, until)
            confirmed[row.point_id].append(rules.Confirmed(at, due, at, over))
    for point_id, row in newest.items():
        for entry in rules.verifications_owed(row.code, row.title, confirmed[point_id], span.period):
            yield row.unit_id, entry


def _stated(
    session: ReadSession, version_ids: Collection[int], seen: datetime
) -> dict[int, list[tuple[datetime, date]]]:
    found: dict[int, list[tuple[datetime, date]]] = defaultdict(list)
    for part in chunks(sorted(version_ids)):
        rows = (
            select(Verification.version_id, Verification.at, Verification.until)
            .where(Verification.version_id.in_(part), Verification.at < seen)
            .order_by(Verification.id)
        )
        for version_id, at, until in session.execute(rows):
            found[version_id].append((at, until))
    return found


def _updates(session: ReadSession, span: Span, scheme: Scheme) -> Found:
    spans = rules.stretches(span.period.first, span.period.last, scheme.update_days)
    if not spans:
        return
    start = day_start(spans[0][0])
    acts: dict[int, list[datetime]] = defaultdict(list)
    filed = (
        select(Point.unit_id, Version.filed_at)
        .join(Version, Version.point_id == Point.id)
        .where(Point.unit_id.in_(span.ids), Version.filed_at >= start, Version.filed_at < span.seen)
    )
    verified = (
        select(Point.unit_id, Verification.at)
        .join(Point, Point.id == Verification.point_id)
        .where(Point.unit_id.in_(span.ids), Verification.at >= start, Verification.at < span.seen)
    )
    for statement in (filed, verified):
        for unit_id, at in session.execute(statement):
            acts[unit_id].append(at)
    first = (
        select(Point.unit_id, func.min(Point.created_at))
        .where(Point.unit_id.in_(span.ids))
        .group_by(Point.unit_id)
    )
    for unit_id, since in session.execute(first):
        for entry in rules.updates_owed(span.units[unit_id], spans, acts[unit_id], since):
            yield unit_id, entry


def _tasks(session: ReadSession, span: Span) -> Found:
    rows = select(Task).where(
        Task.unit_id.in_(span.ids),
        Task.kind.not_in(MEASURED_ELSEWHERE),
        Task.due_at < span.period.end,
        or_(
            Task.due_at >= span.period.start,
            Task.closed_at.is_(None),
            Task.closed_at >= span.period.start,
        ),
    )
    for task in session.execute(rows).scalars():
        # What was dropped before it was due never was owed; afterwards that helps no more.
        dropped = task.outcome == "dropped" and task.closed_at is not None
        if task.due_at is None or (dropped and task.closed_at is not None and task.closed_at < task.due_at):
            continue
        yield (
            task.unit_id,
            Entry(
                key=f"task:{task.id}",
                measure="task",
                title=task.title,
                link=task.link,
                began_at=task.opened_at,
                due_at=task.due_at,
                done_at=None if dropped else task.closed_at,
                over_at=task.closed_at if dropped else None,
            ),
        )


def _accuracy(session: ReadSession, span: Span) -> Found:
    """What auditors looked at; a finding that the centre rejected or the unit objected to with success counts not."""
    rows = (
        select(AuditItem, Point.code, Version.title, Correction.status, Correction.closed_at)
        .join(Point, Point.id == AuditItem.point_id)
        .join(Version, Version.id == AuditItem.version_id)
        .outerjoin(Correction, Correction.code == AuditItem.correction_code)
        .where(
            AuditItem.unit_id.in_(span.ids),
            and_(AuditItem.at >= span.period.start, AuditItem.at < span.seen),
        )
    )
    for item, code, title, status, closed_at in session.execute(rows):
        refuted = status in {"rejected", "dismissed"} and closed_at < span.seen
        if refuted:
            continue
        yield (
            item.unit_id,
            Entry(
                key=f"accuracy:{item.plan_id}/{item.rank}",
                measure="accuracy",
                title=title,
                link=f"/knowledge/{code}",
                began_at=item.at,
                due_at=item.at,
                done_at=item.at - _INSTANT if item.result == "right" else None,
            ),
        )


def active_units(session: ReadSession) -> dict[int, tuple[str, str]]:
    """Id to code and name of the units that owe something: all but those that were dissolved."""
    rows = select(Unit.id, Unit.code, Unit.name).where(Unit.active.is_(True)).order_by(Unit.level, Unit.id)
    return {row[0]: (row[1], row[2]) for row in session.execute(rows)}
