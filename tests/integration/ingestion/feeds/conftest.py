"""A sub-centre that is connected."""

import pytest

from tests.support.feeds import SubCentre, add_sub_centre
from tests.support.service import Service


@pytest.fixture
def sub_centre(service: Service) -> SubCentre:
    return add_sub_centre(service)
