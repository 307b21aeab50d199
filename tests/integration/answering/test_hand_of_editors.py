"""What editors say about finding holds for what is answered without a person."""

import pytest

from kb_service.knowledge.guiding.service import saying
from kb_service.knowledge.guiding.service.saying import Wanted
from tests.support.knowledge import faq
from tests.support.service import Service

QUESTION = "怎样办理退休"


@pytest.fixture
def point(service: Service) -> str:
    return service.world.publish(faq(QUESTION, "本人带身份证到市民之家三楼办理退休手续。")).code


def say(service: Service, code: str, kind: str, words: str) -> None:
    with service.parts.database.write() as session:
        saying.say(session, service.world.as_("rsj_editor"), code, Wanted(kind, words, "答非所问"))


def test_a_stopped_point_is_never_told_for_its_words(service: Service, point: str) -> None:
    assert service.decide(QUESTION).decision == "answer"
    say(service, point, "stop", "办理退休")
    decided = service.decide(QUESTION)
    assert decided.decision != "answer"
    assert point not in decided.model_dump_json()


def test_a_point_is_not_told_where_its_negative_question_is_closer(service: Service, point: str) -> None:
    say(service, point, "negative", "退休人员怎样办理异地安置")
    assert service.decide("退休人员怎样办理异地安置").decision != "answer"
    assert service.decide(QUESTION).decision == "answer"


def test_a_point_stopped_meanwhile_is_not_told_though_it_was_offered(service: Service) -> None:
    """Whoever is asked which they mean may answer after an editor has spoken."""
    east = service.world.publish(faq("退休办理地点", "东湖区大厅。", region="990101")).code
    west = service.world.publish(faq("退休办理地点在哪", "西岭区大厅。", region="990102")).code
    first = service.decide("退休办理地点")
    assert first.clarification is not None
    choice = first.clarification.choices[0].value
    for code in (east, west):
        say(service, code, "stop", "退休办理地点")
    then = service.decide(choice, conversation=first.conversation)
    assert then.decision != "answer"
