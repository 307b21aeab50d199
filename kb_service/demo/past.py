"""The requests of the year before the demo city opens, each step judged by the rules live tickets obey.

They are written in bulk, and nobody is told of them: what `tickets.jsonl` tells goes through the doors of users.
"""

import random
from collections import Counter as Count
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import insert, select

from kb_service.core.clock import CITY, local_day
from kb_service.core.context import SYSTEM, Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.ids import Counter, new_id
from kb_service.core.runtime import Runtime
from kb_service.demo import files
from kb_service.identity.model import Account, Requester, Unit
from kb_service.identity.rules import ancestors
from kb_service.identity.service import actors, requesters
from kb_service.insight.statistics.facts import facts
from kb_service.insight.statistics.model import TicketFact, TicketMark
from kb_service.insight.statistics.service.keeping import fact_row, mark_rows
from kb_service.knowledge.service import catalogue
from kb_service.regulations import service as regulations
from kb_service.tickets.model import Ticket, TicketEvent
from kb_service.tickets.rules.life import Accepted, Actor, Event, Rules, State, judge, settle
from kb_service.tickets.service import histories, projecting, registering, words

# The last weeks are full, so that what rises can be told from what is usual; the year before them is thin.
RECENT_DAYS, RECENT_A_DAY = 63, 9
YEAR_DAYS, YEAR_A_DAY = 400, 1
# What is foreseen came, a year ago, in the days that are coming now; gaps are gathered from the last month.
SEASON_DAYS, GAP_DAYS = 30, 25
_HOURS: Final = (8, 9, 9, 10, 10, 11, 12, 14, 15, 15, 16, 17, 18, 19, 20, 21)
_CHANNELS: Final = ("phone", "phone", "phone", "wechat", "web", "app")
_SURNAMES: Final = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高"
_NAMES: Final = ("建华", "秀英", "丽", "志强", "敏", "国平", "玉兰", "海燕", "文军", "小红", "伟", "春梅")
_LATE: Final = {"reason": "需要会同其他部门现场核查。", "new_limit": "按同类事项的办理期限延长一次"}
_PLEASED: Final = ("very_satisfied", "satisfied", "basically_satisfied", "unsatisfied")


@dataclass(frozen=True)
class Kind:
    """A line of `requests.jsonl`; `rush`, `season` and `recent` say how many come beside the everyday ones."""

    matter: str
    request_class: str
    weight: int
    titles: Sequence[str]
    texts: Sequence[str]
    result: str = ""
    answer: Mapping[str, str] = field(default_factory=dict)
    rush: Mapping[str, Any] = field(default_factory=dict)
    season: int = 0
    recent: int = 0


@dataclass(frozen=True)
class _Person:
    by: Actor
    account_id: int | None
    unit_id: int | None


@dataclass(frozen=True)
class _Asked:
    kind: Kind
    at: datetime
    place: str
    region: str


@dataclass(frozen=True)
class _Step:
    who: _Person
    type: str
    data: Mapping[str, Any]
    remark: str = ""


def fill(parts: Runtime, today: date) -> int:
    """Returns how many requests were written. The base has no tickets yet."""
    now = parts.clock.now()
    with parts.database.write() as session:
        maker = _Maker(session, parts, Context(SYSTEM, now))
        made = [maker.made(asked) for asked in maker.asked(today)]
        _write(session, made, maker.units, now)
    return len(made)


@dataclass(frozen=True)
class _Made:
    ticket: dict[str, Any]
    requester: dict[str, Any]
    events: list[dict[str, Any]]
    lived: tuple[Event, ...]
    rules: Rules


