"""The kinds of event a ticket's history is made of, and the words for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

STATUS_NAMES: Final[Mapping[str, str]] = {
    "pending": "待转派",
    "dispatched": "待签收",
    "signed": "办理中",
    "returning": "退回审核中",
    "replied": "已回复",
    "completing": "办结审核中",
    "completed": "已办结",
    "answered": "即时答复",
    "closed": "已归档",
    "refused": "不予受理",
}
OPEN: Final = frozenset({"pending", "dispatched", "signed", "returning", "replied", "completing"})
WITH_UNIT: Final = frozenset({"dispatched", "signed", "returning", "replied", "completing"})


@dataclass(frozen=True)
class Kind:
    """One kind of event: when it may happen, who may cause it, what it must say, where it leads."""

    label: str
    permission: str
    before: frozenset[str]
    after: str | None = None
    needs: tuple[str, ...] = ()


NEED_NAMES: Final[Mapping[str, str]] = {
    "to": "承办单位",
    "text": "内容",
    "reason": "理由",
    "basis": "依据",
    "ground": "不予受理情形",
    "approved": "审核结论",
    "value": "评价",
    "reached": "是否接通",
}
RATINGS: Final[Mapping[str, str]] = {
    "very_satisfied": "非常满意",
    "satisfied": "满意",
    "basically_satisfied": "基本满意",
    "unsatisfied": "不满意",
    "very_unsatisfied": "非常不满意",
}
KINDS: Final[Mapping[str, Kind]] = {
    "answer": Kind("即时答复", "ticket.register", frozenset({"pending"}), "answered", ("text",)),
    "refuse": Kind("不予受理", "ticket.refuse", frozenset({"pending"}), "refused", ("ground", "text")),
    "dispatch": Kind("转派", "ticket.dispatch", frozenset({"pending"}), "dispatched", ("to",)),
    "sign": Kind("签收", "ticket.handle", frozenset({"dispatched"}), "signed"),
    "contact": Kind("联系诉求人", "ticket.handle", frozenset({"signed", "replied"}), None, ("reached",)),
    "note": Kind("办理记录", "ticket.handle", frozenset({"signed", "replied"}), None, ("text",)),
    "return_request": Kind(
        "申请退回", "ticket.handle", frozenset({"dispatched", "signed"}), "returning", ("reason", "basis")
    ),
    "return_decide": Kind("审核退回", "ticket.dispatch", frozenset({"returning"}), None, ("approved",)),
    "extend_request": Kind("申请延期", "ticket.handle", frozenset({"signed"}), None, ("reason",)),
    "extend_decide": Kind("审核延期", "ticket.review", frozenset({"signed", "replied"}), None, ("approved",)),
    "reply": Kind("回复诉求人", "ticket.handle", frozenset({"signed", "replied"}), "replied", ("text",)),
    "complete": Kind("申请办结", "ticket.handle", frozenset({"replied"}), "completing", ("text",)),
    "complete_decide": Kind("审核办结", "ticket.review", frozenset({"completing"}), None, ("approved",)),
    "supplement": Kind("诉求人补充", "ticket.register", OPEN, None, ("text",)),
    "urge": Kind("催办", "ticket.register", OPEN - {"pending"}, None, ("text",)),
    "rate": Kind("满意度评价", "ticket.callback", frozenset({"completed"}), None, ("value",)),
    "callback": Kind("回访", "ticket.callback", frozenset({"completed"}), None, ("reached",)),
    "redo": Kind("发回重办", "ticket.review", frozenset({"completed"}), "dispatched"),
    "close": Kind("归档", "ticket.register", frozenset({"answered", "completed"}), "closed"),
}
