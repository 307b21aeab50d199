"""Tickets over a real base: who may do what, what is kept, and what happens when two act at once."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from kb_service.app import job_named
from kb_service.core.clock import FixedClock
from kb_service.core.context import PUBLIC, Context
from kb_service.core.errors import Conflict, Forbidden, KbError, NotFound
from kb_service.identity.model import Account
from kb_service.notices.model import Notice
from kb_service.notices.service import inbox, unread_count
from kb_service.supervision.model import Urging
from kb_service.tickets import schemas
from kb_service.tickets.service import acting, listing, looking_up, reading, registering
from tests.support.service import Service
from tests.support.threads import together
from tests.support.ticket_life import WHOLE

STAFF = {
    "dispatcher": ("U-ZX", "dispatcher"),
    "second": ("U-ZX", "dispatcher"),
    "gaj_handler": ("U-GAJ", "unit_handler"),
    "rsj_handler": ("U-RSJ", "unit_handler"),
    "rsj_confidant": ("U-RSJ", "confidential_handler"),
    "clerk": ("U-ZX", "callback_clerk"),
}
CANARY = {"name": "甄金丝雀", "phone": "13987654321", "address": "梧桐里九号"}


@pytest.fixture
def desk(service: Service) -> Service:
    for login, (unit, role) in STAFF.items():
        service.world.employ(login, unit, role)
    return service


def ticket_in(**changes: Any) -> schemas.TicketIn:
    values = {
        "class": "complaint",
        "region": "990101",
        "title": "夜间施工噪声",
        "text": "工地夜里两点还在打桩。",
    }
    return schemas.TicketIn.model_validate(values | {"requester": CANARY} | changes)


def register(desk: Service, by: str = "agent", **changes: Any) -> str:
    with desk.parts.database.write() as session:
        ctx = Context(PUBLIC, desk.parts.clock.now()) if by == "public" else desk.world.as_(by)
        return registering.register(session, ctx, desk.parts, ticket_in(**changes)).code


def act(desk: Service, code: str, by: str, type: str, seq: int | None = None, **data: Any) -> str:  # noqa: A002
    with desk.parts.database.write() as session:
        return acting.act(
            session, desk.world.as_(by), desk.parts, code, schemas.EventIn(type=type, data=data, seq=seq)
        ).status


def read(desk: Service, code: str, by: str = "dispatcher") -> schemas.TicketOut:
    with desk.parts.database.read() as session:
        return reading.read(session, desk.world.as_(by), desk.parts, code)


@pytest.mark.clause("SG-17.2")
def test_a_dispatched_complaint_is_due_after_ten_working_days(desk: Service) -> None:
    code = register(desk)
    assert read(desk, code).clocks == []
    act(desk, code, "dispatcher", "dispatch", to="U-GAJ")
    seen = read(desk, code)
    assert [(clock.name, clock.due_day) for clock in seen.clocks if clock.name == "handling"] == [
        ("handling", date(2026, 12, 4))
    ]
    assert seen.due_at is not None


@pytest.mark.clause("SG-17.1")
def test_a_dispatched_consultation_is_due_after_two_working_days(desk: Service) -> None:
    code = register(desk, **{"class": "consultation"})
    act(desk, code, "dispatcher", "dispatch", to="U-GAJ")
    assert [clock.due_day for clock in read(desk, code).clocks if clock.name == "handling"] == [
        date(2026, 11, 24)
    ]


def test_the_whole_life_of_a_ticket_is_told_step_by_step(desk: Service) -> None:
    code = register(desk, "public", channel="web")
    for by, kind, data in (
        ("dispatcher", "dispatch", {"to": "U-GAJ"}),
        ("gaj_handler", "sign", {}),
        ("gaj_handler", "contact", {"reached": True, "details": "已联系"}),
        ("gaj_handler", "reply", {"result": "已责令停工"}),
        ("gaj_handler", "request_completion", WHOLE),
        ("dispatcher", "decide_completion", {"approved": True}),
        ("clerk", "rate", {"choices": ["satisfied"]}),
        ("agent", "archive", {}),
    ):
        act(desk, code, by, kind, **data)
    seen = read(desk, code)
    assert seen.status == "closed"
    assert [event.type for event in seen.events] == [
        "register", "dispatch", "sign", "contact", "reply", "request_completion", "decide_completion",
        "request_rating", "rate", "archive",
    ]  # fmt: skip
    with desk.parts.database.read() as session:
        told = looking_up.progress(session, desk.parts, code, "139 8765 4321")
    assert told.status_label == "已归档"
    assert "承办单位已回复" in told.steps[-3]


def test_people_learn_what_awaits_them_and_the_notice_is_settled_when_it_is_done(desk: Service) -> None:
    code = register(desk)
    with desk.parts.database.read() as session:
        mine = inbox(session, desk.world.as_("dispatcher")).items
        assert [notice.link for notice in mine] == [f"/tickets/{code}"]
        assert unread_count(session, desk.world.as_("second")) == 1
    act(desk, code, "dispatcher", "dispatch", to="U-GAJ")
    with desk.parts.database.read() as session:
        assert unread_count(session, desk.world.as_("second")) == 0
        assert unread_count(session, desk.world.as_("gaj_handler")) == 1
        assert unread_count(session, desk.world.as_("rsj_handler")) == 0


def test_of_two_acting_at_once_one_succeeds_and_the_other_is_told(desk: Service) -> None:
    code = register(desk)
    units = iter(["U-GAJ", "U-RSJ"] * 3)
    chosen = [next(units) for _ in range(6)]

    def try_dispatch() -> str:
        try:
            return act(desk, code, "dispatcher", "dispatch", seq=1, to=chosen.pop())
        except Conflict as refused:
            return refused.code

    results = sorted(together(try_dispatch, 6))
    assert results.count("dispatched") == 1
    assert set(results) <= {"dispatched", "ticket_changed", "wrong_state"}
    assert len(read(desk, code).events) == 2


def test_other_units_neither_see_nor_handle_it(desk: Service) -> None:
    code = register(desk)
    with pytest.raises(NotFound):
        read(desk, code, "gaj_handler")
    act(desk, code, "dispatcher", "dispatch", to="U-GAJ")
    assert read(desk, code, "gaj_handler").code == code
    with pytest.raises(NotFound):
        act(desk, code, "rsj_handler", "sign")
    with desk.parts.database.read() as session:
        listed = listing.list_tickets(session, desk.world.as_("rsj_handler"), listing.TicketFilter()).items
        assert listed == []
        assert listing.counts(session, desk.world.as_("gaj_handler")) == {"dispatched": 1, "overdue": 0}


@pytest.mark.clause("MZ-20")
def test_a_confidential_ticket_is_seen_by_named_staff_only(desk: Service) -> None:
    code = register(desk, confidential=True, unit="U-RSJ")
    for by in ("dispatcher", "agent"):
        with pytest.raises(NotFound):
            read(desk, code, by)
    with desk.parts.database.read() as session:
        assert listing.list_tickets(session, desk.world.as_("dispatcher"), listing.TicketFilter()).items == []


def told_of(desk: Service, code: str) -> set[str]:
    """Logins of those who have a notice of a ticket."""
    rows = select(Account.login).join(Notice, Notice.account_id == Account.id)
    with desk.parts.database.read() as session:
        return set(session.execute(rows.where(Notice.subject == f"ticket:{code}")).scalars())


@pytest.mark.clause("MZ-20")
def test_of_a_confidential_ticket_only_named_staff_are_told(desk: Service) -> None:
    desk.world.employ("named", "U-ZX", "confidential_manager")
    code = register(desk, confidential=True, unit="U-RSJ")
    assert told_of(desk, code) == {"named"}
    act(desk, code, "named", "dispatch", to="U-RSJ")
    assert told_of(desk, code) == {"named", "rsj_confidant"}
    act(desk, code, "named", "urge", text="请抓紧")
    with desk.parts.database.read() as session:
        titles = session.execute(select(Urging.title)).scalars().all()
    assert titles == ["保密工单"]


def test_a_district_is_not_told_of_what_waits_at_the_centre(desk: Service) -> None:
    desk.world.employ("district", "U-RSJ", "district_officer")
    assert told_of(desk, register(desk, unit="U-RSJ")) == {"dispatcher", "second"}


def test_the_text_and_the_requester_are_kept_encrypted(desk: Service) -> None:
    code = register(desk)
    with desk.parts.database.read() as session:
        for table in (
            "tickets_ticket",
            "tickets_event",
            "identity_requester",
            "core_audit",
            "notices_notice",
        ):
            kept = str(session.execute(text(f"SELECT * FROM {table}")).all())
            assert not [value for value in (*CANARY.values(), "打桩") if value in kept]
    assert read(desk, code).text == "工地夜里两点还在打桩。"


def test_the_requester_is_revealed_with_a_reason_only(desk: Service) -> None:
    code = register(desk)
    act(desk, code, "dispatcher", "dispatch", to="U-GAJ")
    with desk.parts.database.write() as session:
        handler = desk.world.as_("gaj_handler")
        assert reading.reveal(session, handler, desk.parts, code, "上门核实").phone == CANARY["phone"]
        with pytest.raises(Forbidden):
            reading.reveal(session, desk.world.as_("agent"), desk.parts, code, "上门核实")
    anonymous = register(desk, requester={})
    with desk.parts.database.write() as session, pytest.raises(NotFound):
        reading.reveal(session, desk.world.as_("clerk"), desk.parts, anonymous, "回访")


@pytest.mark.parametrize("phone", ["", "13900000000", "abc"])
def test_progress_is_told_to_nobody_but_the_requester(desk: Service, phone: str) -> None:
    code = register(desk)
    with desk.parts.database.read() as session, pytest.raises(NotFound):
        looking_up.progress(session, desk.parts, code, phone)


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("fly", {}, "unknown_event"),
        ("dispatch", {}, "missing_details"),
        ("register", {"class": "help"}, "unknown_event"),
        ("dispatch", {"to": "U-NONE"}, "unknown_unit"),
        ("not_accept", {"ground": "no_such", "told": True}, "ground_unknown"),
        ("not_accept", {"ground": "procedures", "told": False}, "requester_not_told"),
        ("decide_return", {"approved": True}, "wrong_state"),
        ("sign", {}, "wrong_role"),
        ("supplement", {"text": "x" * 6000}, "bad_details"),
        ("supplement", {"text": {"a": 1}}, "bad_details"),
        ("supplement", {}, "missing_details"),
    ],
)
def test_a_wrong_event_is_refused_with_a_code_and_changes_nothing(
    desk: Service, kind: str, data: dict[str, Any], code: str
) -> None:
    ticket = register(desk)
    with pytest.raises(KbError) as refused:
        act(desk, ticket, "dispatcher", kind, **data)
    assert refused.value.code == code
    assert [event.type for event in read(desk, ticket).events] == ["register"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"region": "000000"}, "unknown_region"),
        ({"matter": "NO"}, "unknown_matter"),
        ({"unit": "NO"}, "unknown_unit"),
        ({"class": "appeal"}, "class_not_in_profile"),
        ({"decision": "no-such-decision"}, "not_found"),
    ],
)
def test_a_registration_that_names_what_does_not_exist_is_refused(
    desk: Service, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(KbError) as refused:
        register(desk, **changes)
    assert refused.value.code == code


def test_a_ticket_keeps_the_rules_of_its_registration_and_a_sudden_one_is_recognised(desk: Service) -> None:
    code = register(desk, text="小区燃气泄漏，味道很大", title="燃气泄漏")
    seen = read(desk, code)
    assert seen.sudden
    assert seen.profile == "demo"
    act(desk, code, "dispatcher", "dispatch", to="U-GAJ")
    names = {clock.name for clock in read(desk, code).clocks}
    assert {"sudden_record", "sudden_completion", "return"} <= names
    assert "handling" not in names


def test_an_overdue_ticket_shows_its_card(desk: Service, clock: FixedClock) -> None:
    code = register(desk, **{"class": "consultation"})
    act(desk, code, "dispatcher", "dispatch", to="U-GAJ")
    assert read(desk, code).card is not None
    clock.advance(timedelta(days=5))
    card = read(desk, code).card
    assert card is not None
    assert (card.colour, card.clause) == ("yellow", "SG-22")
    clock.advance(timedelta(days=5))
    later = read(desk, code).card
    assert later is not None
    assert later.colour == "red"


def test_lists_go_by_what_is_due_first_and_pages_meet_each_once(desk: Service) -> None:
    codes = [register(desk, title=f"第{number}件工单") for number in range(7)]
    for code in codes[::2]:
        act(desk, code, "dispatcher", "dispatch", to="U-GAJ")
    seen: list[str] = []
    cursor = ""
    with desk.parts.database.read() as session:
        while True:
            page = listing.list_tickets(
                session, desk.world.as_("dispatcher"), listing.TicketFilter(), cursor, 3
            )
            seen += [row.code for row in page.items]
            if page.next is None:
                break
            cursor = page.next
    assert sorted(seen) == sorted(codes)
    assert len(set(seen)) == 7
    assert set(seen[:4]) == set(codes[::2])


def test_unknown_channels_and_fields_are_refused() -> None:
    with pytest.raises(ValueError, match="channel"):
        ticket_in(channel="pigeon")
    with pytest.raises(ValueError, match="extra"):
        ticket_in(colour="red")


def test_what_a_unit_has_completed_is_learnt_for_the_next_request_like_it(desk: Service) -> None:
    code = register(desk, title="夜间施工噪声扰民打桩")
    for by, kind, data in (
        ("dispatcher", "dispatch", {"to": "U-GAJ"}),
        ("gaj_handler", "sign", {}),
        ("gaj_handler", "contact", {"reached": True, "details": "已联系"}),
        ("gaj_handler", "reply", {"result": "已责令停工"}),
        ("gaj_handler", "request_completion", WHOLE),
    ):
        act(desk, code, by, kind, **data)
        assert job_named("routing.learn").run(desk.parts) == 0
    act(desk, code, "dispatcher", "decide_completion", approved=True)
    assert job_named("routing.learn").run(desk.parts) == 1
    best = desk.decide("工地夜间施工打桩噪声太大").units[0]
    assert best.code == "U-GAJ"
    assert "同类工单 1 件由其承办" in best.reasons


def test_a_ticket_without_unit_and_matter_takes_what_was_decided(desk: Service) -> None:
    decided = desk.decide("市公安局的人一直没有回复", by="agent", channel="phone")
    seen = read(desk, register(desk, decision=decided.id))
    assert (seen.suggested_unit, seen.field) == ("U-GAJ", decided.field)


@pytest.mark.parametrize("front", [0, 4, 3_000])
def test_a_part_of_the_title_finds_the_same_pages_whether_many_or_few_hold_it(
    desk: Service, monkeypatch: pytest.MonkeyPatch, front: int
) -> None:
    monkeypatch.setattr(listing, "FRONT", front)
    every = [
        register(desk, title=f"{'夜间' if number % 3 else '清晨'}施工第{number}件") for number in range(9)
    ]
    for code in every[::2]:
        act(desk, code, "dispatcher", "dispatch", to="U-GAJ")
    with desk.parts.database.read() as session:
        ctx = desk.world.as_("dispatcher")
        whole = listing.list_tickets(session, ctx, listing.TicketFilter()).items
        for text in ("施工", "夜间", "第7件", "施夜"):
            seen: list[str] = []
            cursor: str | None = ""
            while cursor is not None:
                page = listing.list_tickets(session, ctx, listing.TicketFilter(q=text), cursor, 2)
                seen += [row.code for row in page.items]
                cursor = page.next
            assert seen == [row.code for row in whole if text in row.title]
