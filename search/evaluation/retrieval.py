"""`kb evaluate retrieval`: how often, and how fast, the right item is found."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

from search.engines.choice import EMBEDDED, EngineChoice
from search.evaluation.corpus import IndexedCorpus, Say, ask, ids_of, indexed_corpus
from search.evaluation.metrics import ndcg_at, percentile, recall_at, reciprocal_rank
from search.evaluation.plain import PlainIndex
from search.evaluation.rows import InputError, read_queries
from search.ports import Mode, SearchEngine

DEPTH = 10
PLAIN: Literal["plain"] = "plain"
_MODES: tuple[Mode, ...] = ("keyword", "vector", "hybrid")
Measured = Mode | Literal["plain"]
Search = Callable[[str], list[str]]


def silent(_message: str) -> None:
    """For callers who want no progress."""


def evaluate_retrieval(
    corpus_path: Path,
    queries_path: Path,
    engine: EngineChoice = EMBEDDED,
    mode: Measured | Literal["all"] = "all",
    *,
    encoder: str = "builtin",
    say: Say = silent,
) -> dict[str, Any]:
    """Figures for each mode, through the engine that serves users, in a temporary index.

    `plain` is no mode of ours: it is the baseline that they are compared with (`search.evaluation.plain`). Queries
    without relevant items are counted (`skipped`) and not measured. Raises InputError for a wrong line, and where
    vectors are asked for without an encoder.
    """
    modes = _wanted(queries_path, mode, encoder)
    ids = ids_of(corpus_path)
    known = frozenset(ids)
    asked = [bool(query.relevant) for query in read_queries(queries_path, known.__contains__)]
    if not any(asked):
        raise InputError(queries_path, 0, "没有一个问题带有 relevant，无法评测检索")
    counted = {"corpus": len(ids), "queries": sum(asked), "skipped": len(asked) - sum(asked)}
    figures: dict[str, Any] = {}
    if PLAIN in modes:
        with closing(PlainIndex(corpus_path)) as index:
            figures[PLAIN] = _measure(index.search, queries_path, known)
        _tell(say, PLAIN, figures)
    ours = [each for each in modes if each != PLAIN]
    if not ours:
        return {"engine": "fts5", "encoder": "none", **counted, **figures}
    with indexed_corpus(corpus_path, ids, encoder, say, engine) as corpus:
        for each in ours:
            with corpus.opened() as serving:
                figures[each] = _measure(_through(serving, corpus, each), queries_path, known)
            _tell(say, each, figures)
        used = corpus.encoder.name if corpus.encoder else "none"
    return {"engine": engine.name, "encoder": used, **counted, **figures}


def _wanted(queries: Path, mode: Measured | Literal["all"], encoder: str) -> Sequence[Measured]:
    if mode == "all":
        return (PLAIN, *_MODES) if encoder != "none" else (PLAIN, "keyword")
    if mode in ("vector", "hybrid") and encoder == "none":
        raise InputError(queries, 0, f"{mode} 检索需要向量模型，请设置 KB_ENCODER 或改用 keyword")
    return (mode,)


def _through(serving: SearchEngine, corpus: IndexedCorpus, mode: Mode) -> Search:
    def search(question: str) -> list[str]:
        return [corpus.id_of(hit.document.code) for hit in ask(serving, question, mode, DEPTH).hits]

    return search


def _tell(say: Say, mode: Measured, figures: dict[str, Any]) -> None:
    say(f"{mode}：recall@5 {figures[mode]['recall@5']:.3f}")


def _measure(search: Search, queries: Path, known: frozenset[str]) -> dict[str, Any]:
    sums = {
        "recall@1": 0.0,
        "recall@5": 0.0,
        f"recall@{DEPTH}": 0.0,
        f"mrr@{DEPTH}": 0.0,
        f"ndcg@{DEPTH}": 0.0,
    }
    took: list[float] = []
    for query in read_queries(queries, known.__contains__):
        if not query.relevant:
            continue
        started = time.perf_counter()
        ranked = search(query.text)
        took.append((time.perf_counter() - started) * 1000)
        sums["recall@1"] += recall_at(ranked, query.relevant, 1)
        sums["recall@5"] += recall_at(ranked, query.relevant, 5)
        sums[f"recall@{DEPTH}"] += recall_at(ranked, query.relevant, DEPTH)
        sums[f"mrr@{DEPTH}"] += reciprocal_rank(ranked, query.relevant, DEPTH)
        sums[f"ndcg@{DEPTH}"] += ndcg_at(ranked, query.relevant, DEPTH)
    means: dict[str, Any] = {name: round(total / len(took), 4) for name, total in sums.items()}
    latency = {"p50": round(percentile(took, 0.5), 3), "p95": round(percentile(took, 0.95), 3)}
    return {**means, "latency_ms": latency}
