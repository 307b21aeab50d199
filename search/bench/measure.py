"""How fast the engine builds, starts, serves and shows what is new, on points made from a fixed seed.

All of it goes through the engine's own methods, as the service calls them.
"""

import multiprocessing
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from search.bench.corpus import ACCESS, NOW, make_changes, make_queries
from search.embedding.factory import make_encoder
from search.engines.choice import EMBEDDED, EngineChoice
from search.ports import Change, Health, Query, SearchEngine

Report = dict[str, float | int | str]
Say = Callable[[str], None]

_PUBLISHED = 40
_SUGGESTED = 1_000
_MEGABYTE = 1_024


def bench_search(
    points: int,
    *,
    encoder: str = "builtin",
    queries: int = 2_000,
    folder: Path | None = None,
    say: Say | None = None,
    engine: EngineChoice = EMBEDDED,
    rebuild: bool = True,
) -> Report:
    """Build, rebuild under search, publish, start anew and answer. Times in `_ms` and `_s`.

    `startup_s`, `rss_mb` and the times of search are those of a fresh process that has only opened the index.
    What is measured in a given `folder` is kept; where an index of as many points is kept there, it is only asked.
    """
    tell = say or _silent
    place = folder or Path(tempfile.mkdtemp(prefix="kb-bench-"))
    chosen = engine.for_measuring(place)
    try:
        report: Report = {"points": points, "engine": engine.name, "encoder": encoder}
        opened = open_engine(chosen, place, encoder)
        if not _stands(opened.health(), points):
            report |= _build(opened, points, tell)
            if rebuild:
                report |= _rebuild(opened, points, tell)
            report |= _publish(opened, points, tell)
        opened.close()
        tell(f"starting anew and asking {queries:,} queries")
        asked = make_queries(points, queries + 1)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            report |= pool.apply(serve, (chosen, place, encoder, asked, time.monotonic()))
    finally:
        if folder is None:
            chosen.discard()
            shutil.rmtree(place, ignore_errors=True)
    return report


def _stands(health: Health, points: int) -> bool:
    return health.problem is None and points <= health.points <= points + _PUBLISHED


def open_engine(engine: EngineChoice, folder: Path, encoder: str) -> SearchEngine:
    return engine.open(folder, make_encoder(encoder))


def serve(choice: EngineChoice, folder: Path, encoder: str, asked: list[str], started: float) -> Report:
    """Runs in a process of its own, launched at `started` of the machine's monotonic clock."""
    engine = open_engine(choice, folder, encoder)
    engine.search(_query(asked.pop(), "hybrid"))
    report: Report = {"startup_s": round(time.monotonic() - started, 2), "rss_started_mb": resident_mb()}
    walls, processor = _search_times(engine, asked)
    report |= {
        "queries": len(asked),
        "p50_ms": quantile(walls, 0.5),
        "p95_ms": quantile(walls, 0.95),
        "max_ms": round(walls[-1], 2),
        "cpu_p50_ms": quantile(processor, 0.5),
        "cpu_p95_ms": quantile(processor, 0.95),
    }
    suggested = sorted(_timed(engine.suggest, text, ACCESS, NOW) for text in asked[:_SUGGESTED])
    report |= {"suggest_p50_ms": quantile(suggested, 0.5), "suggest_p95_ms": quantile(suggested, 0.95)}
    report["rss_mb"] = resident_mb()
    return report


def resident_mb(process: int | str = "self") -> int:
    """Resident memory of a process now, this one unless its number is given; mapped files included."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return round(int(line.split()[1]) / _MEGABYTE)
    return 0


def _build(engine: SearchEngine, points: int, tell: Say) -> Report:
    tell(f"building {points:,} points")
    making, started = Stopwatch(), time.process_time()
    report = engine.rebuild(making.timed(make_changes(points)), list, _reporter(points, tell))
    seconds = report.seconds - making.seconds
    return {
        "documents": report.documents,
        "build_s": round(seconds, 1),
        "build_cpu_s": round(time.process_time() - started - making.processor_seconds, 1),
        "points_per_s": round(points / seconds),
    }


def _rebuild(engine: SearchEngine, points: int, tell: Say) -> Report:
    """Rebuild while one user keeps asking, two queries a second."""
    tell("rebuilding with searches going on")
    making, done, times = Stopwatch(), threading.Event(), list[float]()

    def ask() -> None:
        asked = iter(make_queries(points, 5_000))
        while not done.wait(0.5):
            times.append(_timed(engine.search, _query(next(asked), "hybrid")))

    user = threading.Thread(target=ask)
    user.start()
    try:
        report = engine.rebuild(making.timed(make_changes(points)), list, _reporter(points, tell))
    finally:
        done.set()
        user.join()
    seconds = report.seconds - making.seconds
    return {"rebuild_s": round(seconds, 1), "rebuild_p95_ms": quantile(sorted(times), 0.95)}


def _publish(engine: SearchEngine, points: int, tell: Say) -> Report:
    """From handing a point to the engine to finding it by its title."""
    tell(f"publishing {_PUBLISHED} points one by one")
    times: list[float] = []
    for change in make_changes(_PUBLISHED * 2, first=points, seq=1):
        document = change.documents[0]
        if document.live_from > NOW or document.effective_to <= NOW or len(times) == _PUBLISHED:
            continue
        started = time.perf_counter()
        engine.apply([change])
        hits = engine.search(_query(document.title, "keyword")).hits
        times.append((time.perf_counter() - started) * 1_000)
        assert change.code in {hit.document.code for hit in hits}, change.code
    return {"visible_p50_ms": quantile(sorted(times), 0.5), "visible_p95_ms": quantile(sorted(times), 0.95)}


def _search_times(engine: SearchEngine, texts: list[str]) -> tuple[list[float], list[float]]:
    """By the clock and by the processor, which other programs on the machine lengthen much less; sorted."""
    walls, processor = [], []
    for text in texts:
        started = time.thread_time()
        walls.append(_timed(engine.search, _query(text, "hybrid")))
        processor.append((time.thread_time() - started) * 1_000)
    return sorted(walls), sorted(processor)


def _query(text: str, mode: str) -> Query:
    return Query(text, ACCESS, NOW, as_you_type=True, mode="hybrid" if mode == "hybrid" else "keyword")


def _timed(call: Callable[..., object], *values: object) -> float:
    started = time.perf_counter()
    call(*values)
    return (time.perf_counter() - started) * 1_000


def quantile(ordered: list[float], share: float) -> float:
    if len(ordered) < 2:
        return round(ordered[0], 2) if ordered else 0.0
    return round(statistics.quantiles(ordered, n=100, method="inclusive")[round(share * 100) - 1], 2)


def _reporter(points: int, tell: Say) -> Callable[[int], None]:
    step = max(points // 10, 1)

    def report(done: int) -> None:
        if done % step < 256:
            tell(f"  {done:,} of {points:,}")

    return report


def _silent(_text: str) -> None:
    return


class Stopwatch:
    """Keeps the time of making the points apart from the engine's own."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.processor_seconds = 0.0

    def timed(self, items: Iterator[Change]) -> Iterator[Change]:
        while True:
            started, processor = time.perf_counter(), time.thread_time()
            item = next(items, None)
            self.seconds += time.perf_counter() - started
            self.processor_seconds += time.thread_time() - processor
            if item is None:
                return
            yield item
