"""How far a limit may be extended, and until when that may be asked for. Pure."""

from dataclasses import replace

from kb_service.core.errors import Invalid
from kb_service.regulations.calendar import Period as Length
from kb_service.regulations.calendar import WorkingCalendar
from kb_service.regulations.due_times import (
    DueTime,
    cited,
    code_of,
    counted_on,
    request_class_of,
    same_moment,
)
from kb_service.regulations.schema import Profile
from kb_service.regulations.schema.handling import ExtensionStep
from kb_service.regulations.schema.parts import Rule

_ALLOWED = {"class_limit": "等于该类事项的办理期限", "up_to_class_limit": "不超过该类事项的办理期限"}


def extension_due(
    profile: Profile,
    calendar: WorkingCalendar,
    due: DueTime,
    request_class: str,
    nth: int,
    asked_days: int | None = None,
) -> DueTime:
    """The due time after the nth extension (from 1), counted on from the present due day.

    `asked_days` are working days; without them the longest extension is taken. Raises Invalid where the
    class cannot be extended, not so often, or not so long.
    """
    step = _step(profile, request_class, nth)
    longest = _longest(profile, step, request_class)
    length = longest if asked_days is None else Length(working_days=asked_days)
    grant = step.grant
    too_long = length.working_days is not None and length.working_days > (longest.working_days or 0)
    if too_long or (grant.length == "class_limit" and length != longest):
        allowed = _ALLOWED.get(grant.length, "不超过规定")
        raise _refused(f"延期时限应{allowed}（{longest}）", grant, "extension_too_long")
    return counted_on(profile, calendar, due, length, grant, f"{due.label}（第{nth}次延期）")


def last_moment_to_ask(
    profile: Profile, calendar: WorkingCalendar, due: DueTime, request_class: str, nth: int
) -> DueTime:
    """Until when the nth extension may be asked for. Raises Invalid where there is none."""
    rule = _step(profile, request_class, nth).ask
    name, label = "extension_ask", "申请延期"
    if not rule.working_days_before:
        clause, article = cited(rule)
        return replace(due, clause=clause, article=article, name=name, label=label, counted_days=())
    day = calendar.add_working_days(due.due_day, -rule.working_days_before)
    return same_moment(due, day, profile, name, label, rule)


def supervision_extended_due(
    profile: Profile, calendar: WorkingCalendar, due: DueTime, nth: int, asked_days: int
) -> DueTime:
    """A supervision's due time after its nth extension. Raises Invalid as extension_due does."""
    rule = profile.supervision.extension
    if rule is None:
        raise Invalid(f"{profile.city}的规则没有督办延期。", code="extension_none")
    if nth > rule.times:
        raise _refused(f"督办只能延期{rule.times}次", rule, "extension_too_often")
    longest = rule.at_most.value
    if asked_days > (longest.working_days or 0):
        raise _refused(f"督办延期不超过{longest}", rule, "extension_too_long")
    return counted_on(profile, calendar, due, Length(working_days=asked_days), rule, f"{due.label}（已延期）")


def _step(profile: Profile, request_class: str, nth: int) -> ExtensionStep:
    rule = profile.extension
    if rule is None:
        raise Invalid(f"{profile.city}的规则没有延期。", code="extension_none")
    found = request_class_of(profile, request_class)
    if rule.only is not None and code_of(profile, request_class) not in rule.only.classes:
        raise _refused(f"{found.label}类事项不能延期", rule.only, "extension_not_for_class")
    if nth > rule.times:
        raise _refused(f"只能延期{rule.times}次", rule, "extension_too_often")
    return rule.step(nth)


def _longest(profile: Profile, step: ExtensionStep, request_class: str) -> Length:
    if step.grant.at_most is not None:
        return step.grant.at_most.value
    return request_class_of(profile, request_class).limit.within.value


def _refused(why: str, rule: Rule, code: str) -> Invalid:
    clause, article = cited(rule)
    return Invalid(f"{why}（{article}）。", code=code, extra={"clause": clause})
