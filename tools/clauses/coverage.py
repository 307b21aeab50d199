"""Collects the rules (profiles and code) and the tests that name each clause."""

import copy
import importlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from kb_service.core.clauses import coded_rules, ways_to_break
from kb_service.regulations.clauses import Clause, clause_list
from kb_service.regulations.profiles import SHIPPED, Loaded, break_value, load, merge, profile_ids
from kb_service.regulations.rule_tree import Carried, Value, carried_rules, values_of
from kb_service.regulations.schema import Profile
from tools.clauses.marks import MarkedTest, marked_tests

ROOT = Path(__file__).parents[2]
PACKAGES = ("kb_service", "ingestion", "search", "admin")


@dataclass(frozen=True)
class FoundRule:
    """`breaks`: the values of KB_BREAK_RULE that break it."""

    name: str
    clauses: tuple[str, ...]
    breaks: tuple[str, ...]


@dataclass
class Coverage:
    clause: Clause
    rules: list[FoundRule] = field(default_factory=list)
    tests: list[MarkedTest] = field(default_factory=list)

    @property
    def covered(self) -> bool:
        return bool(self.rules and self.tests)

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.clause.id,
            "profile": self.clause.profile,
            "article": self.clause.article,
            "rule": self.clause.rule,
            "required": self.clause.required,
            "covered": self.covered,
            "rules": [each.name for each in self.rules],
            "tests": [each.node for each in self.tests],
        }


@dataclass(frozen=True)
class Survey:
    clauses: dict[str, Coverage]
    problems: list[str]

    @property
    def required(self) -> list[Coverage]:
        return [each for each in self.clauses.values() if each.clause.required]

    @property
    def missing(self) -> list[Coverage]:
        """Required clauses without a rule or without a test."""
        return [each for each in self.required if not each.covered]


def survey(root: Path = ROOT) -> Survey:
    found = {clause_id: Coverage(clause) for clause_id, clause in clause_list().items()}
    problems: list[str] = []
    for rule in (*profile_rules(), *code_rules(root)):
        for clause_id in rule.clauses:
            if clause_id in found:
                found[clause_id].rules.append(rule)
            else:
                problems.append(f"rule {rule.name} names {clause_id}, which is not in the clause list")
    tests = list(marked_tests(root / "tests"))
    for test in tests:
        if not 1 <= len(test.clauses) <= 3:
            problems.append(f"{test.node} names {len(test.clauses)} clauses; one to three are allowed")
        for clause_id in test.clauses:
            if clause_id in found:
                found[clause_id].tests.append(test)
            else:
                problems.append(f"{test.node} names {clause_id}, which is not in the clause list")
    return Survey(found, problems)


def code_rules(root: Path) -> Iterator[FoundRule]:
    """Imports the modules that declare rules; others stay unloaded."""
    for package in PACKAGES:
        for file in sorted((root / package).rglob("*.py")):
            if _imports_rules(file):
                importlib.import_module(".".join(file.relative_to(root).with_suffix("").parts))
    for rule in coded_rules():
        yield FoundRule(rule.name, rule.clauses, rule.breaks)


def profile_rules() -> Iterator[FoundRule]:
    """The rules each shipped file states itself; what it inherits is a rule of the other file."""
    for profile_id in profile_ids([SHIPPED]):
        loaded = load(profile_id, [SHIPPED])
        for carried in carried_rules(loaded.profile):
            if "clause" in (_own(loaded, carried.path) or {}):
                name = f"profile {profile_id}: {carried.dotted}"
                yield FoundRule(name, carried.rule.clause, tuple(_profile_breaks(loaded, carried)))


def _profile_breaks(loaded: Loaded, carried: Carried) -> Iterator[str]:
    for path, how in _candidates(loaded, carried):
        if _still_valid(loaded, path, how):
            yield f"profile:{loaded.profile.id}:{path}:{how}"


def _candidates(loaded: Loaded, carried: Carried) -> Iterator[tuple[str, str]]:
    if carried.listed:
        yield "/".join(carried.path), "drop"
    for value in values_of(carried.rule):
        path = (*carried.path, *value.path)
        stated = _own(loaded, path)
        if stated is None or value.aid:
            continue
        for how in (*ways_to_break(stated), *_other_choices(value, stated)):
            yield "/".join(path), how


def _other_choices(value: Value, stated: object) -> Iterator[str]:
    if isinstance(stated, str):
        choices = [each for each in get_args(value.field.annotation) if isinstance(each, str)]
        yield from (f"set:{each}" for each in choices if each != stated)


def _still_valid(loaded: Loaded, path: str, how: str) -> bool:
    own = copy.deepcopy(dict(loaded.own))
    break_value(own, path, how)
    try:
        Profile.model_validate(merge(loaded.base.merged, own) if loaded.base else own)
    except ValidationError:
        return False
    return True


def _own(loaded: Loaded, path: tuple[str, ...]) -> Any:
    place: Any = loaded.own
    for key in path:
        if not isinstance(place, dict) or key not in place:
            return None
        place = place[key]
    return place


def _imports_rules(file: Path) -> bool:
    text = file.read_text(encoding="utf-8")
    return "from kb_service.core.clauses import" in text or "from kb_service.core import clauses" in text


def by_regulation(found: Survey) -> dict[str, list[Coverage]]:
    groups: dict[str, list[Coverage]] = defaultdict(list)
    for each in found.clauses.values():
        groups[each.clause.profile].append(each)
    return groups
