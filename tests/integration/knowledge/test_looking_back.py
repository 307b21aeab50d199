"""As of an instant: the list and the search are what they were then, whatever happened since."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb_service.core.clock import FixedClock
from kb_service.core.context import Context
from kb_service.core.errors import Invalid, KbError, NotFound
from kb_service.knowledge.service import listing, reading, release
from kb_service.knowledge.service.listing import PointFilter
from kb_service.knowledge.service.searching import PointHits, SearchParams, search_points
from tests.support.knowledge import World, faq
from tests.support.plain_engine import PlainEngine

DAY = timedelta(days=1)


def found(world: World, q: str, by: str = "agent", **params: Any) -> PointHits:
    with world.database.read() as session:
        return search_points(session, world.as_(by), PlainEngine(), SearchParams(q, **params))


def listed(world: World, ctx: Context, **how: Any) -> set[tuple[str, int]]:
    with world.database.read() as session:
        page = listing.list_points(session, ctx, PointFilter(), limit=100, **how)
    return {(row.code, row.number) for row in page.items}


def test_a_search_of_an_earlier_instant_finds_what_was_live_then_and_says_so(
    world: World, clock: FixedClock
) -> None:
    first = world.publish(faq(answer="到三楼办理退休"))
    then = clock.now() + timedelta(hours=1)
    clock.advance(2 * DAY)
    world.publish(faq(answer="到五楼办理退休"), code=first.code)
    world.publish(faq("退休金怎样领取"))
    past = found(world, "退休", as_of=then)
    assert [(hit.code, hit.version, hit.answer) for hit in past.hits] == [(first.code, 1, "到三楼办理退休")]
    assert (past.as_of, past.degraded) == (then, "database")


def test_what_was_withdrawn_since_is_found_as_of_before(world: World, clock: FixedClock) -> None:
    first = world.publish(faq())
    then = clock.now()
    clock.advance(DAY)
    with world.database.write() as session:
        release.withdraw(session, world.as_("zx_manager"), first.code, "有误")
    assert [hit.code for hit in found(world, "退休", as_of=then).hits] == [first.code]
    assert (first.code, 1) in listed(world, world.as_("agent"), as_of=then)
    assert (first.code, 1) not in listed(world, world.as_("agent"))


def test_validity_is_that_of_the_instant(world: World, clock: FixedClock) -> None:
    world.publish(faq(effective_to=(clock.now() + DAY).date().isoformat()))
    then = clock.now()
    clock.advance(5 * DAY)
    assert len(found(world, "退休", as_of=then).hits) == 1
    assert found(world, "退休", as_of=clock.now()).hits == []
    assert len(found(world, "退休", as_of=clock.now(), include_lapsed=True).hits) == 1


def test_looking_back_opens_nothing_that_was_not_meant_for_the_reader(
    world: World, clock: FixedClock
) -> None:
    world.publish(faq("退休限定", audience="restricted", roles=["confidential_handler"]))
    assert found(world, "退休", as_of=clock.now()).hits == []
    assert listed(world, world.as_("agent"), as_of=clock.now()) == set()
    assert len(found(world, "退休", by="confidant", as_of=clock.now()).hits) == 1


def test_nobody_looks_ahead_and_the_public_does_not_look_back(world: World, clock: FixedClock) -> None:
    world.publish(faq(release_at=clock.now() + DAY))
    for login in ("agent", "rsj_editor", "zx_manager"):
        with pytest.raises(Invalid, match="不能晚于现在"):
            found(world, "退休", by=login, as_of=clock.now() + 2 * DAY)
        with pytest.raises(Invalid, match="不能晚于现在"):
            listed(world, world.as_(login), as_of=clock.now() + 2 * DAY)
    with pytest.raises(KbError):
        found(world, "退休", by="public", as_of=clock.now())


STEPS = st.lists(
    st.tuples(st.sampled_from(["publish", "next", "withdraw", "later", "wait"]), st.integers(0, 9)),
    min_size=3,
    max_size=12,
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(STEPS)
def test_the_list_as_of_an_instant_is_the_list_that_was_seen_at_it(
    world: World, clock: FixedClock, steps: list[tuple[str, int]]
) -> None:
    agent = world.as_("agent")
    seen: dict[Any, set[tuple[str, int]]] = {}
    codes: list[str] = []
    for verb, pick in steps:
        code = codes[pick % len(codes)] if codes else None
        if verb == "wait" or (code is None and verb != "publish"):
            clock.advance(timedelta(hours=7 * (pick + 1)))
        elif verb == "publish":
            codes.append(world.publish(faq(f"问题{len(codes)}")).code)
        elif verb == "withdraw" and code:
            with world.database.write() as session, suppress(KbError):
                release.withdraw(session, world.as_("zx_manager"), code, "不再适用")
        elif code:
            later = clock.now() + timedelta(hours=5 * pick) if verb == "later" else None
            world.publish(faq(f"问题{pick}改", release_at=later), code=code)
        clock.advance(timedelta(minutes=1))
        agent = world.as_("agent")
        seen[clock.now()] = listed(world, agent)
        clock.advance(timedelta(minutes=1))
    agent = world.as_("agent")
    for instant, rows in seen.items():
        assert listed(world, agent, as_of=instant) == rows
        for code, number in rows:
            with world.database.read() as session:
                assert reading.as_of(session, agent, code, instant).number == number


def test_a_point_that_never_was_is_not_found_in_the_past(world: World, clock: FixedClock) -> None:
    version = world.publish(faq())
    with pytest.raises(NotFound), world.database.read() as session:
        reading.as_of(session, world.as_("agent"), version.code, clock.now() - DAY)
