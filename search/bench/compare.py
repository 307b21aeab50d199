"""Ours beside others: the same documents, the same queries, one after the other in the same run."""

import multiprocessing
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from search.bench.corpus import make_asked, make_changes, make_queries
from search.bench.measure import Report, Say, Stopwatch, quantile, resident_mb
from search.bench.peers import Bm25s, ElasticsearchAlone, Fts5, LanceDb, Ours, Peer
from search.embedding.factory import make_encoder
from search.embedding.ports import Encoder
from search.engines.choice import EngineChoice
from search.engines.errors import EngineError

FIRST: Final = 10
ASKED: Final = 500
Maker = Callable[[Path, Encoder, EngineChoice], Peer]


PEERS: Final[dict[str, Maker]] = {
    "SQLite FTS5": Fts5,
    "bm25s": Bm25s,
    "LanceDB hybrid": LanceDb,
    "Elasticsearch alone": ElasticsearchAlone,
}


def compare(
    points: int, engine: EngineChoice, *, queries: int = 2_000, encoder: str = "builtin", say: Say
) -> list[Report]:
    """One report a way to search; `lacking` tells why one could not be measured.

    `recall` is the share of whole questions whose own point is among the first ten, `p50_ms` and `p95_ms` are of
    what is in the box after each key. Each way is built and asked in a process of its own, whose memory it is.
    """
    makers: dict[str, Maker] = {f"ours ({engine.name})": Ours} | PEERS
    reports: list[Report] = []
    for name, maker in makers.items():
        say(f"{name}: building {points:,} points")
        folder = Path(tempfile.mkdtemp(prefix="kb-peer-"))
        try:
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                found: Report = pool.apply(_measure, (maker, folder, engine, encoder, points, queries))
        except (ImportError, EngineError) as error:
            found = {"lacking": str(error)}
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        reports.append({"name": name, **found})
    return reports


def _measure(
    maker: Maker, folder: Path, engine: EngineChoice, encoder: str, points: int, queries: int
) -> Report:
    made = make_encoder(encoder)
    if made is None:
        raise EngineError("比较需要一个向量模型，请设置 KB_ENCODER。")
    peer = maker(folder, made, engine)
    try:
        making, begun = Stopwatch(), time.perf_counter()
        peer.build(making.timed(make_changes(points)))
        build_s = time.perf_counter() - begun - making.seconds
        typed = make_queries(points, queries + 1)
        peer.search(typed.pop(), FIRST)
        times = sorted(_timed(peer, text) for text in typed)
        asked = make_asked(points, ASKED)
        found = sum(code in peer.search(text, FIRST) for text, code in asked)
        return {
            "build_s": round(build_s, 1),
            "p50_ms": quantile(times, 0.5),
            "p95_ms": quantile(times, 0.95),
            "rss_mb": resident_mb(),
            "recall": round(found / len(asked), 3),
        }
    finally:
        peer.close()


def _timed(peer: Peer, text: str) -> float:
    begun = time.perf_counter()
    peer.search(text, FIRST)
    return (time.perf_counter() - begun) * 1_000
