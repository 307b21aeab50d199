"""The life of a bulletin: drafted from figures, edited by people, issued by another, told to the units."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select

from kb_service.core import audit
from kb_service.core.clock import local_day
from kb_service.core.context import SYSTEM, Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from kb_service.core.runtime import Runtime
from kb_service.identity.model import Region
from kb_service.identity.service import actors, people
from kb_service.insight.bulletins import content as contents
from kb_service.insight.bulletins import rules, sections
from kb_service.insight.bulletins.content import Content
from kb_service.insight.bulletins.model import Bulletin
from kb_service.insight.bulletins.rules import Report
from kb_service.insight.bulletins.service import gathering, reading
from kb_service.insight.bulletins.service.reading import BulletinView
from kb_service.insight.statistics import periods
from kb_service.insight.statistics.periods import Period
from kb_service.insight.statistics.rules import Figures
from kb_service.notices.model import Notice
from kb_service.notices.service import notify
from kb_service.regulations import service as regulations

EDIT, ISSUE = reading.EDIT, reading.ISSUE
NOTICE = "insight.bulletin"
DUE = "insight.bulletin_due"
LONGEST_LINE = 2_000
MOST_LINES = 60


def draft(session: WriteSession, ctx: Context, report_id: str, period: Period) -> BulletinView:
    """Worked out from the figures as they are known now; raises Conflict where one stands for the period."""
    _require_city(ctx, EDIT)
    report = _report(session, report_id)
    rules.check_period(report, period, local_day(ctx.now))
    # Two who draft the same at once come one after the other: the second finds that of the first.
    session.execute(select(Region.code).where(Region.parent_code.is_(None)).with_for_update())
    if reading.standing(session, report_id, period) is not None:
        raise Conflict(
            f"{periods.label(period)}的“{report.label}”已有一份，请在原件上修改。", code="bulletin_stands"
        )
    made = _made(session, ctx, report, period)
    row = Bulletin(
        report=report_id,
        profile_id=regulations.standing_profile(session).id,
        first_day=period.first,
        last_day=period.last,
        state="draft",
        title=made.title,
        content=made.model_dump(mode="json"),
        digest=contents.digest(made),
        drafted_by=ctx.actor.account_id,
        drafted_at=ctx.now,
        edited_by=ctx.actor.account_id,
    )
    session.add(row)
    session.flush()
    audit.record(
        session, ctx, "bulletin.drafted", _about(row.id), after={"report": report_id, "title": row.title}
    )
    return reading.view(session, ctx, row)


def _require_city(ctx: Context, permission: str) -> None:
    ctx.actor.require(permission)
    if ctx.actor.unit_scope is not None:
        raise Forbidden("通报由热线中心编发。", code="not_the_centre")


def _report(session: ReadSession, report_id: str) -> Report:
    for each in rules.offered(regulations.standing_profile(session)):
        if each.id == report_id:
            return each
    raise NotFound(f"本市的规则档案没有编号为“{report_id}”的通报。", code="unknown_report")


def _made(session: ReadSession, ctx: Context, report: Report, period: Period) -> Content:
    told = gathering.told(session, ctx, period)
    profile = regulations.standing_profile(session)
    return Content(
        masthead=f"{profile.city}12345热线情况通报",
        title=rules.title(profile.city, report, period),
        period=periods.label(period),
        addressee=rules.addressee(report.id),
        signed=people.centre(session).name,
        sections=sections.build(report.sections, told),
        figures=frozen(told.figures),
        known_at=ctx.now,
        clause=list(report.clause),
    )


def frozen(figures: Figures) -> dict[str, dict[str, int | None]]:
    """The numbers themselves: by them the paper can be checked later, whatever the histories say then."""
    found: dict[str, dict[str, int | None]] = {}
    for name, each in figures.figures.items():
        values = {"now": each.value, "before": each.before, "year_ago": each.year_ago}
        found[name] = {
            key: number
            for which, value in values.items()
            for key, number in ((which, value.number), (f"{which}_of", value.of))
        }
    return found


def renew(session: WriteSession, ctx: Context, number: int) -> BulletinView:
    """Works a draft out anew from the figures as they are known now; what people have written stays."""
    row = _held(session, ctx, number)
    old = Content.model_validate(row.content)
    report = _report(session, row.report)
    made = _made(session, ctx, report, Period(row.first_day, row.last_day))
    kept = {each.key: each for each in old.sections if each.edited}
    for section in made.sections:
        if section.key in kept:
            section.said = kept[section.key].said
    made.title, made.addressee, made.signed = old.title, old.addressee, old.signed
    made.masthead = old.masthead
    return _save(session, ctx, row, made, "renewed")


def edit(
    session: WriteSession,
    ctx: Context,
    number: int,
    said: Mapping[str, Sequence[str]],
    head: Mapping[str, str],
) -> BulletinView:
    """`said`: the paragraphs of sections by key; `head`: masthead, title, addressee, signed."""
    row = _held(session, ctx, number)
    now = Content.model_validate(row.content)
    _check(now, said, head)
    for section in now.sections:
        if section.key in said:
            section.said = [line.strip() for line in said[section.key] if line.strip()]
    changed = now.model_copy(update={name: value.strip() for name, value in head.items()})
    return _save(session, ctx, row, changed, "edited")


def _check(now: Content, said: Mapping[str, Sequence[str]], head: Mapping[str, str]) -> None:
    for name, value in head.items():
        if name not in {"masthead", "title", "addressee", "signed"} or not 2 <= len(value.strip()) <= 120:
            detail = "须有 2 至 120 个字"
            raise Invalid(
                f"{detail}。", code="bad_head", pointers=[{"pointer": f"/{name}", "detail": detail}]
            )
    known = {each.key for each in now.sections}
    for key, lines in said.items():
        if key not in known:
            raise NotFound(f"这份通报没有“{key}”部分。", code="unknown_section")
        if len(lines) > MOST_LINES or any(len(line) > LONGEST_LINE for line in lines):
            detail = f"最多 {MOST_LINES} 段，每段最多 {LONGEST_LINE} 字"
            raise Invalid(
                f"{detail}。", code="section_too_long", pointers=[{"pointer": f"/{key}", "detail": detail}]
            )


def _save(session: WriteSession, ctx: Context, row: Bulletin, made: Content, what: str) -> BulletinView:
    row.content, row.title, row.digest = made.model_dump(mode="json"), made.title, contents.digest(made)
    row.edited_by, row.edited_at, row.edits = ctx.actor.account_id, ctx.now, row.edits + 1
    audit.record(session, ctx, f"bulletin.{what}", _about(row.id), after={"digest": row.digest})
    return reading.view(session, ctx, row)


def drop(session: WriteSession, ctx: Context, number: int, reason: str) -> BulletinView:
    """A draft that is not wanted; another may be made for its period."""
    row = _held(session, ctx, number)
    if len(reason.strip()) < 2:
        detail = "请写明为什么作废"
        raise Invalid(
            f"{detail}。", code="reason_required", pointers=[{"pointer": "/reason", "detail": detail}]
        )
    row.state = "dropped"
    audit.record(session, ctx, "bulletin.dropped", _about(row.id), reason=reason.strip())
    return reading.view(session, ctx, row)


def issue(session: WriteSession, ctx: Context, number: int) -> BulletinView:
    """Gives it its number and date, freezes it, and tells the units. Not by anybody who wrote at it."""
    _require_city(ctx, ISSUE)
    row = _locked(session, number)
    content = Content.model_validate(row.content)
    rules.check_issue(content, editors=[row.drafted_by, row.edited_by], issuer=ctx.actor.account_id)
    today = local_day(ctx.now)
    # One after the other, so that no two get the same number.
    session.execute(select(Region.code).where(Region.parent_code.is_(None)).with_for_update())
    same = (Bulletin.report == row.report, Bulletin.year == today.year)
    last = session.execute(select(func.max(Bulletin.number)).where(*same)).scalar_one() or 0
    final = content.model_copy(update={"number": last + 1, "year": today.year, "issued_on": today})
    row.content, row.digest = final.model_dump(mode="json"), contents.digest(final)
    row.number, row.year = last + 1, today.year
    row.state, row.issued_by, row.issued_at = "issued", ctx.actor.account_id, ctx.now
    session.flush()
    told = [account.id for account in actors.holders(session, reading.READ)]
    notify(session, ctx, told, NOTICE, f"通报：{row.title}", f"/bulletins/{row.id}", _about(row.id))
    audit.record(
        session, ctx, "bulletin.issued", _about(row.id), after={"number": row.number, "digest": row.digest}
    )
    return reading.view(session, ctx, row)


def _held(session: WriteSession, ctx: Context, number: int) -> Bulletin:
    _require_city(ctx, EDIT)
    return _locked(session, number)


def _locked(session: WriteSession, number: int) -> Bulletin:
    rows = select(Bulletin).where(Bulletin.id == number).with_for_update()
    row = session.execute(rows).scalar_one_or_none()
    if row is None:
        raise NotFound("没有这份通报。", code="unknown_bulletin")
    if row.state != "draft":
        raise Conflict(f"这份通报{rules.STATE_NAMES[row.state]}，不能再改动。", code="bulletin_final")
    return row


def remind(parts: Runtime) -> int:
    """Tells those who write bulletins, once, that one is owed for the period that has ended."""
    ctx = Context(SYSTEM, parts.clock.now())
    done = 0
    with parts.database.write() as session:
        for offer in reading.offers(session, ctx):
            late = local_day(ctx.now) > offer.owed.last + rules.GRACE
            if offer.standing is not None or not late or offer.report.every == "regular":
                continue
            subject = f"bulletin:{offer.report.id}:{offer.owed.first}"
            if session.execute(select(Notice.id).where(Notice.subject == subject).limit(1)).first() is None:
                told = [account.id for account in actors.holders(session, EDIT)]
                title = f"应编发{offer.owed_name}“{offer.report.label}”"
                notify(session, ctx, told, DUE, title, "/bulletins", subject)
                done += bool(told)
    return done


def _about(number: int) -> str:
    return f"bulletin:{number}"
