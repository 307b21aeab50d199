"""A city whose rules are chosen, and corrections in it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kb_service.core.settings import get_settings


@contextmanager
def rules_of(profile: str) -> Iterator[None]:
    """The deployment's city for a while."""
    patch = pytest.MonkeyPatch()
    patch.setenv("KB_PROFILE", profile)
    get_settings.cache_clear()
    try:
        yield
    finally:
        patch.undo()
        get_settings.cache_clear()
