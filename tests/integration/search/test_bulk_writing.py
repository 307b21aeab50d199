"""Claims about large batches: the same index, and nobody waits for it longer than need be."""

import threading
from pathlib import Path

import numpy as np

from search.bench.corpus import NOW, make_changes
from search.embedding.builtin import load_builtin
from search.engines.embedded import EmbeddedEngine
from search.engines.embedded.kept import LARGE
from search.engines.embedded.vectors import row_type
from search.ports import Query
from tests.support.searching import change, document

POINTS = LARGE + 200
ANYONE = frozenset({"public", "agents"})


def hits(engine: EmbeddedEngine, text: str, mode: str) -> list[tuple[str, float]]:
    found = engine.search(Query(text, ANYONE, now=NOW, limit=20, mode=mode))  # type: ignore[arg-type]
    return sorted((hit.document.id, round(hit.score, 4)) for hit in found.hits)


def stored(folder: Path) -> np.ndarray:
    """The vectors as they lie in the only generation."""
    (file,) = folder.glob("g-*/vectors.bin")
    rows = np.fromfile(file, dtype=row_type(load_builtin().dimensions))
    vectors: np.ndarray = rows["values"] * rows["scale"][:, None]
    return vectors


def test_an_index_made_by_one_large_batch_equals_one_made_point_by_point(tmp_path: Path) -> None:
    changes = list(make_changes(POINTS))
    at_once = EmbeddedEngine(tmp_path / "large", load_builtin())
    singly = EmbeddedEngine(tmp_path / "single", load_builtin())
    assert at_once.apply(changes) == POINTS
    for start in range(0, POINTS, 60):
        singly.apply(changes[start : start + 60])
    assert at_once.health().documents == singly.health().documents
    assert at_once.stored_seqs([each.code for each in changes]) == singly.stored_seqs(
        [each.code for each in changes]
    )
    assert np.allclose(stored(tmp_path / "large"), stored(tmp_path / "single"), atol=1e-4)
    for each in changes[::60]:
        for mode in ("keyword", "vector", "hybrid"):
            title = each.documents[0].title
            assert hits(at_once, title, mode) == hits(singly, title, mode), (title, mode)
    at_once.close()
    singly.close()


def test_what_comes_right_after_a_large_batch_is_found(tmp_path: Path) -> None:
    engine = EmbeddedEngine(tmp_path, load_builtin())
    engine.apply(list(make_changes(LARGE)))
    engine.apply([change(document("S1", "台风应急口径", "请留意通知"), seq=9)])
    assert hits(engine, "台风应急口径", "keyword")[-1][0].startswith("S1/")
    engine.close()


def test_after_a_large_batch_another_process_may_write_as_soon_as_its_writer_is_given_up(
    tmp_path: Path,
) -> None:
    first, second = EmbeddedEngine(tmp_path, None), EmbeddedEngine(tmp_path, None)
    first.apply(list(make_changes(LARGE)))
    waiting = threading.Thread(
        target=second.apply, args=([change(document("S1", "台风应急口径", "请留意通知"), seq=9)],)
    )
    waiting.start()
    first.close()
    waiting.join(30)
    assert not waiting.is_alive()
    assert first.stored_seqs(["S1"]) == {"S1": 9}
    second.close()


def test_a_large_batch_that_fails_leaves_nothing_behind_and_holds_nobody_up(tmp_path: Path) -> None:
    engine = EmbeddedEngine(tmp_path, None)
    engine.apply(list(make_changes(LARGE)))

    def broken() -> object:
        yield from make_changes(LARGE, first=LARGE)
        raise RuntimeError("the database went away")

    try:
        engine.apply(broken())  # type: ignore[arg-type]
    except RuntimeError:
        pass
    else:
        raise AssertionError("the failure was swallowed")
    assert engine.health().points == LARGE
    other = EmbeddedEngine(tmp_path, None)
    assert other.apply(list(make_changes(3, first=LARGE))) == 3
    assert engine.health().points == LARGE + 3
    other.close()
    engine.close()


def test_an_index_is_rebuilt_right_after_a_large_batch(tmp_path: Path) -> None:
    engine = EmbeddedEngine(tmp_path, None)
    engine.apply(list(make_changes(LARGE)))
    report = engine.rebuild(make_changes(5), lambda: make_changes(2, first=5))
    assert (report.points, report.caught_up) == (5, 2)
    engine.apply(list(make_changes(1, first=7)))
    assert engine.health().points == 8
    engine.close()
