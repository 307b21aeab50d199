"""Rules in code are declared once, cost nothing, and can be broken inside a test run only."""

import os
import subprocess
import sys
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.core import clauses
from kb_service.core.clauses import broken, coded_rules, rule, rule_value, ways_to_break


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clauses, "_registry", {})
    monkeypatch.setattr(clauses, "BROKEN", "")


def double(number: int) -> int:
    return 2 * number


NAME = f"{__name__}.double"


def test_a_declared_function_is_the_very_function() -> None:
    assert rule("SG-1", neutral=0)(double) is double
    assert [(each.name, each.clauses, each.breaks) for each in coded_rules()] == [
        (NAME, ("SG-1",), (f"code:{NAME}",))
    ]


@pytest.mark.parametrize(("neutral", "result"), [(0, 0), (lambda number: number, 21), (None, None)])
def test_a_broken_function_gives_its_neutral_result(
    monkeypatch: pytest.MonkeyPatch, neutral: object, result: object
) -> None:
    monkeypatch.setattr(clauses, "BROKEN", f"code:{NAME}")
    assert rule("SG-1", neutral=neutral)(double)(21) == result


def test_another_rules_break_leaves_a_function_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clauses, "BROKEN", "code:elsewhere")
    assert rule("SG-1", neutral=0)(double)(21) == 42


def test_each_item_of_a_declared_constant_can_be_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    value: tuple[str, ...] = ("faq", "policy")
    assert rule_value("MZ-18", name="types", value=value) is value
    (declared,) = coded_rules()
    assert declared.breaks == ("value:types:remove:0", "value:types:remove:1")
    monkeypatch.setattr(clauses, "BROKEN", "value:types:remove:1")
    assert rule_value("MZ-18", name="types", value=value) == ("faq",)


def test_two_different_rules_cannot_share_a_name() -> None:
    rule_value("MZ-18", name="types", value=("faq",))
    with pytest.raises(ValueError, match="types"):
        rule_value("MZ-18", name="types", value=("policy", "agency"))


def test_a_rule_names_a_clause() -> None:
    with pytest.raises(ValueError, match="no clause"):
        rule(neutral=0)(double)


VALUES = st.one_of(
    st.booleans(),
    st.integers(),
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    st.lists(st.text(), min_size=1).map(tuple),
    st.frozensets(st.text(), min_size=1),
)


@given(VALUES)
def test_every_way_to_break_a_value_changes_it(value: object) -> None:
    ways = ways_to_break(value)
    assert ways
    assert all(broken(value, how) != value for how in ways)


def test_a_text_has_no_way_of_its_own_but_can_be_set() -> None:
    assert ways_to_break("received") == ()
    assert broken("received", "set:signed") == "signed"


@pytest.mark.parametrize(("value", "how"), [("text", "+1"), (3, "flip"), ((), "nonsense")])
def test_a_break_that_makes_no_sense_is_an_error(value: object, how: str) -> None:
    with pytest.raises(ValueError, match="cannot be broken"):
        broken(value, how)


def test_a_service_ignores_the_variable_that_breaks_rules() -> None:
    program = (
        "from kb_service.regulations.profiles import get_profile;"
        "print(get_profile('shaoguan-2022').classes['consultation'].limit.within.working_days)"
    )
    path = "profile:shaoguan-2022:classes/consultation/limit/within/working_days:+1"
    environment = {**os.environ, "KB_BREAK_RULE": path}
    said = subprocess.check_output([sys.executable, "-c", program], env=environment, text=True)
    assert said.strip() == "2"
