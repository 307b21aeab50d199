"""When each step of a ticket is due. Pure: profile, calendar and instants are arguments.

Each function takes the instant that starts its period and gives None where the city sets no such
period. What is deemed to happen happens at the end of its window: it counts from the window's last
day, as if it had been done in its last minute.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import get_args

from kb_service.core.clock import day_start, local_day
from kb_service.core.errors import Invalid
from kb_service.regulations.calendar import Due, WorkingCalendar, shown
from kb_service.regulations.calendar import Period as Length
from kb_service.regulations.schema import Period, Profile, RequestClassCode, Rule
from kb_service.regulations.schema.handling import Rating, ReturnWindow
from kb_service.regulations.schema.intake import RequestClass
from kb_service.regulations.schema.parts import Timed

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Cited:
    """`clause` is the id (several joined by 、), `article` the citation for people."""

    clause: str
    article: str


@dataclass(frozen=True)
class DueTime(Cited):
    """One clock of a ticket. An act at t is in time when t < due."""

    name: str
    label: str
    due: datetime
    due_day: date
    provisional: bool
    counted_days: tuple[date, ...]
    shown: str

    @property
    def closing(self) -> datetime:
        """The last moment of the window: when what is deemed to happen at its end happens."""
        return self.due - _MOMENT


@dataclass(frozen=True)
class SpecialLimit:
    """A limit for one ticket that another body or rule sets: its length or its last day, one of the two.

    `basis` is told with the due time.
    """

    within: Length | None
    basis: str
    until: date | None = None

    def length(self, begins: datetime) -> Length:
        """What began after its last day is due on the day it began."""
        if self.within is not None:
            return self.within
        days = ((self.until or local_day(begins)) - local_day(begins)).days
        return Length(calendar_days=max(days, 0))


def cited(rule: Rule) -> tuple[str, str]:
    return "、".join(rule.clause), rule.cited


def request_class_of(profile: Profile, request_class: str) -> RequestClass:
    """The class of that code, or the one that the regulation puts it together with."""
    for code, found in profile.classes.items():
        if request_class == code or request_class in found.covers:
            return found
    known = "、".join(f"{each.label}（{code}）" for code, each in profile.classes.items())
    if request_class in get_args(RequestClassCode):
        detail = f"{profile.city}的规则没有“{request_class}”这一诉求类型，可用：{known}。"
        raise Invalid(detail, code="class_not_in_profile")
    raise Invalid(f"不认识诉求类型“{request_class}”，可用：{known}。", code="class_unknown")


def code_of(profile: Profile, request_class: str) -> RequestClassCode | None:
    """The profile's own code of a class; None where the city has nothing like it."""
    for code, found in profile.classes.items():
        if request_class == code or request_class in found.covers:
            return code
    return None


def handling_due(
    profile: Profile,
    calendar: WorkingCalendar,
    request_class: str,
    received_at: datetime,
    *,
    sudden: bool = False,
    signed_at: datetime | None = None,
    accepted_at: datetime | None = None,
    special: SpecialLimit | None = None,
    now: datetime | None = None,
) -> list[DueTime]:
    """The due times of handling, the earliest first.

    `received_at`: when the first receiving body got the ticket. A limit that starts with signing or
    acceptance has no due time until that instant is known, or deemed by `now`. A sudden matter's limits
    stand in place of its class's. Raises Invalid where the city has no such class.
    """
    found = request_class_of(profile, request_class)
    if sudden and profile.sudden is not None:
        rule = profile.sudden
        record = _due(profile, calendar, "sudden_record", "突发事项处理记录", received_at, rule.record, rule)
        complete = _due(
            profile, calendar, "sudden_completion", "突发事项办结", received_at, rule.complete, rule
        )
        return sorted((record, complete), key=lambda each: each.due)
    begins = limit_starts(
        profile, calendar, request_class, received_at, signed_at=signed_at, accepted_at=accepted_at, now=now
    )
    if begins is None:
        return []
    label = f"{found.label}办理期限"
    own = _due(profile, calendar, "handling", label, begins, found.limit.within, found.limit)
    return [_with_special(profile, calendar, request_class, own, begins, special)]


def limit_starts(
    profile: Profile,
    calendar: WorkingCalendar,
    request_class: str,
    received_at: datetime,
    *,
    signed_at: datetime | None = None,
    accepted_at: datetime | None = None,
    now: datetime | None = None,
) -> datetime | None:
    """The instant the handling limit counts from; None while it is not known.

    A unit that signs late, or not at all by `now`, is taken to have signed when the profile says.
    """
    starts = request_class_of(profile, request_class).limit.starts
    if starts == "received":
        return received_at
    if starts == "accepted":
        return accepted_at
    deemed = deemed_signed(profile, calendar, received_at)
    if deemed is None:
        return signed_at
    if signed_at is not None:
        return min(signed_at, deemed)
    return deemed if now is not None and now > deemed else None


