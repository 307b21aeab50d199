"""Kinds of notices and duties, when something may be sent, how a roster covers time. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from kb_service.core.clock import CITY, local_day

DAY_MINUTES = 24 * 60


@dataclass(frozen=True)
class Kind:
    """`code` may be the beginning of several kinds ("ticket").

    `statutory`: tells of a due time that a regulation sets, so nobody can switch it off.
    `urgent`: is sent in quiet hours too. `patience_hours`: how long it may wait before the leader of the
    unit is told; None where nothing is to be done, or where something else keeps the time.
    """

    code: str
    name: str
    statutory: bool = False
    urgent: bool = False
    patience_hours: int | None = None

    @property
    def asks(self) -> bool:
        """Whether it asks for something to be done, rather than only tells."""
        return self.statutory or self.patience_hours is not None


KINDS: Sequence[Kind] = (
    Kind("knowledge.script", "突发口径审核", statutory=True, urgent=True, patience_hours=2),
    Kind("knowledge.review", "待审核知识", patience_hours=48),
    Kind("knowledge.review_turn", "转交的审核"),
    Kind("knowledge.review_due", "审核到期提醒"),
    Kind("knowledge.returned", "被退回的知识"),
    Kind("knowledge.approved", "审核通过"),
    Kind("knowledge.task", "限时任务", statutory=True),
    Kind("knowledge.task_due", "任务到期提醒", statutory=True),
    Kind("knowledge", "知识维护"),
    Kind("correction", "知识纠错", statutory=True),
    Kind("candidate.place", "待指定单位的知识", patience_hours=48),
    Kind("candidate", "待确认知识"),
    Kind("export.ask", "知识导出待授权", patience_hours=48),
    Kind("export", "知识导出"),
    Kind("supervision", "督办", statutory=True),
    Kind("ticket", "工单", statutory=True),
    Kind("escalated", "久未办理提醒", statutory=True),
    Kind("staff", "人员变动"),
    Kind("unit", "机构调整"),
    Kind("duty", "值班"),
    Kind("feed", "分中心数据"),
    Kind("search.regression", "检索检验退步", patience_hours=24),
    Kind("insight.warning", "风险预警", urgent=True, patience_hours=24),
    Kind("insight.consultation", "会商研判", patience_hours=72),
    Kind("insight", "统计通报"),
    Kind("webhook", "推送未送达"),
)
OTHER = Kind("other", "其他提醒")


def kind_of(code: str) -> Kind:
    """The entry with the longest code that `code` is or begins with, up to a dot."""
    found = [kind for kind in KINDS if code == kind.code or code.startswith(f"{kind.code}.")]
    return max(found, key=lambda kind: len(kind.code), default=OTHER)


def mode_for(kind: Kind, outlet: str, chosen: Mapping[tuple[str, str], str]) -> str:
    """`now`, `digest` or `off`; a statutory kind that was switched off is in the digest all the same."""
    mode = chosen.get((kind.code, outlet)) or ("now" if kind.statutory else "digest")
    return "digest" if mode == "off" and kind.statutory else mode


def minute_of(instant: datetime) -> int:
    local = instant.astimezone(CITY)
    return local.hour * 60 + local.minute


def after_quiet(instant: datetime, quiet_from: int | None, quiet_to: int | None) -> datetime:
    """The instant itself, or the end of the quiet hours it lies in; they may run across midnight."""
    if quiet_from is None or quiet_to is None or quiet_from == quiet_to:
        return instant
    minute = minute_of(instant)
    across_midnight = quiet_from > quiet_to
    inside = quiet_from <= minute < quiet_to
    if across_midnight:
        inside = minute >= quiet_from or minute < quiet_to
    if not inside:
        return instant
    day = local_day(instant)
    if across_midnight and minute >= quiet_from:
        day += timedelta(days=1)
    return datetime.combine(day, time(quiet_to // 60, quiet_to % 60), CITY).astimezone(instant.tzinfo)


def digest_due(instant: datetime, digest_minute: int, *, working_days_only: bool, is_working: bool) -> bool:
    """Whether the digest of the instant's own day is due; that it was built already is not asked here."""
    return minute_of(instant) >= digest_minute and (is_working or not working_days_only)


MOST_ATTEMPTS = 8
_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=2)


def next_attempt(now: datetime, attempts: int) -> datetime | None:
    """When to try again after so many failed attempts, each pause twice the one before; None: give up."""
    if attempts >= MOST_ATTEMPTS:
        return None
    pause: timedelta = _FIRST_PAUSE * 2 ** (attempts - 1)
    return now + min(pause, _LONGEST_PAUSE)


