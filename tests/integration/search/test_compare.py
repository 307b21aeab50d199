"""Other ways to search are measured on the same documents, under the same windows."""

from pathlib import Path

import pytest

from search.bench.compare import FIRST, compare
from search.bench.corpus import NOW, make_asked, make_changes
from search.bench.peers import Fts5, Ours, Peer
from search.embedding.factory import make_encoder
from search.engines.choice import EMBEDDED

POINTS = 300


@pytest.mark.parametrize("peer", [Fts5, Ours])
def test_a_peer_finds_whole_questions_and_nothing_outside_its_window(
    peer: type[Peer], tmp_path: Path
) -> None:
    encoder = make_encoder("builtin")
    assert encoder is not None
    opened = peer(tmp_path, encoder, EMBEDDED)  # type: ignore[call-arg]
    opened.build(make_changes(POINTS))
    asked = make_asked(POINTS, 20)
    assert all(code in opened.search(text, FIRST) for text, code in asked)
    closed = [
        change.documents[0]
        for change in make_changes(POINTS)
        if not change.documents[0].live_from <= NOW < change.documents[0].effective_to
    ]
    assert closed
    for document in closed:
        assert document.code not in opened.search(document.title, FIRST)
    opened.close()


def test_what_cannot_be_measured_here_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.bench.compare.ASKED", 20)
    told: list[str] = []
    rows = {str(row["name"]): row for row in compare(100, EMBEDDED, queries=20, say=told.append)}
    assert next(iter(rows)) == "ours (embedded)"
    assert rows["ours (embedded)"]["recall"] == 1.0
    assert rows["SQLite FTS5"]["recall"] == 1.0
    assert "KB_ELASTICSEARCH_URL" in str(rows["Elasticsearch alone"]["lacking"])
    assert len(told) == len(rows)
