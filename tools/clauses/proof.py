"""Breaks each covered rule in turn and sees that a test naming its clause fails by an assertion."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tools.clauses.coverage import ROOT, Coverage, FoundRule, Survey
from tools.clauses.marks import MarkedTest
from tools.clauses.runner import preload, run_tests

NO_BREAK = "none"


@dataclass(frozen=True)
class Task:
    rule: FoundRule
    how: str
    clauses: tuple[str, ...]
    tests: tuple[MarkedTest, ...]


@dataclass(frozen=True)
class Outcome:
    """`unproved`: the clauses none of whose tests noticed by an assertion, and what happened instead."""

    task: Task
    unproved: dict[str, str]

    @property
    def proved(self) -> bool:
        return not self.unproved


def tasks(survey: Survey, only: Iterable[str] = ()) -> Iterator[Task]:
    wanted = set(only) or set(survey.clauses)
    covered = {key: each for key, each in survey.clauses.items() if each.covered and key in wanted}
    seen: set[str] = set()
    for each in covered.values():
        for rule in each.rules:
            clauses = tuple(clause for clause in rule.clauses if clause in covered)
            named = {test for clause in clauses for test in covered[clause].tests}
            tests = tuple(sorted(named, key=lambda test: test.node))
            for how in rule.breaks:
                if how not in seen:
                    seen.add(how)
                    yield Task(rule, how, clauses, tests)


def unbreakable(survey: Survey, only: Iterable[str] = ()) -> list[Coverage]:
    """Covered clauses none of whose rules says anything that could be broken."""
    wanted = set(only) or set(survey.clauses)
    return [
        each
        for key, each in survey.clauses.items()
        if each.covered and key in wanted and not any(rule.breaks for rule in each.rules)
    ]


def prove(
    todo: list[Task], told: Callable[[Outcome], None], workers: int = os.cpu_count() or 1
) -> list[Outcome]:
    """Raises RuntimeError when a test fails with nothing broken: then failing would prove nothing."""
    preload()
    nodes = {test.node for task in todo for test in task.tests}
    if nodes and (failed := run_tests(ROOT, NO_BREAK, sorted(nodes))):
        raise RuntimeError(f"these fail with nothing broken: {', '.join(sorted(failed))}")
    outcomes = []
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        for outcome in pool.map(_outcome, todo):
            told(outcome)
            outcomes.append(outcome)
    return outcomes


def _outcome(task: Task) -> Outcome:
    failed = run_tests(ROOT, task.how, [test.node for test in task.tests])
    unproved = {}
    for clause in task.clauses:
        nodes = [test.node for test in task.tests if clause in test.clauses]
        by_claim = [_failed(failed, node) for node in nodes]
        if True not in by_claim:
            unproved[clause] = "only by an error" if False in by_claim else "no test failed"
    return Outcome(task, unproved)


def _failed(failed: dict[str, bool], node: str) -> bool | None:
    """True: by an assertion in one of its cases; False: by an error only; None: it passed."""
    cases = [
        claim for each, claim in failed.items() if each == node or each.startswith((f"{node}[", f"{node}::"))
    ]
    return any(cases) if cases else None
