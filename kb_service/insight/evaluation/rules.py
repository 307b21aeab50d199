"""A unit's score of a period by the weights of a city: pure, from what is counted about its tickets."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from kb_service.core.clauses import rule
from kb_service.insight.statistics.periods import Period
from kb_service.insight.statistics.rules import KINDS, MARKED, Tally, Value, for_figure
from kb_service.regulations.schema.oversight import Scheme, SchemeItem

# Of an entry taken out by an appeal of the unit that the centre granted.
EXCUSED: Final = "excused"
KNOWLEDGE: Final = "knowledge_in_time"


@dataclass(frozen=True)
class ItemScore:
    """`points` of `weight`; None where nothing was due. `each`: what one occurrence costs."""

    figure: str
    label: str
    how: str
    weight: int
    each: int | None
    clauses: tuple[str, ...]
    number: int
    of: int | None
    excluded: int
    points: str | None


@dataclass(frozen=True)
class Score:
    """`value` of 0 to 100 with one decimal; None where nothing of the unit was due. `inputs`: a hash of it all."""

    value: str | None
    items: tuple[ItemScore, ...]
    inputs: str


Tallies = Mapping[str, Sequence[Tally]]


def _full_marks(_tallies: Tallies, _knowledge: Value, scheme: Scheme, period: Period) -> Score:
    return Score("100.0", (), _hash({}, Value(0, 0), scheme, period))


@rule("ST-20.1", "SG-27", "XT-25", "TA-22", "MZ-23", neutral=_full_marks)
def score(tallies: Tallies, knowledge: Value, scheme: Scheme, period: Period) -> Score:
    """`tallies` are the unit's marks of the period, by name; `knowledge` how timely it filed what it owed.

    A share earns that part of its weight; a count loses points for each, down to none. A share of which
    nothing was due is left out, and the others are worth so much more.
    """
    counted = [(name, item, _value(name, item, tallies, knowledge)) for name, item in scheme.items.items()]
    earned = {name: _earned(item, value) for name, item, value in counted}
    items = tuple(_told(name, item, value, earned[name]) for name, item, value in counted)
    shares = [name for name, _, value in counted if value.of]
    due = [(item, points) for name, item, _ in counted if (points := earned[name]) is not None]
    weight = sum(item.weight for item, _ in due)
    value = sum((points for _, points in due), Fraction(0)) / weight * 100 if shares and weight else None
    return Score(None if value is None else _tenth(value), items, _hash(tallies, knowledge, scheme, period))


def _value(name: str, item: SchemeItem, tallies: Tallies, knowledge: Value) -> Value:
    if name == KNOWLEDGE:
        return knowledge
    return counted_value(name, tallies.get(MARKED[name], ()), item.excluding)


def counted_value(name: str, marks: Iterable[Tally], excluding: Iterable[str]) -> Value:
    """A figure as the scheme counts it: without what it excludes, and without what an appeal took out."""
    out = {*excluding, EXCUSED}
    number = of = excluded = 0
    for each in marks:
        if each.left_out in out:
            excluded += each.number
            continue
        belongs, good = for_figure(name, Tally(each.good, each.done, ""))
        number += each.number * good
        of += each.number * belongs
    return Value(number, of if KINDS[name].share else None, excluded)


def _earned(item: SchemeItem, value: Value) -> Fraction | None:
    if value.of is None:
        return Fraction(max(0, item.weight - (item.each or 0) * value.number))
    return value.share * item.weight if value.share is not None else None


def _told(name: str, item: SchemeItem, value: Value, points: Fraction | None) -> ItemScore:
    kind = KINDS[name]
    return ItemScore(
        figure=name,
        label=kind.label,
        how=kind.how,
        weight=item.weight,
        each=item.each,
        clauses=item.clause,
        number=value.number,
        of=value.of,
        excluded=value.excluded,
        points=None if points is None else _tenth(points),
    )


def _tenth(value: Fraction) -> str:
    """Rounded half up, as people do it."""
    tenths = (value * 20 + 1) // 2
    return f"{tenths // 10}.{tenths % 10}"


def _hash(tallies: Tallies, knowledge: Value, scheme: Scheme, period: Period) -> str:
    said: dict[str, Any] = {
        "period": [period.first.isoformat(), period.last.isoformat()],
        "scheme": scheme.model_dump(mode="json"),
        "marks": {
            name: sorted([each.good, each.done, each.left_out, each.number] for each in marks)
            for name, marks in sorted(tallies.items())
        },
        "knowledge": [knowledge.number, knowledge.of],
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def against(name: str, mark: Tally) -> bool:
    """Whether a mark costs the unit points in any figure, so that it may be appealed."""
    if mark.left_out:
        return False
    return not mark.good or name == "return"
