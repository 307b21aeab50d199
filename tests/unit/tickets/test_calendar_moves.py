"""What a change of the calendar moves: exactly what a replay under each of the two calendars shows."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kb_service.regulations.calendar import WorkingCalendar
from kb_service.tickets.calendar.comparing import moves
from kb_service.tickets.rules.life import Event, Rules, TicketState, replay
from tests.support.lives import BEGINNING, LONG, ends, lives

DAYS = st.integers(0, 120).map(lambda days: BEGINNING.date() + timedelta(days=days))
CHANGES = st.dictionaries(DAYS, st.booleans(), min_size=1, max_size=6)


def under(rules: Rules, calendar: WorkingCalendar, events: list[Event]) -> TicketState:
    return replay(rules.profile, calendar, events, ends(events), continued_until=LONG)


def accepted(rules: Rules, events: list[Event]) -> list[Event]:
    """As a ticket keeps them: what is refused is not kept."""
    refused = {each.event for each in under(rules, rules.calendar, events).refused}
    return [each for place, each in enumerate(events) if place not in refused]


@given(lives())
def test_the_same_calendar_moves_nothing(life: tuple[Rules, list[Event]]) -> None:
    rules, events = life
    kept = accepted(rules, events)
    assert moves(rules, kept, ends(kept), rules.calendar, rules.calendar) == []


@given(lives(), CHANGES)
def test_whatever_is_due_otherwise_afterwards_stands_in_the_list(
    life: tuple[Rules, list[Event]], changed: dict[date, bool]
) -> None:
    rules, events = life
    kept, after = accepted(rules, events), WorkingCalendar(changed)
    found = moves(rules, kept, ends(kept), rules.calendar, after)
    before = {each.due for each in under(rules, rules.calendar, kept).clocks if each.open}
    then = under(rules, after, kept)
    if then.refused:
        # What was accepted stays accepted, where a replay would refuse it today.
        return
    fresh = {each.due for each in then.clocks if each.open} - before
    assert fresh <= {each.after for each in found}
    assert all(each.before != each.after and each.clause for each in found)


@given(lives(), CHANGES)
def test_a_change_and_its_taking_back_move_the_same_there_and_back(
    life: tuple[Rules, list[Event]], changed: dict[date, bool]
) -> None:
    rules, events = life
    kept, after = accepted(rules, events), WorkingCalendar(changed)
    there = moves(rules, kept, ends(kept), rules.calendar, after)
    back = moves(rules, kept, ends(kept), after, rules.calendar)
    assert sorted(str((each.name, each.before, each.after)) for each in there) == sorted(
        str((each.name, each.after, each.before)) for each in back
    )
