"""What a machine lacks: a reason to skip at a desk, a failure where everything is meant to be there."""

import os
from typing import NoReturn

import pytest

EVERYTHING_IS_HERE = os.environ.get("KB_CI") == "1"


def lacking(what: str) -> NoReturn:
    if EVERYTHING_IS_HERE:
        pytest.fail(f"lacking: {what}", pytrace=False)
    pytest.skip(f"lacking: {what}")
