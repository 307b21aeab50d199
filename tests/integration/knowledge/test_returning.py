"""Points that apply to a ticket, with when their answer was first there."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.core.clock import FixedClock
from kb_service.core.errors import Invalid
from kb_service.knowledge.return_rules import held, uploaded_later
from kb_service.knowledge.service import release
from kb_service.knowledge.service.returning import ReturnPoint, points_for_return
from kb_service.regulations.profiles import get_profile
from tests.support.knowledge import faq
from tests.support.service import Service

DAY = timedelta(days=1)
ANSWER = "路边停车每小时收费三元，夜间不收费，到停车场缴费机缴费。"


def found(service: Service, registered_at: datetime, q: str = "路边停车怎样收费") -> dict[str, ReturnPoint]:
    service.index()
    with service.world.database.read() as session:
        points = points_for_return(
            session, service.world.as_("agent"), service.parts.engine, q, registered_at
        )
    return {point.code: point for point in points}


@pytest.mark.clause("SG-16.6")
def test_a_point_that_came_after_the_registration_is_later(service: Service, clock: FixedClock) -> None:
    registered = clock.now()
    clock.advance(DAY)
    point = service.world.publish(faq("路边停车怎样收费", ANSWER))
    told = found(service, registered)[point.code]
    assert (told.later, told.at_registration, told.held_by) == (True, "absent", "")
    assert told.first_uploaded_at == told.uploaded_at == clock.now()


@pytest.mark.clause("SG-16.6")
def test_a_point_that_was_there_is_not_later_even_at_the_same_instant(
    service: Service, clock: FixedClock
) -> None:
    point = service.world.publish(faq("路边停车怎样收费", ANSWER))
    told = found(service, clock.now())[point.code]
    assert (told.later, told.held_by) == (False, f"{point.code}/1")


@pytest.mark.clause("SG-16.6")
def test_a_later_change_of_wording_does_not_make_a_point_later(service: Service, clock: FixedClock) -> None:
    first = service.world.publish(faq("路边停车怎样收费", ANSWER))
    uploaded, registered = clock.now(), clock.now() + DAY
    clock.advance(3 * DAY)
    reworded = "路边停车每小时收费三元。夜间不收费，请到停车场的缴费机缴费。"
    service.world.publish(faq("路边停车怎样收费", reworded), code=first.code)
    told = found(service, registered)[first.code]
    assert (told.version, told.later, told.at_registration) == (2, False, "contained")
    assert (told.first_uploaded_at, told.uploaded_at) == (uploaded, clock.now())


@pytest.mark.clause("SG-16.6")
def test_another_figure_is_another_answer(service: Service, clock: FixedClock) -> None:
    first = service.world.publish(faq("路边停车怎样收费", "路边停车每小时收费3元，夜间不收费。"))
    registered = clock.now() + DAY
    clock.advance(3 * DAY)
    service.world.publish(faq("路边停车怎样收费", "路边停车每小时收费5元，夜间不收费。"), code=first.code)
    told = found(service, registered)[first.code]
    assert (told.later, told.at_registration) == (True, "changed")
    assert told.first_uploaded_at == clock.now()


@pytest.mark.clause("SG-16.6")
def test_an_answer_that_another_point_gave_then_is_not_later(service: Service, clock: FixedClock) -> None:
    world = service.world
    old = world.publish(faq("停车收费标准", ANSWER))
    registered = clock.now()
    clock.advance(DAY)
    with world.database.write() as session:
        release.withdraw(session, world.as_("zx_manager"), old.code, "并入新的知识点")
    new = world.publish(faq("路边停车怎样收费", ANSWER))
    told = found(service, registered)[new.code]
    assert (told.later, told.held_by) == (False, f"{old.code}/1")


def test_what_was_embargoed_at_registration_was_not_there(service: Service, clock: FixedClock) -> None:
    point = service.world.publish(faq("路边停车怎样收费", ANSWER, release_at=clock.now() + 2 * DAY))
    registered = clock.now() + DAY
    clock.advance(3 * DAY)
    assert found(service, registered)[point.code].later


def test_a_registration_that_is_still_to_come_is_refused(service: Service, clock: FixedClock) -> None:
    with pytest.raises(Invalid):
        found(service, clock.now() + DAY)


TEXT = st.text(alphabet="停车收费夜间元五三0123456789", min_size=2, max_size=40)


@given(TEXT, TEXT)
def test_an_answer_is_contained_in_any_text_around_it(answer: str, more: str) -> None:
    if any(each not in "0123456789" for each in answer):
        assert held(answer, f"{answer}。{more}") != "absent"
    assert held(answer, answer) in {"contained", "absent"}


@pytest.mark.clause("SG-16.6")
def test_later_means_after_and_held_by_nothing_then(clock: FixedClock) -> None:
    now = clock.now()
    assert uploaded_later(now + DAY, now, held_then=False)
    assert not uploaded_later(now, now, held_then=False)
    assert not uploaded_later(now + DAY, now, held_then=True)


@pytest.mark.clause("SG-16.6")
def test_the_city_whose_units_may_not_return_for_a_late_point_says_so() -> None:
    returns = get_profile("shaoguan-2022").returns
    assert returns is not None
    assert list(returns.not_returnable["knowledge"].clause) == ["SG-16.6"]
