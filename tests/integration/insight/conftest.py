"""A city with a few tickets whose ends are known."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from kb_service.core.clock import FixedClock
from kb_service.insight.statistics import jobs
from kb_service.tickets import jobs as ticket_jobs
from tests.integration.tickets.conftest import Desk, in_city, people, tickets
from tests.support.ticket_life import HANDLER, WHOLE

__all__ = ["Desk", "busy", "finish", "follow", "in_city", "people", "tickets"]


def follow(desk: Desk) -> None:
    while ticket_jobs.sweep(desk.parts):
        pass
    while jobs.follow(desk.parts):
        pass


def finish(desk: Desk, code: str) -> None:
    desk.act(code, "centre", "dispatch", to="U-GAJ")
    desk.act(code, "first", "sign", **HANDLER)
    desk.act(code, "first", "reply", result="已责令停工", written=True)
    desk.act(code, "first", "request_completion", **WHOLE)
    desk.act(code, "centre", "decide_completion", approved=True)


@pytest.fixture
def busy(in_city: Callable[[str], Desk], clock: FixedClock) -> Desk:
    """Five tickets in Xiangtan: one done in time, one never signed, one done and rated badly though it is
    law enforcement, one not accepted, one registered thirty days after these.
    """
    desk = in_city("xiangtan-2021")
    finish(desk, desk.register())
    code = desk.register(title="从未签收")
    desk.act(code, "centre", "dispatch", to="U-RSJ")
    code = desk.register(title="执法案件", kind="enforcement")
    finish(desk, code)
    told = {"reached": True, "satisfaction": "unsatisfied", "contact": True, "solved": False}
    desk.act(code, "caller", "callback", **told)
    desk.act(desk.register(), "centre", "not_accept", ground="procedures", told=True)
    clock.advance(timedelta(days=30))
    desk.register(title="刚刚登记")
    follow(desk)
    return desk
