"""A citizen who asks on, in the chat: what is inherited is shown, and can be dropped."""

import re

import pytest

from tests.integration.channels.conftest import ANSWER, QUESTION, Publish
from tests.support.citizen import Citizen, decisions
from tests.support.service import Service


@pytest.fixture(autouse=True)
def sure_enough(service: Service) -> None:
    """How sure an answer must be is measured elsewhere; a base of one point and no vectors is never very sure."""
    service.parts.settings.answer_precision = 0.1


def test_a_follow_up_is_answered_on_its_subject_and_says_so(citizen: Citizen, publish: Publish) -> None:
    publish(answer=f"{ANSWER}不收费。")
    citizen.ask(QUESTION)
    shown = citizen.ask("那要多少钱")
    assert decisions(shown) == ["answer"]
    assert f"接着问：{QUESTION}" in shown
    assert "不收费" in shown


def test_a_citizen_drops_the_inherited_subject_by_one_press(citizen: Citizen, publish: Publish) -> None:
    publish(answer=f"{ANSWER}不收费。")
    citizen.ask(QUESTION)
    assert re.search(r'name="choice" value="fresh"', citizen.ask("那要多少钱"))
    shown = citizen.ask(choice="fresh")
    assert "接着问" not in shown
    assert "那要多少钱" in shown
    assert decisions(shown) == ["dispatch"]


def test_only_the_newest_message_offers_to_drop_its_subject(citizen: Citizen, publish: Publish) -> None:
    publish(answer=f"{ANSWER}不收费。")
    citizen.ask(QUESTION)
    citizen.ask("那要多少钱")
    citizen.ask("楼下烧烤摊吵得睡不着")
    page = citizen.send("/chat", conversation=citizen.conversation).text
    assert "接着问" in page
    assert 'value="fresh"' not in page
    refused = citizen.call("/chat/messages", choice="fresh", conversation=citizen.conversation)
    assert refused.json()["code"] == "choice_over"


def test_a_follow_up_is_handed_over_together_with_its_subject(citizen: Citizen, publish: Publish) -> None:
    publish(answer=ANSWER)
    citizen.ask(QUESTION)
    shown = citizen.ask("那要多少钱")
    decision = re.findall(r'name="decision" value="([^"]+)"', shown)[-1]
    form = citizen.send("/chat/ticket", conversation=citizen.conversation, decision=decision).text
    assert f"{QUESTION}：那要多少钱" in form
