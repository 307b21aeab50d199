"""Which units and places a question names, by the names that the city's dictionary has for them today.

What is named is a soft filter: its points gain a little, and no other is left out.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from sqlalchemy import select

from kb_service.core import live
from kb_service.core.db import ReadSession
from kb_service.core.live import Live
from kb_service.identity.model import Region, Unit, UnitSuccessor
from kb_service.identity.rules import ancestors
from kb_service.identity.service.people import NAMES
from search.analysis.normalise import squeeze
from search.analysis.places import Place

# What holds for the city holds in the place too, and says less about it.
ABOVE: Final = 0.5
SHORTEST: Final = 2
MOST_READ: Final = 500
_SUFFIX = re.compile(r"(?:街道办事处|街道办|街道|地区|新区|区|县|市|镇|乡)$")


@dataclass(frozen=True)
class Mention:
    """`said` is the name in the question, `name` the one of today. `near` weighs the codes whose points gain."""

    kind: Literal["unit", "region"]
    said: str
    name: str
    code: str
    near: Mapping[str, float] = field(repr=False)


class Names:
    """Units and regions by all their names, in normal form; a name of two things means neither."""

    def __init__(self, known: Iterable[tuple[str, Mention]]) -> None:
        self._known: dict[str, Mention | None] = {}
        self._lengths: dict[str, set[int]] = {}
        for name, mention in known:
            if len(name) < SHORTEST:
                continue
            before = self._known.get(name, mention)
            same = before is not None and (before.kind, before.code) == (mention.kind, mention.code)
            self._known[name] = mention if same else None
            self._lengths.setdefault(name[:SHORTEST], set()).add(len(name))

    def said_in(self, text: str) -> tuple[Mention, ...]:
        """The longest name at each place of a question, each thing once."""
        normal = squeeze(text[: MOST_READ * 2])[:MOST_READ]
        found: dict[tuple[str, str], Mention] = {}
        at = 0
        while at < len(normal):
            mention, length = self._at(normal, at)
            if mention is not None:
                found.setdefault((mention.kind, mention.code), mention)
            at += length
        return tuple(found.values())

    def _at(self, normal: str, at: int) -> tuple[Mention | None, int]:
        for length in sorted(self._lengths.get(normal[at : at + SHORTEST], ()), reverse=True):
            name = normal[at : at + length]
            if name in self._known:
                known = self._known[name]
                return (_as_said(known, name) if known else None), length
        return None, 1


def _as_said(mention: Mention, name: str) -> Mention:
    return Mention(mention.kind, name, mention.name, mention.code, mention.near)


def _everything(session: ReadSession) -> Names:
    return Names([*_regions(session), *_units(session)])


LIVE = Live(NAMES, _everything)


def mentioned(session: ReadSession, text: str, marks: live.Marks | None = None) -> tuple[Mention, ...]:
    return LIVE.of(session, marks).said_in(text)


def places(session: ReadSession) -> list[Place]:
    """The base's regions by full and short name, for the gazetteer that ranking reads texts with."""
    rows = session.execute(select(Region.code, Region.name, Region.parent_code)).tuples().all()
    parents = {code: parent for code, _, parent in rows}
    return [
        Place(name, code, frozenset(ancestors(code, parents)[1:]))
        for code, region, _ in rows
        for name in _names_of(region)
    ]


def _names_of(region: str) -> list[str]:
    whole = squeeze(region)
    short = _SUFFIX.sub("", whole)
    return [whole, *([short] if SHORTEST <= len(short) < len(whole) else [])]


def _regions(session: ReadSession) -> Iterable[tuple[str, Mention]]:
    rows = session.execute(select(Region.code, Region.name, Region.parent_code)).tuples().all()
    parents = {code: parent for code, _, parent in rows}
    for code, name, _ in rows:
        path = ancestors(code, parents)
        near = {above: 1.0 if above == code else ABOVE for above in path}
        for known in _names_of(name):
            # The city itself tells nothing apart.
            if len(path) > 1:
                yield known, Mention("region", known, name, code, near)


def _units(session: ReadSession) -> Iterable[tuple[str, Mention]]:
    """A unit that was merged or split means those that have its matters now."""
    units = {unit.id: unit for unit in session.execute(select(Unit)).scalars()}
    heirs: dict[int, list[str]] = {}
    for old, new in session.execute(select(UnitSuccessor.old_unit_id, UnitSuccessor.new_unit_id)).tuples():
        heirs.setdefault(old, []).append(units[new].code)
    for unit in units.values():
        near = dict.fromkeys([unit.code, *heirs.get(unit.id, ())], 1.0)
        for name in {unit.name, unit.short_name, *unit.former_names}:
            known = squeeze(name)
            yield known, Mention("unit", known, unit.name, unit.code, near)