class _Maker:
    def __init__(self, session: WriteSession, parts: Runtime, ctx: Context) -> None:
        profile = regulations.current_profile(session, ctx, parts.settings.profile)
        self.units = dict(session.execute(select(Unit.code, Unit.id)).tuples().all())
        self._revision = regulations.pin_profile(session, ctx, profile)
        self._rules = Rules(profile, regulations.calendar(session), histories.active_units(session))
        self._parts, self._now = parts, ctx.now
        self._random = random.Random(12345)  # noqa: S311
        self._matters = {each.code: each for each in catalogue.matters(session)}
        self._parents = actors.region_parents(session)
        self._people = _people(session)
        self._numbers: Count[date] = Count()

    def asked(self, today: date) -> list[_Asked]:
        """What was asked, in the order of its coming."""
        kinds = [_kind(row) for row in files.lines("requests.jsonl")]
        places = [(row["name"], row["region"]) for row in files.table("places")]
        pick, weights = self._random, [each.weight for each in kinds]
        found: list[_Asked] = []
        for ago in range(1, YEAR_DAYS + 1):
            number = RECENT_A_DAY if ago <= RECENT_DAYS else YEAR_A_DAY
            day = today - timedelta(days=ago)
            found += [self._one(kind, day, places) for kind in pick.choices(kinds, weights, k=number)]
        for kind in kinds:
            near = [each for each in places if each[1].startswith(kind.rush.get("region", ""))]
            days = [1 + pick.randrange(kind.rush["days"]) for _ in range(kind.rush.get("count", 0))]
            days += [1 + pick.randrange(GAP_DAYS) for _ in range(kind.recent)]
            days += [365 - pick.randrange(SEASON_DAYS) for _ in range(kind.season)]
            found += [self._one(kind, today - timedelta(days=ago), near) for ago in days]
        # What was asked under other rules is not theirs to judge.
        since = self._rules.profile.validity.start
        return sorted((each for each in found if each.at.date() >= since), key=lambda each: each.at)

    def _one(self, kind: Kind, day: date, places: Sequence[tuple[str, str]]) -> _Asked:
        pick = self._random
        at = datetime.combine(day, time(pick.choice(_HOURS), pick.randrange(60), pick.randrange(60)), CITY)
        return _Asked(kind, at, *pick.choice(places))

    def made(self, asked: _Asked) -> _Made:
        """The request with everything that came of it until now."""
        channel = self._random.choice(_CHANNELS)
        agent = self._random.choice(self._people["agent" if channel == "phone" else "chat_agent"])
        ticket = self._ticket(asked, channel, agent)
        state, lived, rows = State(), [], []
        at = asked.at
        for step in self._steps(asked, channel, agent):
            at += self._gap(step.type)
            if step.who.by.roles == frozenset({"unit"}):
                at = self._at_work(at)
            if at > self._now:
                break
            event = Event(at, step.type, step.who.by, dict(step.data))
            verdict = judge(self._rules, state, event)
            if not isinstance(verdict, Accepted):
                continue
            state = verdict.state
            lived.append(event)
            rows.append(self._row(ticket, len(lived), event, step))
        placed = histories.units_with(state)
        columns = projecting.columns(self._rules, settle(self._rules, state, self._now), self._now)
        whole = {name: value for name, value in vars(ticket).items() if not name.startswith("_")}
        whole |= columns | {
            "unit_id": self.units[placed[0]] if placed else None,
            "derived_at": self._now,
            "last_seq": len(lived),
        }
        return _Made(whole, self._requester(ticket), rows, tuple(lived), self._rules)

    def _ticket(self, asked: _Asked, channel: str, agent: _Person) -> Ticket:
        kind, pick, day = asked.kind, self._random, local_day(asked.at)
        self._numbers[day] += 1
        code = f"{day:%Y%m%d}-{self._numbers[day]:05d}"
        matter = self._matters[kind.matter]
        said = pick.choice(kind.texts).format(place=asked.place)
        return Ticket(
            code=code,
            request_class=kind.request_class,
            channel=channel,
            region_code=asked.region,
            title=pick.choice(kind.titles).format(place=asked.place),
            text=registering.sealed(self._parts, code, said),
            category_code=matter.category_code,
            matter_code=matter.code,
            field=matter.category_path.split("/")[0],
            requester_id=new_id(),
            confidential=False,
            sudden=False,
            profile_id=self._rules.profile.id,
            profile_revision=self._revision,
            registered_at=asked.at,
            registered_by=agent.by.name,
            suggested_unit_id=self.units[self._unit(asked)],
        )

    def _requester(self, ticket: Ticket) -> dict[str, Any]:
        pick, cipher = self._random, self._parts.cipher
        phone = f"138{pick.randrange(1, 90):04d}{pick.randrange(10_000):04d}"
        name = pick.choice(_SURNAMES) + pick.choice(_NAMES)
        sealed = {
            key: cipher.encrypt(value, f"{ticket.requester_id}/{key}")
            for key, value in (("name", name), ("phone", phone))
        }
        return {
            "id": ticket.requester_id,
            "phone_fingerprint": cipher.fingerprint(requesters.normal_phone(phone)),
            "values": sealed,
            "created_at": ticket.registered_at,
        }

    def _row(self, ticket: Ticket, seq: int, event: Event, step: _Step) -> dict[str, Any]:
        kept, said = words.sealed(self._parts, ticket, seq, event.type, step.data, step.remark)
        return {
            "seq": seq, "type": event.type, "at": event.at, "by": str(event.by), "event_id": "", "words": said,
            "account_id": step.who.account_id, "actor": event.by.name, "unit_id": step.who.unit_id, "data": kept,
        }  # fmt: skip

    def _unit(self, asked: _Asked) -> str:
        matter = self._matters[asked.kind.matter]
        above = ancestors(asked.region, self._parents)
        return next(
            (matter.region_units[each] for each in above if each in matter.region_units), matter.unit_code
        )

    def _steps(self, asked: _Asked, channel: str, agent: _Person) -> Iterator[_Step]:
        """What those concerned do, mostly in time and mostly well."""
        pick, kind = self._random, asked.kind
        essentials = ["time", "place", "facts", "parties", "name", "phone"]
        given = {"class": kind.request_class, "channel": channel, "region": asked.region}
        yield _Step(agent, "register", given | {"essentials": essentials})
        centre = pick.choice(self._people["dispatcher"])
        if kind.answer and pick.random() < 0.9:
            yield _Step(agent, "answer", {"version": 1, **kind.answer})
            yield _Step(centre, "archive", {}, "即时答复")
            return
        code = self._unit(asked)
        unit = pick.choice(self._people.get(code) or [self._stranger(code)])
        yield _Step(centre, "dispatch", {"to": code})
        yield _Step(unit, "sign", {"handler": unit.by.name, "handler_contact": "单位值班电话"})
        if pick.random() < 0.4:
            yield _Step(unit, "contact", {"reached": True, "details": "已与诉求人联系，核对了地点和诉求。"})
        if pick.random() < 0.06:
            yield _Step(agent, "urge", {"text": "诉求人再次来电询问进展。"})
        if pick.random() < 0.05:
            yield _Step(unit, "request_extension", _LATE | {"requester_told": True})
            yield _Step(centre, "decide_extension", {"approved": True, "reason": "同意延期一次。"})
        result = (kind.result or "已向诉求人说明办理条件和材料。").format(place=asked.place)
        yield _Step(unit, "reply", {"result": result})
        course = {"every_point": True, "handler": unit.by.name, "time": "按约定时间办理", "course": result}
        told = {"result": result, "basis": "本单位职责和有关规定", "requester_contact": "已电话告知诉求人"}
        yield _Step(unit, "request_completion", course | told)
        yield _Step(centre, "decide_completion", {"approved": True, "reason": "材料齐全，同意办结。"})
        yield from self._afterwards(centre)

    def _afterwards(self, centre: _Person) -> Iterator[_Step]:
        pick, clerk = self._random, self._random.choice(self._people["callback_clerk"])
        if pick.random() < 0.6:
            said = pick.choices(_PLEASED, (20, 45, 22, 13))[0]
            solved = said != "unsatisfied" or pick.random() < 0.3
            told = {"reached": True, "satisfaction": said, "solved": solved, "contact": pick.random() < 0.95}
            yield _Step(clerk, "callback", told)
        if pick.random() < 0.9:
            yield _Step(centre, "archive", {})

    def _stranger(self, code: str) -> _Person:
        """Who handles it in a unit without an account of its own."""
        return _Person(Actor(frozenset({"unit"}), code, "经办人员"), None, self.units[code])

    def _gap(self, name: str) -> timedelta:
        pick = self._random
        if name == "register":
            return timedelta(0)
        if name in {"answer", "archive"}:
            return timedelta(minutes=pick.randrange(1, 6))
        if name == "dispatch":
            return timedelta(minutes=pick.randrange(4, 90))
        if name == "sign":
            return timedelta(hours=pick.choices((1, 6, 30), (70, 25, 5))[0], minutes=pick.randrange(60))
        if name == "reply":
            return timedelta(hours=pick.choices((10, 40, 90, 260), (40, 40, 15, 5))[0])
        return timedelta(hours=pick.randrange(1, 20), minutes=pick.randrange(60))

    def _at_work(self, at: datetime) -> datetime:
        """The same instant where the unit is at work, else in the first hour of its next working day."""
        there = at.astimezone(CITY)
        if self._rules.calendar.is_working(there.date()) and 8 <= there.hour < 18:
            return at
        day = there.date() if there.hour < 8 else there.date() + timedelta(days=1)
        while not self._rules.calendar.is_working(day):
            day += timedelta(days=1)
        return datetime.combine(day, time(8, 30), CITY) + timedelta(minutes=self._random.randrange(60))


