"""What people ask of one query beside its words: the hand of editors, the city's lexicon, a laboratory's model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from search.lexicon.lexicon import Lexicon
    from search.ranking.model import RankingModel


def _none() -> Mapping[str, object]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Guide:
    """Points are named by their codes. Nothing here shows anybody what the query itself may not see.

    `pins` stand first, in this order; `stops` are no hits at all; `boosts` multiply a score. `negatives` are
    questions that a point does not answer, in normal form: where one of them is closer to the query than what the
    point does answer, its score falls. Points of `near_units`, and in proportion of `near_regions`, gain a little,
    for the question names them; no other is left out. `lexicon` None is the one that ships, `model` None the engine's own.
    """

    pins: tuple[str, ...] = ()
    stops: frozenset[str] = frozenset()
    boosts: Mapping[str, float] = field(default_factory=_none)  # type: ignore[arg-type]
    negatives: Mapping[str, tuple[str, ...]] = field(default_factory=_none)  # type: ignore[arg-type]
    near_units: frozenset[str] = frozenset()
    near_regions: Mapping[str, float] = field(default_factory=_none)  # type: ignore[arg-type]
    lexicon: "Lexicon | None" = None
    model: "RankingModel | None" = None

    @property
    def codes(self) -> set[str]:
        """The points of which it says something."""
        return {*self.pins, *self.stops, *self.boosts, *self.negatives}


NO_GUIDE: Final = Guide()
