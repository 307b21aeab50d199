"""Any sentence-transformers model behind the encoder port: a small one made here, named by the setting."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb_service.app import build_runtime
from kb_service.core.clock import Clock
from kb_service.core.context import PUBLIC, Context
from kb_service.core.runtime import Runtime
from kb_service.core.settings import Settings
from kb_service.demo import files
from kb_service.knowledge.service.searching import PointHits, SearchParams, search_points
from search.ports import Mode
from tests.support import demo
from tests.support.databases import Databases
from tests.support.tiny_transformer import make_model

pytestmark = pytest.mark.proof
pytest.importorskip(
    "sentence_transformers", reason="lacking: sentence-transformers (make install-transformers)"
)
ASKED = 60


@pytest.fixture(scope="module")
def pairs() -> list[tuple[str, str]]:
    """A question with the title of the point that answers it."""
    found = []
    for file in sorted((Path(files.__file__).parent / "points").glob("*.jsonl")):
        rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        found += [(text, row["title"]) for row in rows for text in row.get("similar_questions", [])]
    return found


@pytest.fixture(scope="module")
def setting(pairs: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"transformers:{make_model(tmp_path_factory.mktemp('model') / 'tiny', pairs)}"


@pytest.fixture
def served(databases: Databases, tmp_path: Path) -> Iterator[Runtime]:
    """The demo city with the index that its own model made."""
    url = databases.copy("empty")
    parts = demo.load(url, tmp_path / "city", Clock())
    yield parts
    parts.engine.close()
    parts.database.dispose()
    databases.drop(url)


def find(parts: Runtime, text: str, mode: Mode = "hybrid") -> PointHits:
    with parts.database.read() as session:
        ctx = Context(PUBLIC, parts.clock.now())
        return search_points(session, ctx, parts.engine, SearchParams(text, limit=5, mode=mode))


def test_a_change_to_a_local_transformer_is_served_without_a_gap(
    served: Runtime, setting: str, pairs: list[tuple[str, str]]
) -> None:
    url, folder = served.settings.database, served.settings.var_dir
    environment = os.environ | {"KB_ENCODER": setting, "KB_DATABASE_URL": url, "KB_VAR_DIR": str(folder)}
    with pytest.MonkeyPatch.context() as patched:
        for name in ("KB_ENCODER", "KB_DATABASE_URL", "KB_VAR_DIR"):
            patched.setenv(name, environment[name])
        changed = build_runtime(Settings(profile="demo", worker=False))
    try:
        before = find(changed, "怎样办理退休")
        assert before.hits
        assert before.degraded == "keyword", (
            "an index of another model is searched by keywords, and it says so"
        )
        assert find(served, "怎样办理退休").degraded is None

        command = [sys.executable, "-m", "kb_service.cli", "index", "rebuild", "--json"]
        asked = 0
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as rebuilding:
            while rebuilding.poll() is None:
                assert find(served, "怎样办理退休").hits
                assert find(changed, "怎样办理退休").hits
                asked += 1
            printed = rebuilding.stdout.read() if rebuilding.stdout else ""
        assert rebuilding.returncode == 0, printed
        assert asked > 10

        health = changed.engine.health()
        assert (health.encoder, health.vectors) == (setting, True)
        assert find(changed, "怎样办理退休").degraded is None
        assert find(served, "怎样办理退休").degraded == "keyword", "whoever still has the old model says so"
        assert share_found(changed, pairs) >= 0.8
    finally:
        changed.engine.close()
        changed.database.dispose()


def share_found(parts: Runtime, pairs: list[tuple[str, str]]) -> float:
    """Of questions, those whose own point is among the first five by vectors alone, of those keywords find at all."""
    step = max(1, len(pairs) // ASKED)
    right = counted = 0
    for question, title in pairs[::step]:
        if title not in {hit.title for hit in find(parts, question, "keyword").hits}:
            continue
        counted += 1
        right += title in {hit.title for hit in find(parts, question, "vector").hits}
    assert counted >= ASKED // 2
    return right / counted


def test_a_path_without_a_model_leaves_keywords_and_says_so(served: Runtime, tmp_path: Path) -> None:
    changes = {"encoder": f"transformers:{tmp_path / 'nothing'}"}
    parts = build_runtime(served.settings.model_copy(update=changes))
    try:
        found = find(parts, "怎样办理退休")
        assert found.hits
        assert found.degraded == "keyword"
    finally:
        parts.engine.close()
        parts.database.dispose()
