"""Registering at the desk: what each city wants asked, repeats, seats; and the pages of seats and calendar."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from kb_service.core.clock import FixedClock
from kb_service.core.context import SYSTEM, Context
from kb_service.identity.service import people
from kb_service.notices import roster
from kb_service.regulations import profiles
from kb_service.tickets.calendar import jobs as calendar_jobs
from kb_service.tickets.model import Ticket
from tests.integration.admin.conftest import Visit
from tests.support.console import text_of
from tests.support.service import Service

REQUEST = {
    "class": "complaint", "region": "990101", "title": "夜间施工噪声扰民", "text": "工地夜里两点还在打桩。",
    "channel": "phone", "phone": "13987654321",
}  # fmt: skip


def last(service: Service) -> Ticket:
    with service.parts.database.read() as session:
        return session.execute(select(Ticket).order_by(Ticket.id.desc()).limit(1)).scalar_one()


def events(service: Service, code: str) -> list[tuple[str, dict[str, Any]]]:
    from kb_service.tickets.service import histories

    with service.parts.database.read() as session:
        ticket = session.execute(select(Ticket).where(Ticket.code == code)).scalar_one()
        return [(row.type, row.data) for row in histories.rows_of(session, ticket)]


@pytest.mark.clause("ST-8.4")
def test_what_shantou_wants_to_know_is_asked_and_missing_is_told_unless_it_is_refused(
    visit: Visit, service: Service, rules: Callable[[str], None]
) -> None:
    rules("shantou-2016")
    agent = visit("agent")
    shown = agent.post("/desk/ticket", {"q": ""})
    assert "时间、地点、事实、当事人" in text_of(shown)
    answer = agent.post("/desk/ticket/register", REQUEST | {"essentials": ["time"]})
    assert answer.status_code == 422
    assert "请问清地点、当事人" in text_of(answer)
    assert 'value="time" checked' in answer.text
    whole = agent.post("/desk/ticket/register", REQUEST | {"essentials": ["time", "place", "parties"]})
    assert whole.status_code == 303
    refused = agent.post(
        "/desk/ticket/register",
        REQUEST | {"title": "路灯不亮", "phone": "", "withheld": "1", "text": "人民路路灯坏了。"},
    )
    assert refused.status_code == 303
    assert events(service, last(service).code)[0][1]["withheld"] is True


@pytest.mark.clause("TA-10")
def test_tai_an_asks_for_name_phone_and_address_and_registers_without(
    visit: Visit, service: Service, rules: Callable[[str], None]
) -> None:
    rules("taian-2025")
    shown = text_of(visit("agent").post("/desk/ticket", {"q": ""}))
    assert "姓名、电话、地址" in shown
    assert "不影响受理" in shown
    answer = visit("agent").post("/desk/ticket/register", REQUEST | {"phone": ""})
    assert answer.status_code == 303
    assert last(service).requester_id is None


@pytest.mark.clause("XT-14.2")
def test_a_requester_who_asks_for_it_is_hidden_from_units_and_not_from_the_centre(
    visit: Visit, service: Service, rules: Callable[[str], None]
) -> None:
    rules("xiangtan-2021")
    service.world.employ("chuli", "U-GAJ", "unit_handler")
    service.world.employ("banzhang", "U-ZX", "supervisor")
    assert "隐去身份" in text_of(visit("agent").post("/desk/ticket", {"q": ""}))
    assert visit("agent").post("/desk/ticket/register", REQUEST | {"hidden": "1"}).status_code == 303
    code = last(service).code
    sent = {"type": "dispatch", "to": "U-GAJ", "seq": "1"}
    assert visit("banzhang").post(f"/tickets/{code}/events", sent).status_code == 303
    unit = visit("chuli")
    assert "诉求人要求隐去身份" in text_of(unit.get(f"/tickets/{code}"))
    kept = unit.post(f"/tickets/{code}/requester", {"reason": "需要回电"})
    assert "13987654321" not in kept.text
    assert "承办单位不能查看" in text_of(kept)
    told = visit("banzhang").post(f"/tickets/{code}/requester", {"reason": "转达承办单位的问题"})
    assert "13987654321" in told.text


@pytest.mark.parametrize(
    ("chosen", "status", "of"),
    [("same", "closed", "register"), ("new", "merged", "repeat_call")],
)
@pytest.mark.clause("ST-16.1", "ST-16.2")
def test_a_likely_repeat_is_shown_before_it_is_registered_and_settled_with_one_press(
    visit: Visit, service: Service, rules: Callable[[str], None], chosen: str, status: str, of: str
) -> None:
    rules("shantou-2016")
    agent = visit("agent")
    whole = REQUEST | {"essentials": ["time", "place", "parties"]}
    agent.post("/desk/ticket/register", whole)
    first = last(service).code
    again = agent.post("/desk/ticket/register", whole)
    assert again.status_code == 200
    assert first in again.text
    assert last(service).code == first
    said = text_of(again)
    assert "有新事实、新理由：并入在办工单" in said
    assert "没有新事实、新理由：登记后归档" in said
    settled = agent.post(
        "/desk/ticket/register", whole | {"repeats_seen": "1", "repeat": f"{first}:{chosen}"}
    )
    assert settled.status_code == 303
    assert (last(service).status, events(service, first)[-1][0]) == (status, of)


def test_what_is_no_repeat_is_registered_as_a_new_ticket(
    visit: Visit, service: Service, rules: Callable[[str], None]
) -> None:
    rules("shantou-2016")
    agent = visit("agent")
    whole = REQUEST | {"essentials": ["time", "place", "parties"]}
    agent.post("/desk/ticket/register", whole)
    first = last(service).code
    agent.post("/desk/ticket/register", whole | {"repeats_seen": "1"})
    assert (last(service).status, last(service).code != first) == ("pending", True)


def test_another_limit_an_urgent_path_and_a_route_are_taken_from_the_form(
    visit: Visit, service: Service, rules: Callable[[str], None]
) -> None:
    rules("shantou-2016")
    more = {
        "essentials": ["time", "place", "parties"], "urgent": "pollution", "route": "city",
        "kind": "enforcement", "special_number": "3", "special_unit": "working_days",
        "special_basis": "省环境噪声条例",
    }  # fmt: skip
    answer = visit("agent").post("/desk/ticket/register", REQUEST | more)
    assert answer.status_code == 303
    said = events(service, last(service).code)[0][1]
    assert (said["urgent"], said["route"], said["kind"]) == ("pollution", "city", "enforcement")
    assert said["special"] == {"within": {"working_days": 3}, "basis": "省环境噪声条例"}
    wrong = visit("agent").post("/desk/ticket/register", REQUEST | more | {"special_number": "三"})
    assert wrong.status_code == 422


@pytest.mark.clause("XT-11", "SG-7", "XT-8.5")
@pytest.mark.parametrize(
    ("city", "seat"),
    [("xiangtan-2021", "leaders_day"), ("shaoguan-2022", "leaders_day"), ("xiangtan-2021", "expert")],
)
def test_a_call_on_a_seat_s_day_is_marked_with_who_sat_there_and_followed_until_it_is_done(
    visit: Visit, service: Service, rules: Callable[[str], None], clock: FixedClock, city: str, seat: str
) -> None:
    rules(city)
    with service.parts.database.write() as session:
        ctx = Context(SYSTEM, clock.now())
        agent_id = people.account_by_login(session, "agent").id
        roster.assign(
            session, ctx, duty=f"seat.{seat}", account_id=agent_id,
            starts_at=clock.now() - timedelta(hours=1), ends_at=clock.now() + timedelta(hours=3),
        )  # fmt: skip
    agent = visit("agent")
    assert f'value="{seat}" selected' in agent.post("/desk/ticket", {"q": ""}).text
    agent.post("/desk/ticket/register", REQUEST | {"seat": seat})
    code = last(service).code
    page = agent.get("/seats")
    assert code in page.text
    assert "话务员" in text_of(page) or "agent" in text_of(page)
    agent.post(f"/tickets/{code}/events", {"type": "seat_result", "result": "已协调住建局处理", "seq": "1"})
    # Told, and the ticket not done yet: it stays on the list.
    assert code in agent.get("/seats", seat=seat).text
    with service.parts.database.write() as session:
        from kb_service.tickets.schemas import EventIn
        from kb_service.tickets.service import acting

        said = EventIn(type="not_accept", data={"ground": _ground(city), "told": True})
        acting.act(session, Context(SYSTEM, clock.now()), service.parts, code, said)
    assert code not in agent.get("/seats").text
    done = agent.get("/seats", followed="true")
    assert code in done.text
    assert "已协调住建局处理" in done.text


def _ground(city: str) -> str:
    return next(iter(profiles.get_profile(city).acceptance.grounds))


def test_a_city_without_seats_says_so_and_asks_for_none(visit: Visit, rules: Callable[[str], None]) -> None:
    rules("shantou-2016")
    assert "本市规则没有接听日和专席" in text_of(visit("agent").get("/seats"))
    assert 'name="seat"' not in visit("agent").post("/desk/ticket", {"q": ""}).text


def test_an_administrator_moves_a_day_and_everybody_sees_what_moved(
    visit: Visit, service: Service, rules: Callable[[str], None], clock: FixedClock
) -> None:
    rules("shaoguan-2022")
    visit("agent").post("/desk/ticket/register", REQUEST)
    code = last(service).code
    with service.parts.database.write() as session:
        from kb_service.tickets.schemas import EventIn
        from kb_service.tickets.service import acting

        said = EventIn(type="dispatch", data={"to": "U-GAJ"})
        acting.act(session, Context(SYSTEM, clock.now()), service.parts, code, said)
    clock.advance(timedelta(minutes=1))
    service.world.employ("guanli", "U-ZX", "system_officer")
    officer, agent = visit("guanli"), visit("agent")
    assert officer.post("/calendar/days", {"day": "", "working": "0", "note": ""}).status_code == 422
    changed = officer.post("/calendar/days", {"day": "2026-11-23", "working": "0", "note": "台风停工"})
    assert changed.headers["location"] == "/calendar?year=2026"
    assert "正在推算" in text_of(agent.get("/calendar"))
    while calendar_jobs.follow(service.parts):
        pass
    page = text_of(agent.get("/calendar/changes/1"))
    assert code in page
    assert "台风停工" in page
    ticket = text_of(agent.get(f"/tickets/{code}"))
    assert "期限随工作日历调整" in ticket
    assert (
        agent.post("/calendar/days", {"day": "2026-11-24", "working": "0", "note": "台风"}).status_code == 403
    )


def test_a_notice_is_shown_before_it_is_recorded(
    visit: Visit, service: Service, rules: Callable[[str], None]
) -> None:
    rules("shaoguan-2022")
    service.world.employ("guanli", "U-ZX", "system_officer")
    officer = visit("guanli")
    assert "2027 年的放假安排还没有录入" in text_of(officer.get("/calendar"))
    sent = {"year": "2027", "basis": "国办发明电〔2026〕7号", "text": "1月1日（周五）至3日（周日）放假。"}
    look = officer.post("/calendar/notices", sent)
    assert (look.status_code, "将改变 1 天" in text_of(look)) == (200, True)
    assert "2027 年的放假安排还没有录入" in text_of(officer.get("/calendar"))
    assert "周五" in text_of(officer.post("/calendar/notices", sent | {"text": "1月2日（周五）放假。"}))
    done = officer.post("/calendar/notices", sent | {"confirmed": "1"})
    assert done.headers["location"] == "/calendar?year=2027"
    assert "还没有录入" not in text_of(officer.get("/calendar"))


def test_open_numbers_are_supplied_on_the_page(
    visit: Visit, service: Service, rules: Callable[[str], None]
) -> None:
    rules("taian-2025")
    service.world.employ("guanli", "U-ZX", "system_officer")
    officer = visit("guanli")
    assert "由部署单位规定的数字" in text_of(officer.get("/calendar"))
    assert (
        officer.post("/calendar/numbers", {"name": "help", "number": "x", "basis": "纪要"}).status_code == 422
    )
    done = officer.post("/calendar/numbers", {"name": "help", "number": "8", "basis": "市政府会议纪要"})
    assert done.status_code == 303
    assert "市政府会议纪要" in text_of(officer.get("/calendar"))
