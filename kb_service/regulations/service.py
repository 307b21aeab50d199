"""The deployment's profile and calendar, and what administrators record about them."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from kb_service.core import audit
from kb_service.core.clock import local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Invalid, NotFound
from kb_service.core.settings import get_settings
from kb_service.regulations import changes, deployment, profiles, rules
from kb_service.regulations.calendar import WorkingCalendar, national_days
from kb_service.regulations.model import (
    AnnouncedYear,
    CalendarOverride,
    Continuation,
    ProfileRevision,
    SuppliedNumber,
)
from kb_service.regulations.notice import parse_notice
from kb_service.regulations.schema import Profile

ADMINISTRATION = "system.manage"


@dataclass(frozen=True)
class NoticeImport:
    """`changed` are the days whose kind the notice changes, with whether they are worked from now on."""

    year: int
    days: Mapping[date, bool]
    changed: Mapping[date, bool]
    problems: tuple[str, ...]
    applied: bool


def list_profiles() -> list[Profile]:
    """Every profile at hand; raises ProfileInvalid when one of the files is wrong."""
    return [profiles.get_profile(each) for each in profiles.profile_ids()]


def get_profile(profile_id: str) -> Profile:
    """Raises NotFound, or ProfileInvalid when the file is wrong."""
    return profiles.get_profile(profile_id)


def current_profile(session: ReadSession, ctx: Context, profile_id: str | None = None) -> Profile:
    """The rules a request registered at `ctx.now` falls under; the deployment's unless one is named.

    The numbers that the deployment has recorded stand in their places. Raises Invalid where one is
    missing (deployment_numbers_missing), and outside the validity (profile_not_in_force) unless the
    deployment has recorded that the rules go on.
    """
    profile = profiles.get_profile(profile_id or get_settings().profile)
    rules.check_in_force(profile, local_day(ctx.now), continued_until(session, profile))
    if profile.deployment:
        profile = deployment.supplied(profile, supplied_numbers(session, profile))
        deployment.check_supplied(profile)
    return profile


def continued_until(session: ReadSession, profile: Profile) -> date | None:
    """Until when the deployment has recorded that the rules go on after their last day."""
    latest = select(func.max(Continuation.until)).where(Continuation.profile == profile.id)
    return session.execute(latest).scalar_one()


def standing_profile(session: ReadSession) -> Profile:
    """The deployment's rules for what must go on whatever lacks for tickets: numbers not recorded, validity over."""
    profile = profiles.get_profile(get_settings().profile)
    return deployment.supplied(profile, supplied_numbers(session, profile)) if profile.deployment else profile


def supplied_numbers(session: ReadSession, profile: Profile) -> dict[str, int]:
    """What the deployment has recorded of the numbers that the profile leaves open."""
    rows = session.execute(select(SuppliedNumber).where(SuppliedNumber.profile == profile.id)).scalars()
    return {row.name: row.number for row in rows if row.name in profile.deployment}


@dataclass(frozen=True)
class OpenNumber:
    """A number that the profile leaves open, with what the deployment has recorded of it."""

    name: str
    label: str
    unit: str
    without: str
    clause: str
    number: int | None = None
    basis: str = ""
    by: str = ""


def open_numbers(session: ReadSession, profile_id: str) -> list[OpenNumber]:
    """In the order of the profile."""
    profile = profiles.get_profile(profile_id)
    rows = session.execute(select(SuppliedNumber).where(SuppliedNumber.profile == profile_id)).scalars()
    known = {row.name: row for row in rows}
    found = []
    for name, each in profile.deployment.items():
        row = known.get(name)
        told = (row.number, row.basis, row.by) if row is not None else ()
        found.append(OpenNumber(name, each.label, each.unit, each.without, "、".join(each.clause), *told))
    return found


def supply_number(
    session: WriteSession, ctx: Context, profile_id: str, name: str, number: int, basis: str
) -> None:
    """Records a number that the regulation leaves open; open tickets keep those of their registration."""
    ctx.actor.require(ADMINISTRATION)
    deployment.supplied(profiles.get_profile(profile_id), {name: number})
    basis = _said(basis, "依据")
    row = session.get(SuppliedNumber, (profile_id, name))
    before = None if row is None else {"number": row.number, "basis": row.basis}
    if row is None:
        row = SuppliedNumber(profile=profile_id, name=name)
        session.add(row)
    row.number, row.basis = number, basis
    row.by, row.at = ctx.actor.name, ctx.now
    audit.record(
        session,
        ctx,
        "profile.number",
        f"profile:{profile_id}/{name}",
        before=before,
        after={"number": number},
        reason=basis,
    )


def calendar(session: ReadSession) -> WorkingCalendar:
    days = session.execute(select(CalendarOverride.day, CalendarOverride.working))
    years = session.execute(select(AnnouncedYear.year)).scalars()
    return WorkingCalendar({row.day: row.working for row in days}, frozenset(years))


def pin_profile(session: WriteSession, ctx: Context, profile: Profile) -> str:
    """Keeps what the profile says now, and returns the revision by which a ticket finds it again."""
    revision = profile.revision
    if session.get(ProfileRevision, (profile.id, revision)) is None:
        row = ProfileRevision(profile=profile.id, revision=revision, content=profile.content(), at=ctx.now)
        # Another request may keep the same revision at this moment; either row will do.
        with suppress(IntegrityError), session.begin_nested():
            session.add(row)
    return revision


def pinned_profile(session: ReadSession, profile_id: str, revision: str) -> Profile:
    """The rules a ticket was registered under, whatever the file says today."""
    row = session.get(ProfileRevision, (profile_id, revision))
    if row is None:
        raise NotFound(f"没有保存规则档案“{profile_id}”的版本{revision}。", code="profile_revision_not_found")
    return _parsed(json.dumps(row.content, ensure_ascii=False))


