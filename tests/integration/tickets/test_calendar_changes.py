"""A change of the calendar: open tickets are counted anew, what moved is kept, shown and told; nothing is silent."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from kb_service.core import audit
from kb_service.core.clock import FixedClock
from kb_service.core.context import SYSTEM, Context
from kb_service.core.errors import Invalid, NotFound
from kb_service.notices.service import inbox
from kb_service.regulations import changes
from kb_service.regulations import service as regulations
from kb_service.regulations.calendar import WorkingCalendar
from kb_service.tickets.calendar import jobs as calendar_jobs
from kb_service.tickets.calendar import service as calendar
from kb_service.tickets.calendar.model import DueMove, Following
from kb_service.tickets.calendar.schemas import ChangeOut, MoveOut
from kb_service.tickets.model import Ticket
from tests.integration.tickets.conftest import Desk
from tests.support.ticket_life import HANDLER

MONDAY, SATURDAY = date(2026, 11, 23), date(2026, 11, 28)
Bearer = Callable[..., dict[str, str]]


def change(desk: Desk, day: date, *, working: bool, note: str = "台风停工") -> None:
    assert isinstance(desk.parts.clock, FixedClock)
    desk.parts.clock.advance(timedelta(minutes=1))
    ctx = Context(SYSTEM, desk.parts.clock.now())
    with desk.parts.database.write() as session:
        regulations.set_override(session, ctx, day, working, note)


def followed(desk: Desk) -> list[ChangeOut]:
    """Every change, the newest first, once the worker has come by."""
    while calendar_jobs.follow(desk.parts):
        pass
    with desk.parts.database.read() as session:
        return calendar.changes_out(session)


def moved(desk: Desk, change_id: int, by: str = "centre") -> list[MoveOut]:
    with desk.parts.database.read() as session:
        return calendar.moved(session, desk.service.world.as_(by), change_id, limit=100).items


def handed_on(desk: Desk, to: str = "U-GAJ", by: str = "first", **request: str) -> str:
    code = desk.register(**request)
    desk.act(code, "centre", "dispatch", to=to)
    desk.act(code, by, "sign", **HANDLER)
    return code


def handling(desk: Desk, code: str) -> date:
    return next(each.due_day for each in desk.read(code).clocks if each.name == "handling")


@pytest.mark.parametrize(
    ("day", "working", "due_day", "shown"),
    [
        (MONDAY, False, date(2026, 12, 7), "12月7日24时前"),
        (SATURDAY, True, date(2026, 12, 3), "12月3日24时前"),
    ],
)
def test_a_day_more_or_less_moves_due_times_and_is_told_from_when_to_when(
    in_city: Callable[[str], Desk], day: date, *, working: bool, due_day: date, shown: str
) -> None:
    desk = in_city("shaoguan-2022")
    code = handed_on(desk, **{"class": "help"})
    # Ten working days from Friday 20 November: the last is Friday 4 December.
    assert handling(desk, code) == date(2026, 12, 4)
    change(desk, day, working=working)
    (told,) = followed(desk)
    assert (told.followed, told.compared, told.moved, told.days) == (True, 1, 1, {day: working})
    moves = {each.name: each for each in moved(desk, told.id)}
    assert (moves["handling"].before_shown, moves["handling"].after_shown) == ("12月4日24时前", shown)
    assert handling(desk, code) == due_day
    assert desk.read(code).moves[0].reason == "台风停工"
    with desk.parts.database.read() as session:
        row = session.execute(select(Ticket).where(Ticket.code == code)).scalar_one()
        assert row.due_at == desk.read(code).due_at


def test_a_change_that_no_due_time_crosses_moves_nothing_and_tells_nobody(
    in_city: Callable[[str], Desk],
) -> None:
    desk = in_city("shaoguan-2022")
    handed_on(desk)
    change(desk, date(2027, 8, 3), working=False)
    assert [(each.compared, each.moved) for each in followed(desk)] == [(1, 0)]
    with desk.parts.database.read() as session:
        kinds = {each.kind for each in inbox(session, desk.service.world.as_("first")).items}
    assert "ticket.due_moved" not in kinds


def test_saying_what_was_so_already_is_no_change(in_city: Callable[[str], Desk]) -> None:
    desk = in_city("shaoguan-2022")
    change(desk, MONDAY, working=True)
    change(desk, SATURDAY, working=False)
    assert followed(desk) == []


def test_each_unit_is_told_once_with_its_own_list_and_sees_no_other_s(in_city: Callable[[str], Desk]) -> None:
    desk = in_city("shaoguan-2022")
    mine = [handed_on(desk), handed_on(desk)]
    other = handed_on(desk, "U-RSJ", "second")
    change(desk, MONDAY, working=False)
    (told,) = followed(desk)
    assert told.moved == 3
    with desk.parts.database.read() as session:
        for login, number in (("first", "2件"), ("second", "1件"), ("centre", "3件")):
            items = inbox(session, desk.service.world.as_(login)).items
            notices = [each for each in items if each.kind == "ticket.due_moved"]
            assert [number in each.title for each in notices] == [True], login
            assert notices[0].link == f"/calendar/changes/{told.id}"
    assert {each.code for each in moved(desk, told.id, "first")} == set(mine)
    assert {each.code for each in moved(desk, told.id, "second")} == {other}


def test_changes_are_followed_one_after_the_other_each_with_its_own_moves(
    in_city: Callable[[str], Desk],
) -> None:
    desk = in_city("shaoguan-2022")
    code = handed_on(desk, **{"class": "help"})
    change(desk, MONDAY, working=False)
    change(desk, MONDAY, working=True, note="台风转向，照常上班")
    second, first = followed(desk)
    spans = {
        each.change: (each.before_shown, each.after_shown)
        for one in (first, second)
        for each in moved(desk, one.id)
        if each.name == "handling"
    }
    there, back = ("12月4日24时前", "12月7日24时前"), ("12月7日24时前", "12月4日24时前")
    assert spans == {first.id: there, second.id: back}
    assert handling(desk, code) == date(2026, 12, 4)


def test_what_had_been_deemed_and_no_longer_is_stands_in_the_list(
    in_city: Callable[[str], Desk], clock: FixedClock
) -> None:
    desk = in_city("xiangtan-2021")
    code = desk.register()
    desk.act(code, "centre", "dispatch", to="U-GAJ")
    clock.advance(timedelta(days=4))
    signed = [each for each in desk.read(code).effects if each.effect == "deemed_signed"]
    assert len(signed) == 1
    change(desk, MONDAY, working=False)
    (told,) = followed(desk)
    effects = [each for each in moved(desk, told.id) if each.name == "deemed_signed"]
    assert [(each.before is not None, each.clause) for each in effects] == [(True, signed[0].clause)]


def test_tickets_registered_after_a_change_were_never_counted_otherwise(
    in_city: Callable[[str], Desk], clock: FixedClock
) -> None:
    desk = in_city("shaoguan-2022")
    change(desk, MONDAY, working=False)
    clock.advance(timedelta(hours=1))
    handed_on(desk)
    assert [(each.compared, each.moved) for each in followed(desk)] == [(0, 0)]


def test_many_tickets_are_followed_in_steps_that_can_be_broken_off(
    in_city: Callable[[str], Desk],
) -> None:
    desk = in_city("shaoguan-2022")
    codes = [handed_on(desk) for _ in range(5)]
    change(desk, MONDAY, working=False)
    ctx = Context(SYSTEM, desk.parts.clock.now())
    for compared in (2, 4, 5):
        with desk.parts.database.write() as session:
            calendar.follow(session, ctx, limit=2)
        with desk.parts.database.read() as session:
            following = session.execute(select(Following)).scalar_one()
            assert (following.compared, following.ended_at is not None) == (compared, compared == 5)
    with desk.parts.database.read() as session:
        rows = session.execute(select(DueMove.ticket_id).distinct()).scalars().all()
    assert len(rows) == len(codes)


def test_a_supervision_s_due_time_follows_too(in_city: Callable[[str], Desk]) -> None:
    from tests.integration.tickets.test_supervised import agree, supervised, with_unit

    desk = in_city("xiangtan-2021")
    code = with_unit(desk)
    supervised(desk, code)
    change(desk, MONDAY, working=False)
    followed(desk)
    agree(desk, code)


def test_what_moved_is_never_changed_or_deleted(in_city: Callable[[str], Desk]) -> None:
    desk = in_city("shaoguan-2022")
    handed_on(desk)
    change(desk, MONDAY, working=False)
    followed(desk)
    for statement in (
        "DELETE FROM tickets_due_move",
        "UPDATE tickets_due_move SET label = 'x'",
        "DELETE FROM regulations_calendar_change",
        "UPDATE regulations_calendar_change SET reason = 'x'",
    ):
        with pytest.raises(DatabaseError), desk.parts.database.write() as session:
            session.execute(text(statement))


def test_a_preview_tells_what_would_move_and_keeps_nothing(in_city: Callable[[str], Desk]) -> None:
    desk = in_city("shaoguan-2022")
    code = handed_on(desk)
    with desk.parts.database.read() as session:
        after = WorkingCalendar({MONDAY: False})
        found, compared = calendar.foreseen(session, desk.service.world.as_("centre"), after)
    assert ([ticket.code for ticket, _ in found], compared) == ([code], 1)
    assert followed(desk) == []


NOTICE = "1月1日（周五）至3日（周日）放假，1月10日（周日）上班。"


def test_the_calendar_over_http_by_administrators_alone_with_audit(
    in_city: Callable[[str], Desk], client: TestClient, bearer: Bearer, clock: FixedClock
) -> None:
    desk = in_city("shaoguan-2022")
    handed_on(desk)
    clock.advance(timedelta(minutes=1))
    officer, agent = bearer("system_officer"), bearer("agent")
    sent = {"working": False, "note": "台风停工"}
    assert client.put("/api/v1/calendar/days/2026-11-23", json=sent, headers=agent).status_code == 403
    assert client.put("/api/v1/calendar/days/2026-11-23", json=sent, headers=officer).status_code == 200
    notice = {"year": 2027, "basis": "国办发明电〔2026〕7号", "text": NOTICE}
    dry = client.post("/api/v1/calendar/notices", json=notice | {"dry_run": True}, headers=officer).json()
    assert (dry["applied"], dry["changed"]) == (False, {"2027-01-01": False, "2027-01-10": True})
    shown = client.get("/api/v1/calendar?year=2027", headers=agent).json()
    assert (shown["announced"], shown["unannounced"]) == (False, [2027])
    assert client.post("/api/v1/calendar/notices", json=notice, headers=officer).json()["applied"] is True
    shown = client.get("/api/v1/calendar?year=2027", headers=agent).json()
    assert (shown["announced"], shown["unannounced"], len(shown["days"])) == (True, [], 4)
    followed(desk)
    told = client.get("/api/v1/calendar/changes", headers=agent).json()["items"]
    assert [(each["kind"], each["followed"]) for each in told] == [("notice", True), ("override", True)]
    rows = client.get(f"/api/v1/calendar/changes/{told[1]['id']}/moves", headers=agent).json()["items"]
    assert {each["name"] for each in rows} >= {"handling"}
    gone = client.delete("/api/v1/calendar/days/2026-11-23?reason=台风转向", headers=officer)
    assert gone.status_code == 200
    again = client.delete("/api/v1/calendar/days/2026-11-23?reason=台风转向", headers=officer)
    assert (again.status_code, again.json()["code"]) == (404, "override_not_found")
    with desk.parts.database.read() as session:
        actions = set(session.execute(select(audit.AuditRow.action)).scalars())
    assert actions >= {"calendar.override", "calendar.announce", "calendar.remove", "calendar.followed"}


def test_the_numbers_a_regulation_leaves_open_are_supplied_over_http_with_their_basis(
    in_city: Callable[[str], Desk], client: TestClient, bearer: Bearer
) -> None:
    desk = in_city("taian-2025")
    officer = bearer("system_officer")
    found = client.get("/api/v1/profile-numbers", headers=officer).json()["items"]
    assert found and all(each["label"] and each["without"] and each["clause"] for each in found)
    name = found[0]["name"]
    sent = {"number": 6, "basis": "市政府办公室会议纪要"}
    assert (
        client.put(f"/api/v1/profile-numbers/{name}", json=sent, headers=bearer("agent")).status_code == 403
    )
    told = client.put(f"/api/v1/profile-numbers/{name}", json=sent, headers=officer).json()["items"][0]
    assert (told["number"], told["basis"]) == (6, "市政府办公室会议纪要")
    wrong = client.put("/api/v1/profile-numbers/nothing", json=sent, headers=officer)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "deployment_number_unknown")
    with desk.parts.database.read() as session:
        rows = select(audit.AuditRow).where(audit.AuditRow.action == "profile.number")
        kept = session.execute(rows.order_by(audit.AuditRow.id.desc()).limit(1)).scalar_one()
    assert (kept.after, kept.reason) == ({"number": 6}, "市政府办公室会议纪要")


def test_a_change_nobody_made_is_not_found_and_a_reason_is_needed(in_city: Callable[[str], Desk]) -> None:
    desk = in_city("shaoguan-2022")
    with desk.parts.database.read() as session, pytest.raises(NotFound):
        changes.find(session, 77)
    with pytest.raises(Invalid):
        change(desk, MONDAY, working=False, note=" ")
