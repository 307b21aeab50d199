"""What of a query decides which documents it may see, the same for every engine."""

from typing import NamedTuple

from search.ports import Query

_NOTHING: frozenset[str] = frozenset()


class Filter(NamedTuple):
    """Everything of a query that decides what may be seen, but for the instant."""

    access: frozenset[str]
    types: frozenset[str]
    units: frozenset[str]
    regions: frozenset[str]
    categories: frozenset[str]
    include_lapsed: bool


def filter_of(query: Query) -> Filter:
    return Filter(
        query.access, query.types, query.units, query.regions, query.categories, query.include_lapsed
    )


def visible_to(access: frozenset[str]) -> Filter:
    """Whatever these may see that is in force."""
    return Filter(access, _NOTHING, _NOTHING, _NOTHING, _NOTHING, include_lapsed=False)