def set_override(session: WriteSession, ctx: Context, day: date, working: bool, note: str) -> None:
    """One day otherwise than the State Council's notice says; open tickets follow by the change recorded."""
    ctx.actor.require(ADMINISTRATION)
    before, note = calendar(session), _said(note, "说明")
    _put_override(session, ctx, day, working, note)
    changes.record(session, ctx, "override", day.year, note, before, calendar(session))


def remove_override(session: WriteSession, ctx: Context, day: date, reason: str) -> None:
    ctx.actor.require(ADMINISTRATION)
    before, reason = calendar(session), _said(reason, "理由")
    row = session.get(CalendarOverride, day)
    if row is None:
        raise NotFound(f"{day}没有本市的调整。", code="override_not_found")
    was = {"working": row.working, "note": row.note}
    session.delete(row)
    session.flush()
    audit.record(session, ctx, "calendar.remove", f"day:{day}", before=was, reason=reason)
    changes.record(session, ctx, "remove", day.year, reason, before, calendar(session))


def announce_year(
    session: WriteSession, ctx: Context, year: int, basis: str, days: Mapping[date, bool]
) -> None:
    """Records a whole year's notice; `days` are those that differ from the plain week, in that year."""
    ctx.actor.require(ADMINISTRATION)
    if wrong := sorted(day for day in days if day.year != year):
        raise Invalid(f"{wrong[0]}不在{year}年，请只录入该年的放假和调休日。", code="day_outside_year")
    before, basis = calendar(session), _said(basis, "依据")
    for day, working in days.items():
        _put_override(session, ctx, day, working, basis)
    if session.get(AnnouncedYear, year) is None:
        session.add(AnnouncedYear(year=year, basis=basis, by=ctx.actor.name, at=ctx.now))
        session.flush()
    audit.record(session, ctx, "calendar.announce", f"year:{year}", after={"days": len(days)}, reason=basis)
    changes.record(session, ctx, "notice", year, basis, before, calendar(session))


def _put_override(session: WriteSession, ctx: Context, day: date, working: bool, note: str) -> None:
    row = session.get(CalendarOverride, day)
    before = None if row is None else {"working": row.working, "note": row.note}
    if row is None:
        row = CalendarOverride(day=day)
        session.add(row)
    row.working, row.note = working, note
    row.by, row.at = ctx.actor.name, ctx.now
    session.flush()
    after = {"working": working, "note": note}
    audit.record(session, ctx, "calendar.override", f"day:{day}", before=before, after=after, reason=note)


def import_notice(
    session: WriteSession, ctx: Context, year: int, basis: str, text: str, *, dry_run: bool = False
) -> NoticeImport:
    """Reads a whole year's notice and, unless it is a dry run, records it.

    Raises Invalid (notice_unreadable), naming line and cause, where a notice with problems would be
    recorded; a dry run tells them instead.
    """
    ctx.actor.require(ADMINISTRATION)
    notice = parse_notice(text, year)
    now = calendar(session)
    changed = {day: works for day, works in sorted(notice.days.items()) if now.is_working(day) != works}
    if not dry_run:
        if notice.problems:
            raise Invalid(
                f"通知没有录入：{'；'.join(notice.problems)}。",
                code="notice_unreadable",
                extra={"problems": notice.problems},
            )
        announce_year(session, ctx, year, basis, notice.days)
    return NoticeImport(year, notice.days, changed, tuple(notice.problems), applied=not dry_run)


@dataclass(frozen=True)
class SpecialDay:
    """A day that is not worked as the plain week says, or of which the city says so itself."""

    day: date
    working: bool
    source: Literal["national", "city"]
    note: str = ""
    by: str = ""


def special_days(session: ReadSession, year: int) -> list[SpecialDay]:
    """Holidays and make-up days of a year in their order; what the city says goes before the nation's notice."""
    span = (CalendarOverride.day >= date(year, 1, 1), CalendarOverride.day <= date(year, 12, 31))
    own = {row.day: row for row in session.execute(select(CalendarOverride).where(*span)).scalars()}
    found = [
        SpecialDay(day, working, "national") for day, working in national_days(year).items() if day not in own
    ]
    found += [SpecialDay(row.day, row.working, "city", row.note, row.by) for row in own.values()]
    return sorted(found, key=lambda each: each.day)


def provisional_years(session: ReadSession, ctx: Context) -> list[int]:
    """Of this year and the next, those whose holidays nobody has announced: due times there may move."""
    now, year = calendar(session), local_day(ctx.now).year
    known = now.known_years
    return [each for each in (year, year + 1) if each not in known]


def record_continuation(
    session: WriteSession, ctx: Context, profile_id: str, until: date, basis: str, decided_by: str
) -> None:
    """Records who decided, on what basis, that a city's rules go on until a day."""
    ctx.actor.require(ADMINISTRATION)
    end = profiles.get_profile(profile_id).validity.end
    if end is None or until <= end:
        raise Invalid("继续适用的日期应晚于规则原定的有效期末日。", code="continuation_not_later")
    session.add(
        Continuation(
            profile=profile_id,
            until=until,
            basis=_said(basis, "依据"),
            decided_by=_said(decided_by, "决定机关"),
            by=ctx.actor.name,
            at=ctx.now,
        )
    )
    after = {"until": until.isoformat(), "decided_by": decided_by}
    audit.record(session, ctx, "profile.continue", f"profile:{profile_id}", after=after, reason=basis)


@lru_cache(maxsize=64)
def _parsed(content: str) -> Profile:
    return Profile.model_validate_json(content)


def _said(text: str, what: str) -> str:
    if not text.strip():
        raise Invalid(f"请填写{what}。", code="reason_missing")
    return text.strip()
