"""All clocks of a ticket at an instant: when what is due, why, and whether it was done in time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from kb_service.core.clock import CITY, day_start
from kb_service.core.errors import Invalid
from kb_service.regulations import rules as regulation
from kb_service.regulations.calendar import shown
from kb_service.regulations.rules import DueTime
from kb_service.tickets.rules.life.dispatching import designated_rule
from kb_service.tickets.rules.life.extending import ask_window
from kb_service.tickets.rules.life.facts import Leg, State, SubTask
from kb_service.tickets.rules.life.limits import done_at, handling_dues, main_due
from kb_service.tickets.rules.life.registry import Actor, Case, Rules
from kb_service.tickets.rules.life.supervising import supervision_due

NOBODY = Actor(frozenset({"system"}))
_STARTED = {
    "register": "登记",
    "promise": "承诺答复",
    "receive": "首次收到",
    "sign": "签收",
    "deemed_sign": "视为签收",
    "accept": "决定受理",
    "merge": "并入重复来电",
    "start_survey": "启动踏勘",
    "redo": "重办派出",
    "reply": "答复诉求人",
    "report": "报送结果",
    "request_rating": "发出评价信息",
    "open_supervision": "启动督办",
    "restrict": "开始限制",
    "sub_task": "内部分办",
}
_MANY = 15


@dataclass(frozen=True)
class Clock:
    """One clock. An act at t is in time when t < due.

    `status`: running; met, done in time; overdue, not done in time, whether it has been done since or not;
    stopped, nothing is owed any more. `window`: a time within which something may be done, whose end leaves
    nothing overdue. `why` tells from when and over which days it counts.
    """

    name: str
    label: str
    started_by: str
    started_at: datetime
    due: datetime
    due_day: date
    shown: str
    status: str
    done_at: datetime | None
    window: bool
    clause: str
    article: str
    provisional: bool
    counted_days: tuple[date, ...]
    why: str

    @property
    def open(self) -> bool:
        return self.status == "running" or (self.status == "overdue" and self.done_at is None)


@dataclass(frozen=True)
class _Given:
    """What a clock is made of besides its due time."""

    started_by: str
    started_at: datetime
    done_at: datetime | None = None
    stopped_at: datetime | None = None
    window: bool = False


def clocks(rules: Rules, state: State, now: datetime) -> list[Clock]:
    """Every clock, those still open first, the earliest of them leading."""
    case = Case(rules, state, now, NOBODY)
    found = [_clock(due, given, now) for due, given in _all(case) if due is not None]
    return sorted(found, key=lambda each: (not each.open, each.due, each.name, each.label))


def _all(case: Case) -> Iterator[tuple[DueTime | None, _Given]]:
    if case.state.request is None:
        return
    yield from _centre(case)
    if case.state.leg is not None:
        yield from _signing(case)
        yield from _windows(case)
        yield from _duties(case)
        yield from _handling(case)
        yield from _after(case)
    yield from _ratings(case)
    yield from _oversight(case)


def _centre(case: Case) -> Iterator[tuple[DueTime | None, _Given]]:
    state, profile, calendar = case.state, case.profile, case.calendar
    if state.centre_from is not None:
        due = regulation.centre_dispatch_due(profile, calendar, case.request.route, state.centre_from)
        yield due, _Given("register", state.centre_from, state.dispatched_at, state.left_pending_at)
    if state.promise is not None:
        due = regulation.promised_answer_due(profile, calendar, state.promise.at)
        yield due, _Given("promise", state.promise.at, state.promise.answered_at, state.left_pending_at)


def _signing(case: Case) -> Iterator[tuple[DueTime | None, _Given]]:
    leg = case.leg
    signed = None if leg.sign_deemed else leg.signed_at
    done = _earliest(signed, leg.return_asked_at, leg.replied_at, leg.completed_at)
    due = regulation.sign_due(case.profile, case.calendar, leg.received_at)
    yield due, _Given("receive", leg.received_at, done, leg.left_at)


def _windows(case: Case) -> Iterator[tuple[DueTime | None, _Given]]:
    leg, profile, calendar = case.leg, case.profile, case.calendar
    if profile.returns is None or leg.redo or (leg.designated and designated_rule(case) is not None):
        return
    over = _earliest(leg.replied_at, leg.completed_at, leg.left_at)
    kinds = {each.kind for each in case.state.returns if each.at >= leg.received_at}
    asked = leg.return_asked_at
    signed = profile.returns.not_ours.starts == "signed"
    due = regulation.return_due(profile, calendar, leg.received_at, signed_at=leg.signed_at, now=case.at)
    begun = (leg.signed_at or leg.received_at) if signed else leg.received_at
    how = _signed_how(leg) if signed else "receive"
    yield due, _Given(how, begun, asked if "not_ours" in kinds else None, over, window=True)
    received = leg.received_at
    due = regulation.supplement_due(profile, calendar, received)
    yield due, _Given("receive", received, asked if "supplement" in kinds else None, over, window=True)
    due = regulation.survey_start_due(profile, calendar, received)
    yield due, _Given("receive", received, leg.survey_started_at, over, window=True)


def _duties(case: Case) -> Iterator[tuple[DueTime | None, _Given]]:
    leg, profile, calendar = case.leg, case.profile, case.calendar
    over = _earliest(leg.completed_at, leg.left_at)
    if leg.survey_started_at is not None:
        due = regulation.survey_findings_due(profile, calendar, leg.survey_started_at)
        yield due, _Given("start_survey", leg.survey_started_at, leg.surveyed_at, over)
    if leg.redo:
        return
    name, received = case.request.request_class, leg.received_at
    done = _earliest(leg.contacted_at, leg.replied_at)
    yield (
        regulation.first_contact_due(profile, calendar, name, received),
        _Given("receive", received, done, over),
    )
    yield (
        regulation.acceptance_due(profile, calendar, name, received),
        _Given("receive", received, leg.decided_at, over),
    )


def _handling(case: Case) -> Iterator[tuple[DueTime | None, _Given]]:
    leg, state = case.leg, case.state
    done = done_at(case.rules, state, leg)
    for due in handling_dues(case.rules, state, leg, case.at):
        finished = done
        if due.name == "sudden_record":
            finished = _earliest(leg.recorded_at, leg.replied_at, leg.completed_at)
        elif due.name == "sudden_completion":
            finished = _earliest(leg.completion_asked_at, leg.completed_at)
        how, begun = _limit_start(case, leg)
        yield due, _Given(how, begun, finished, leg.left_at)
    if done is None and leg.left_at is None:
        yield _asking(case)
    for task in leg.sub_tasks:
        yield _sub_due(case, task), _Given("sub_task", task.opened_at, task.done_at, leg.left_at or done)


def _limit_start(case: Case, leg: Leg) -> tuple[str, datetime]:
    if leg.redo:
        return "redo", leg.counted_from
    limit = regulation.request_class_of(case.profile, case.request.request_class).limit
    if leg.counted_from != leg.received_at:
        return "merge", leg.counted_from
    if limit.starts == "accepted":
        return "accept", leg.accepted_at or leg.received_at
    if limit.starts == "signed":
        deemed = regulation.deemed_signed(case.profile, case.calendar, leg.received_at)
        begun = _earliest(leg.signed_at, deemed) or leg.received_at
        return ("deemed_sign" if begun == deemed else "sign"), begun
    return "receive", leg.received_at


def _signed_how(leg: Leg) -> str:
    return "deemed_sign" if leg.sign_deemed else "sign"


def _asking(case: Case) -> tuple[DueTime | None, _Given]:
    """Until when an extension may be asked for; none where there is nothing to ask."""
    leg, redo = case.leg, case.profile.redo
    nothing = (None, _Given("limit", leg.received_at))
    due = main_due(case.rules, case.state, leg, case.at)
    fixed = leg.redo and redo is not None and not redo.extension_allowed
    if due is None or fixed or leg.extension_open or case.profile.extension is None:
        return nothing
    try:
        window = ask_window(case, due)
    except Invalid:
        return nothing
    return window, _Given("limit", leg.counted_from, window=True)


def _sub_due(case: Case, task: SubTask) -> DueTime:
    outer = main_due(case.rules, case.state, case.leg, case.at)
    end = day_start(task.due_day) + case.profile.periods.day_ends
    clause, article = (outer.clause, outer.article) if outer else ("", "")
    text = shown(end, task.due_day)
    return DueTime(clause, article, "sub_task", f"内部分办：{task.title}", end, task.due_day, False, (), text)


def _after(case: Case) -> Iterator[tuple[DueTime | None, _Given]]:
    leg, profile, calendar = case.leg, case.profile, case.calendar
    filed = leg.completed_at is not None and leg.replied_at is None
    if leg.replied_at is not None and not filed:
        due = regulation.report_due(profile, calendar, leg.replied_at)
        yield due, _Given("reply", leg.replied_at, leg.reported_at, leg.left_at)
    if leg.reported_at is not None and leg.completed_at is not None:
        due = regulation.callback_due(profile, calendar, leg.reported_at)
        yield due, _Given("report", leg.reported_at, leg.called_back_at)


def _ratings(case: Case) -> Iterator[tuple[DueTime | None, _Given]]:
    deemed = {(each.phase, each.leg) for each in case.state.satisfactions if each.source == "deemed"}
    for each in case.state.ratings_asked:
        if each.leg != case.state.leg_number:
            continue
        due = regulation.rating_due(case.profile, case.calendar, each.at)
        lapsed = (each.phase, each.leg) in deemed and due is not None and each.done_at is not None
        late = lapsed and due is not None and each.done_at is not None and each.done_at >= due.due
        yield (
            due,
            _Given("request_rating", each.at, None if late else each.done_at, each.done_at, window=True),
        )


def _oversight(case: Case) -> Iterator[tuple[DueTime | None, _Given]]:
    for each in case.state.supervisions:
        done = each.replied_at or (each.closed_at if each.solved else None)
        given = _Given("open_supervision", each.opened_at, done, each.closed_at)
        yield supervision_due(case, each), given
    found = case.state.restriction
    if found is not None:
        due = regulation.restriction_end(case.profile, case.calendar, found.imposed_at)
        yield due, _Given("restrict", found.imposed_at, None, found.lifted_at, window=True)


def _earliest(*instants: datetime | None) -> datetime | None:
    return min((each for each in instants if each is not None), default=None)


def _clock(due: DueTime, given: _Given, now: datetime) -> Clock:
    return Clock(
        due.name,
        due.label,
        given.started_by,
        given.started_at,
        due.due,
        due.due_day,
        due.shown,
        _status(due.due, given, now),
        given.done_at,
        given.window,
        due.clause,
        due.article,
        due.provisional,
        due.counted_days,
        _why(due, given),
    )


def _status(due: datetime, given: _Given, now: datetime) -> str:
    if given.done_at is not None:
        return "met" if given.done_at < due else "overdue"
    if given.stopped_at is not None and (given.window or given.stopped_at < due):
        return "stopped"
    if now < due:
        return "running"
    return "stopped" if given.window else "overdue"


def _why(due: DueTime, given: _Given) -> str:
    if given.started_by == "limit":
        return f"随办理期限而定，{due.shown}"
    begun = given.started_at.astimezone(CITY)
    start = f"{begun.year}年{begun.month}月{begun.day}日{begun:%H:%M}{_STARTED[given.started_by]}"
    if not due.counted_days:
        return f"{start}，{due.shown}"
    days = [f"{day.month}月{day.day}日" for day in due.counted_days]
    if len(days) > _MANY:
        days = [*days[:3], "……", *days[-3:]]
    return f"{start}，次日起算：{'、'.join(days)}（共{len(due.counted_days)}日），{due.shown}"


def leading(found: list[Clock]) -> Clock | None:
    """The duty that is due next; what merely may be done does not lead."""
    return next((each for each in found if each.open and not each.window), None)