def deemed_signed(profile: Profile, calendar: WorkingCalendar, received_at: datetime) -> datetime | None:
    """The moment at which an unsigned ticket counts as signed; None where nothing is deemed."""
    window = sign_due(profile, calendar, received_at)
    if window is None or profile.sign is None or profile.sign.unsigned is None:
        return None
    if profile.sign.unsigned.signed_at == "return_window" and profile.returns is not None:
        rule = profile.returns.not_ours
        window = _due(profile, calendar, "return", "申请退回", window.closing, rule.within, rule)
    return window.closing


def sign_due(profile: Profile, calendar: WorkingCalendar, received_at: datetime) -> DueTime | None:
    return _within(profile, calendar, "sign", "签收", received_at, profile.sign)


def return_due(
    profile: Profile,
    calendar: WorkingCalendar,
    received_at: datetime,
    *,
    signed_at: datetime | None = None,
    now: datetime | None = None,
) -> DueTime | None:
    """The window for asking to return a ticket that is not the unit's; None while it has not begun.

    Where it begins with signing, a ticket unsigned by `now` is taken as signed when its signing
    window closed.
    """
    if profile.returns is None:
        return None
    rule = profile.returns.not_ours
    begins = (
        _signing(profile, calendar, received_at, signed_at, now) if rule.starts == "signed" else received_at
    )
    if begins is None:
        return None
    return _within(profile, calendar, "return", "申请退回", begins, rule)


def _signing(
    profile: Profile,
    calendar: WorkingCalendar,
    received_at: datetime,
    signed_at: datetime | None,
    now: datetime | None,
) -> datetime | None:
    window = sign_due(profile, calendar, received_at)
    if window is None or profile.sign is None or profile.sign.unsigned is None:
        return signed_at
    unsigned = profile.sign.unsigned
    if signed_at is not None:
        return signed_at if unsigned.signed_at == "return_window" else min(signed_at, window.closing)
    return window.closing if now is not None and now > window.closing else None


def supplement_due(profile: Profile, calendar: WorkingCalendar, received_at: datetime) -> DueTime | None:
    rule = None if profile.returns is None else profile.returns.supplement
    return _within(profile, calendar, "supplement", "列明须补充的材料退回", received_at, rule)


def survey_start_due(profile: Profile, calendar: WorkingCalendar, received_at: datetime) -> DueTime | None:
    if profile.returns is None or profile.returns.survey is None:
        return None
    rule = profile.returns.survey
    return _due(profile, calendar, "survey_start", "启动现场踏勘", received_at, rule.start_within, rule)


def survey_findings_due(profile: Profile, calendar: WorkingCalendar, started_at: datetime) -> DueTime | None:
    if profile.returns is None or profile.returns.survey is None:
        return None
    rule = profile.returns.survey
    label = "上传踏勘情况并申请退回"
    return _due(profile, calendar, "survey_findings", label, started_at, rule.findings_within, rule)


def first_contact_due(
    profile: Profile, calendar: WorkingCalendar, request_class: str, received_at: datetime
) -> DueTime | None:
    rule = request_class_of(profile, request_class).first_contact
    return _within(profile, calendar, "first_contact", "与诉求人沟通", received_at, rule)


def acceptance_due(
    profile: Profile, calendar: WorkingCalendar, request_class: str, received_at: datetime
) -> DueTime | None:
    rule = request_class_of(profile, request_class).decision
    return _within(profile, calendar, "acceptance", "决定是否受理", received_at, rule)


def centre_dispatch_due(
    profile: Profile, calendar: WorkingCalendar, route: str | None, registered_at: datetime
) -> DueTime | None:
    """`route` is an id of the profile's dispatch routes, None where nobody has chosen one yet: a city that
    dispatches by routes alone, all in the same time, leaves no doubt about that time.
    """
    routes = profile.dispatch.routes
    if route is not None:
        rule = routes.get(route)
        label = "" if rule is None else f"热线转办：{rule.label}"
        return _within(profile, calendar, "centre_dispatch", label, registered_at, rule)
    if profile.dispatch.direct is not None or len({each.within for each in routes.values()}) != 1:
        return None
    one = next(iter(routes.values()))
    return _within(profile, calendar, "centre_dispatch", "热线转办", registered_at, one)


def promised_answer_due(profile: Profile, calendar: WorkingCalendar, promised_at: datetime) -> DueTime | None:
    return _within(profile, calendar, "promised_answer", "承诺答复", promised_at, profile.intake.promised)


