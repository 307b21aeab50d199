"""The ledger of what a unit owed and when it came, and the score that follows from it. Pure.

Nothing here is stored: the same history gives the same ledger and the same score for a past period, however
late it is worked out. That is so because what happened after the end of a period does not count in it.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any, Final

from kb_service.core.clauses import rule
from kb_service.core.clock import day_start, local_day

# What is measured, with the words for it and the clauses it stands on.
MEASURES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "agency": ("基本信息报送", ("SG-28.1",)),
    "policy": ("新政策提前报送", ("SG-28.2",)),
    "document": ("正式文件当日上传", ("SG-28.2",)),
    "script": ("应答口径即时报送", ("SG-28.3",)),
    "correction": ("错漏按时修正", ("SG-28.4", "TA-19.4")),
    "verification": ("按期核验", ("TA-8.4", "MZ-7.4")),
    "update": ("定期更新", ("MZ-19.1", "XT-8.2")),
    "task": ("任务按期办理", ("SG-29",)),
    "accuracy": ("抽查准确", ("TA-8.4",)),
}
DEFAULT_WEIGHTS: Final[Mapping[str, int]] = {
    "agency": 15,
    "policy": 15,
    "document": 5,
    "script": 15,
    "correction": 20,
    "verification": 10,
    "update": 5,
    "task": 5,
    "accuracy": 10,
}


@dataclass(frozen=True)
class Scheme:
    """How a city weighs its units. `late_credit` (percent) is what something late still counts."""

    weights: Mapping[str, int] = field(default_factory=lambda: dict(DEFAULT_WEIGHTS))
    late_credit: int = 40
    script_minutes: int = 60
    update_days: int = 90

    def as_json(self) -> dict[str, Any]:
        return {
            "weights": {name: self.weights.get(name, 0) for name in MEASURES},
            "late_credit": self.late_credit,
            "script_minutes": self.script_minutes,
            "update_days": self.update_days,
        }


@dataclass(frozen=True)
class Period:
    """Whole days of the city, both included."""

    first: date
    last: date

    @property
    def start(self) -> datetime:
        return day_start(self.first)

    @property
    def end(self) -> datetime:
        """The first instant after it."""
        return day_start(self.last + timedelta(days=1))

    def holds(self, at: datetime) -> bool:
        return self.start <= at < self.end


@dataclass(frozen=True)
class Entry:
    """Something that was due: `due_at` is the first instant that is too late.

    `began_at` is the event that started it, `done_at` when it came. `counted_at` is when all about it was
    settled, where that is not `due_at`: the period it falls in is the one it belongs to. `key` names the entry
    for ever, so that an appeal about it still finds it. `over_at` is when it was owed no longer, done or not.
    """

    key: str
    measure: str
    title: str
    link: str
    began_at: datetime
    due_at: datetime
    done_at: datetime | None
    counted_at: datetime | None = None
    over_at: datetime | None = None
    appeal: str = ""

    @property
    def settled_at(self) -> datetime:
        return self.counted_at or self.due_at

    @property
    def clauses(self) -> tuple[str, ...]:
        return MEASURES[self.measure][1]


STATES: Final = {
    "in_time": "按时",
    "late": "逾期完成",
    "overdue": "逾期未完成",
    "open": "未到期",
    "excused": "申诉成立，不计",
}


def _in_time(_entry: Entry, _known_at: datetime) -> str:
    return "in_time"


@rule("SG-29", "SG-28.3", "TA-8.4", neutral=_in_time)
def state(entry: Entry, known_at: datetime) -> str:
    """One of STATES, by what was known at an instant. What was late stays late, whatever was done since."""
    if entry.appeal == "approved":
        return "excused"
    done = entry.done_at if entry.done_at is not None and entry.done_at < known_at else None
    if done is not None:
        return "in_time" if done < entry.due_at else "late"
    return "overdue" if known_at >= entry.due_at else "open"


# These are owed until they are done; the others are about one moment or one stretch.
CARRIED: Final = frozenset({"document", "script", "correction", "verification", "task"})


def belongs(entry: Entry, period: Period) -> bool:
    """Whether an entry counts in a period: it was settled in it, or was due before and is still owed in it.

    So nothing that was missed is forgotten when the quarter ends.
    """
    if entry.settled_at >= period.start or entry.measure not in CARRIED:
        return period.holds(entry.settled_at)
    ended = [each for each in (entry.done_at, entry.over_at) if each is not None]
    return entry.due_at <= period.start and all(each >= period.start for each in ended)


@dataclass(frozen=True)
class MeasureScore:
    measure: str
    name: str
    weight: int
    in_time: int
    late: int
    overdue: int
    excused: int
    percent: str | None


@dataclass(frozen=True)
class Score:
    """`value` is of 0 to 100 with one decimal; None where nothing was due. `inputs` is a hash of what it rests on."""

    value: str | None
    measures: tuple[MeasureScore, ...]
    inputs: str


def score(
    entries: Iterable[Entry], scheme: Scheme, period: Period, known_at: datetime | None = None
) -> Score:
    """The score of a period by what was known at its end, or before that at `known_at`.

    Of the entries that belong to the period; those excused or not due yet do not count.
    """
    seen = min(known_at, period.end) if known_at is not None else period.end
    due = sorted((each for each in entries if belongs(each, period)), key=lambda each: each.key)
    standing = [(each, state(each, seen)) for each in due]
    measures = tuple(_measured(name, standing, scheme) for name in MEASURES)
    counted = [each for each in measures if each.percent is not None and each.weight > 0]
    weight = sum(each.weight for each in counted)
    value = sum((_share(each, scheme) * each.weight for each in counted), Fraction(0))
    return Score(
        value=_tenth(value / weight * 100) if weight else None,
        measures=measures,
        inputs=_hash(standing, scheme, period),
    )


def _measured(name: str, standing: Sequence[tuple[Entry, str]], scheme: Scheme) -> MeasureScore:
    states = [state_ for each, state_ in standing if each.measure == name]
    counts = {state_: states.count(state_) for state_ in STATES}
    found = MeasureScore(
        measure=name,
        name=MEASURES[name][0],
        weight=scheme.weights.get(name, 0),
        in_time=counts["in_time"],
        late=counts["late"],
        overdue=counts["overdue"],
        excused=counts["excused"],
        percent=None,
    )
    due = found.in_time + found.late + found.overdue
    return replace(found, percent=_tenth(_share(found, scheme) * 100)) if due else found


def _share(measure: MeasureScore, scheme: Scheme) -> Fraction:
    due = measure.in_time + measure.late + measure.overdue
    return (measure.in_time + Fraction(scheme.late_credit, 100) * measure.late) / due


def _tenth(value: Fraction) -> str:
    """Rounded half up, as people do it."""
    tenths = (value * 20 + 1) // 2
    return f"{tenths // 10}.{tenths % 10}"


def _hash(standing: Sequence[tuple[Entry, str]], scheme: Scheme, period: Period) -> str:
    said = {
        "period": [period.first.isoformat(), period.last.isoformat()],
        "scheme": scheme.as_json(),
        "entries": [[each.key, each.due_at.isoformat(), state_] for each, state_ in standing],
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def with_appeals(entries: Iterable[Entry], outcomes: Mapping[str, str]) -> list[Entry]:
    """Each entry with what became of the appeal about it: open, approved or rejected."""
    return [replace(each, appeal=outcomes.get(each.key, "")) for each in entries]


WITHIN_A_DAY: Final = 24 * 60


def script_target(at_once: bool, minutes: int) -> int:
    """How many minutes a unit has for a script on a sudden event.

    "At once" has no number: `minutes` is the city's own target. A city that does not ask for it at once
    gives a day.
    """
    return minutes if at_once else WITHIN_A_DAY


def script_due(asked_at: datetime, minutes: int) -> datetime:
    """The first instant at which the script is late."""
    return asked_at + timedelta(minutes=minutes)


@dataclass(frozen=True)
class Confirmed:
    """A version was approved or verified `at` an instant, which holds until `due_at`.

    `renews_at` is when it renewed what was before: for a version, when it went live. `over_at` is when the
    version stopped being live.
    """

    at: datetime
    due_at: datetime
    renews_at: datetime
    over_at: datetime | None = None


def verifications_owed(code: str, title: str, confirmed: Sequence[Confirmed], period: Period) -> list[Entry]:
    """What of a point had to be confirmed anew in a period: what ran out while the point was live.

    What was renewed before its time counts when it was renewed, once a period, so that nobody gains by
    confirming every day.
    """
    found: list[Entry] = []
    early: list[Entry] = []
    ordered = sorted(confirmed, key=lambda each: (each.renews_at, each.at))
    for at, each in enumerate(ordered):
        following = ordered[at + 1].renews_at if at + 1 < len(ordered) else None
        in_time = following is not None and following < each.due_at
        if each.over_at is not None and each.over_at <= each.due_at and not in_time:
            continue
        entry = Entry(
            key=f"verification:{code}:{each.at.isoformat()}",
            measure="verification",
            title=title,
            link=f"/knowledge/{code}",
            began_at=each.at,
            due_at=each.due_at,
            done_at=following,
            counted_at=following if in_time else None,
            over_at=each.over_at,
        )
        if belongs(entry, period):
            (early if in_time else found).append(entry)
    return found + early[:1]


def _no_stretches(_from: date, _to: date, _days: int) -> list[tuple[date, date]]:
    return []


@rule("MZ-19.1", "XT-8.2", neutral=_no_stretches)
def stretches(first: date, last: date, days: int) -> list[tuple[date, date]]:
    """Stretches of `days` in each of which a unit renews something; they are counted from a fixed day, so that
    every period sees the same ones. Those that end within the two days.
    """
    origin = date(2020, 1, 1)
    number = (first - origin).days // days
    found: list[tuple[date, date]] = []
    while True:
        begins = origin + timedelta(days=number * days)
        ends = begins + timedelta(days=days - 1)
        if ends > last:
            return found
        if ends >= first:
            found.append((begins, ends))
        number += 1


def updates_owed(
    unit: str, spans: Iterable[tuple[date, date]], acts: Collection[datetime], since: datetime
) -> list[Entry]:
    """One entry a stretch: the first version filed or point verified in it. Before `since` the unit owned nothing."""
    found = []
    for begins, ends in spans:
        start, end = day_start(begins), day_start(ends + timedelta(days=1))
        if since >= start:
            continue
        within = [act for act in acts if start <= act < end]
        found.append(
            Entry(
                key=f"update:{unit}:{begins.isoformat()}",
                measure="update",
                title=f"{begins} 至 {ends} 更新或核验知识",
                link=f"/knowledge?unit={unit}",
                began_at=start,
                # Due at the last instant of the stretch, so that it belongs to the period it ends in.
                due_at=end - timedelta(microseconds=1),
                done_at=min(within) if within else None,
            )
        )
    return found


def reported(
    unit: str, duties: Iterable[tuple[str, str]], missing: Collection[str], period: Period
) -> list[Entry]:
    """One entry for each thing a unit must tell of itself at all times, by what was live when the period ended
    (or is live now): the duty stands from its first instant.
    """
    return [
        Entry(
            key=f"agency:{unit}:{code}:{period.last.isoformat()}",
            measure="agency",
            title=name,
            link=f"/knowledge?unit={unit}&type=agency",
            began_at=period.start,
            due_at=period.start,
            done_at=None if code in missing else period.start - timedelta(microseconds=1),
        )
        for code, name in duties
    ]


def previous_quarter(day: date) -> Period:
    return this_quarter(this_quarter(day).first - timedelta(days=1))


def this_quarter(day: date) -> Period:
    first = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    following = date(first.year + first.month // 10, (first.month + 2) % 12 + 1, 1)
    return Period(first, following - timedelta(days=1))


def period_of(at: datetime) -> Period:
    return this_quarter(local_day(at))
