"""Runs tests with one rule broken, each time in a process that knows nothing of the run before.

Importing what the tests need takes longer than the tests. So the processes are forked from one that
has imported the libraries, but nothing of the service: which rule is broken is read when that is
imported.
"""

import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

TIMEOUT_S = 300
LIBRARIES = [
    "alembic.command",
    "chinese_calendar",
    "fastapi",
    "hypothesis.internal.conjecture.engine",
    "numpy",
    "playwright.sync_api",
    "pydantic_settings",
    "pytest",
    "rjieba",
    "sqlalchemy.orm",
    "tantivy",
    "yaml",
]
_PROCESSES = multiprocessing.get_context("forkserver")


def preload() -> None:
    _PROCESSES.set_forkserver_preload(LIBRARIES)


def run_tests(root: Path, broken_rule: str, nodes: Sequence[str]) -> dict[str, bool]:
    """The failed tests, each with whether it failed by an assertion.

    Raises RuntimeError when the tests could not be run at all.
    """
    with tempfile.TemporaryDirectory() as folder:
        report, log = Path(folder) / "failed.json", Path(folder) / "log.txt"
        process = _PROCESSES.Process(target=_run, args=(root, broken_rule, list(nodes), report, log))
        process.start()
        process.join(TIMEOUT_S)
        if process.is_alive():
            process.kill()
            process.join()
            raise RuntimeError(f"tests did not end within {TIMEOUT_S} s with {broken_rule}")
        if process.exitcode not in {0, 1} or not report.is_file():
            said = log.read_text(encoding="utf-8", errors="replace")[-4000:] if log.is_file() else ""
            raise RuntimeError(f"pytest did not run with {broken_rule}:\n{said}")
        found: dict[str, bool] = json.loads(report.read_text(encoding="utf-8"))
        return found


def _run(root: Path, broken_rule: str, nodes: list[str], report: Path, log: Path) -> None:
    with log.open("wb", buffering=0) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        os.chdir(root)
        os.environ |= {"KB_BREAK_RULE": broken_rule, "KB_CLAUSE_REPORT": str(report)}
        import pytest

        # The same examples each time, so that a break is not caught by chance.
        options = ["-q", "--no-header", "--tb=short", "-p", "no:cacheprovider", "--hypothesis-seed=0"]
        # A plugin that is imported already is no mistake here.
        options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
        code = pytest.main([*options, "-p", "tools.clauses.report", *nodes])
        sys.stdout.flush()
        sys.exit(int(code))
