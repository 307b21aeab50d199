"""Drawing a sample for an audit, sharing it out, and what its results tell of the whole. Pure.

The same seed over the same population gives the same sample, in whatever order the population comes.
"""

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

STRATA: Final = {"random": "按单位和类型随机", "risk": "按风险", "use": "按使用量"}
# Two-sided 95 %.
Z: Final = 1.959963984540054
RISKS: Final[Mapping[str, float]] = {
    "normal": 1.0,
    "money": 3.0,
    "entitlement": 3.0,
    "health": 4.0,
    "law": 3.0,
}


@dataclass(frozen=True)
class Candidate:
    """A live point at the instant of drawing. `changes` and `corrections` are counted up to it, `used` before it."""

    code: str
    unit: str
    type: str
    risk: str = "normal"
    changes: int = 1
    corrections: int = 0
    used: int = 0


@dataclass(frozen=True)
class Stratum:
    """So many points `by` one of STRATA; `unit` and `type` narrow it, empty means any."""

    by: str
    size: int
    unit: str = ""
    type: str = ""


@dataclass(frozen=True)
class Drawn:
    code: str
    stratum: str


def draw(population: Iterable[Candidate], strata: Sequence[Stratum], seed: str) -> list[Drawn]:
    """The sample, in the order in which it is to be worked off; no point is in it twice."""
    whole = sorted(population, key=lambda each: each.code)
    taken: set[str] = set()
    found: list[Drawn] = []
    for at, stratum in enumerate(strata):
        open_ = [
            each
            for each in whole
            if each.code not in taken and stratum.unit in ("", each.unit) and stratum.type in ("", each.type)
        ]
        chosen = _take(open_, stratum, f"{seed}/{at}")
        taken.update(chosen)
        found += [Drawn(code, stratum.by) for code in chosen]
    return found


def _take(open_: Sequence[Candidate], stratum: Stratum, seed: str) -> list[str]:
    if stratum.by == "random":
        return _spread(open_, stratum.size, seed)
    weigh = risk_weight if stratum.by == "risk" else use_weight
    ranked = sorted(open_, key=lambda each: (-_key(seed, each.code, weigh(each)), each.code))
    return [each.code for each in ranked[: stratum.size]]


def _spread(open_: Sequence[Candidate], size: int, seed: str) -> list[str]:
    """Evenly at random within each unit and type, each group by its share of the whole."""
    groups: dict[tuple[str, str], list[Candidate]] = defaultdict(list)
    for each in open_:
        groups[each.unit, each.type].append(each)
    shares = allot({group: len(members) for group, members in groups.items()}, size, seed)
    chosen = [
        each.code
        for group, members in groups.items()
        for each in sorted(members, key=lambda each: _uniform(seed, each.code))[: shares[group]]
    ]
    return sorted(chosen, key=lambda code: _uniform(seed, code))


def allot(sizes: Mapping[tuple[str, str], int], wanted: int, seed: str) -> dict[tuple[str, str], int]:
    """Largest remainders; ties and groups smaller than one share are settled by the seed."""
    total = sum(sizes.values())
    wanted = min(wanted, total)
    if not total:
        return {}
    exact = {group: wanted * size / total for group, size in sizes.items()}
    found = {group: math.floor(share) for group, share in exact.items()}
    rest = sorted(sizes, key=lambda group: (found[group] - exact[group], _uniform(seed, "/".join(group))))
    for group in rest[: wanted - sum(found.values())]:
        found[group] += 1
    return found


def risk_weight(each: Candidate) -> float:
    """More for subjects where a wrong answer costs the caller dear, for what changed often or was wrong before."""
    return RISKS.get(each.risk, 1.0) * (1 + 0.5 * min(each.changes - 1, 6)) * (1 + min(each.corrections, 5))


def use_weight(each: Candidate) -> float:
    return 1.0 + each.used


def _uniform(seed: str, name: str) -> float:
    """A number in (0, 1) that only the seed and the name decide."""
    number = int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:8], "big")
    return (number + 1) / (2**64 + 2)


def _key(seed: str, name: str, weight: float) -> float:
    """Taking the largest keys draws without replacement in proportion to the weights (Efraimidis and Spirakis)."""
    return math.log(_uniform(seed, name)) / weight


def population_hash(population: Iterable[Candidate]) -> str:
    """Equal when every point counts the same for drawing."""
    lines = sorted(repr(each) for each in population)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def assign(barred: Sequence[frozenset[int]], auditors: Sequence[int]) -> list[int | None]:
    """An auditor for each item, none of those barred from it, the least loaded first; None where all are."""
    load = dict.fromkeys(auditors, 0)
    found: list[int | None] = [None] * len(barred)
    # Items that few may look at choose first.
    for at in sorted(range(len(barred)), key=lambda at: (-len(barred[at] & set(auditors)), at)):
        free = [each for each in auditors if each not in barred[at]]
        if free:
            found[at] = chosen = min(free, key=lambda each: (load[each], auditors.index(each)))
            load[chosen] += 1
    return found


@dataclass(frozen=True)
class Rate:
    """Share of wrong ones among `looked_at`, with the bounds between which it lies with 95 % confidence."""

    looked_at: int
    wrong: int
    serious: int
    share: float
    low: float
    high: float


def rate(looked_at: int, wrong: int, serious: int) -> Rate:
    """By Wilson's interval, which also holds for few items and for shares near 0."""
    if not looked_at:
        return Rate(0, 0, 0, 0.0, 0.0, 1.0)
    share = wrong / looked_at
    spread = Z**2 / looked_at
    centre = (share + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * math.sqrt(share * (1 - share) / looked_at + spread / (4 * looked_at))
    low = 0.0 if wrong == 0 else max(0.0, centre - half)
    high = 1.0 if wrong == looked_at else min(1.0, centre + half)
    return Rate(looked_at, wrong, serious, share, low, high)
