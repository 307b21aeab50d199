"""Which clause of the regulations a piece of code carries.

    @rule("SG-28.1", neutral=lambda content: [])
    def missing_agency_fields(content): ...

    KNOWLEDGE_TYPES = rule_value("MZ-18", name="knowledge.types", value=("faq", "procedure", …))

`make clauses` lists these beside the profiles; `make clauses-prove` starts the tests with one rule
broken, named by KB_BREAK_RULE, and expects one of them to fail. The variable is read once, at import,
and only inside a test run: a service never has a broken rule, nor any cost for being breakable.
"""

import functools
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar, cast

BROKEN = os.environ.get("KB_BREAK_RULE", "") if "pytest" in sys.modules else ""

F = TypeVar("F", bound=Callable[..., Any])
V = TypeVar("V")


@dataclass(frozen=True)
class CodedRule:
    """`breaks` are the values of KB_BREAK_RULE that break this rule."""

    name: str
    clauses: tuple[str, ...]
    breaks: tuple[str, ...]


_registry: dict[str, CodedRule] = {}


def coded_rules() -> list[CodedRule]:
    """Those of the modules imported so far."""
    return sorted(_registry.values(), key=lambda each: each.name)


def rule(*clauses: str, neutral: object) -> Callable[[F], F]:
    """Says that a function carries these clauses.

    `neutral` is what it would return if the rule did not exist, or a function of the same arguments
    that gives it.
    """

    def declare(function: F) -> F:
        name = f"{function.__module__}.{function.__qualname__}"
        broken_by = f"code:{name}"
        _register(CodedRule(name, clauses, (broken_by,)))
        if broken_by != BROKEN:
            return function

        @functools.wraps(function)
        def without(*args: Any, **kwargs: Any) -> Any:
            return neutral(*args, **kwargs) if callable(neutral) else neutral

        return cast("F", without)

    return declare


def rule_value(*clauses: str, name: str, value: V) -> V:
    """Says that a constant (a number, a switch, a tuple or set) carries these clauses."""
    prefix = f"value:{name}:"
    _register(CodedRule(name, clauses, tuple(prefix + how for how in ways_to_break(value))))
    if BROKEN.startswith(prefix):
        return cast("V", broken(value, BROKEN.removeprefix(prefix)))
    return value


def ways_to_break(value: object) -> tuple[str, ...]:
    """A switch flipped, a number or day one more or less, an item removed."""
    if isinstance(value, bool):
        return ("flip",)
    if isinstance(value, (int, date)):
        return ("+1", "-1")
    if isinstance(value, (tuple, list, frozenset, set)):
        return tuple(f"remove:{index}" for index in range(len(value)))
    return ()


def broken(value: object, how: str) -> object:
    """`value` broken in one of the ways that `ways_to_break` names; `set:X` gives the text X."""
    if how == "flip" and isinstance(value, bool):
        return not value
    if how in {"+1", "-1"} and isinstance(value, int):
        return value + int(how)
    if how in {"+1", "-1"} and isinstance(value, date):
        return value + timedelta(days=int(how))
    verb, _, rest = how.partition(":")
    if verb == "set":
        return rest
    if verb == "remove" and isinstance(value, (tuple, list, frozenset, set)):
        items = _ordered(value)
        del items[int(rest)]
        return type(value)(items)
    raise ValueError(f"{value!r} cannot be broken by {how!r}")


def _ordered(value: Iterable[object]) -> list[object]:
    return sorted(value, key=str) if isinstance(value, (set, frozenset)) else list(value)


def _register(coded: CodedRule) -> None:
    known = _registry.get(coded.name)
    if known not in (None, coded):
        raise ValueError(f"two rules are called {coded.name}")
    if not coded.clauses:
        raise ValueError(f"rule {coded.name} names no clause")
    _registry[coded.name] = coded
