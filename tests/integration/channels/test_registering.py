"""From the chat to a ticket, and to its progress."""

import re

import pytest
from sqlalchemy import func, inspect, select

from kb_service.channels.model import Message
from kb_service.core.idempotency import IdempotencyRow
from kb_service.core.ids import new_id
from kb_service.identity.model import Requester, Unit
from kb_service.tickets.model import Ticket
from kb_service.tickets.service.registering import text_of as ticket_text
from tests.integration.channels.conftest import ANSWER, QUESTION, Publish
from tests.support.citizen import PERSON, Citizen, hidden, ticket_code
from tests.support.console import text_of
from tests.support.service import Service

TROUBLE = "东湖区养老保险参保怎么补缴，跑了三次都没人管"


def tickets(service: Service) -> list[Ticket]:
    with service.parts.database.read() as session:
        return list(session.execute(select(Ticket).order_by(Ticket.id)).scalars())


def test_a_question_becomes_a_ticket_with_unit_due_time_and_number(
    citizen: Citizen, service: Service
) -> None:
    shown = citizen.ask(TROUBLE)
    form = citizen.send("/chat/ticket", conversation=citizen.conversation, decision=hidden(shown, "decision"))
    assert TROUBLE in form.text
    assert '<option value="990101" selected>' in form.text
    done = citizen.register(
        text=TROUBLE, decision=hidden(form.text, "decision"), phone=PERSON, name="王女士", place="湖滨路口"
    )
    code = ticket_code(done.text)
    (ticket,) = tickets(service)
    assert (ticket.code, ticket.channel, ticket.region_code) == (code, "web", "990101")
    assert ticket.decision_id == hidden(form.text, "decision")
    assert ticket_text(service.parts, ticket) == f"{TROUBLE}\n具体地点：湖滨路口"
    with service.parts.database.read() as session:
        unit = session.get(Unit, ticket.suggested_unit_id)
        assert unit is not None
        assert unit.name in done.text
    for words in (code, "12月4日", "查进度"):
        assert words in done.text
    page = citizen.send("/chat", conversation=citizen.conversation).text
    assert code in page
    assert 'name="decision" value' not in page, "what is registered is not offered to be registered again"


@pytest.mark.parametrize(
    "said", ["这个案子法院已经判决了，我不服，要求你们改判", "转人工", "我家着火了快来人"]
)
def test_every_decision_can_be_registered(citizen: Citizen, service: Service, said: str) -> None:
    shown = citizen.ask(said)
    done = citizen.register(text=said + "，请帮我登记", decision=hidden(shown, "decision"))
    assert done.status_code == 200
    assert [ticket.code for ticket in tickets(service)] == [ticket_code(done.text)]


def test_an_answered_question_can_be_registered_too(
    citizen: Citizen, publish: Publish, service: Service
) -> None:
    publish()
    shown = citizen.ask(QUESTION)
    citizen.register(text=QUESTION, decision=hidden(shown, "decision"))
    assert len(tickets(service)) == 1


def test_whoever_registers_without_asking_first_sees_danger_and_answers(
    citizen: Citizen, publish: Publish
) -> None:
    publish()
    assert ANSWER in citizen.register(text=QUESTION).text
    citizen.conversation = ""
    danger = citizen.register(text="楼下着火了快来人，浓烟很大").text
    assert danger.index('href="tel:119"') < danger.index("ticket-code")


def test_a_form_sent_twice_registers_once(citizen: Citizen, service: Service) -> None:
    form = citizen.get("/chat/ticket").text
    once = hidden(form, "once")
    first, second = (citizen.register(once=once, text=TROUBLE, phone=PERSON) for _ in range(2))
    assert ticket_code(first.text) == ticket_code(second.text)
    assert len(tickets(service)) == 1
    changed = citizen.register(once=once, text=TROUBLE + "，又来一次", phone=PERSON)
    assert ticket_code(changed.text) == ticket_code(first.text)
    assert "没有重复登记" in changed.text
    assert "没有重复登记" not in second.text


def test_another_form_registers_another_ticket(citizen: Citizen, service: Service) -> None:
    for _ in range(2):
        citizen.register(once=new_id(), text=TROUBLE)
    assert len(tickets(service)) == 2