def _kind(row: Mapping[str, Any]) -> Kind:
    return Kind(request_class=row["class"], **{name: each for name, each in row.items() if name != "class"})


def _people(session: ReadSession) -> dict[str, list[_Person]]:
    """Those who act, by the role they act in; handlers by their unit."""
    acting = {
        "agent": "agent", "chat_agent": "agent", "dispatcher": "agent+centre", "callback_clerk": "callback",
        "unit_handler": "unit",
    }  # fmt: skip
    known = {row.login: row for row in session.execute(select(Account)).scalars()}
    found: dict[str, list[_Person]] = {}
    for row in files.table("accounts"):
        for role in set(files.listed(row["roles"])) & set(acting):
            by = Actor(frozenset(acting[role].split("+")), row["unit"], row["name"])
            account = known[row["login"]]
            person = _Person(by, account.id, account.unit_id)
            found.setdefault(row["unit"] if role == "unit_handler" else role, []).append(person)
    return found


def _write(session: WriteSession, made: Sequence[_Made], units: Mapping[str, int], now: datetime) -> None:
    session.execute(insert(Requester), [each.requester for each in made])
    ids = session.execute(
        insert(Ticket).returning(Ticket.id, sort_by_parameter_order=True), [each.ticket for each in made]
    ).scalars()
    events, kept, marks = [], [], []
    for ticket_id, each in zip(ids, made, strict=True):
        events += [row | {"ticket_id": ticket_id} for row in each.events]
        ticket, found = Ticket(id=ticket_id, **each.ticket), facts(each.rules, each.lived, now)
        kept.append(fact_row(ticket, found, units, now))
        marks += mark_rows(ticket, found, units)
    for table, rows in ((TicketEvent, events), (TicketFact, kept), (TicketMark, marks)):
        session.execute(insert(table), rows)
    last = Count(local_day(each.ticket["registered_at"]) for each in made)
    session.execute(
        insert(Counter), [{"name": f"ticket:{day}", "value": count} for day, count in last.items()]
    )
