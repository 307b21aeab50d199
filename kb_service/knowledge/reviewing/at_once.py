"""The fast path of a script on a sudden event: published at once on duty, reviewed afterwards."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import insert, select

from kb_service.core import audit
from kb_service.core.clock import local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from kb_service.identity.model import Unit
from kb_service.knowledge.duties.model import SuddenEvent
from kb_service.knowledge.duties.service import events
from kb_service.knowledge.model import Review
from kb_service.knowledge.periods import periods
from kb_service.knowledge.reviewing import rules, sharing, signing
from kb_service.knowledge.reviewing.model import FastScript
from kb_service.knowledge.reviewing.settings import kept_chains
from kb_service.knowledge.rules import IN_REVIEW, STATUS_NAMES, Status
from kb_service.knowledge.service import announce, filing, reading, release
from kb_service.knowledge.service.facts import VersionFacts, locked_version, require_scope
from kb_service.knowledge.service.lookups import Directory, require_account
from kb_service.knowledge.service.staff import Staff
from kb_service.knowledge.service.views import VersionView
from kb_service.knowledge.tasks.model import Task
from kb_service.knowledge.tasks.service import close_task, open_task
from kb_service.notices import absence, roster
from kb_service.notices.service import notify, settle
from kb_service.regulations import service as regulations
from kb_service.supervision.service import supervising


def file_at_once(
    session: WriteSession,
    ctx: Context,
    code: str,
    number: int,
    *,
    event: str = "",
    title: str = "",
    happened_at: datetime | None = None,
) -> VersionView:
    """Files a script and asks whoever is on duty to publish it now.

    The event is one that is recorded, or is recorded now by its title and when it happened. Meanwhile the
    ordinary review may go on; whichever comes first publishes.
    """
    ctx.actor.require("knowledge.edit")
    account = require_account(ctx)
    version = locked_version(session, code, number)
    require_scope(ctx, version.unit_id, code)
    if version.type != "script":
        raise Invalid("只有应答口径可以走即时发布。", code="not_a_script")
    if version.release_at is not None and version.release_at > ctx.now:
        raise Invalid("定时公开的口径不能即时发布，请先清除公开时间。", code="embargoed")
    if not event and happened_at is None:
        raise Invalid(
            "请指明是哪个突发事件：选择已登记的事件，或填写事件名称和发生时间。", code="event_required",
            pointers=[{"pointer": "/event", "detail": "请选择事件，或填写名称和发生时间"}],
        )  # fmt: skip
    found = _event(session, ctx, version, event, title, happened_at)
    if version.status == Status.DRAFT:
        filing.submit(session, ctx, code, number)
    elif version.status not in IN_REVIEW:
        raise Conflict(f"该版本现为“{STATUS_NAMES[version.status]}”，不能即时发布。", code="not_open")
    if session.get(FastScript, version.id) is not None:
        raise Conflict("该口径已请求即时发布，正等待值班人员。", code="asked_already")
    asked = FastScript(version_id=version.id, event_id=found.id, asked_at=ctx.now, asked_by=account)
    session.add(asked)
    session.flush()
    if found.point_id is None:
        events.link_script(session, ctx, found.code, code)
    _ask(session, ctx, version)
    audit.record(session, ctx, "script.asked", f"point:{code}", after={"number": number, "event": found.code})
    return reading.one_view(session, ctx.now, code, number)


def _event(
    session: WriteSession,
    ctx: Context,
    version: VersionFacts,
    code: str,
    title: str,
    happened_at: datetime | None,
) -> SuddenEvent:
    if not code and happened_at is not None:
        unit = session.get_one(Unit, version.unit_id)
        code = events.record(session, ctx, unit.code, title or version.title, happened_at).code
    found = session.execute(select(SuddenEvent).where(SuddenEvent.code == code)).scalar_one_or_none()
    if found is None or found.unit_id != version.unit_id:
        raise Invalid(
            f"本单位没有编号为 {code} 的突发事件。", code="unknown_event",
            pointers=[{"pointer": "/event", "detail": "没有这个事件"}],
        )  # fmt: skip
    return found


def _ask(session: WriteSession, ctx: Context, version: VersionFacts) -> None:
    _, people = who_publishes(session, ctx, version)
    title = f"请即时审核并发布突发口径：{version.title}"
    notify(session, ctx, people, announce.URGENT, title, f"/review/at-once/{version.code}/{version.number}",
           _subject(version), but=version.authors)  # fmt: skip


def who_publishes(session: ReadSession, ctx: Context, version: VersionFacts) -> tuple[str, frozenset[int]]:
    """On duty for scripts at this instant; where nobody is, the unit's leaders who may review and are there.

    Neither authors nor whoever asked for it count.
    """
    staff = Staff(session, Directory.load(session))
    able = staff.reviewers(Status.UNIT_REVIEW, version.unit_id)
    leaders = absence.present(session, roster.leaders_of(session, version.unit_id), ctx.now)
    on_duty = roster.on_duty(session, "script_review", ctx.now)
    asked = session.get(FastScript, version.id)
    not_by = version.authors | ({asked.asked_by} if asked else frozenset())
    return rules.publishers(on_duty, [each for each in leaders if each in able], not_by)


def publish_at_once(session: WriteSession, ctx: Context, code: str, number: int) -> VersionView:
    """By whoever is on duty: live from this instant, and to be reviewed afterwards by somebody else."""
    account = require_account(ctx)
    version = locked_version(session, code, number)
    asked = _asked(session, version.id)
    if version.status not in IN_REVIEW or asked.published_at is not None:
        raise Conflict(
            f"该版本现为“{STATUS_NAMES[version.status]}”，不需要再即时发布。", code="not_in_review"
        )
    if account in version.authors or account == asked.asked_by:
        raise Forbidden("不能发布自己编写或报送的口径，请由值班的其他人员发布。", code="own_version")
    how, people = who_publishes(session, ctx, version)
    if account not in people:
        words = "值班的突发口径审核人员" if how == "duty" else "本单位负责人（现无人值班）"
        raise Forbidden(f"即时发布须由{words}进行，您现在不在其列。", code="not_on_duty")
    _decide(session, ctx, version, rules.DUTY_STAGE, "approve", {})
    sharing.end(session, ctx, [version.id])
    release.approve(session, ctx, [version])
    asked.published_at, asked.published_by, asked.published_as = ctx.now, account, how
    _ask_afterwards(session, ctx, version, asked)
    announce.decided(session, ctx, [version], Status.APPROVED)
    close_task(session, ctx, rules.CORRECT_TASK, f"point:{code}", "done", "新口径已发布")
    after = {"number": number, "as": how}
    audit.record(session, ctx, "script.published", f"point:{code}", after=after)
    return reading.one_view(session, ctx.now, code, number)


def _ask_afterwards(session: WriteSession, ctx: Context, version: VersionFacts, asked: FastScript) -> None:
    asked_for = periods(session, ctx).script
    due = regulations.calendar(session).due(ctx.now, asked_for.review).due
    asked.due_at = due
    session.flush()
    title = f"事后审核突发口径：{version.title}"
    link = f"/review/at-once/{version.code}/{version.number}"
    open_task(
        session, ctx, kind=rules.AFTER_TASK, subject=_subject(version), unit_id=version.unit_id, title=title,
        link=link, evidence={"published_at": ctx.now.isoformat()}, due_at=due, due_day=local_day(due),
        clause=asked_for.clause,
    )  # fmt: skip
    but = {*version.authors, require_account(ctx)}
    notify(
        session, ctx, after_reviewers(session, version) - but, announce.AWAITING, title, link,
        _after_subject(version), but=but,
    )  # fmt: skip


def after_reviewers(session: ReadSession, version: VersionFacts) -> frozenset[int]:
    """Everyone of the stages that the script would have gone through."""
    staff = Staff(session, Directory.load(session))
    stages = kept_chains(session, [version.id]).get(version.id) or staff.standard(version.unit_id)
    return frozenset().union(*(staff.reviewers(stage, version.unit_id) for stage in stages))


def may_review_after(session: ReadSession, version: VersionFacts, account: int | None) -> bool:
    """Whether this person may review it afterwards, once it is published."""
    asked = session.get(FastScript, version.id)
    publisher = asked.published_by if asked else None
    return (
        account is not None
        and account != publisher
        and account in after_reviewers(session, version) - version.authors
    )


def review_after(
    session: WriteSession,
    ctx: Context,
    code: str,
    number: int,
    outcome: rules.Outcome,
    *,
    remarks: Mapping[str, str] | None = None,
) -> VersionView:
    """Confirms what was published at once, asks for a corrected version, or withdraws it.

    Neither an author nor whoever published it may do this.
    """
    account = require_account(ctx)
    version = locked_version(session, code, number)
    asked = _asked(session, version.id)
    _refuse_after(session, version, asked, account)
    said = {field: text.strip() for field, text in (remarks or {}).items() if text.strip()}
    if outcome != "confirmed" and not said:
        raise Invalid("要求更正或下架须写明意见。", code="remarks_required")
    words = "；".join(said.values())
    _decide(session, ctx, version, rules.AFTER_STAGE, "approve" if outcome == "confirmed" else "return", said)
    asked.reviewed_at, asked.reviewed_by, asked.outcome, asked.note = ctx.now, account, outcome, words
    if outcome == "withdrawn":
        release.withdraw_versions(session, ctx, [version], f"事后审核：{words}")
    if outcome == "corrected":
        _ask_correction(session, ctx, version, words)
    _end_asking(session, ctx, version, rules.OUTCOMES[outcome])
    title = f"事后审核：{rules.OUTCOMES[outcome]}：{version.title}"
    kind = announce.APPROVED if outcome == "confirmed" else announce.RETURNED
    told = {*version.authors, asked.published_by or account}
    notify(session, ctx, told, kind, title, f"/knowledge/{code}?version={number}", _subject(version))
    audit.record(session, ctx, f"script.{outcome}", f"point:{code}", after={"number": number}, reason=words)
    return reading.one_view(session, ctx.now, code, number)


def _end_asking(session: WriteSession, ctx: Context, version: VersionFacts, words: str) -> None:
    """The task is done, and so is a supervision that was opened because it was late."""
    same = (Task.kind == rules.AFTER_TASK, Task.subject == _subject(version), Task.closed_at.is_(None))
    task = session.execute(select(Task.id).where(*same)).scalar_one_or_none()
    close_task(session, ctx, rules.AFTER_TASK, _subject(version), "done", words)
    supervising.close_on(session, ctx, f"task:{task}", "solved", "已完成事后审核")
    settle(session, ctx, _after_subject(version), announce.AWAITING)


def _refuse_after(session: ReadSession, version: VersionFacts, asked: FastScript, account: int) -> None:
    if asked.published_at is None:
        raise Conflict("该口径尚未即时发布，不需要事后审核。", code="not_published")
    if asked.reviewed_at is not None:
        raise Conflict("该口径已完成事后审核。", code="reviewed_already")
    if account in version.authors:
        raise Forbidden("不能审核自己编写的口径，请由其他审核人员处理。", code="own_version")
    if account == asked.published_by:
        raise Forbidden("即时发布的人不能再作事后审核，请由其他审核人员处理。", code="own_decision")
    if account not in after_reviewers(session, version):
        raise Forbidden("您没有审核该单位口径的权限。", code="forbidden")


def _ask_correction(session: WriteSession, ctx: Context, version: VersionFacts, words: str) -> None:
    due = regulations.calendar(session).due(ctx.now, periods(session, ctx).script.review).due
    open_task(
        session, ctx, kind=rules.CORRECT_TASK, subject=f"point:{version.code}", unit_id=version.unit_id,
        title=f"请更正突发口径：{version.title}", link=f"/knowledge/{version.code}",
        evidence={"number": version.number, "remarks": words}, due_at=due, due_day=local_day(due),
        clause=periods(session, ctx).script.clause,
    )  # fmt: skip


def _decide(
    session: WriteSession,
    ctx: Context,
    version: VersionFacts,
    stage: str,
    decision: str,
    remarks: Mapping[str, str],
) -> None:
    session.execute(
        insert(Review).values(
            version_id=version.id, author_id=version.author_id, stage=stage, decision=decision,
            reviewer_id=ctx.actor.account_id, remarks=dict(remarks), reason="", at=ctx.now,
        )
    )  # fmt: skip
    signing.sign(session, ctx, [version.id], stage)


def _asked(session: WriteSession, version_id: int) -> FastScript:
    rows = select(FastScript).where(FastScript.version_id == version_id).with_for_update()
    found = session.execute(rows).scalar_one_or_none()
    if found is None:
        raise NotFound("该版本没有请求即时发布。", code="not_asked")
    return found


def _subject(version: VersionFacts) -> str:
    return f"version:{version.code}/{version.number}"


def _after_subject(version: VersionFacts) -> str:
    return f"after:{version.code}/{version.number}"
