"""The words of a ticket's life: statuses, roles, ratings."""

from collections.abc import Mapping
from typing import Final, Literal

from kb_service.regulations.words import WORDS

Role = Literal["agent", "centre", "callback", "district", "unit", "requester", "instance", "system"]
RatingValue = Literal["very_satisfied", "satisfied", "basically_satisfied", "unsatisfied", "very_unsatisfied"]

ROLE_NAMES: Final[Mapping[str, str]] = {
    "agent": "话务员",
    "centre": "热线中心",
    "callback": "回访员",
    "district": "区县责任单位",
    "unit": "承办单位",
    "requester": "诉求人",
    "instance": "委员会、政府等上一级决定机关",
    "system": "热线系统",
}
STATUS_NAMES: Final[Mapping[str, str]] = {
    "new": "未登记",
    "pending": "待转派",
    "promised": "已承诺答复",
    "answered": "即时答复",
    "refused": "不予受理",
    "put_through": "已转紧急热线",
    "split": "已拆分",
    "merged": "已并入",
    "district": "待区县分派",
    "dispatched": "待签收",
    "signed": "办理中",
    "returning": "退回审核中",
    "coordinating": "协调确定单位中",
    "supplementing": "待补充材料",
    "replied": "已回复",
    "completing": "办结审核中",
    "ending": "终止审核中",
    "completed": "已办结",
    "ended": "已终止",
    "concluded": "已结案",
    "closed": "已归档",
}
WITH_UNIT: Final = frozenset(
    {"district", "dispatched", "signed", "returning", "coordinating", "replied", "completing", "ending"}
)
OPEN: Final = WITH_UNIT | {"pending", "promised", "supplementing"}
DONE: Final = frozenset({"answered", "completed", "ended", "concluded", "closed"})
# Nobody has anything to do on it any more.
OVER: Final = DONE | {"refused", "put_through", "split", "merged"}
REGISTERED: Final = frozenset(STATUS_NAMES) - {"new"}
# What a rating that was not given in form may count as.
DEEMED_NAMES: Final[Mapping[str, str]] = {"basically_satisfied": "基本满意", "satisfied": "满意"}
BAD: Final = frozenset({"unsatisfied", "very_unsatisfied"})


def needed(names: tuple[str, ...]) -> str:
    return "、".join(WORDS[each] for each in names)
