"""Somebody in front of the console."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from fastapi import FastAPI

from tests.support.console import Visitor, visiting
from tests.support.service import Service

Visit = Callable[[str], Visitor]


@pytest.fixture
def visit(app: FastAPI, service: Service) -> Iterator[Visit]:
    """`visit("agent")`: a browser in which that person is logged in."""
    with ExitStack() as open_browsers:
        yield lambda login: open_browsers.enter_context(visiting(app, service, login))
