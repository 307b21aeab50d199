"""The life of a version: who reviews it, when it is live, who may see it. Pure."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from kb_service.core.clauses import rule, rule_value
from kb_service.knowledge.content import AgencyContent


class Status(StrEnum):
    DRAFT = "draft"
    UNIT_REVIEW = "unit_review"
    REGION_REVIEW = "region_review"
    CENTRE_REVIEW = "centre_review"
    RETURNED = "returned"
    APPROVED = "approved"
    DISCARDED = "discarded"


STATUS_NAMES: Final = {
    Status.DRAFT: "草稿",
    Status.UNIT_REVIEW: "待单位审核",
    Status.REGION_REVIEW: "待区域审核",
    Status.CENTRE_REVIEW: "待中心审核",
    Status.RETURNED: "已退回",
    Status.APPROVED: "已通过",
    Status.DISCARDED: "已作废",
}
STAGE_NAMES: Final = {
    Status.UNIT_REVIEW: "单位审核",
    Status.REGION_REVIEW: "区域审核",
    Status.CENTRE_REVIEW: "中心审核",
}
STAGE_PERMISSIONS: Final = {
    Status.UNIT_REVIEW: "knowledge.review_unit",
    Status.REGION_REVIEW: "knowledge.review_region",
    Status.CENTRE_REVIEW: "knowledge.review_centre",
}
IN_REVIEW: Final = frozenset(STAGE_NAMES)
OPEN: Final = frozenset({Status.DRAFT, *IN_REVIEW})
ORDER: Final = (Status.UNIT_REVIEW, Status.REGION_REVIEW, Status.CENTRE_REVIEW)
# Reviews outside the chain: of a script that was published at once, before and after.
OTHER_STAGES: Final = {"duty_review": "值班审核（即时发布）", "after_review": "事后审核"}


def stage_name(stage: str) -> str:
    return OTHER_STAGES.get(stage) or STAGE_NAMES[Status(stage)]


def _city_chain(region_level: str) -> tuple[Status, ...]:  # noqa: ARG001 - the chain of a city's unit, whatever the region
    return (Status.UNIT_REVIEW, Status.CENTRE_REVIEW)


@rule("TA-7.3", neutral=_city_chain)
def chain(region_level: str) -> tuple[Status, ...]:
    """The reviews that a version of a unit in a region of this level goes through, in order."""
    if region_level == "city":
        return (Status.UNIT_REVIEW, Status.CENTRE_REVIEW)
    return (Status.UNIT_REVIEW, Status.REGION_REVIEW, Status.CENTRE_REVIEW)


PASSING_REASONS: Final = {
    Status.UNIT_REVIEW: "本单位除编写人外没有其他审核人员，转上级审核",
    Status.REGION_REVIEW: "本区域除编写人外没有其他审核人员，转中心审核",
}


@dataclass(frozen=True)
class Step:
    """Where a version goes next, and the stages passed on the way with the reason of each."""

    status: Status
    passed: tuple[tuple[Status, str], ...] = ()


def advance(stages: Sequence[Status], after: Status | None, has_reviewer: Callable[[Status], bool]) -> Step:
    """The next step of a version submitted (`after` None) or approved at the stage `after`.

    A stage at which nobody but the authors could decide is passed on; the last one never is, and where
    nobody could decide at it, the centre does.
    """
    remaining = [stage for stage in stages if after is None or ORDER.index(stage) > ORDER.index(after)]
    if remaining and remaining[-1] != Status.CENTRE_REVIEW and not has_reviewer(remaining[-1]):
        remaining.append(Status.CENTRE_REVIEW)
    passed: list[tuple[Status, str]] = []
    while len(remaining) > 1 and not has_reviewer(remaining[0]):
        stage = remaining.pop(0)
        passed.append((stage, PASSING_REASONS[stage]))
    return Step(remaining[0] if remaining else Status.APPROVED, tuple(passed))


def refusal(
    status: Status, reviewer_id: int | None, author_ids: Collection[int], *, permitted: bool, in_scope: bool
) -> tuple[str, str] | None:
    """Why this person may not decide on a version in this status: a code and words; None when they may."""
    if status not in IN_REVIEW:
        return "not_in_review", f"该版本现为“{STATUS_NAMES[status]}”，不在审核中"
    if reviewer_id is None:
        return "account_required", "审核须由本人以账号进行，接口令牌不能审核"
    if not permitted or not in_scope:
        return "forbidden", f"您没有对该单位知识进行{STAGE_NAMES[status]}的权限"
    if reviewer_id in author_ids:
        return "own_version", "不能审核自己编写的知识，请由其他审核人员处理"
    return None


def went_live(approved_at: datetime, release_at: datetime | None) -> datetime:
    """The upload time 上传时间: the later of the last approval and the time of release."""
    return max(approved_at, release_at) if release_at else approved_at


@dataclass(frozen=True)
class Approved:
    """What decides when an approved version is live. `stop` is when it was withdrawn or superseded."""

    number: int
    live_from: datetime
    stop: datetime | None = None

    @property
    def cancelled(self) -> bool:
        """Stopped before it ever went live."""
        return self.stop is not None and self.stop <= self.live_from


def windows(versions: Iterable[Approved]) -> dict[int, datetime | None]:
    """When each version of a point stops being live (None: open), by number.

    A version ends at its own stop or when the next one goes live, whichever comes first. One that was
    cancelled before it went live ends nobody's window, and its own is empty.
    """
    ordered = sorted(versions, key=lambda version: (version.live_from, version.number))
    ends: dict[int, datetime | None] = {}
    following: datetime | None = None
    for version in reversed(ordered):
        if version.cancelled:
            ends[version.number] = version.live_from
            continue
        known = [instant for instant in (version.stop, following) if instant is not None]
        ends[version.number] = max(version.live_from, min(known)) if known else None
        following = version.live_from
    return ends


def live_state(live_from: datetime | None, live_to: datetime | None, now: datetime) -> str:
    """`none` (never approved), `waiting` (embargoed), `live` or `ended`."""
    if live_from is None:
        return "none"
    if live_to is not None and live_to <= max(now, live_from):
        return "ended"
    return "waiting" if now < live_from else "live"


def validity(effective_from: date | None, effective_to: date | None, day: date) -> str:
    """`not_yet_in_force`, `in_force` or `lapsed` on a day of the city; `effective_to` is the last day in force."""
    if effective_to is not None and day > effective_to:
        return "lapsed"
    if effective_from is not None and day < effective_from:
        return "not_yet_in_force"
    return "in_force"


def tokens_of(audience: str, roles: Iterable[str]) -> tuple[str, ...]:
    """Access tokens, any one of which lets its holder see a version."""
    return tuple(f"role:{role}" for role in roles) if audience == "restricted" else (audience,)


@rule("XT-7.2", neutral=False)
def visible(
    *,
    tokens: Collection[str],
    viewer: Collection[str],
    live: str,
    state: str,
    include_lapsed: bool = False,
) -> bool:
    """Whether somebody with the access tokens `viewer` may be shown a version in an answer or a result."""
    if live != "live" or (state == "lapsed" and not include_lapsed):
        return False
    return any(token in viewer for token in tokens)


def past_day(effective_to: date) -> date:
    """The first day on which something in force up to `effective_to` has lapsed."""
    return effective_to + timedelta(days=1)


DUTIES: Final = rule_value(
    "SG-28.1",
    name="knowledge.unit_duties",
    value=("functions", "power_list", "service_items", "contacts", "hours"),
)
DUTY_NAMES: Final = {
    "functions": "工作职责",
    "power_list": "权责清单",
    "service_items": "服务事项",
    "contacts": "联系方式",
    "hours": "对外服务时间",
}


@rule("SG-28.1", neutral=[])
def missing_duties(contents: Iterable[AgencyContent]) -> list[str]:
    """What a unit must report of itself and none of its agency points says."""
    reported: set[str] = set()
    for content in contents:
        reported |= {
            duty
            for duty, value in (
                ("functions", content.functions),
                ("power_list", content.power_list),
                ("service_items", content.service_items),
                ("contacts", content.phone or content.address),
                ("hours", content.hours),
            )
            if value
        }
    return [duty for duty in DUTIES if duty not in reported]
