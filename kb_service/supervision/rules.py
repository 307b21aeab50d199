"""What a profile allows in watching over units, and how a supervision stands. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from kb_service.core.errors import Invalid
from kb_service.regulations.rules import Cited
from kb_service.regulations.schema import Profile
from kb_service.regulations.schema.oversight import Trigger
from kb_service.regulations.schema.parts import Rule

State = Literal["open", "replied", "overdue", "escalated", "closed"]
STATE_NAMES: Final = {
    "open": "督办中",
    "replied": "已回复，待核实",
    "overdue": "逾期未回复",
    "escalated": "已提交上级督查",
    "closed": "已办结",
}
EVENT_NAMES: Final = {
    "opened": "发起督办",
    "replied": "单位回复",
    "extended": "延长期限",
    "moved": "期限随工作日历调整",
    "overdue": "逾期",
    "escalated": "提交督查",
    "closed": "结束督办",
}
SUBJECTS: Final = {
    "point": "知识点",
    "correction": "纠错",
    "ticket": "工单",
    "unit": "单位",
    "task": "任务",
    "feed": "分中心数据通道",
}
# What the service itself supervises, and how, in a city whose regulation says nothing of supervision.
OWN_TRIGGERS: Final = {
    "overdue": "超过期限未办",
    "knowledge": "知识库维护更新不及时或者内容不符合要求",
    "other": "其他需要督办",
}
OWN_KINDS: Final = {"system": "系统督办", "phone": "电话督办", "letter": "书面督办", "other": "其他方式"}
OWN: Final = Cited("", "本市规则未作规定，按热线中心的管理要求")


@dataclass(frozen=True)
class Named(Cited):
    """One of a profile's list, or one of the service's own where the clause is empty.

    `by_system`: the service may act on it by itself; otherwise a person decides.
    """

    id: str
    label: str
    by_system: bool = True


def trigger(profile: Profile, wanted: str) -> Named:
    """What opens a supervision in this city under the name `wanted`.

    Where the city lists triggers without this one, its general case stands for it; where it lists none,
    the service's own. Raises Invalid for a name that is in neither.
    """
    listed = profile.supervision.triggers
    if wanted in listed:
        return _trigger(wanted, listed[wanted])
    if wanted in OWN_TRIGGERS and not listed:
        return Named(OWN.clause, OWN.article, wanted, OWN_TRIGGERS[wanted])
    if wanted in OWN_TRIGGERS and "other" in listed:
        return _trigger("other", listed["other"])
    raise _unknown("督办情形", wanted, listed or OWN_TRIGGERS, "trigger_unknown")


def kind(profile: Profile, wanted: str) -> Named:
    listed = profile.supervision.kinds
    if wanted in listed:
        return _named(wanted, listed[wanted].label, listed[wanted])
    if wanted in OWN_KINDS and not listed:
        return Named(OWN.clause, OWN.article, wanted, OWN_KINDS[wanted])
    raise _unknown("督办方式", wanted, listed or OWN_KINDS, "supervision_kind_unknown")


def urging(profile: Profile) -> Cited:
    rule = profile.supervision.urging
    return Cited("、".join(rule.clause), rule.cited) if rule else OWN


def accountability(profile: Profile, ground: str) -> Named | None:
    """The ground under which something may be recorded against a unit; None where the city has no such."""
    listed = profile.supervision.accountability.get(ground)
    return _named(ground, listed.label, listed) if listed else None


def triggers(profile: Profile) -> dict[str, str]:
    listed = profile.supervision.triggers
    return {key: each.label for key, each in listed.items()} if listed else dict(OWN_TRIGGERS)


def kinds(profile: Profile) -> dict[str, str]:
    listed = profile.supervision.kinds
    return {key: each.label for key, each in listed.items()} if listed else dict(OWN_KINDS)


def check_subject(subject: str) -> None:
    head, _, rest = subject.partition(":")
    if head not in SUBJECTS or not rest:
        known = "、".join(SUBJECTS)
        raise Invalid(f"对象“{subject}”的写法不对，应为“种类:编码”，种类可用：{known}。", code="bad_subject")


def state(
    *,
    due_at: datetime | None,
    replied_at: datetime | None,
    overdue_at: datetime | None,
    escalated_at: datetime | None,
    closed_at: datetime | None,
    now: datetime,
) -> State:
    if closed_at is not None:
        return "closed"
    if escalated_at is not None:
        return "escalated"
    if overdue(due_at, replied_at, now) or (overdue_at is not None and replied_at is None):
        return "overdue"
    return "replied" if replied_at is not None else "open"


def overdue(due_at: datetime | None, replied_at: datetime | None, at: datetime) -> bool:
    """Whether no reply had come when the time ran out."""
    return due_at is not None and due_at <= at and (replied_at is None or replied_at >= due_at)


def _trigger(name: str, listed: Trigger) -> Named:
    return replace(_named(name, listed.label, listed), by_system=listed.found_by == "system")


def _named(name: str, label: str, rule: Rule) -> Named:
    return Named("、".join(rule.clause), rule.cited, name, label)


def _unknown(what: str, wanted: str, known: object, code: str) -> Invalid:
    names = "、".join(known) if isinstance(known, dict) else ""
    return Invalid(f"本市规则没有“{wanted}”这一{what}，可用：{names}。", code=code)
