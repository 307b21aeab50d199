"""`kb evaluate retrieval`: how often, and how fast, the right item is found."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from search.engines.choice import EMBEDDED, EngineChoice
from search.evaluation.corpus import IndexedCorpus, Say, ask, ids_of, indexed_corpus
from search.evaluation.metrics import ndcg_at, percentile, recall_at, reciprocal_rank
from search.evaluation.rows import InputError, read_queries
from search.ports import Mode

DEPTH = 10
_MODES: tuple[Mode, ...] = ("keyword", "vector", "hybrid")


def silent(_message: str) -> None:
    """For callers who want no progress."""


def evaluate_retrieval(
    corpus_path: Path,
    queries_path: Path,
    engine: EngineChoice = EMBEDDED,
    mode: Mode | Literal["all"] = "all",
    *,
    encoder: str = "builtin",
    say: Say = silent,
) -> dict[str, Any]:
    """Figures for each mode, through the engine that serves users, in a temporary index.

    Queries without relevant items are counted (`skipped`) and not measured. Raises InputError for a wrong line,
    and where vectors are asked for without an encoder.
    """
    modes = _wanted(queries_path, mode, encoder)
    ids = ids_of(corpus_path)
    known = frozenset(ids)
    asked = [bool(query.relevant) for query in read_queries(queries_path, known.__contains__)]
    if not any(asked):
        raise InputError(queries_path, 0, "没有一个问题带有 relevant，无法评测检索")
    with indexed_corpus(corpus_path, ids, encoder, say, engine) as corpus:
        found: dict[str, Any] = {
            "engine": engine.name,
            "encoder": corpus.encoder.name if corpus.encoder else "none",
            "corpus": len(ids),
            "queries": sum(asked),
            "skipped": len(asked) - sum(asked),
        }
        for each in modes:
            found[each] = _measure(corpus, queries_path, each)
            say(f"{each}：recall@5 {found[each]['recall@5']:.3f}")
        return found


def _wanted(queries: Path, mode: Mode | Literal["all"], encoder: str) -> Sequence[Mode]:
    if mode == "all":
        return _MODES if encoder != "none" else ("keyword",)
    if mode != "keyword" and encoder == "none":
        raise InputError(queries, 0, f"{mode} 检索需要向量模型，请设置 KB_ENCODER 或改用 keyword")
    return (mode,)


def _measure(corpus: IndexedCorpus, queries: Path, mode: Mode) -> dict[str, Any]:
    sums = {
        "recall@1": 0.0,
        "recall@5": 0.0,
        f"recall@{DEPTH}": 0.0,
        f"mrr@{DEPTH}": 0.0,
        f"ndcg@{DEPTH}": 0.0,
    }
    took: list[float] = []
    known = frozenset(corpus.ids).__contains__
    with corpus.opened() as engine:
        for query in read_queries(queries, known):
            if not query.relevant:
                continue
            started = time.perf_counter()
            result = ask(engine, query.text, mode, DEPTH)
            took.append((time.perf_counter() - started) * 1000)
            ranked = [corpus.id_of(hit.document.code) for hit in result.hits]
            sums["recall@1"] += recall_at(ranked, query.relevant, 1)
            sums["recall@5"] += recall_at(ranked, query.relevant, 5)
            sums[f"recall@{DEPTH}"] += recall_at(ranked, query.relevant, DEPTH)
            sums[f"mrr@{DEPTH}"] += reciprocal_rank(ranked, query.relevant, DEPTH)
            sums[f"ndcg@{DEPTH}"] += ndcg_at(ranked, query.relevant, DEPTH)
    means: dict[str, Any] = {name: round(total / len(took), 4) for name, total in sums.items()}
    latency = {"p50": round(percentile(took, 0.5), 3), "p95": round(percentile(took, 0.95), 3)}
    return {**means, "latency_ms": latency}
