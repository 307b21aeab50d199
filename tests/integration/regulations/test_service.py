"""The deployment's rules and calendar, and what administrators record about them."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from kb_service.core.audit import AuditRow
from kb_service.core.clock import CITY, FixedClock
from kb_service.core.db import Database, WriteSession
from kb_service.core.errors import Forbidden, Invalid, NotFound
from kb_service.regulations import service
from kb_service.regulations.calendar import Period
from tests.support.contexts import ContextBuilder
from tests.support.deadlines import TAIAN

NEW_YEAR = date(2027, 1, 1)


@pytest.fixture
def session(db: Database) -> Iterator[WriteSession]:
    with db.write() as opened:
        yield opened


def audited(session: WriteSession) -> list[str]:
    session.flush()
    return list(session.execute(select(AuditRow.action).order_by(AuditRow.id)).scalars())


def test_the_deployments_profile_is_the_demo_city_unless_set(
    session: WriteSession, ctx: ContextBuilder
) -> None:
    assert service.current_profile(session, ctx()).id == "demo"
    assert {each.id for each in service.list_profiles()} >= {"demo", "shaoguan-2022"}


def test_expired_rules_refuse_a_registration_until_someone_records_that_they_go_on(
    session: WriteSession, ctx: ContextBuilder, clock: FixedClock
) -> None:
    with pytest.raises(Invalid) as refused:
        service.current_profile(session, ctx(), "shaoguan-2022")
    assert refused.value.code == "profile_not_in_force"
    until = date(2026, 12, 31)
    service.record_continuation(
        session, ctx(), "shaoguan-2022", until, "市政府第九次常务会议", "市政府办公室"
    )
    session.flush()
    assert service.current_profile(session, ctx(), "shaoguan-2022").id == "shaoguan-2022"
    clock.at = datetime(2027, 1, 1, 9, tzinfo=CITY)
    with pytest.raises(Invalid, match="2026-12-31"):
        service.current_profile(session, ctx(), "shaoguan-2022")
    assert audited(session) == ["profile.continue"]


@pytest.mark.parametrize(("until", "basis"), [(date(2025, 11, 3), "决定"), (date(2026, 12, 31), "  ")])
def test_a_continuation_needs_a_later_day_and_a_basis(
    session: WriteSession, ctx: ContextBuilder, until: date, basis: str
) -> None:
    with pytest.raises(Invalid):
        service.record_continuation(session, ctx(), "shaoguan-2022", until, basis, "市政府办公室")


def test_the_citys_changes_count_in_due_times_and_can_be_taken_back(
    session: WriteSession, ctx: ContextBuilder, clock: FixedClock
) -> None:
    monday = date(2026, 11, 23)
    plain = service.calendar(session).due(clock.now(), Period(working_days=1))
    service.set_override(session, ctx(), monday, working=False, note="台风停工")
    session.flush()
    moved = service.calendar(session).due(clock.now(), Period(working_days=1))
    service.remove_override(session, ctx(), monday, "台风改道")
    session.flush()
    assert [each.due_day for each in (plain, moved)] == [monday, date(2026, 11, 24)]
    assert service.calendar(session).is_working(monday)
    assert audited(session) == ["calendar.override", "calendar.remove"]


def test_changing_an_override_keeps_what_it_was_before(session: WriteSession, ctx: ContextBuilder) -> None:
    service.set_override(session, ctx(), NEW_YEAR, working=False, note="元旦")
    service.set_override(session, ctx(), NEW_YEAR, working=True, note="更正")
    session.flush()
    rows = list(session.execute(select(AuditRow).order_by(AuditRow.id)).scalars())
    assert [row.before for row in rows] == [None, {"working": False, "note": "元旦"}]


def test_a_year_entered_whole_is_no_longer_provisional(session: WriteSession, ctx: ContextBuilder) -> None:
    event = datetime(2026, 12, 30, 9, tzinfo=CITY)
    before = service.calendar(session).due(event, Period(working_days=2))
    service.announce_year(session, ctx(), 2027, "国务院办公厅通知", {NEW_YEAR: False})
    session.flush()
    after = service.calendar(session).due(event, Period(working_days=2))
    assert (before.due_day, before.provisional) == (NEW_YEAR, True)
    assert (after.due_day, after.provisional) == (date(2027, 1, 4), False)


def test_a_notice_holds_days_of_its_year_only(session: WriteSession, ctx: ContextBuilder) -> None:
    with pytest.raises(Invalid, match="2026-12-31"):
        service.announce_year(session, ctx(), 2027, "通知", {date(2026, 12, 31): False})


def test_a_ticket_finds_the_rules_of_its_registration_again(
    session: WriteSession, ctx: ContextBuilder
) -> None:
    profile = service.get_profile("demo")
    revision = service.pin_profile(session, ctx(), profile)
    assert service.pin_profile(session, ctx(), profile) == revision
    assert service.pinned_profile(session, "demo", revision) == profile
    with pytest.raises(NotFound):
        service.pinned_profile(session, "demo", "0" * 16)


def test_only_the_administration_changes_days_and_continues_rules(
    session: WriteSession, ctx: ContextBuilder
) -> None:
    editor = ctx("unit_editor")
    until = editor.now.date() + timedelta(days=365)
    with pytest.raises(Forbidden):
        service.set_override(session, editor, NEW_YEAR, working=False, note="元旦")
    with pytest.raises(Forbidden):
        service.remove_override(session, editor, NEW_YEAR, "更正")
    with pytest.raises(Forbidden):
        service.announce_year(session, editor, 2027, "通知", {})
    with pytest.raises(Forbidden):
        service.record_continuation(session, editor, "demo", until, "决定", "市政府办公室")


def test_taking_back_a_change_that_is_not_there_is_told(session: WriteSession, ctx: ContextBuilder) -> None:
    with pytest.raises(NotFound):
        service.remove_override(session, ctx(), NEW_YEAR, "更正")


def test_two_registrations_that_keep_the_same_rules_at_once_both_succeed(
    db: Database, ctx: ContextBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = service.get_profile("demo")
    with db.write() as first:
        service.pin_profile(first, ctx(), profile)
    with db.write() as second:
        # What a request sees that looked before the other had committed.
        monkeypatch.setattr(second, "get", lambda *_: None)
        revision = service.pin_profile(second, ctx(), profile)
        second.execute(select(AuditRow.id))
    with db.read() as session:
        assert service.pinned_profile(session, "demo", revision) == profile


def test_a_city_without_numbers_registers_nothing_until_the_deployment_has_set_them(
    session: WriteSession, ctx: ContextBuilder
) -> None:
    with pytest.raises(Invalid, match="签收期限") as refused:
        service.current_profile(session, ctx(), "taian-2025")
    assert refused.value.code == "deployment_numbers_missing"
    for name, number in TAIAN.items():
        service.supply_number(session, ctx(), "taian-2025", name, number, "市政府办公室会议纪要")
    session.flush()
    profile = service.current_profile(session, ctx(), "taian-2025")
    assert profile.classes["help"].limit.within.working_days == 5
    assert set(audited(session)) == {"profile.number"}


def test_a_ticket_keeps_the_numbers_of_its_registration(session: WriteSession, ctx: ContextBuilder) -> None:
    for name, number in TAIAN.items():
        service.supply_number(session, ctx(), "taian-2025", name, number, "会议纪要")
    session.flush()
    before = service.current_profile(session, ctx(), "taian-2025")
    revision = service.pin_profile(session, ctx(), before)
    service.supply_number(session, ctx(), "taian-2025", "help", 8, "会议纪要二")
    session.flush()
    after = service.current_profile(session, ctx(), "taian-2025")
    assert after.classes["help"].limit.within.working_days == 8
    kept = service.pinned_profile(session, "taian-2025", revision)
    assert kept.classes["help"].limit.within.working_days == 5
    last = list(session.execute(select(AuditRow).order_by(AuditRow.id)).scalars())[-1]
    assert (last.before, last.after) == ({"number": 5, "basis": "会议纪要"}, {"number": 8})


@pytest.mark.parametrize(
    ("profile_id", "name", "number", "basis"),
    [
        ("taian-2025", "help", 0, "决定"),
        ("taian-2025", "holidays", 1, "决定"),
        ("taian-2025", "help", 3, " "),
    ],
)
def test_a_number_needs_a_place_a_sense_and_a_basis(
    session: WriteSession, ctx: ContextBuilder, profile_id: str, name: str, number: int, basis: str
) -> None:
    with pytest.raises(Invalid):
        service.supply_number(session, ctx(), profile_id, name, number, basis)


NOTICE = "一、元旦：1月1日（周五）至3日（周日）放假，共3天。1月9日（周六）上班。"


def test_a_dry_run_of_the_notice_shows_what_would_change_and_changes_nothing(
    session: WriteSession, ctx: ContextBuilder
) -> None:
    shown = service.import_notice(session, ctx(), 2027, "国办发明电", NOTICE, dry_run=True)
    assert shown.changed == {NEW_YEAR: False, date(2027, 1, 9): True}
    assert (shown.applied, shown.problems) == (False, ())
    assert service.calendar(session).is_working(NEW_YEAR)
    assert service.provisional_years(session, ctx()) == [2027]
    assert audited(session) == []


def test_the_notice_is_recorded_whole_and_its_year_is_no_longer_provisional(
    session: WriteSession, ctx: ContextBuilder
) -> None:
    done = service.import_notice(session, ctx(), 2027, "国办发明电", NOTICE)
    session.flush()
    now = service.calendar(session)
    assert done.applied
    assert [now.is_working(date(2027, 1, day)) for day in (1, 4, 9)] == [False, True, True]
    assert service.provisional_years(session, ctx()) == []
    assert audited(session)[-1] == "calendar.announce"
    again = service.import_notice(session, ctx(), 2027, "国办发明电", NOTICE, dry_run=True)
    assert again.changed == {}


def test_a_notice_with_a_mistake_is_told_in_a_dry_run_and_refused_otherwise(
    session: WriteSession, ctx: ContextBuilder
) -> None:
    wrong = "元旦：1月1日（周四）放假。"
    shown = service.import_notice(session, ctx(), 2027, "国办发明电", wrong, dry_run=True)
    assert "周五" in shown.problems[0]
    with pytest.raises(Invalid, match="周五") as refused:
        service.import_notice(session, ctx(), 2027, "国办发明电", wrong)
    assert refused.value.code == "notice_unreadable"
    assert service.provisional_years(session, ctx()) == [2027]


def test_only_the_administration_supplies_numbers_and_notices(
    session: WriteSession, ctx: ContextBuilder
) -> None:
    editor = ctx("unit_editor")
    with pytest.raises(Forbidden):
        service.supply_number(session, editor, "taian-2025", "help", 5, "决定")
    with pytest.raises(Forbidden):
        service.import_notice(session, editor, 2027, "通知", NOTICE, dry_run=True)
