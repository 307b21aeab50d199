"""Finds the tests that name clauses, by reading their source: nothing is imported or run.

A scenario of a ticket's life names its clauses in its own file; the one test that replays them all counts
for each, by the scenario's name.
"""

import ast
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

SCENARIOS = "data/scenarios"
REPLAY = "unit/tickets/test_scenarios.py::test_a_ticket_s_life_comes_out_as_worked_out"


@dataclass(frozen=True)
class MarkedTest:
    """`node` is the address pytest takes: tests/unit/x.py::test_y."""

    node: str
    clauses: tuple[str, ...]


def marked_tests(folder: Path) -> Iterator[MarkedTest]:
    for file in sorted(folder.rglob("test_*.py")):
        text = file.read_text(encoding="utf-8")
        if "mark.clause" in text:
            address = file.relative_to(folder.parent).as_posix()
            yield from _in_body(ast.parse(text).body, address, ())
    yield from _scenarios(folder)


def _scenarios(folder: Path) -> Iterator[MarkedTest]:
    for file in sorted((folder / SCENARIOS).glob("*/*.json")):
        clauses = json.loads(file.read_text(encoding="utf-8"))["clauses"]
        yield MarkedTest(f"{folder.name}/{REPLAY}[{file.parent.name}-{file.stem}]", tuple(clauses))


def _in_body(body: Sequence[ast.stmt], address: str, outer: tuple[str, ...]) -> Iterator[MarkedTest]:
    outer += tuple(each for node in body for each in _module_mark(node))
    for node in body:
        if isinstance(node, ast.ClassDef):
            own = outer + _named(node.decorator_list)
            yield from _in_body(node.body, f"{address}::{node.name}", own)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test"):
            clauses = tuple(dict.fromkeys(outer + _named(node.decorator_list)))
            if clauses:
                yield MarkedTest(f"{address}::{node.name}", clauses)
        elif isinstance(node, ast.Assign) and _is_stateful(node):
            clauses = tuple(dict.fromkeys(outer))
            if clauses:
                yield MarkedTest(f"{address}::{_target(node)}", clauses)


def _module_mark(node: ast.stmt) -> tuple[str, ...]:
    if isinstance(node, ast.Assign) and _target(node) == "pytestmark":
        value = node.value
        return _named(value.elts if isinstance(value, (ast.List, ast.Tuple)) else [value])
    return ()


def _is_stateful(node: ast.Assign) -> bool:
    """TestX = Machine.TestCase: a stateful property test."""
    return (
        _target(node).startswith("Test")
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "TestCase"
    )


def _target(node: ast.Assign) -> str:
    first = node.targets[0]
    return first.id if isinstance(first, ast.Name) else ""


def _named(decorators: Sequence[ast.expr]) -> tuple[str, ...]:
    return tuple(
        str(argument.value)
        for each in decorators
        if isinstance(each, ast.Call) and ast.unparse(each.func) == "pytest.mark.clause"
        for argument in each.args
        if isinstance(argument, ast.Constant)
    )