def report_due(profile: Profile, calendar: WorkingCalendar, replied_at: datetime) -> DueTime | None:
    return _within(profile, calendar, "report", "向热线报送结果", replied_at, profile.completion.report)


def callback_due(profile: Profile, calendar: WorkingCalendar, reported_at: datetime) -> DueTime | None:
    rule = profile.callback
    if rule is None or rule.within is None:
        return None
    return _due(profile, calendar, "callback", "回访", reported_at, rule.within, rule)


def rating_due(profile: Profile, calendar: WorkingCalendar, sent_at: datetime) -> DueTime | None:
    return _within(profile, calendar, "rating", "满意度评价", sent_at, profile.ratings.window)


def redo_due(
    profile: Profile,
    calendar: WorkingCalendar,
    request_class: str,
    dispatched_at: datetime,
    *,
    sudden: bool = False,
    special: SpecialLimit | None = None,
) -> DueTime | None:
    """Counted from the redo's dispatch, whatever starts the limit of a first handling."""
    rule = profile.redo
    if rule is None:
        return None
    if rule.period is not None:
        return _due(profile, calendar, "redo", "重办", dispatched_at, rule.period, rule)
    own = rule.within == "own_limit"
    if own and sudden and profile.sudden is not None:
        return _due(profile, calendar, "redo", "重办", dispatched_at, profile.sudden.complete, rule)
    limit = request_class_of(profile, request_class).limit
    found = _due(profile, calendar, "redo", "重办", dispatched_at, limit.within, rule)
    if not own:
        return found
    return _with_special(profile, calendar, request_class, found, dispatched_at, special)


def supervision_due(
    profile: Profile, calendar: WorkingCalendar, kind: str, opened_at: datetime
) -> DueTime | None:
    rule = profile.supervision.kinds.get(kind)
    if rule is None or rule.within is None:
        return None
    return _due(profile, calendar, "supervision", f"督办：{rule.label}", opened_at, rule.within, rule)


def restriction_end(profile: Profile, calendar: WorkingCalendar, imposed_at: datetime) -> DueTime | None:
    return _within(profile, calendar, "restriction", "限制使用结束", imposed_at, profile.access.restriction)


def earliest(clocks: list[DueTime]) -> DueTime | None:
    """The one that leads."""
    return min(clocks, key=lambda each: each.due, default=None)


def counted_on(
    profile: Profile, calendar: WorkingCalendar, due: DueTime, length: Length, rule: Rule, label: str
) -> DueTime:
    """A due time moved on from where it stands; working days count from the present due day."""
    start = due.due if length.hours is not None else due.closing
    later = calendar.due(start, length, profile.periods.day_ends)
    return replace(
        _from(due.name, label, later, rule),
        provisional=due.provisional or later.provisional,
        counted_days=due.counted_days + later.counted_days,
    )


def same_moment(due: DueTime, day: date, profile: Profile, name: str, label: str, rule: Rule) -> DueTime:
    """The end of another day as a due time of its own."""
    end = day_start(day) + profile.periods.day_ends
    return replace(
        due,
        clause="、".join(rule.clause),
        article=rule.cited,
        name=name,
        label=label,
        due=end,
        due_day=day,
        counted_days=(),
        shown=shown(end, day),
    )


def _with_special(
    profile: Profile,
    calendar: WorkingCalendar,
    request_class: str,
    own: DueTime,
    begins: datetime,
    special: SpecialLimit | None,
) -> DueTime:
    rule = profile.special_limits
    code = code_of(profile, request_class)
    if special is None or rule is None or (rule.classes and code not in rule.classes):
        return own
    found = calendar.due(begins, special.length(begins), profile.periods.day_ends)
    if rule.effect == "shortest" and found.due >= own.due:
        return own
    return _from(own.name, f"{own.label}（{special.basis}）", found, rule)


def _within(
    profile: Profile,
    calendar: WorkingCalendar,
    name: str,
    label: str,
    begins: datetime,
    rule: Timed | ReturnWindow | Rating | None,
) -> DueTime | None:
    return None if rule is None else _due(profile, calendar, name, label, begins, rule.within, rule)


def _due(
    profile: Profile,
    calendar: WorkingCalendar,
    name: str,
    label: str,
    begins: datetime,
    period: Period,
    rule: Rule,
) -> DueTime:
    return _from(name, label, calendar.due(begins, period.value, profile.periods.day_ends), rule)


def _from(name: str, label: str, due: Due, rule: Rule) -> DueTime:
    return DueTime(
        *cited(rule), name, label, due.due, due.due_day, due.provisional, due.counted_days, due.shown
    )
