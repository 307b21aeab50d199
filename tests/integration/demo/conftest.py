from pathlib import Path

import pytest
import yaml

ROLES = Path(__file__).parents[3] / "kb_service/identity/roles.yaml"


@pytest.fixture
def roles() -> set[str]:
    """The roles a new base starts with."""
    return {role["code"] for role in yaml.safe_load(ROLES.read_text(encoding="utf-8"))}
