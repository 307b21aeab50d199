"""One way to each type of event, over HTTP: in which city, what the request is, and the steps that lead there.

Who acts is a word of `WHO`. The last step of each way is the event itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Step = tuple[str, str, dict[str, Any]]
# Role and unit of whoever acts.
WHO: Mapping[str, tuple[str, str]] = {
    "agent": ("agent", "U-ZX"),
    "centre": ("supervisor", "U-ZX"),
    "caller": ("callback_clerk", "U-ZX"),
    "secret": ("confidential_manager", "U-ZX"),
    "first": ("unit_handler", "U-GAJ"),
    "second": ("unit_handler", "U-RSJ"),
}


@dataclass(frozen=True)
class Way:
    """`other`: who may not take the last step. `answers`: the status of what is accepted."""

    city: str
    steps: tuple[Step, ...]
    request: Mapping[str, Any] = field(default_factory=dict)
    other: str = "agent"


MEIZHOU, SHANTOU, SHAOGUAN = "meizhou-2014", "shantou-2016", "shaoguan-2022"
TAIAN, XIANGTAN = "taian-2025", "xiangtan-2021"
YES: dict[str, Any] = {"approved": True}
WHOLE = {
    "every_point": True, "handler": "张三", "time": "当日", "course": "现场核实", "result": "已处理",
    "basis": "有关规定", "requester_contact": "电话联系",
}  # fmt: skip
RETURN = {
    "reason": "不属于本单位职责", "basis": "三定方案", "suggested_unit": "U-RSJ", "note": "说明",
    "signed_off_by": "leader_in_charge",
}  # fmt: skip
EXTENSION = {
    "reason": "复杂", "facts": "需要检测", "new_limit": "五日", "work_plan": "计划", "requester_told": True,
}  # fmt: skip
DISPATCH: Step = ("centre", "dispatch", {"to": "U-GAJ"})
SIGN: Step = ("first", "sign", {"handler": "张三", "handler_contact": "88000001"})
REPLY: Step = ("first", "reply", {"result": "已责令停工", "written": True})
DONE: Step = ("first", "request_completion", WHOLE)
PASSED: Step = ("centre", "decide_completion", YES)
BAD: Step = (
    "caller", "callback", {"reached": True, "satisfaction": "unsatisfied", "solved": False, "contact": True},
)  # fmt: skip
COORDINATION: Step = ("centre", "open_coordination", {"dispute": "city", "reason": "职责交叉"})
SUPERVISION: Step = (
    "centre", "open_supervision", {"kind": "letter", "trigger": "other", "reason": "市领导批示"},
)  # fmt: skip
ASK: Step = ("first", "request_extension", EXTENSION)
ADD: Step = ("first", "ask_supplementary", {"kind": "add", "reason": "有新情况", "in_writing": True})
GRANT: Step = ("centre", "grant_supplementary", YES)
WRITE: Step = ("first", "write_supplementary", {"text": "补充：另可网上办理"})
ABUSE: Step = (
    "centre", "record_abuse", {"abuse": "insult", "steps": ["restricted"], "text": "多次辱骂"},
)  # fmt: skip
REPORT: Step = ("first", "report_result", {"result": "已责令停工"})
# In Shantou, where the report completes what was answered.
ANSWERED = (SIGN, REPLY, REPORT)
OBJECTION: Step = ("agent", "object", {"reason": "没有处理"})
AGAIN: tuple[Step, ...] = (OBJECTION, ("centre", "redo", {"ground": "founded"}), *ANSWERED)
HANDLED = (DISPATCH, SIGN, REPLY, DONE, PASSED)


def way(city: str, *steps: Step, other: str = "agent", **request: Any) -> Way:
    return Way(city, steps, request, other)


WAYS: Mapping[str, Way] = {
    "put_through": way(SHAOGUAN, ("agent", "put_through", {"number": "119"}), other="first"),
    "not_accept": way(SHAOGUAN, ("centre", "not_accept", {"ground": "procedures", "told": True})),
    "line_answer": way(
        XIANGTAN, ("agent", "line_answer", {"way": "three_way_call", "unit": "U-GAJ", "consent": True,
                                            "answered": True, "text": "已当场说明"}), other="caller",
    ),
    "promise": way(
        XIANGTAN, ("agent", "promise", {"way": "call_back", "consent": True}), other="first",
    ),
    "promised_answer": way(
        XIANGTAN, ("agent", "promise", {"way": "call_back", "consent": True}),
        ("agent", "promised_answer", {"answered": True, "text": "已回电"}), other="first",
    ),
    "supplement": way(SHAOGUAN, ("agent", "supplement", {"text": "还有照片"}), other="first"),
    "confidential_staff": way(
        SHAOGUAN, ("secret", "confidential_staff", {"staff": ["张三"]}), confidential=True,
    ),
    "seat_result": way(
        SHAOGUAN, ("agent", "seat_result", {"result": "已协调解决"}), seat="leaders_day", other="first",
    ),
    "dispatch": way(SHAOGUAN, DISPATCH),
    "pass_on": way(SHAOGUAN, DISPATCH, ("first", "pass_on", {"to": "U-RSJ"})),
    "split": way(
        TAIAN, ("centre", "split", {"parts": [{"to": "U-GAJ", "text": "噪声扰民"},
                                              {"to": "U-RSJ", "text": "拖欠工资"}]}),
    ),
    "open_coordination": way(SHANTOU, COORDINATION, route="city"),
    "coordination_failed": way(
        SHANTOU, COORDINATION, ("centre", "coordination_failed", {"instance": "热线中心牵头协调"}), route="city",
    ),
    "designate": way(
        SHANTOU, COORDINATION, ("centre", "designate", {"instance": "热线中心牵头协调", "to": "U-RSJ"}), route="city",
    ),
    "sign": way(SHAOGUAN, DISPATCH, SIGN),
    "unit_changed": way(
        SHAOGUAN, DISPATCH,
        ("centre", "unit_changed", {"from": "U-GAJ", "to": "U-RSJ", "reason": "单位合并"}),
    ),
    "contact": way(
        SHAOGUAN, DISPATCH, SIGN, ("first", "contact", {"reached": True, "details": "详情", "intent": "要求停工"}),
    ),
    "ask_party": way(SHAOGUAN, DISPATCH, SIGN, ("first", "ask_party", {"text": "已询问施工方"})),
    "decide_acceptance": way(
        MEIZHOU, DISPATCH, ("first", "decide_acceptance", {"accepted": True}), **{"class": "report"}
    ),
    "note": way(SHAOGUAN, DISPATCH, SIGN, ("first", "note", {"text": "已到场"})),
    "start_survey": way(SHAOGUAN, DISPATCH, SIGN, ("first", "start_survey", {})),
    "survey_findings": way(
        SHAOGUAN, DISPATCH, SIGN, ("first", "start_survey", {}),
        ("first", "survey_findings", {"ours": True, "findings": "属本单位", "photos": ["1.jpg"]}),
    ),
    "sub_task": way(
        SHAOGUAN, DISPATCH, SIGN,
        ("first", "sub_task", {"id": "s1", "to": "U-RSJ", "title": "核实", "due_day": "2026-11-24"}),
    ),
    "sub_task_done": way(
        SHAOGUAN, DISPATCH, SIGN,
        ("first", "sub_task", {"id": "s1", "to": "U-RSJ", "title": "核实", "due_day": "2026-11-24"}),
        ("first", "sub_task_done", {"id": "s1", "text": "已核实"}),
    ),
    "request_return": way(SHAOGUAN, DISPATCH, ("first", "request_return", {"kind": "not_ours", **RETURN})),
    "decide_return": way(
        SHAOGUAN, DISPATCH, ("first", "request_return", {"kind": "not_ours", **RETURN}),
        ("centre", "decide_return", YES),
    ),
    "request_extension": way(SHAOGUAN, DISPATCH, SIGN, ASK),
    "decide_extension": way(SHAOGUAN, DISPATCH, SIGN, ASK, ("centre", "decide_extension", YES)),
    "tell_extension": way(
        XIANGTAN, DISPATCH, SIGN, ("first", "request_extension", {**EXTENSION, "requester_told": False}),
        ("centre", "decide_extension", YES), ("first", "tell_extension", {"text": "已告知延期"}),
    ),
    "reply": way(SHAOGUAN, DISPATCH, SIGN, REPLY),
    "report_result": way(
        SHANTOU, DISPATCH, SIGN, REPLY, ("first", "report_result", {"result": "已责令停工"}), route="city",
    ),
    "request_completion": way(SHAOGUAN, DISPATCH, SIGN, REPLY, DONE),
    "decide_completion": way(SHAOGUAN, *HANDLED),
    "case_filed": way(
        SHANTOU, DISPATCH, SIGN, ("first", "case_filed", {"case": "case_filed", "evidence": "立案决定"}),
        route="city",
    ),
    "end": way(
        SHAOGUAN, *HANDLED, ("first", "end", {"ending": "finished_notice", "documents": "事项终结告知书"}),
    ),
    "decide_ending": way(
        TAIAN, DISPATCH, SIGN, ("first", "end", {"ending": "uncooperative", "documents": "情况说明"}),
        ("centre", "decide_ending", YES),
    ),
    "ask_supplementary": way(SHAOGUAN, *HANDLED, ADD),
    "grant_supplementary": way(SHAOGUAN, *HANDLED, ADD, GRANT),
    "write_supplementary": way(SHAOGUAN, *HANDLED, ADD, GRANT, WRITE),
    "issue_supplementary": way(SHAOGUAN, *HANDLED, ADD, GRANT, WRITE, ("centre", "issue_supplementary", YES)),
    "archive": way(SHAOGUAN, *HANDLED, ("centre", "archive", {}), other="first"),
    "callback": way(XIANGTAN, *HANDLED, BAD, other="first"),
    "request_rating": way(
        SHAOGUAN, DISPATCH, SIGN, ("centre", "request_rating", {"phase": "intake"}),
    ),
    "rate": way(SHAOGUAN, *HANDLED, ("agent", "rate", {"choices": ["very_satisfied"]}), other="first"),
    "object": way(SHANTOU, DISPATCH, *ANSWERED, OBJECTION, route="city", other="first"),
    "redo": way(
        XIANGTAN, *HANDLED, BAD, ("centre", "redo", {"ground": "unit_fault", "requested": True}),
    ),
    "settle_objection": way(
        SHANTOU, DISPATCH, *ANSWERED, *AGAIN, *AGAIN, OBJECTION,
        ("centre", "settle_objection", {"outcome": "unfounded", "documents": "复查意见"}), route="city",
    ),
    "appeal_rating": way(
        XIANGTAN, *HANDLED, BAD, ("first", "appeal_rating", {"reason": "反映情况不属实", "evidence": "记录"}),
    ),
    "decide_appeal": way(
        XIANGTAN, *HANDLED, BAD, ("first", "appeal_rating", {"reason": "反映情况不属实", "evidence": "记录"}),
        ("centre", "decide_appeal", YES),
    ),
    "repeat_found": way(SHANTOU, ("agent", "repeat_found", {"of": "EARLIER", "new_facts": False}), other="first"),
    "repeat_call": way(SHANTOU, ("agent", "repeat_call", {"new_facts": False, "text": "再次来电"}), other="first"),
    "open_supervision": way(XIANGTAN, DISPATCH, SIGN, SUPERVISION),
    "reply_supervision": way(
        XIANGTAN, DISPATCH, SIGN, SUPERVISION, ("first", "reply_supervision", {"result": "已约谈"}),
    ),
    "extend_supervision": way(
        XIANGTAN, DISPATCH, SIGN, SUPERVISION, ("centre", "extend_supervision", {"days": 3, "reason": "复杂"}),
    ),
    "close_supervision": way(
        XIANGTAN, DISPATCH, SIGN, SUPERVISION, ("centre", "close_supervision", {"solved": False}),
    ),
    "escalate": way(
        XIANGTAN, DISPATCH, SIGN, SUPERVISION, ("centre", "close_supervision", {"solved": False}),
        ("centre", "escalate", {"reason": "仍未解决"}),
    ),
    "urge": way(SHAOGUAN, DISPATCH, ("agent", "urge", {"text": "请尽快"}), other="caller"),
    "accountability": way(
        XIANGTAN, DISPATCH, SIGN, ("centre", "accountability", {"ground": "attitude", "unit": "U-GAJ",
                                                               "text": "态度恶劣"}),
    ),
    "refer": way(SHAOGUAN, DISPATCH, SIGN, ("centre", "refer", {"clue": "passing_on", "text": "层层推诿"})),
    "record_abuse": way(SHAOGUAN, ABUSE, other="first"),
    "lift_restriction": way(SHAOGUAN, ABUSE, ("centre", "lift_restriction", {"reason": "诉求人已致歉"})),
    "erase": way(SHAOGUAN, *HANDLED, ("centre", "archive", {}), ("centre", "erase", {"reason": "诉求人要求"})),
    "answer": way(
        SHAOGUAN, ("agent", "answer", {"code": "POINT", "version": 1, "text": "照此答复"}), other="first",
        **{"class": "consultation"},
    ),
    "confirm_point": way(SHAOGUAN, ("centre", "confirm_point", {"point": {"code": "POINT"}})),
}  # fmt: skip
# What no request of the API does: what comes instead.
BY_ANOTHER_DOOR: Mapping[str, str] = {"register": "POST /api/v1/tickets"}
