"""Live windows: embargo, succession, supersession, withdrawal."""

from datetime import datetime, timedelta

import pytest

from kb_service.core.clock import FixedClock, day_start, local_day
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from kb_service.knowledge.service import reading, release
from kb_service.knowledge.service.views import VersionView
from tests.support.knowledge import World, faq

DAY = timedelta(days=1)


def said(world: World, code: str, at: datetime | None = None) -> str | None:
    """What the point says at an instant (None: now) to whoever may hear it."""
    instant = at or world.clock.now()
    with world.database.read() as session:
        live = reading.live_versions(session, [code], instant).get(code)
        return live.answer if live else None


def version(world: World, code: str, number: int) -> VersionView:
    with world.database.read() as session:
        return reading.one_view(session, world.clock.now(), code, number)


def withdraw(world: World, code: str, number: int | None = None, by: str = "zx_manager") -> list[int]:
    with world.database.write() as session:
        return release.withdraw(session, world.as_(by), code, "内容有误", number=number)


def test_an_embargoed_version_waits_beside_the_live_one_and_takes_over_by_itself(
    world: World, clock: FixedClock
) -> None:
    first = world.publish(faq(answer="旧政策"))
    release_at = clock.now() + 3 * DAY
    second = world.publish(faq(answer="新政策", release_at=release_at), code=first.code)
    assert (second.status, second.live, second.uploaded_at) == ("approved", "waiting", release_at)
    assert version(world, first.code, 1).live_to == release_at
    assert said(world, first.code) == "旧政策"
    assert said(world, first.code, release_at - timedelta(microseconds=1)) == "旧政策"
    assert said(world, first.code, release_at) == "新政策"


def test_approval_after_the_time_of_release_makes_it_live_at_approval(
    world: World, clock: FixedClock
) -> None:
    draft = world.submit(world.draft(faq(release_at=clock.now() + DAY)))
    world.decide(draft, "rsj_reviewer")
    clock.advance(2 * DAY)
    assert world.decide(draft, "zx_reviewer").uploaded_at == clock.now()


def test_a_correction_before_the_release_does_not_push_the_release_away(
    world: World, clock: FixedClock
) -> None:
    first = world.publish(faq(answer="旧"))
    release_at = clock.now() + 3 * DAY
    world.publish(faq(answer="新", release_at=release_at), code=first.code)
    clock.advance(DAY)
    world.publish(faq(answer="旧，更正"), code=first.code)
    assert said(world, first.code) == "旧，更正"
    assert said(world, first.code, release_at) == "新"


def test_withdrawing_what_waits_leaves_the_live_version_alone(world: World, clock: FixedClock) -> None:
    first = world.publish(faq(answer="旧"))
    release_at = clock.now() + 3 * DAY
    world.publish(faq(answer="新", release_at=release_at), code=first.code)
    assert withdraw(world, first.code, 2) == [2]
    assert version(world, first.code, 1).live_to is None
    assert said(world, first.code, release_at) == "旧"


def test_withdrawing_a_point_takes_what_is_live_and_what_waits(world: World, clock: FixedClock) -> None:
    first = world.publish(faq())
    world.publish(faq(release_at=clock.now() + DAY), code=first.code)
    clock.advance(timedelta(hours=1))
    assert withdraw(world, first.code) == [1, 2]
    assert said(world, first.code) is None
    assert said(world, first.code, clock.now() + 2 * DAY) is None
    assert version(world, first.code, 1).withdrawn_reason == "内容有误"
    with pytest.raises(Conflict):
        withdraw(world, first.code)


def test_what_was_withdrawn_can_be_published_anew(world: World, clock: FixedClock) -> None:
    first = world.publish(faq(answer="旧"))
    withdraw(world, first.code)
    clock.advance(DAY)
    world.publish(faq(answer="新"), code=first.code)
    assert said(world, first.code) == "新"


