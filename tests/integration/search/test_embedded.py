"""What the embedded engine adds to the promises of every engine: processes, crashes, rebuilding under use."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from search.engines.embedded import EmbeddedEngine
from search.engines.errors import IndexDamagedError, RebuildRunningError
from search.ports import Change
from tests.support.dying_indexer import base, batches
from tests.support.mortal import Live, mortal
from tests.support.searching import NOW, PUBLIC, BigramEncoder, change, codes, document, query


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


def open_index(folder: Path) -> EmbeddedEngine:
    return EmbeddedEngine(folder, BigramEncoder())


@pytest.fixture(scope="module")
def live() -> Iterator[Live]:
    """Writes in another process until it is killed; gives the lines that were acknowledged before."""
    with mortal("tests.support.dying_indexer") as lives:
        yield lives


def state_after(count: int) -> dict[str, set[str]]:
    """The bodies of every point when so many batches were applied."""
    points = {each.code: each for each in base()}
    for batch in batches()[:count]:
        points |= {each.code: each for each in batch}
    return {
        code: {made.body for made in point.documents} for code, point in points.items() if point.documents
    }


def shown(engine: EmbeddedEngine) -> dict[str, set[str]]:
    """The same as the engine has it, by keywords and by vectors, which must agree."""
    state: dict[str, set[str]] = {}
    for code in ("K0", "K1", "K2", "K3", "K8", "K9"):
        title = f"事项{code[1:]}号"
        for body in ("旧版说明", "新版说明", "新添", "续段"):
            for mode in ("keyword", "vector"):
                asked = query(f"{title} {body}", mode=mode)
                hits = [hit for hit in engine.search(asked).hits if hit.document.code == code]
                if hits and hits[0].document.body == body:
                    assert hits[0].vector_score > 0.9 or mode == "keyword"
                    state.setdefault(code, set()).add(body)
    return state


def snapshots_until_none_is_left(
    live: Live, tmp_path: Path, task: str, prepared: Path
) -> Iterator[tuple[int, Path, list[str]]]:
    """The index after a death at instant 1, 2, 3 … until the process outlives its task."""
    for instant in range(1, 200):
        folder = tmp_path / f"died-{instant}"
        shutil.copytree(prepared, folder)
        lines = live(folder, task, instant)
        if lines and lines[-1] == "done":
            return
        yield instant, folder, lines
        shutil.rmtree(folder)
    pytest.fail("the task has no end")


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    path = tmp_path / "prepared"
    engine = open_index(path)
    engine.apply(base())
    engine.close()
    return path


def test_killed_at_any_instant_of_applying_an_index_holds_whole_batches(
    live: Live, tmp_path: Path, prepared: Path
) -> None:
    instants = 0
    for instant, folder, lines in snapshots_until_none_is_left(live, tmp_path, "apply", prepared):
        engine = open_index(folder)
        acknowledged = len(lines)
        assert shown(engine) in (state_after(acknowledged), state_after(acknowledged + 1)), instant
        # The outbox delivers again what was not acknowledged, and then everything is there.
        for batch in batches():
            engine.apply(batch)
        assert shown(engine) == state_after(2), instant
        assert shown(open_index(folder)) == state_after(2), instant
        engine.close()
        instants = instant
    assert instants > 20


def test_killed_at_any_instant_of_rebuilding_an_index_is_the_old_or_the_new_one(
    live: Live, tmp_path: Path, prepared: Path
) -> None:
    instants = 0
    for instant, folder, _ in snapshots_until_none_is_left(live, tmp_path, "rebuild", prepared):
        engine = open_index(folder)
        assert shown(engine) in (state_after(0), state_after(2)), instant
        engine.rebuild(base(), lambda: [each for batch in batches() for each in batch])
        assert shown(engine) == state_after(2), instant
        assert len(list(folder.glob("g-*"))) == 1, instant
        engine.close()
        instants = instant
    assert instants > 20


def test_what_another_process_applied_is_seen_by_the_next_search(live: Live, folder: Path) -> None:
    engine = open_index(folder)
    engine.apply(base())
    assert live(folder, "apply", 0)[-1] == "done"
    assert shown(engine) == state_after(2)
    assert engine.apply(batches()[1]) == 0


def test_a_rebuild_in_another_process_is_taken_up(live: Live, folder: Path) -> None:
    engine = open_index(folder)
    engine.apply(base())
    before = engine.health().generation
    assert live(folder, "rebuild", 0)[-1] == "done"
    assert shown(engine) == state_after(2)
    assert engine.health().generation != before


def test_two_engines_that_write_at_once_lose_nothing(folder: Path) -> None:
    engines = [open_index(folder), open_index(folder)]

    def write(which: int) -> None:
        for number in range(15):
            code = f"K{which}-{number}"
            engines[which].apply([change(document(code, "并发登记"), seq=number + 1)])

    threads = [threading.Thread(target=write, args=(which,)) for which in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = {f"K{which}-{number}" for which in (0, 1) for number in range(15)}
    for engine in engines:
        assert set(codes(engine.search(query("并发登记", limit=50)))) == expected


def test_searches_and_changes_go_on_while_an_index_is_rebuilt(folder: Path) -> None:
    engine, other = open_index(folder), open_index(folder)
    old = [change(document(f"K{number}", f"原有事项 {number}"), seq=number + 1) for number in range(600)]
    engine.apply(old)
    news: list[Change] = []

    def reading() -> Iterator[Change]:
        for number, each in enumerate(old):
            if number % 150 == 75:
                made = change(document(f"K{number}", "中途改写"), seq=1_000 + number)
                news.append(made)
                assert other.apply([made]) == 1
                assert f"K{number}" in codes(engine.search(query("中途改写")))
                assert engine.suggest("中途", PUBLIC, NOW) == ["中途改写"]
            yield each

    done: list[int] = []
    report = engine.rebuild(reading(), lambda: list(news), done.append)
    assert (report.points, report.caught_up, report.documents) == (600, 4, 600)
    assert done[-1] == 600
    for each in (engine, other):
        assert set(codes(each.search(query("中途改写")))) == {made.code for made in news}
        assert each.stored_seqs(["K75"]) == {"K75": 1_075}


def test_only_one_rebuild_runs_at_a_time(folder: Path) -> None:
    engine, other = open_index(folder), open_index(folder)

    def reading() -> Iterator[Change]:
        with pytest.raises(RebuildRunningError):
            other.rebuild([], list)
        yield from base()

    engine.rebuild(reading(), list)
    assert shown(other) == state_after(0)


def test_a_rebuild_that_fails_leaves_the_index_as_it_was(folder: Path) -> None:
    engine = open_index(folder)
    engine.apply(base())

    def reading() -> Iterator[Change]:
        yield base()[0]
        raise OSError("the database is gone")

    with pytest.raises(OSError, match="the database is gone"):
        engine.rebuild(reading(), list)
    assert shown(engine) == state_after(0)
    engine.rebuild(base(), list)
    assert len(list(folder.glob("g-*"))) == 1


@pytest.mark.parametrize(
    "name", ["rows.bin", "records.bin", "vectors.bin", "signs.bin", "log.bin", "manifest.json"]
)
def test_a_damaged_index_says_so_and_a_rebuild_mends_it(folder: Path, name: str) -> None:
    engine = open_index(folder)
    engine.apply(base())
    engine.close()
    path = next(folder.glob("g-*")) / name
    path.write_bytes(path.read_bytes()[:-7])
    damaged = open_index(folder)
    assert not damaged.health().ready
    with pytest.raises(IndexDamagedError, match="kb index rebuild"):
        damaged.search(query("事项"))
    damaged.rebuild(base(), list)
    assert damaged.health().ready
    assert shown(damaged) == state_after(0)


def test_an_index_of_another_format_asks_for_a_rebuild(folder: Path) -> None:
    open_index(folder).close()
    manifest = next(folder.glob("g-*")) / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 0'))
    problem = open_index(folder).health().problem
    assert problem is not None
    assert "格式 0" in problem
