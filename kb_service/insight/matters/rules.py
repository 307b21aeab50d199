"""When the number of a matter's tickets has risen, by a test that says how sure it is. Pure.

A count of this stretch is compared with the matter's own past. Both are measured against all tickets of the
same place and time, so that a general rush makes nothing rise. Under the assumption that the matter's share is
what it was, the count of this stretch is binomial given the sum of both; the probability of so many or more is
exact. Complaints come in clumps: where the past counts scatter more than chance would have them, the counts
are divided by that factor first. Of many tests a few are always striking, so the probabilities of one run
are adjusted together (Benjamini and Hochberg).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeVar

from kb_service.core.clauses import rule, rule_value

Key = TypeVar("Key")

# This stretch, and how many stretches of the past it is compared with.
RECENT: Final = timedelta(days=7)
PAST_STRETCHES: Final = 8
# A year ago: the days that are coming now, and the stretches of the year after them.
SEASON: Final = timedelta(days=30)
SEASON_STRETCHES: Final = 11
YEAR: Final = timedelta(days=365)

# Of what is told as rising, at most this share is expected to be chance.
FALSE_SHARE: Final = 0.05
FEWEST_RECENT: Final = 5
FEWEST_SEASON: Final = 10
LEAST_RATIO: Final = 1.5
LEAST_SEASON_RATIO: Final = 2.0

# A matter: so many tickets by so many people, within so many days.
FEWEST_TICKETS: Final = 5
FEWEST_PEOPLE: Final = 3
LOOK_BACK: Final = timedelta(days=60)

# In a month so many tickets call for a consultation, where several units or places are concerned.
FREQUENT: Final = rule_value("TA-23", name="matters.frequent", value=20)
COMMON: Final = rule_value("TA-23", name="matters.common", value=2)
MONTH: Final = timedelta(days=30)

KIND_NAMES: Final[Mapping[str, str]] = {"new": "新出现", "rising": "明显上升", "foreseen": "季节性预判"}
STATE_NAMES: Final[Mapping[str, str]] = {"open": "关注中", "dismissed": "不再关注", "merged": "已并入"}
OUTCOME_NAMES: Final[Mapping[str, str]] = {
    "governed": "源头治理",
    "agreed": "形成处置意见",
    "dropped": "无须处置",
}


@dataclass(frozen=True)
class Counts:
    """A matter in a place: its tickets and all tickets, in this stretch and in each of the past, nearest first."""

    recent: int
    past: tuple[int, ...]
    all_recent: int
    all_past: tuple[int, ...]


@dataclass(frozen=True)
class Test:
    """`expected` in this stretch by the past; `chance` of so many or more; `scatter` 1 is pure chance."""

    recent: int
    past: int
    expected: float
    ratio: float
    scatter: float
    chance: float


def tail(successes: int, trials: int, share: float) -> float:
    """The exact probability of at least `successes` of `trials`, each with probability `share`."""
    if successes <= 0:
        return 1.0
    if successes > trials or share <= 0:
        return 0.0
    if share >= 1:
        return 1.0
    log_p, log_q = math.log(share), math.log1p(-share)
    logs = [
        math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1)
        + k * log_p + (trials - k) * log_q
        for k in range(successes, trials + 1)
    ]  # fmt: skip
    return min(1.0, math.fsum(math.exp(each) for each in logs))


def scatter(counts: Sequence[int], exposures: Sequence[int]) -> float:
    """How much more the counts vary than chance would have it (Pearson's statistic a degree of freedom); at least 1."""
    whole, exposed = sum(counts), sum(exposures)
    pairs = [(count, whole * each / exposed) for count, each in zip(counts, exposures, strict=True) if each]
    if whole == 0 or len(pairs) < 2:
        return 1.0
    return max(1.0, math.fsum((count - mean) ** 2 / mean for count, mean in pairs) / (len(pairs) - 1))


def test(counts: Counts) -> Test:
    """Whether this stretch has more than the past leads one to expect."""
    past, exposed = sum(counts.past), sum(counts.all_past)
    share = counts.all_recent / (counts.all_recent + exposed) if counts.all_recent + exposed else 0.0
    factor = scatter(counts.past, counts.all_past)
    expected = past * counts.all_recent / exposed if exposed else 0.0
    # Half a ticket keeps the ratio finite where there was none before.
    ratio = (counts.recent + 0.5) / (expected + 0.5)
    effective = math.floor(counts.recent / factor)
    chance = tail(effective, effective + round(past / factor), share)
    return Test(counts.recent, past, round(expected, 2), round(ratio, 2), round(factor, 2), chance)


def adjusted(chances: Sequence[float]) -> list[float]:
    """The smallest share of false alarms at which each of the tests would be told (Benjamini and Hochberg)."""
    order = sorted(range(len(chances)), key=lambda at: chances[at], reverse=True)
    found, least = [0.0] * len(chances), 1.0
    for rank, at in enumerate(order):
        least = min(least, chances[at] * (len(chances) / (len(chances) - rank)))
        found[at] = least
    return found


@dataclass(frozen=True)
class Told:
    """A test that says something. `tests` were made in the same run."""

    kind: str
    test: Test
    adjusted: float
    tests: int


def _nothing(*_: object) -> dict[object, Told]:
    return {}


@rule("TA-24", neutral=_nothing)
def rising(counted: Mapping[Key, Counts]) -> dict[Key, Told]:
    """Matters with clearly more tickets than their past; `new` where the past has none."""
    return _told(
        counted,
        lambda found: found.recent >= FEWEST_RECENT and found.ratio >= LEAST_RATIO,
        lambda found: "rising" if found.past else "new",
    )


@rule("TA-25", neutral=_nothing)
def foreseen(counted: Mapping[Key, Counts]) -> dict[Key, Told]:
    """Matters that had clearly more tickets, a year ago, in the days that are coming now than in the rest of the year."""
    return _told(
        counted,
        lambda found: found.recent >= FEWEST_SEASON and found.ratio >= LEAST_SEASON_RATIO,
        lambda _: "foreseen",
    )


def _told(
    counted: Mapping[Key, Counts], telling: Callable[[Test], bool], kind: Callable[[Test], str]
) -> dict[Key, Told]:
    """All are tested and adjusted together; of those that are striking, the ones big enough are told."""
    tests = {key: test(counts) for key, counts in counted.items()}
    shares = adjusted([each.chance for each in tests.values()])
    return {
        key: Told(kind(found), found, share, len(tests))
        for (key, found), share in zip(tests.items(), shares, strict=True)
        if share <= FALSE_SHARE and telling(found)
    }


@rule("TA-23", neutral=False)
def calls_for_consultation(tickets: int, units: int, places: int) -> bool:
    """Frequent, and common to several units or places: by the tickets of the last month."""
    return tickets >= FREQUENT and max(units, places) >= COMMON
