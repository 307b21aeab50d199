"""Lives of tickets from a fixed seed, each step judged by the rules that live tickets obey."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from kb_service.tickets.rules.life import Accepted, Actor, Event, Rules, State, judge

CLASSES: Final = ("consultation", "help", "complaint", "report", "suggestion")
SHARES: Final = (35, 20, 35, 5, 5)
CHANNELS: Final = ("phone", "wechat", "web", "app")
PLACES: Final = (
    "梧桐里",
    "云溪大道",
    "望岭镇老街",
    "临江小区",
    "工业园三路",
    "北门菜市场",
    "金桂苑",
    "东湖村",
)
MATTERS: Final = {
    "城市管理": ("占道经营", "夜间施工噪声", "油烟扰民", "乱堆垃圾", "违法搭建"),
    "公安政务": ("居住证办理", "户口迁移", "车辆违停", "身份证换领"),
    "社会保障": ("拖欠工资", "社保补缴", "失业金申领", "工伤认定"),
    "住房城建": ("物业收费", "漏水维修", "公积金提取", "路灯不亮"),
    "教育": ("入学报名", "校外培训退费", "校车安全"),
    "医疗卫生": ("医保报销", "挂号难", "疫苗接种"),
    "交通运输": ("公交改线", "道路破损", "出租车拒载"),
    "环境保护": ("废气异味", "污水直排", "扬尘污染"),
}
_ANSWER: Final = {"result": "已到现场核实处理，并告知诉求人。", "written": True}
_DONE: Final = {
    "every_point": True, "handler": "张三", "time": "当日", "course": "现场核实", "result": "已处理",
    "basis": "有关规定", "requester_contact": "电话联系",
}  # fmt: skip
_NOT_OURS: Final = {
    "kind": "not_ours", "reason": "不属于本单位职责", "basis": "三定方案", "suggested_unit": "",
    "signed_off_by": "leader_in_charge",
}  # fmt: skip
_LONGER: Final = {"reason": "需要检测", "new_limit": "五日", "requester_told": True, "days": 3}


@dataclass(frozen=True)
class Life:
    """A registered request, its accepted events and what they came to."""

    field: str
    title: str
    region: str
    request_class: str
    channel: str
    events: tuple[Event, ...]
    state: State


class Lives:
    """Makes lives that begin at given instants and go on until `now` at most."""

    def __init__(self, rules: Rules, units: Sequence[str], regions: Sequence[str], seed: int) -> None:
        self._rules, self._units, self._regions = rules, units, regions
        self._random = random.Random(seed)  # noqa: S311

    def life(self, begins: datetime, now: datetime, *, finished: bool) -> Life:
        """`finished`: as quickly as it takes; else it stops at a step that is still open, if one comes."""
        pick = self._random
        field = pick.choice(list(MATTERS))
        title = f"反映{pick.choice(PLACES)}{pick.randrange(1, 400)}号{pick.choice(MATTERS[field])}的问题"
        region, channel = pick.choice(self._regions), pick.choice(CHANNELS)
        named = pick.choices(CLASSES, SHARES)[0]
        state, events = State(), []
        at = begins
        for by, name, data in self._steps(named, channel, region, finished=finished):
            at += self._gap(name)
            if at > now:
                break
            verdict = judge(self._rules, state, Event(at, name, Actor.parse(by), data))
            if isinstance(verdict, Accepted):
                state = verdict.state
                events.append(Event(at, name, Actor.parse(by), data))
        return Life(field, title, region, named, channel, tuple(events), state)

    def _steps(
        self, named: str, channel: str, region: str, *, finished: bool
    ) -> Iterator[tuple[str, str, dict[str, Any]]]:
        pick = self._random
        given = ["time", "place", "facts", "parties"]
        kind = {"kind": "enforcement"} if pick.random() < 0.05 else {}
        yield "agent", "register", {
            "class": named, "channel": channel, "region": region, "essentials": given, **kind
        }  # fmt: skip
        if named == "consultation" and finished and pick.random() < 0.7:
            yield "agent", "answer", {"code": "K00001", "version": 1}
            return
        unit = pick.choice(self._units)
        last = 9 if finished else pick.randrange(0, 5)
        for step in range(last):
            yield from self._step(step, unit)

    def _step(self, step: int, unit: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        pick, by = self._random, f"unit:{unit}"
        if step == 0:
            yield "centre", "dispatch", {"to": unit}
        elif step == 1 and pick.random() < 0.9:
            yield by, "sign", {"handler": "张三", "handler_contact": "8001"}
        elif step == 2 and pick.random() < 0.05:
            yield by, "request_return", {**_NOT_OURS, "suggested_unit": pick.choice(self._units)}
            yield "centre", "decide_return", {"approved": False}
        elif step == 3 and pick.random() < 0.05:
            yield by, "request_extension", _LONGER
            yield "centre", "decide_extension", {"approved": True}
        elif step == 4 and pick.random() < 0.05:
            yield "centre", "urge", {"text": "请尽快"}
        elif step == 5:
            yield by, "reply", _ANSWER
        elif step == 6:
            yield by, "request_completion", _DONE
            yield "centre", "decide_completion", {"approved": True}
        elif step == 7 and pick.random() < 0.5:
            said = pick.choices(("satisfied", "basically_satisfied", "unsatisfied"), (70, 20, 10))[0]
            told = {"reached": True, "satisfaction": said, "solved": said != "unsatisfied", "contact": True}
            yield "callback", "callback", told
        elif step == 8 and pick.random() < 0.9:
            yield "centre", "archive", {}

    def _gap(self, name: str) -> timedelta:
        """How long a step takes: mostly in time, sometimes not."""
        pick = self._random
        if name == "register":
            return timedelta(0)
        if name in {"dispatch", "answer", "decide_return", "decide_extension", "decide_completion"}:
            return timedelta(minutes=pick.randrange(1, 240))
        if name == "sign":
            return timedelta(hours=pick.choices((2, 20, 60), (60, 35, 5))[0])
        if name == "reply":
            return timedelta(hours=pick.choices((8, 40, 100, 300), (40, 40, 15, 5))[0])
        return timedelta(hours=pick.randrange(1, 30))
