"""A city whose leaders look at what is asked."""

import pytest

from tests.support.insight import add_staff
from tests.support.service import Service


@pytest.fixture
def city(service: Service) -> Service:
    add_staff(service)
    return service
