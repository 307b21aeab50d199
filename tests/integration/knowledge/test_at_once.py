"""Two people at the same instant: one of them wins, and nothing is half done."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

from sqlalchemy import func, select

from kb_service.core.clock import FixedClock
from kb_service.core.errors import KbError
from kb_service.knowledge.model import Review, Version
from kb_service.knowledge.service import reading
from tests.support.knowledge import World, faq
from tests.support.threads import together


def outcomes(*calls: Callable[[], Any]) -> list[str]:
    """What each call was refused with, or `done`."""
    turns = count()

    def attempt() -> str:
        try:
            calls[next(turns)]()
        except KbError as error:
            return error.code
        return "done"

    return sorted(together(attempt, len(calls)))


def test_of_two_reviewers_one_decides(world: World) -> None:
    version = world.decide(world.submit(world.draft(faq())), "rsj_reviewer")
    world.as_("zx_reviewer"), world.as_("zx_second")
    found = outcomes(lambda: world.decide(version, "zx_reviewer"), lambda: world.decide(version, "zx_second"))
    assert found == ["done", "not_in_review"]
    with world.database.read() as session:
        assert session.execute(select(func.count(Review.id))).scalar_one() == 2


def test_of_two_editors_one_opens_the_next_version(world: World) -> None:
    code = world.publish(faq()).code
    world.as_("rsj_second")
    found = outcomes(
        lambda: world.draft(faq("甲"), code=code), lambda: world.draft(faq("乙"), by="rsj_second", code=code)
    )
    assert found == ["done", "draft_exists"]
    with world.database.read() as session:
        assert session.execute(select(func.count(Version.id))).scalar_one() == 2


def test_a_successor_and_a_correction_approved_at_once_do_not_both_stay(
    world: World, clock: FixedClock
) -> None:
    old = world.publish(faq("老办法"))
    correction = world.decide(world.submit(world.draft(faq("老办法，更正"), code=old.code)), "rsj_reviewer")
    release_at = clock.now() + timedelta(days=1)
    successor = world.draft(faq("新办法", supersedes=old.code, release_at=release_at))
    successor = world.decide(world.submit(successor), "rsj_reviewer")
    world.as_("zx_reviewer"), world.as_("zx_second")
    found = outcomes(
        lambda: world.decide(correction, "zx_reviewer"), lambda: world.decide(successor, "zx_second")
    )
    assert found == ["done", "done"]
    with world.database.read() as session:
        codes = [old.code, successor.code]
        assert set(reading.live_versions(session, codes, clock.now())) == {old.code}
        assert set(reading.live_versions(session, codes, release_at)) == {successor.code}


def test_points_written_at_once_get_codes_of_their_own(world: World) -> None:
    world.as_("rsj_editor")
    codes = together(lambda: world.draft(faq()).code, 6)
    assert sorted(codes) == [f"K{number:06d}" for number in range(1, 7)]
