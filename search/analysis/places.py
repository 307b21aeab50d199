"""Which places a text names: provinces and cities, the base's own regions, and places by a letter (A7区)."""

import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

Units = NDArray[np.uint16]
Named = frozenset[str]

NOWHERE: Final[Named] = frozenset()
_PLACES_FILE = Path(__file__).parent / "places.txt"
_UNITS = 1 << 16
# Where names are kept from the public, a place is a letter and a number.
_LETTERED = re.compile(r"(?<![a-z0-9])([a-z])(\d{0,3})(?=[市县区州镇])")


@dataclass(frozen=True, slots=True)
class Place:
    """`name` in normal form; `key` is the same for all names of one place, `above` are the keys it lies in."""

    name: str
    key: str
    above: Named = NOWHERE


class Gazetteer:
    """Names ready to be looked for. Of two places with one name the later one counts."""

    def __init__(self, places: Iterable[Place] = ()) -> None:
        self._places = {place.name: place for place in places if _is_plain(place.name)}
        self._above: Mapping[str, Named] = {place.key: place.above for place in self._places.values()}
        self._by_head: dict[str, list[str]] = {}
        for name in sorted(self._places, key=len, reverse=True):
            self._by_head.setdefault(name[:2], []).append(name)

    @cached_property
    def _opens(self) -> NDArray[np.bool_]:
        """By unit of text: whether some name begins with it."""
        opens = np.zeros(_UNITS, dtype=bool)
        opens[[ord(name[0]) for name in self._places]] = True
        return opens

    @cached_property
    def _heads(self) -> NDArray[np.uint32]:
        """The first two units of all names, as one number each."""
        return np.array([(ord(head[0]) << 16) | ord(head[1]) for head in self._by_head], dtype=np.uint32)

    def named(self, normal: str) -> Named:
        """Keys of the places that a short text names, the longest name at each position."""
        found = {letter + number for letter, number in _LETTERED.findall(normal)}
        at = 0
        while at < len(normal) - 1:
            name = self._name_at(normal, at)
            if name:
                found.add(self._places[name].key)
            at += len(name) or 1
        return frozenset(found)

    def named_in(self, text: str, units: Units, starts: NDArray[np.int64]) -> list[Named]:
        """The same for many texts end to end, text n from `starts[n]`; `units` are the characters of `text`."""
        found: list[set[str]] = [set() for _ in starts]
        places = np.flatnonzero(self._opens[units[:-1]])
        pairs = (units[places].astype(np.uint32) << 16) | units[places + 1]
        places = places[np.isin(pairs, self._heads)]
        owners = np.searchsorted(starts, places, side="right") - 1
        for at, owner in zip(places.tolist(), owners.tolist(), strict=True):
            name = self._name_at(text, at)
            if name:
                found[owner].add(self._places[name].key)
        for match in _LETTERED.finditer(text):
            found[int(np.searchsorted(starts, match.start(), side="right")) - 1].add("".join(match.groups()))
        return [frozenset(each) for each in found]

    def apart(self, asked: Named, told: Named) -> bool:
        """Whether a text names places, and none of them is one that was asked for, lies in it or holds it."""
        return bool(told) and not (asked & self._with_above(told) or told & self._with_above(asked))

    def _name_at(self, text: str, at: int) -> str:
        names = self._by_head.get(text[at : at + 2], ())
        return next((name for name in names if text.startswith(name, at)), "")

    def _with_above(self, keys: Named) -> Named:
        lettered = {key[0] for key in keys if key[0].isascii() and key[1:].isdigit()}
        return keys.union(lettered, *(self._above.get(key, NOWHERE) for key in keys))


def _is_plain(name: str) -> bool:
    return len(name) > 1 and all(ord(char) < _UNITS for char in name[:2])


def provinces_and_cities() -> list[Place]:
    places = []
    for line in _PLACES_FILE.read_text(encoding="utf-8").split("\n"):
        province, _, cities = line.partition(":")
        if province:
            places.append(Place(province, province))
            places += (Place(city, city, frozenset({province})) for city in cities.split())
    return places


class _Installed:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.gazetteer: Gazetteer | None = None


_INSTALLED = _Installed()


def gazetteer() -> Gazetteer:
    """The one in use: provinces and cities until the base's own places are installed."""
    return _INSTALLED.gazetteer or install_places(())


def install_places(own: Iterable[Place]) -> Gazetteer:
    """Put the base's own places in use beside provinces and cities for whoever searches next."""
    fresh = Gazetteer((*provinces_and_cities(), *own))
    with _INSTALLED.lock:
        _INSTALLED.gazetteer = fresh
    return fresh