def test_a_withdrawal_needs_a_reason_and_the_right_to_it(world: World) -> None:
    first = world.publish(faq())
    with world.database.write() as session:
        with pytest.raises(Invalid):
            release.withdraw(session, world.as_("zx_manager"), first.code, " ")
        with pytest.raises(Forbidden):
            release.withdraw(session, world.as_("agent"), first.code, "内容有误")
        with pytest.raises(Forbidden):
            release.withdraw(session, world.as_("gaj_editor"), first.code, "内容有误")
        with pytest.raises(NotFound):
            release.withdraw(session, world.as_("zx_manager"), "K9", "内容有误")


def test_a_point_that_supersedes_another_ends_it_when_it_goes_live(world: World, clock: FixedClock) -> None:
    old = world.publish(faq("老办法", "旧"))
    release_at = clock.now() + DAY
    new = world.publish(faq("新办法", "新", supersedes=old.code, release_at=release_at))
    assert said(world, old.code) == "旧"
    assert said(world, old.code, release_at) is None
    assert said(world, new.code, release_at) == "新"
    ended = version(world, old.code, 1)
    assert (ended.superseded_by, ended.live_to) == (new.code, release_at)


def test_the_old_point_holds_until_the_one_that_replaces_it_is_in_force(
    world: World, clock: FixedClock
) -> None:
    old = world.publish(faq("老办法", "旧"))
    in_force = local_day(clock.now() + 10 * DAY)
    new = world.publish(faq("新办法", "新", supersedes=old.code, effective_from=in_force))
    assert said(world, old.code, day_start(in_force) - timedelta(seconds=1)) == "旧"
    assert said(world, old.code, day_start(in_force)) is None
    assert version(world, new.code, 1).state == "not_yet_in_force"
    assert version(world, old.code, 1).live_to == day_start(in_force)


def test_a_version_approved_while_a_successor_waits_ends_with_its_point(
    world: World, clock: FixedClock
) -> None:
    old = world.publish(faq("老办法", "旧"))
    release_at = clock.now() + DAY
    world.publish(faq("新办法", supersedes=old.code, release_at=release_at))
    world.publish(faq("老办法", "旧，更正"), code=old.code)
    assert said(world, old.code) == "旧，更正"
    assert said(world, old.code, release_at) is None


def test_withdrawing_a_waiting_successor_lets_the_old_point_live_on(world: World, clock: FixedClock) -> None:
    old = world.publish(faq("老办法", "旧"))
    release_at = clock.now() + DAY
    new = world.publish(faq("新办法", supersedes=old.code, release_at=release_at))
    withdraw(world, new.code)
    assert said(world, old.code, release_at) == "旧"
    assert version(world, old.code, 1).superseded_by is None


def test_a_unit_replaces_only_its_own_points(world: World) -> None:
    other = world.publish(faq(category="C21"), by="gaj_editor", reviewers=["zx_reviewer"])
    with pytest.raises(Invalid) as refused:
        world.draft(faq(supersedes=other.code))
    assert [each["pointer"] for each in refused.value.pointers] == ["/supersedes"]


def test_a_successor_that_was_itself_replaced_before_it_went_live_replaces_nothing(
    world: World, clock: FixedClock
) -> None:
    old = world.publish(faq("老办法", "旧"))
    middle = world.publish(faq("中间", supersedes=old.code, release_at=clock.now() + 3 * DAY))
    last = world.publish(faq("新办法", supersedes=middle.code, release_at=clock.now() + DAY))
    assert version(world, middle.code, 1).live == "ended"
    assert said(world, old.code, clock.now() + 5 * DAY) == "旧"
    withdraw(world, last.code)
    assert said(world, old.code, clock.now() + 5 * DAY) is None
    assert said(world, middle.code, clock.now() + 5 * DAY) is not None


def test_a_later_version_of_the_successor_can_take_its_claim_back(world: World, clock: FixedClock) -> None:
    old = world.publish(faq("老办法", "旧"))
    release_at = clock.now() + DAY
    new = world.publish(faq("新办法", supersedes=old.code, release_at=release_at))
    world.publish(faq("新办法，并行", release_at=release_at), code=new.code)
    assert said(world, old.code, release_at) == "旧"