def test_a_question_sent_twice_is_asked_once(citizen: Citizen, service: Service) -> None:
    once = new_id()
    for _ in range(2):
        citizen.ask("转人工", once=once)
    citizen.ask("养老保险参保怎么补缴", once=once)
    with service.parts.database.read() as session:
        said = session.execute(select(Message.text).where(Message.who == "citizen")).scalars().all()
    assert list(said) == ["转人工", "养老保险参保怎么补缴"]


def test_a_wrong_form_is_shown_again_with_all_that_was_typed_and_registers_nothing(
    citizen: Citizen, service: Service
) -> None:
    once = new_id()
    wrong = citizen.register(once=once, text="停水", region="", phone="123", name="王女士", place="湖滨路")
    assert wrong.status_code == 422
    for words in ("至少 5 个字", "请选择事情发生的地区", "打不通", "王女士", "湖滨路", 'value="123"'):
        assert words in wrong.text
    assert len(re.findall(r'aria-invalid="true"', wrong.text)) == 3
    long = citizen.register(text="长" * 2001)
    assert "最多 2000 个字" in long.text
    assert tickets(service) == []
    assert citizen.register(once=once, text=TROUBLE).status_code == 200


def test_without_a_phone_the_ticket_is_anonymous_and_says_what_that_means(
    citizen: Citizen, service: Service
) -> None:
    done = citizen.register(text=TROUBLE)
    assert "匿名登记" in done.text
    assert tickets(service)[0].requester_id is None


def test_progress_is_told_to_who_knows_number_and_phone(citizen: Citizen) -> None:
    code = ticket_code(citizen.register(text=TROUBLE, phone=PERSON).text)
    found = text_of(citizen.send("/chat/progress", code=code, proof="138 1234 5678"))
    for words in (code, "待转派", "已登记"):
        assert words in found
    for attempt in ({"code": code, "proof": "13800000000"}, {"code": "20260101-00001", "proof": PERSON}):
        refused = citizen.send("/chat/progress", **attempt)
        assert refused.status_code == 404
        assert "没有查到这件工单" in refused.text
    assert PERSON not in "".join(citizen.seen)


def test_personal_data_is_masked_or_encrypted_wherever_it_is_kept(citizen: Citizen, service: Service) -> None:
    said = f"我叫李四，电话{PERSON}，身份证11010519491231002X，养老保险参保怎么补缴"
    shown = citizen.ask(said)
    form = citizen.send("/chat/ticket", conversation=citizen.conversation, decision=hidden(shown, "decision"))
    assert "号码已隐去" in form.text
    citizen.register(text=said, phone=PERSON, name="李四光")
    with service.parts.database.read() as session:
        connection = session.connection()
        names = inspect(connection).get_table_names()
        kept = ""
        for table in names:
            kept += str(connection.exec_driver_sql(f'SELECT * FROM "{table}"').all())
        assert session.execute(select(func.count()).select_from(Requester)).scalar_one() == 1
        assert session.execute(select(func.count()).select_from(IdempotencyRow)).scalar_one() == 1
    for value in (PERSON, "11010519491231002X", "李四光"):
        assert value not in kept


def test_no_address_carries_what_a_citizen_wrote(citizen: Citizen) -> None:
    shown = citizen.ask(TROUBLE)
    page = citizen.send("/chat", question=TROUBLE, once=new_id()).text
    for html in (shown, page):
        assert re.findall(r'(?:href|action)="[^"]*\?[^"]*"', html) == []
    assert citizen.client.cookies.get("kb_chat") is None


@pytest.mark.parametrize("path", ["/chat", "/chat/ticket", "/chat/progress"])
def test_nothing_is_cached_and_no_cookie_is_set(citizen: Citizen, path: str) -> None:
    page = citizen.get(path)
    assert page.headers["cache-control"] == "no-store"
    assert "set-cookie" not in page.headers


def test_another_conversations_question_cannot_be_taken_over(citizen: Citizen) -> None:
    theirs = hidden(citizen.ask(TROUBLE), "decision")
    citizen.conversation = ""
    citizen.ask("转人工")
    taken = citizen.send("/chat/ticket", conversation=citizen.conversation, decision=theirs)
    assert taken.status_code == 404
    assert TROUBLE not in taken.text
