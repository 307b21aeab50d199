"""When what is due, and whether it was done in time."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from kb_service.core.clock import day_start
from kb_service.regulations import rules as regulation
from kb_service.regulations.calendar import Due, WorkingCalendar
from kb_service.regulations.schema import Profile, Rule
from kb_service.tickets.rules.history import State

# By whether it was done, and whether that or now is too late.
_STATUS = {
    (False, False): "running",
    (False, True): "overdue",
    (True, False): "met",
    (True, True): "late",
}


@dataclass(frozen=True)
class Clock:
    """`status`: running, overdue, met, or late (done after it was due). `shown` is the due time for people."""

    name: str
    label: str
    due: datetime
    due_day: date
    shown: str
    status: str
    clause: str
    article: str
    provisional: bool

    @property
    def open(self) -> bool:
        return self.status in {"running", "overdue"}


def clocks(
    state: State,
    profile: Profile,
    calendar: WorkingCalendar,
    request_class: str,
    *,
    sudden: bool,
    now: datetime,
) -> list[Clock]:
    """All clocks of the present round, those still open first, the earliest leading."""
    if state.counted_from is None:
        return []
    found = [
        _clock(_extended(due, state, profile, calendar, request_class), _done_at(due.name, state), now)
        for due in regulation.handling_due(
            profile,
            calendar,
            request_class,
            state.counted_from,
            sudden=sudden,
            signed_at=state.signed_at,
            accepted_at=state.signed_at,
        )
    ]
    window = _return_clock(state, profile, calendar, now)
    if window is not None:
        found.append(window)
    return sorted(found, key=lambda clock: (not clock.open, clock.due))


def _done_at(name: str, state: State) -> datetime | None:
    if name == "sudden_record":
        return state.recorded_at or state.replied_at
    if name == "sudden_completion":
        return state.completed_at
    return state.replied_at


def _extended(
    due: regulation.DueTime, state: State, profile: Profile, calendar: WorkingCalendar, request_class: str
) -> regulation.DueTime:
    """An extension counts on from the present due day by the class's own limit (SG-17.5)."""
    if due.name != "handling" or not state.granted:
        return due
    limit = regulation.request_class_of(profile, request_class).limit.within
    for _ in range(state.granted):
        later = calendar.due(day_start(due.due_day), limit.value, profile.periods.day_ends)
        due = replace(
            due,
            due=later.due,
            due_day=later.due_day,
            provisional=later.provisional,
            counted_days=due.counted_days + later.counted_days,
            shown=later.shown,
            label=f"{due.label}（已延期）",
        )
    return due


def _return_clock(state: State, profile: Profile, calendar: WorkingCalendar, now: datetime) -> Clock | None:
    """The window for asking to return; it ends unused without being overdue."""
    if profile.returns is None or state.received_at is None or state.status not in {"dispatched", "signed"}:
        return None
    rule = profile.returns.not_ours
    due = calendar.due(state.received_at, rule.within.value, profile.periods.day_ends)
    if now >= due.due:
        return None
    return _made("return", "可申请退回", due, "running", rule)


def _clock(due: regulation.DueTime, done_at: datetime | None, now: datetime) -> Clock:
    late = (done_at or now) >= due.due
    status = _STATUS[done_at is not None, late]
    return Clock(
        due.name, due.label, due.due, due.due_day, due.shown, status, due.clause, due.article, due.provisional
    )


def _made(name: str, label: str, due: Due, status: str, rule: Rule) -> Clock:
    clause = "、".join(rule.clause)
    return Clock(name, label, due.due, due.due_day, due.shown, status, clause, rule.cited, due.provisional)
