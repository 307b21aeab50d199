"""What a ticket would see differently under two profiles. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kb_service.regulations.explain import shown_value
from kb_service.regulations.rule_tree import carried_rules, values_of
from kb_service.regulations.schema import Profile

ABSENT = "没有规定"
PRESENT = "有"


@dataclass(frozen=True)
class Difference:
    """`path` in the words of the file, `label` in Chinese; `a` and `b` as people read them."""

    path: str
    label: str
    a: str
    b: str
    clause_a: str
    clause_b: str


@dataclass(frozen=True)
class _Place:
    label: str
    said: str
    clause: str


def diff(a: Profile, b: Profile) -> list[Difference]:
    """In the order of the profile. Cues and readings are left out: they decide nothing by themselves."""
    ours, theirs = dict(_places(a)), dict(_places(b))
    order = list(Profile.model_fields)
    return sorted(_differences(ours, theirs), key=lambda each: order.index(each.path.split(".")[0]))


def _differences(ours: Mapping[str, _Place], theirs: Mapping[str, _Place]) -> Iterator[Difference]:
    for path in dict.fromkeys((*ours, *theirs)):
        one, other = ours.get(path), theirs.get(path)
        said_a, said_b = (each.said if each else ABSENT for each in (one, other))
        label = (one or other or _Place("", "", "")).label
        if said_a != said_b:
            yield Difference(
                path, label, said_a, said_b, one.clause if one else "", other.clause if other else ""
            )


def _places(profile: Profile) -> Iterator[tuple[str, _Place]]:
    for carried in carried_rules(profile):
        titles, clause = " › ".join(carried.titles), "、".join(carried.rule.clause)
        values = [each for each in values_of(carried.rule) if not each.aid and each.value != ()]
        if carried.listed or not values:
            yield carried.dotted, _Place(titles, PRESENT, clause)
        for value in values:
            key = value.path[0]
            if key == "label":
                continue
            said = shown_value(value, profile, carried.rule).removeprefix(f"{value.title}：")
            yield f"{carried.dotted}.{key}", _Place(f"{titles} › {value.title}", said, clause)
