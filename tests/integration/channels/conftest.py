"""A citizen in front of the chat of a small city."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from tests.support.citizen import Citizen
from tests.support.knowledge import faq
from tests.support.service import Service

Publish = Callable[..., str]
QUESTION = "怎样办理退休"
ANSWER = "本人带身份证到市民之家三楼办理退休手续。"


@pytest.fixture(autouse=True)
def sure_enough(service: Service) -> None:
    """How sure an answer must be is measured elsewhere; here a question in a point's own words is sure enough."""
    service.parts.settings.answer_precision = 0.35


@pytest.fixture
def in_doubt(service: Service) -> None:
    """Nothing is sure enough to be answered without asking back."""
    service.parts.settings.answer_precision = 0.999


@pytest.fixture
def citizen(client: TestClient) -> Citizen:
    return Citizen(client)


@pytest.fixture
def publish(service: Service) -> Publish:
    """Publishes a point and has it found at once; returns its code."""

    def make(title: str = QUESTION, answer: str = ANSWER, **shared: object) -> str:
        code = service.world.publish(faq(title, answer, **shared)).code
        service.index()
        return code

    return make
