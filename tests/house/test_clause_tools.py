"""`make clauses` and `make clauses-prove` see what is there and are not easily fooled."""

from pathlib import Path

import pytest

from kb_service.regulations.clauses import Clause
from tools.clauses import proof
from tools.clauses.coverage import Coverage, FoundRule, Survey, survey
from tools.clauses.marks import REPLAY, MarkedTest, marked_tests
from tools.clauses.runner import run_tests


def test_every_required_clause_has_a_rule_and_a_test() -> None:
    found = survey()
    assert found.problems == []
    assert [each.clause.id for each in found.missing] == []


def test_marks_of_functions_classes_and_modules_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "test_some.py").write_text(
        'import pytest\npytestmark = pytest.mark.clause("A-1")\n'
        'def test_plain(): ...\n@pytest.mark.clause("B-2", "C-3")\ndef test_more(): ...\ndef helper(): ...\n'
        'class TestGroup:\n    @pytest.mark.clause("D-4")\n    def test_inner(self): ...\n'
    )
    assert list(marked_tests(folder)) == [
        MarkedTest("tests/test_some.py::test_plain", ("A-1",)),
        MarkedTest("tests/test_some.py::test_more", ("A-1", "B-2", "C-3")),
        MarkedTest("tests/test_some.py::TestGroup::test_inner", ("A-1", "D-4")),
    ]


def test_the_clauses_of_a_scenario_count_for_the_test_that_replays_it(tmp_path: Path) -> None:
    city = tmp_path / "tests" / "data" / "scenarios" / "somewhere"
    city.mkdir(parents=True)
    (city / "01-life.json").write_text('{"clauses": ["A-1", "B-2"]}')
    assert list(marked_tests(tmp_path / "tests")) == [
        MarkedTest(f"tests/{REPLAY}[somewhere-01-life]", ("A-1", "B-2"))
    ]
    file, _, test = REPLAY.partition("::")
    assert f"def {test}(" in (Path(__file__).parents[1] / file).read_text(encoding="utf-8")


def test_an_assertion_is_told_from_an_error(tmp_path: Path) -> None:
    file = tmp_path / "test_three.py"
    file.write_text(
        "import pytest\n"
        "def test_passes(): assert True\n"
        "def test_claims(): assert 1 == 2\n"
        "def test_expects():\n    with pytest.raises(ValueError): pass\n"
        "def test_breaks(): {}['nothing']\n"
    )
    nodes = [
        f"test_three.py::{name}" for name in ("test_passes", "test_claims", "test_expects", "test_breaks")
    ]
    assert run_tests(tmp_path, "none", nodes) == {nodes[1]: True, nodes[2]: True, nodes[3]: False}


def test_tests_that_cannot_be_run_prove_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="did not run"):
        run_tests(tmp_path, "none", ["test_absent.py::test_x"])


CLAUSE = Clause("A-1", "a-2020", "第一条", "intake", "规则", required=True)
RULE = FoundRule("some rule", ("A-1",), ("code:some",))
NOTICES = MarkedTest("tests/test_a.py::test_notices", ("A-1",))
OTHER = MarkedTest("tests/test_a.py::test_other", ("B-2",))


@pytest.mark.parametrize(
    ("failed", "unproved"),
    [
        ({NOTICES.node: True}, {}),
        ({f"{NOTICES.node}[case-1]": True}, {}),
        ({NOTICES.node: False}, {"A-1": "only by an error"}),
        ({OTHER.node: True}, {"A-1": "no test failed"}),
        ({}, {"A-1": "no test failed"}),
    ],
)
def test_a_rule_is_proved_only_by_an_assertion_in_a_test_that_names_it(
    monkeypatch: pytest.MonkeyPatch, failed: dict[str, bool], unproved: dict[str, str]
) -> None:
    monkeypatch.setattr(
        proof, "run_tests", lambda _root, how, _nodes: {} if how == proof.NO_BREAK else failed
    )
    found = Survey({"A-1": Coverage(CLAUSE, [RULE], [NOTICES])}, [])
    outcomes = proof.prove(list(proof.tasks(found)), lambda _: None, workers=1)
    assert [each.unproved for each in outcomes] == [unproved]


def test_tests_that_fail_without_a_break_are_not_taken_as_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "run_tests", lambda *_: {NOTICES.node: True})
    found = Survey({"A-1": Coverage(CLAUSE, [RULE], [NOTICES])}, [])
    with pytest.raises(RuntimeError, match="nothing broken"):
        proof.prove(list(proof.tasks(found)), lambda _: None, workers=1)


def test_a_covered_clause_with_nothing_to_break_is_not_proved() -> None:
    wordy = FoundRule("only words", ("A-1",), ())
    found = Survey({"A-1": Coverage(CLAUSE, [wordy], [NOTICES])}, [])
    assert [each.clause.id for each in proof.unbreakable(found)] == ["A-1"]
    assert list(proof.tasks(found)) == []
