"""What becomes of what a sub-centre tells, where a point stands for those who follow, when a feed ails. Pure."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from kb_service.core.clauses import rule
from kb_service.core.clock import day_start
from kb_service.core.errors import Pointer
from kb_service.knowledge.content import Content
from kb_service.knowledge.rules import past_day

Way = Literal["at_once", "centre", "chain"]
OUTCOMES: Final = {
    "live": "已上线",
    "review": "已进入审核",
    "linked": "已关联现有知识点",
    "unchanged": "内容未变",
    "withdrawn": "已下架",
    "repeated": "重复，未处理",
    "overtaken": "同批有更新的修订，未处理",
    "refused": "未接收",
}
EFFECTS: Final = frozenset({"live", "review", "linked", "unchanged", "withdrawn"})
ALARM_NAMES: Final = {"silent": "中断", "lagging": "滞后", "failing": "差错过多"}
RELEASE_NAMES: Final = {"sign_off": "分中心签发即上线", "centre": "经中心审核上线"}
# The clocks of two machines differ a little; what lies further ahead is wrong.
CLOCKS_DIFFER: Final = timedelta(minutes=5)


@rule("SG-31", neutral="chain")
def way(*, release: str, signed: bool, held: bool) -> Way:
    """How a revision goes on: live at once on the sub-centre's own sign-off, else by the reviews here.

    `held`: the point was withdrawn here, not by the feed, so that only the centre lets it come back.
    """
    if not signed:
        return "chain"
    return "centre" if held or release == "centre" else "at_once"


def sign_problems(
    *, written_by: str, signed_by: str, signed_at: datetime, known: bool, now: datetime
) -> list[Pointer]:
    """What stands against a sign-off: two different people there, one of them known here."""
    found: list[Pointer] = []
    if written_by and written_by == signed_by:
        detail = "签发人与编写人是同一人，须由另一人签发"
        found.append({"pointer": "/signed/by", "detail": detail})
    if not known:
        detail = f"签发人“{signed_by}”没有对应的在用审核账号，请热线中心在数据通道中登记"
        found.append({"pointer": "/signed/by", "detail": detail})
    if signed_at > now + CLOCKS_DIFFER:
        found.append({"pointer": "/signed/at", "detail": "签发时间晚于现在"})
    return found


@dataclass(frozen=True)
class Told:
    """An item by its place in the batch."""

    at: int
    external_id: str
    revision: int
    payload_hash: str


@dataclass(frozen=True)
class Taken:
    """What was taken of an external id before."""

    revision: int
    payload_hash: str


Standing = Literal["candidate", "repeated", "stale", "reused"]


def against(told: Told, before: Taken | None) -> Standing:
    """A higher revision is a candidate, the same again is a repetition, an older one came too late."""
    if before is None or told.revision > before.revision:
        return "candidate"
    if told.revision < before.revision:
        return "stale"
    return "repeated" if told.payload_hash == before.payload_hash else "reused"


def newest(candidates: Iterable[Told]) -> dict[str, Told]:
    """The highest revision of each external id; of equal ones the first in the batch."""
    found: dict[str, Told] = {}
    for each in candidates:
        standing = found.get(each.external_id)
        if standing is None or (each.revision, -each.at) > (standing.revision, -standing.at):
            found[each.external_id] = each
    return found


def words_hash(title: str, content: Content) -> str:
    """Equal for points that say the same under the same title, whoever owns and wherever they keep them."""
    said = f"{title}\n{content.model_dump_json()}"
    return hashlib.sha256(said.encode()).hexdigest()


@dataclass(frozen=True)
class Window:
    """An approved version: `until` is the last day it is in force."""

    number: int
    live_from: datetime
    live_to: datetime | None
    until: date | None


@dataclass(frozen=True)
class Stands:
    """The version that others are told of now, None where there is none; `next_at`: when time will change it."""

    number: int | None
    next_at: datetime | None


def stands(windows: Sequence[Window], now: datetime) -> Stands:
    """Nothing before its release, nothing after it lapsed or was taken back."""
    number: int | None = None
    turns: list[datetime] = []
    for each in windows:
        lapses = day_start(past_day(each.until)) if each.until else None
        ends = [end for end in (each.live_to, lapses) if end is not None]
        if ends and min(ends) <= max(now, each.live_from):
            continue
        if each.live_from > now:
            turns.append(each.live_from)
            continue
        number = each.number
        turns += ends
    return Stands(number, min(turns, default=None))


@dataclass(frozen=True)
class Health:
    """`heard_at`: the last push, or the registration before the first. `lag_s`: of the newest that had one.

    `items` and `refused` of the last day.
    """

    heard_at: datetime
    lag_s: int | None
    items: int
    refused: int
    silent_minutes: int
    lag_minutes: int

    @property
    def error_share(self) -> float:
        return self.refused / self.items if self.items else 0.0


ENOUGH_ITEMS: Final = 10
TOLERATED: Final = 0.2


@rule("XT-10", "SG-8", neutral={})
def alarms(health: Health, now: datetime) -> dict[str, str]:
    """What ails a feed, by kind, in words."""
    found: dict[str, str] = {}
    silence = now - health.heard_at
    if silence > timedelta(minutes=health.silent_minutes):
        found["silent"] = f"已 {_span(silence)}没有收到数据（约定每 {health.silent_minutes} 分钟至少一次）"
    if health.lag_s is not None and health.lag_s > health.lag_minutes * 60:
        lag = timedelta(seconds=health.lag_s)
        found["lagging"] = f"最近的数据在分中心发布后 {_span(lag)}才送到（约定 {health.lag_minutes} 分钟内）"
    if health.items >= ENOUGH_ITEMS and health.error_share > TOLERATED:
        found["failing"] = f"一日内送来 {health.items} 条，其中 {health.refused} 条没有被接收"
    return found


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    return f"{minutes // 60} 小时 {minutes % 60} 分钟" if minutes >= 60 else f"{minutes} 分钟"
