"""Which point goes to which unit when one is split. Pure."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class PointAt:
    """`categories` are codes of its category and those above; `came_by` is the change that brought it here."""

    id: int
    code: str
    title: str
    categories: tuple[str, ...]
    matter: str | None
    came_by: int | None


@dataclass(frozen=True)
class Claim:
    """What one unit is to get: points by name, or all of a matter, a category, or an earlier change."""

    unit: str
    points: frozenset[str] = frozenset()
    matters: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    came_by: frozenset[int] = frozenset()

    def rank(self, point: PointAt) -> int | None:
        """How particularly the point is meant, 0 the most; None: not at all."""
        if point.code in self.points:
            return 0
        if point.came_by in self.came_by:
            return 1
        if point.matter in self.matters:
            return 2
        depths = [depth for depth, code in enumerate(point.categories) if code in self.categories]
        return 3 + min(depths) if depths else None


@dataclass
class Assignment:
    """`units` names the unit of each point, None for those that nobody claimed; `disputed` were claimed twice."""

    units: dict[int, str | None] = field(default_factory=dict)
    disputed: dict[str, tuple[str, ...]] = field(default_factory=dict)


def assign(points: Iterable[PointAt], claims: Sequence[Claim], rest: str | None) -> Assignment:
    """The most particular claim wins; two as particular by different units are a dispute."""
    found = Assignment()
    for point in points:
        ranked = [(rank, claim.unit) for claim in claims if (rank := claim.rank(point)) is not None]
        if not ranked:
            found.units[point.id] = rest
            continue
        best = min(rank for rank, _ in ranked)
        units = sorted({unit for rank, unit in ranked if rank == best})
        if len(units) > 1:
            found.disputed[point.code] = tuple(units)
        found.units[point.id] = units[0]
    return found


def fingerprint(units: Mapping[int, str | None], others: Mapping[str, object]) -> str:
    """The same for the same assignment: what was previewed is what is applied."""
    text = json.dumps([sorted(units.items()), others], ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
