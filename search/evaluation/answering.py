"""Whether the confidence that is shown tells right answers from wrong ones, and from questions without an answer."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search.engines.choice import EMBEDDED, EngineChoice
from search.evaluation.corpus import Say, ask, ids_of, indexed_corpus
from search.evaluation.metrics import (
    auroc,
    brier_skill,
    coverage_at_precision,
    expected_calibration_error,
    risk_coverage,
)
from search.evaluation.plot import risk_coverage_svg
from search.evaluation.retrieval import silent
from search.evaluation.rows import InputError, read_queries
from search.ports import Mode
from search.ranking.confidence import confidence

_MOST_POINTS = 50
PAGE = 10


@dataclass(frozen=True)
class Asked:
    """One question with what it found: ids of the corpus with the confidence shown beside each, best first."""

    id: str
    text: str
    hits: tuple[tuple[str, float], ...]


def evaluate_answering(
    corpus_path: Path,
    queries_path: Path,
    engine: EngineChoice = EMBEDDED,
    *,
    encoder: str = "builtin",
    say: Say = silent,
    each: Callable[[Asked], None] | None = None,
    plot: Path | None = None,
) -> dict[str, Any]:
    """Figures of the first hit's confidence; an empty `relevant` says that the corpus holds no answer.

    `auroc` is about answerable or not; the rest about whether the first hit is relevant. A question without hits
    has confidence 0. `each` is told of every question, `plot` gets the curve as a picture. `risk_coverage` lists
    (share answered, share of it wrong). Raises InputError for a wrong line.
    """
    ids = ids_of(corpus_path)
    known = frozenset(ids).__contains__
    if not any(True for _ in read_queries(queries_path, known)):
        raise InputError(queries_path, 0, "文件中没有任何问题")
    shown: list[float] = []
    correct: list[bool] = []
    answerable: list[bool] = []
    mode: Mode = "keyword" if encoder == "none" else "hybrid"
    with indexed_corpus(corpus_path, ids, encoder, say, engine) as corpus, corpus.opened() as serving:
        for query in read_queries(queries_path, known):
            # As many as a page of the service asks for: what is measured is what is served.
            result = ask(serving, query.text, mode, PAGE)
            first = result.hits[0] if result.hits else None
            sure = confidence(first, len(result.terms)) if first else 0.0
            shown.append(sure)
            correct.append(first is not None and corpus.id_of(first.document.code) in query.relevant)
            answerable.append(bool(query.relevant))
            if each is not None:
                hits = tuple(
                    (corpus.id_of(hit.document.code), round(confidence(hit, len(result.terms)), 4))
                    for hit in result.hits
                )
                each(Asked(query.id, query.text, hits))
        used = corpus.encoder.name if corpus.encoder else "none"
    curve = risk_coverage(shown, correct)
    if plot is not None:
        title = f"风险与覆盖：{len(shown)} 个问题，{corpus_path.stem}"
        plot.write_text(risk_coverage_svg(curve, title), encoding="utf-8")
    return {
        "engine": engine.name,
        "encoder": used,
        "corpus": len(ids),
        "queries": len(shown),
        "answerable": sum(answerable),
        "correct": sum(correct),
        "auroc": round(auroc(shown, answerable), 4),
        "auroc_correct": round(auroc(shown, correct), 4),
        "coverage@90": round(coverage_at_precision(shown, correct, 0.90), 4),
        "coverage@95": round(coverage_at_precision(shown, correct, 0.95), 4),
        "ece": round(expected_calibration_error(shown, correct), 4),
        "brier_skill": round(brier_skill(shown, correct), 4),
        "risk_coverage": curve[:: max(1, len(curve) // _MOST_POINTS)],
    }
