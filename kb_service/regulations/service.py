"""The deployment's profile and calendar, and what administrators record about them."""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from functools import lru_cache

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from kb_service.core import audit
from kb_service.core.clock import local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Invalid, NotFound
from kb_service.core.settings import get_settings
from kb_service.regulations import profiles, rules
from kb_service.regulations.calendar import WorkingCalendar
from kb_service.regulations.model import AnnouncedYear, CalendarOverride, Continuation, ProfileRevision
from kb_service.regulations.schema import Profile

ADMINISTRATION = "system.manage"


def list_profiles() -> list[Profile]:
    """Every profile at hand; raises ProfileInvalid when one of the files is wrong."""
    return [profiles.get_profile(each) for each in profiles.profile_ids()]


def get_profile(profile_id: str) -> Profile:
    """Raises NotFound, or ProfileInvalid when the file is wrong."""
    return profiles.get_profile(profile_id)


def current_profile(session: ReadSession, ctx: Context, profile_id: str | None = None) -> Profile:
    """The rules a request registered at `ctx.now` falls under; the deployment's unless one is named.

    Raises Invalid (profile_not_in_force) outside the validity, unless the deployment has recorded that
    the rules go on.
    """
    profile = profiles.get_profile(profile_id or get_settings().profile)
    latest = select(func.max(Continuation.until)).where(Continuation.profile == profile.id)
    rules.check_in_force(profile, local_day(ctx.now), session.execute(latest).scalar_one())
    return profile


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
    ctx.actor.require(ADMINISTRATION)
    row = session.get(CalendarOverride, day)
    before = None if row is None else {"working": row.working, "note": row.note}
    if row is None:
        row = CalendarOverride(day=day)
        session.add(row)
    row.working, row.note = working, _said(note, "说明")
    row.by, row.at = ctx.actor.name, ctx.now
    after = {"working": working, "note": note}
    audit.record(session, ctx, "calendar.override", f"day:{day}", before=before, after=after, reason=note)


def remove_override(session: WriteSession, ctx: Context, day: date, reason: str) -> None:
    ctx.actor.require(ADMINISTRATION)
    row = session.get(CalendarOverride, day)
    if row is None:
        raise NotFound(f"{day}没有本市的调整。")
    before = {"working": row.working, "note": row.note}
    session.delete(row)
    audit.record(session, ctx, "calendar.remove", f"day:{day}", before=before, reason=_said(reason, "理由"))


def announce_year(
    session: WriteSession, ctx: Context, year: int, basis: str, days: Mapping[date, bool]
) -> None:
    """Records a whole year's notice; `days` are those that differ from the plain week, in that year."""
    ctx.actor.require(ADMINISTRATION)
    if wrong := sorted(day for day in days if day.year != year):
        raise Invalid(f"{wrong[0]}不在{year}年，请只录入该年的放假和调休日。", code="day_outside_year")
    for day, working in days.items():
        set_override(session, ctx, day, working, basis)
    if session.get(AnnouncedYear, year) is None:
        row = AnnouncedYear(year=year, basis=_said(basis, "依据"), by=ctx.actor.name, at=ctx.now)
        session.add(row)
    audit.record(session, ctx, "calendar.announce", f"year:{year}", after={"days": len(days)}, reason=basis)


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
