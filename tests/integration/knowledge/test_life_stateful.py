"""Everything that can become of knowledge points, in any order: what must hold after every step."""

from pathlib import Path

from tests.conftest import KIND
from tests.support import whole_lives
from tests.support.databases import Databases
from tests.support.plain_engine import PlainEngine

# A life on PostgreSQL takes four times as long, and what differs there shows in a few.
LIVES = 8 if KIND == "sqlite" else 2


def test_whole_lives_keep_every_promise(databases: Databases, tmp_path: Path) -> None:
    whole_lives.run(databases, tmp_path, PlainEngine, lives=LIVES, steps=20)
