"""Which documents a query may see, as one array of booleans, kept until an instant changes it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.engines.embedded.records import Rows, Strings
from search.engines.filters import Filter
from search.ports import FOREVER

Mask = NDArray[np.bool_]
_KEPT = 32


@dataclass(frozen=True, slots=True)
class Eligible:
    """Holds for every instant in `[since, until)`. `count` is the number of documents that may be seen."""

    mask: Mask
    count: int
    since: int
    until: int

    @property
    def share(self) -> float:
        return self.count / max(len(self.mask), 1)


class Eligibility:
    """The masks of one snapshot of the index, made when first asked for."""

    def __init__(self, rows: Rows, alive: Mask, strings: Strings) -> None:
        self._rows = rows
        self._alive = alive
        self.strings = strings
        self._kept: dict[Filter, Eligible] = {}

    def of(self, wanted: Filter, now: int) -> Eligible:
        kept = self._kept.get(wanted)
        if kept is not None and kept.since <= now < kept.until:
            return kept
        made = self._make(wanted, now)
        if len(self._kept) >= _KEPT:
            # The oldest goes; a race between threads may drop one more, which costs a little time only.
            self._kept.pop(next(iter(self._kept), wanted), None)
        self._kept[wanted] = made
        return made

    def _make(self, wanted: Filter, now: int) -> Eligible:
        rows = self._rows
        mask = self._alive.copy()
        mask &= rows["live_from"] <= now
        mask &= rows["live_to"] > now
        if not wanted.include_lapsed:
            mask &= rows["effective_to"] > now
        mask &= self.strings.holding(wanted.access)[rows["access"]]
        for column, values in (
            ("type", wanted.types),
            ("unit", wanted.units),
            ("region", wanted.regions),
            ("categories", wanted.categories),
        ):
            if values:
                mask &= self.strings.holding(values)[rows[column]]
        since, until = self._unchanged(now)
        return Eligible(mask, int(np.count_nonzero(mask)), since, until)

    def _unchanged(self, now: int) -> tuple[int, int]:
        """From the last instant at which some window opened or closed to the next."""
        since, until = -FOREVER, FOREVER + 1
        for column in ("live_from", "live_to", "effective_to"):
            instants = self._rows[column]
            past = instants <= now
            if past.any():
                since = max(since, int(instants[past].max()))
            if not past.all():
                until = min(until, int(instants[~past].min()))
        return since, until
