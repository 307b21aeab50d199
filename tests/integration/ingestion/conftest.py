"""The small city with its people, for imports."""

import pytest

from tests.support.knowledge import World
from tests.support.service import Service


@pytest.fixture
def world(service: Service) -> World:
    return service.world
