"""A pytest plugin: writes which tests failed, and whether they failed by an assertion."""

import json
import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import Phase, settings

FAILED: dict[str, bool] = {}


def pytest_configure() -> None:
    """Any counterexample will do: none is stored, none made smaller."""
    settings.register_profile("proof", settings(), phases=[Phase.explicit, Phase.generate], database=None)
    settings.load_profile("proof")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed and call.excinfo is not None:
        FAILED[item.nodeid] = call.when == "call" and _is_claim(call.excinfo.value)
    return report


def _is_claim(error: BaseException) -> bool:
    """An assert, or pytest.raises that saw nothing raised."""
    if isinstance(error, BaseExceptionGroup):
        return any(map(_is_claim, error.exceptions))
    return isinstance(error, (AssertionError, pytest.fail.Exception))


def pytest_sessionfinish() -> None:
    Path(os.environ["KB_CLAUSE_REPORT"]).write_text(json.dumps(FAILED), encoding="utf-8")