# What is decided in one's own name and so may be done by a stand-in.
_DECIDING = frozenset(
    {
        "knowledge.review_unit", "knowledge.review_region", "knowledge.review_centre", "knowledge.withdraw",
        "ticket.dispatch", "ticket.handle", "ticket.review", "ticket.refuse", "ticket.callback",
        "ticket.confidential",
    }
)  # fmt: skip


def delegable(permissions: Iterable[str]) -> frozenset[str]:
    return _DECIDING & frozenset(permissions)


Scope = frozenset[int] | None


def lacking(wanted: Mapping[str, Scope], held: Mapping[str, Scope]) -> list[str]:
    """Permissions of `wanted` that are not held, or not for all the units they reach; None reaches all."""
    return sorted(
        permission
        for permission, units in wanted.items()
        if permission not in held or not _covers(held[permission], units)
    )


def _covers(held: Scope, wanted: Scope) -> bool:
    return held is None or (wanted is not None and wanted <= held)


def resolve_stand_ins(
    wanted: Collection[int], away: Mapping[int, int | None], active: Collection[int]
) -> dict[int, int]:
    """Follows each absent account to the first who is there; a circle of absences leads to nobody."""
    found: dict[int, int] = {}
    for account in wanted:
        seen, at = {account}, away.get(account)
        while at is not None and at in away and at not in seen:
            seen.add(at)
            at = away[at]
        if at is not None and at not in away and at in active:
            found[account] = at
    return found


@dataclass(frozen=True)
class DutyKind:
    """`needs` says in words what somebody on this duty must be able to do."""

    code: str
    name: str
    permission: str
    needs: str


DUTIES: Mapping[str, DutyKind] = {
    kind.code: kind
    for kind in (
        DutyKind("script_review", "突发口径审核", "knowledge.review_centre", "中心审核"),
        DutyKind("centre", "中心值班", "inbox.use", "查看待办与提醒"),
        DutyKind("dispatch", "派单值班", "ticket.dispatch", "转派工单"),
    )
}


@dataclass(frozen=True, order=True)
class Span:
    """`[starts_at, ends_at)`."""

    starts_at: datetime
    ends_at: datetime


def gaps(spans: Iterable[Span], whole: Span) -> list[Span]:
    """Where nothing of `spans` covers `whole`, in order."""
    found, at = [], whole.starts_at
    for span in sorted(spans):
        if span.starts_at >= whole.ends_at:
            break
        if span.starts_at > at:
            found.append(Span(at, span.starts_at))
        at = max(at, span.ends_at)
    return found if at >= whole.ends_at else [*found, Span(at, whole.ends_at)]


def overlaps(spans: Iterable[Span], whole: Span) -> list[Span]:
    """Where at least two of `spans` cover `whole`; neighbouring stretches are one."""
    # Where one ends as another begins, the beginning comes first: what both belong to is not cut there.
    edges = sorted(
        (
            edge
            for span in spans
            for edge in (
                (max(span.starts_at, whole.starts_at), 1),
                (min(span.ends_at, whole.ends_at), -1),
            )
            if span.starts_at < whole.ends_at and span.ends_at > whole.starts_at
        ),
        key=lambda edge: (edge[0], -edge[1]),
    )
    found: list[Span] = []
    depth, since = 0, whole.starts_at
    for at, step in edges:
        before, depth = depth, depth + step
        if before < 2 <= depth:
            since = at
        elif depth < 2 <= before and at > since:
            found.append(Span(since, at))
    return found


SHIFT_NAMES: Mapping[str, tuple[int, int]] = {
    "全天": (0, DAY_MINUTES),
    "白班": (8 * 60 + 30, 17 * 60 + 30),
    "夜班": (17 * 60 + 30, DAY_MINUTES + 8 * 60 + 30),
}


def shift_minutes(text: str) -> tuple[int, int] | None:
    """Minutes from midnight of `白班` or `17:30-08:30`; an end not after its start lies on the next day."""
    word = text.strip()
    if word in SHIFT_NAMES:
        return SHIFT_NAMES[word]
    first, _, last = word.replace("：", ":").replace("—", "-").replace("–", "-").partition("-")
    start, end = clock_minute(first), clock_minute(last)
    if start is None or end is None or start == DAY_MINUTES:
        return None
    return (start, end if end > start else end + DAY_MINUTES)


def clock_minute(text: str) -> int | None:
    """Minutes from midnight of `08:30`; `24:00` is the end of the day."""
    hour, _, minute = text.strip().partition(":")
    if not (hour.isdecimal() and minute.isdecimal() and len(minute) == 2):
        return None
    found = int(hour) * 60 + int(minute)
    return found if int(minute) < 60 and found <= DAY_MINUTES else None


def clock_text(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
