"""What may be done with a ticket now, and why not."""

from dataclasses import dataclass
from typing import Final

from kb_service.regulations.schema import Profile
from kb_service.tickets.rules.history import State
from kb_service.tickets.rules.kinds import KINDS, STATUS_NAMES


@dataclass(frozen=True)
class Action:
    """`reason` says why not, with the clause where a clause is why."""

    type: str
    label: str
    ok: bool
    reason: str = ""
    clause: str = ""


def actions(state: State, profile: Profile) -> list[Action]:
    return [action(name, state, profile) for name in KINDS]


def action(name: str, state: State, profile: Profile) -> Action:
    kind = KINDS[name]
    if state.status not in kind.before:
        places = "、".join(STATUS_NAMES[status] for status in STATUS_NAMES if status in kind.before)
        reason = f"工单{STATUS_NAMES[state.status]}，{kind.label}只能在{places}时进行。"
        return Action(name, kind.label, ok=False, reason=reason)
    refused = _REFUSALS.get(name)
    found = refused(state, profile) if refused else None
    if found is None:
        return Action(name, kind.label, ok=True)
    reason, clause = found
    return Action(name, kind.label, ok=False, reason=reason, clause=clause)


def _cannot_return(state: State, profile: Profile) -> tuple[str, str] | None:
    rule = profile.returns.not_returnable.get("extension_asked") if profile.returns else None
    if rule is not None and state.extensions:
        return f"已申请延期的工单不予退回（{rule.cited}）。", "、".join(rule.clause)
    return None


def _cannot_extend(state: State, profile: Profile) -> tuple[str, str] | None:
    rule = profile.extension
    if rule is None:
        return "本市规则没有延期。", ""
    if len(state.extensions) >= rule.times:
        return f"延期只能 {rule.times} 次（{rule.cited}）。", "、".join(rule.clause)
    redo = profile.redo
    if state.redos and redo is not None and not redo.extension_allowed:
        return f"重办不得延期（{redo.cited}）。", "、".join(redo.clause)
    return None


def _cannot_decide_extension(state: State, _: Profile) -> tuple[str, str] | None:
    return None if state.extension_open else ("没有待审核的延期申请。", "")


def _cannot_redo(state: State, profile: Profile) -> tuple[str, str] | None:
    rule = profile.redo
    if rule is None:
        return "本市规则没有重办。", ""
    if rule.times is not None and state.redos >= rule.times:
        return f"重办以 {rule.times} 次为限（{rule.cited}）。", "、".join(rule.clause)
    return None


_REFUSALS: Final = {
    "return_request": _cannot_return,
    "extend_request": _cannot_extend,
    "extend_decide": _cannot_decide_extension,
    "redo": _cannot_redo,
}
