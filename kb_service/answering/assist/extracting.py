"""Place, time and parties out of spoken words, over the city's dictionary. Pure: values in, values out."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from typing import Final

from kb_service.answering.assist.times import NUMBER, Mention, times_in
from kb_service.core.shipped import shipped_yaml
from search.analysis.normalise import squeeze
from search.analysis.words import cutter

MOST: Final = 8
PIECES_BEFORE: Final = 2
# A piece longer than this is a name by itself.
LONG_NAME: Final = 4
_REGION_END = re.compile(r"(?:街道|区|县|市|镇|乡)$")
# What may follow a place and still tell where: a number, a part of a building, a side.
_PLACE_GOES_ON = re.compile(
    rf"(?:(?:第?{NUMBER}+(?:号楼|号院|号|栋|幢|座|单元|楼|层|室|期|组|弄|区)|地铁站|路口|路段|景区|园区|小区|办事处|"
    r"大?门口|[东南西北][门边侧面]|对面|旁边|附近|隔壁|背后)(?:的)?)+"
)
_JOINED = re.compile(r"[和与跟]")


@dataclass(frozen=True)
class Wordings:
    """See wordings.yaml."""

    place_ends: tuple[str, ...]
    name_ends: tuple[str, ...]
    nameless: frozenset[str]
    no_places: frozenset[str]
    party_ends: tuple[str, ...]
    told_by_kind: frozenset[str]
    people: re.Pattern[str]
    barriers: re.Pattern[str]


@cache
def wordings() -> Wordings:
    said: dict[str, str] = shipped_yaml("kb_service.answering.assist", "wordings.yaml")
    return Wordings(
        place_ends=tuple(said["place_ends"].split()),
        name_ends=tuple((said["place_ends"] + " " + said["name_ends"]).split()),
        nameless=frozenset(said["nameless"].split()),
        no_places=frozenset(said["no_places"].split()),
        party_ends=tuple(said["party_ends"].split()),
        told_by_kind=frozenset(said["told_by_kind"].split()),
        people=re.compile(said["people"]),
        barriers=re.compile(said["barriers"]),
    )


@dataclass(frozen=True)
class Heard:
    """What one stretch of speech says of the request."""

    places: tuple[Mention, ...]
    times: tuple[Mention, ...]
    parties: tuple[Mention, ...]


class Gazetteer:
    """Names of the city that are places, and those that are parties, beside what their endings tell."""

    def __init__(self, regions: Iterable[str], words: Iterable[str], units: Iterable[str]) -> None:
        """Of the city's words those are places that end like one."""
        named = {squeeze(name) for name in regions}
        short = {_REGION_END.sub("", name) for name in named}
        told = {squeeze(word) for word in words if word.endswith(wordings().name_ends)}
        self._places = frozenset(name for name in named | short | told if len(name) > 1)
        # A government is often called by its place, which then is said as a place.
        self._units = frozenset(squeeze(name) for name in units if len(name) > 2) - self._places

    @cached_property
    def longest_place(self) -> int:
        return max(map(len, self._places), default=0)

    @cached_property
    def longest_unit(self) -> int:
        return max(map(len, self._units), default=0)

    def place_at(self, text: str, start: int) -> int:
        """Where a place that begins here ends; `start` where none does."""
        return _longest(text, start, self._places, self.longest_place)

    def unit_at(self, text: str, start: int) -> int:
        return _longest(text, start, self._units, self.longest_unit)


def _longest(text: str, start: int, names: Collection[str], most: int) -> int:
    for size in range(min(most, len(text) - start), 1, -1):
        if text[start : start + size] in names:
            return start + size
    return start


def extract(said: str, known: Gazetteer, today: date) -> Heard:
    """The work is bounded: a stretch of speech has at most some hundred characters, and few mentions count."""
    text = squeeze(said)
    times = times_in(text, today)
    taken = [(each.start, each.end) for each in times]
    parties = _parties(text, known)
    return Heard(tuple(_places(text, known, taken)[:MOST]), tuple(times[:MOST]), tuple(parties[:MOST]))


def _places(text: str, known: Gazetteer, taken: Collection[tuple[int, int]]) -> list[Mention]:
    found: list[tuple[int, int]] = []
    pieces = _pieces(text)
    for place, (start, end, piece) in enumerate(pieces):
        if any(first < end and start < last for first, last in (*taken, *found)):
            continue
        named = known.place_at(text, start)
        reached = max(named, end if _ends_as_place(piece) else start)
        if reached == start:
            continue
        begun = start if named > start or len(piece) > LONG_NAME else _begun(pieces, place, [*taken, *found])
        if begun == start and text[start:reached] in wordings().nameless:
            continue
        found.append((begun, _goes_on(text, reached, known)))
    return [Mention(text[start:end], start, end) for start, end in _joined(text, found)]


def without_details(said: str, known: Gazetteer, today: date) -> str:
    """What is left of an utterance without its places and times."""
    text, heard = squeeze(said), extract(said, known, today)
    kept = list(text)
    for each in (*heard.places, *heard.times):
        kept[each.start : each.end] = " " * (each.end - each.start)
    return "".join(kept)


def _pieces(text: str) -> list[tuple[int, int, str]]:
    at, pieces = 0, []
    for piece in cutter().split(text):
        pieces.append((at, at + len(piece), piece))
        at += len(piece)
    return pieces


def _ends_as_place(piece: str) -> bool:
    # 里 ends as many places as it means “in”: a name has more before it than “河里”.
    short = piece.endswith("里") and len(piece) < len("和平里")
    return piece.endswith(wordings().place_ends) and piece not in wordings().no_places and not short


def _begun(pieces: list[tuple[int, int, str]], place: int, taken: Collection[tuple[int, int]]) -> int:
    """Where a name that ends in a piece begins: a few pieces before it that can be part of a name."""
    begun = pieces[place][0]
    for start, end, piece in reversed(pieces[max(0, place - PIECES_BEFORE) : place]):
        free = not any(first < end and start < stop for first, stop in taken)
        if not free or wordings().barriers.match(piece) or not piece.isalnum() or len(piece) > LONG_NAME:
            break
        begun = start
    return begun


def _goes_on(text: str, end: int, known: Gazetteer) -> int:
    """Numbers of houses, sides, and a further name right behind belong to the place."""
    while True:
        match = _PLACE_GOES_ON.match(text, end)
        if match:
            end = match.end() - (1 if match.group().endswith("的") else 0)
            continue
        further = known.place_at(text, end)
        if further == end:
            return end
        end = further


def _joined(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Places side by side are one, and so are two roads of a crossing."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        between = text[joined[-1][1] : start] if joined else "-"
        crossing = _JOINED.fullmatch(between) and text[start:end].endswith("路口")
        if joined and (between == "" or crossing):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _parties(text: str, known: Gazetteer) -> list[Mention]:
    found: list[tuple[int, int]] = []
    pieces = _pieces(text)
    for place, (start, end, piece) in enumerate(pieces):
        reached = known.unit_at(text, start)
        if reached == start and piece.endswith(wordings().party_ends):
            begun = _begun(pieces, place, found)
            if begun < start or piece not in wordings().party_ends or piece in wordings().told_by_kind:
                found.append((begun, end))
        elif reached > start and not any(first <= start < last for first, last in found):
            found.append((start, reached))
    for match in wordings().people.finditer(text):
        if not any(first < match.end() and match.start() < last for first, last in found):
            found.append((match.start(), match.end()))
    return [Mention(text[start:end], start, end) for start, end in sorted(set(found))]
