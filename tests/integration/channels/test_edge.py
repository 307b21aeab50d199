"""What reaches the public pages from elsewhere, and what they do without scripts."""

import json
import re
from html.parser import HTMLParser

import pytest
from sqlalchemy import func, select

from kb_service.answering.model import Decision
from kb_service.tickets.model import Ticket
from tests.integration.channels.conftest import ANSWER, QUESTION, Publish
from tests.support.citizen import Citizen, decisions, hidden
from tests.support.service import Service

FORMS = {
    "/chat": {"question": "养老保险参保怎么补缴"},
    "/chat/ticket": {},
    "/chat/ticket/register": {"text": "养老保险参保怎么补缴", "region": "990101"},
    "/chat/feedback": {"decision": "x", "helpful": "yes"},
    "/chat/mistake": {"decision": "x"},
    "/chat/progress": {"code": "1", "phone": "1"},
}
ELSEWHERE = [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}, {"Origin": "null"}]


@pytest.mark.parametrize("headers", ELSEWHERE)
def test_forms_of_other_sites_do_nothing(citizen: Citizen, service: Service, headers: dict[str, str]) -> None:
    for path, data in FORMS.items():
        answer = citizen.client.post(path, data=data, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "cross_site"), path
    for path in ("/chat/messages", "/chat/conversation", "/chat/suggestions", "/chat/feedback/json"):
        assert citizen.client.post(path, json={}, headers=headers).json()["code"] == "cross_site", path
    with service.parts.database.read() as session:
        for table in (Decision, Ticket):
            assert session.execute(select(func.count()).select_from(table)).scalar_one() == 0


def test_too_much_is_refused_before_it_is_read(citizen: Citizen) -> None:
    huge = "长" * 40_000
    answer = citizen.call("/chat/messages", question=huge)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    page = citizen.send("/chat", question=huge)
    assert page.status_code == 413
    assert "请精简" in page.text


@pytest.mark.parametrize("unseen", ["\x00", "\ud800", "\x1b[31m"])
def test_characters_that_nobody_types_do_no_harm(citizen: Citizen, unseen: str) -> None:
    body = json.dumps({"question": f"转人工{unseen}", "conversation": unseen, "once": unseen})
    answer = citizen.client.post("/chat/messages", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200
    assert unseen not in answer.text


def test_a_citizen_sees_problems_on_a_page_that_leads_back(citizen: Citizen) -> None:
    page = citizen.get("/chat/nothing-here")
    assert page.status_code == 404
    assert 'href="/chat"' in page.text
    assert 'href="tel:12345"' in page.text


class Forms(HTMLParser):
    """Buttons that would do nothing without a script."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = 0
        self.idle: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.depth += 1
            if not given.get("action") or given.get("method") != "post":
                self.idle.append(str(given))
        if tag == "button" and (not self.depth or given.get("type") != "submit"):
            self.idle.append(str(given))

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag == "form"


def test_without_scripts_one_asks_judges_and_registers_by_forms_alone(
    citizen: Citizen, publish: Publish, service: Service
) -> None:
    publish()
    start = citizen.get().text
    asked = citizen.send("/chat", question=QUESTION, once=hidden(start, "once"), conversation="").text
    assert decisions(asked) == ["answer"]
    assert ANSWER in asked
    again = citizen.send("/chat", question=QUESTION, once=hidden(start, "once"), conversation="").text
    assert decisions(again) == ["answer"], "loading the page again asks nothing again"
    conversation, decision = hidden(asked, "conversation"), hidden(asked, "decision")
    judged = citizen.send("/chat/feedback", conversation=conversation, decision=decision, helpful="no").text
    assert "抱歉没帮上忙" in judged
    form = citizen.send("/chat/ticket", conversation=conversation, decision=decision).text
    done = citizen.send(
        "/chat/ticket/register",
        conversation=conversation,
        decision=decision,
        once=hidden(form, "once"),
        text=QUESTION,
        region="990000",
    ).text
    back = citizen.send("/chat", conversation=hidden(done, "conversation")).text
    assert re.findall(r'class="code">([^<]+)<', back) == re.findall(r'id="ticket-code">([^<]+)<', done)
    for page in (start, asked, form, done, citizen.get("/chat/progress").text):
        forms = Forms()
        forms.feed(page)
        assert forms.idle == []


def test_every_control_has_a_name_that_is_read_out(citizen: Citizen, publish: Publish) -> None:
    publish()
    citizen.ask(QUESTION)
    pages = [
        citizen.send("/chat", conversation=citizen.conversation),
        citizen.get("/chat/ticket"),
        citizen.get("/chat/progress"),
    ]
    for page in pages:
        labelled = set(re.findall(r'<label[^>]* for="([^"]+)"', page.text))
        controls = re.findall(r"<(?:input|select|textarea)\b([^>]*)>", page.text)
        ids = [
            found[1]
            for control in controls
            if 'type="hidden"' not in control and (found := re.search(r'\bid="([^"]+)"', control))
        ]
        assert ids
        assert set(ids) <= labelled
        assert page.text.count("<h1") == 1
        assert page.text.count("<main") == 1
        named = re.findall(r'\bid="([^"]+)"', page.text)
        assert len(named) == len(set(named))
