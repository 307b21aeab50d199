"""The questions that a ranker is learnt from (data that may ship) and those that it is only measured on."""

import json
import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from search.training.confidence import LabelledSet
from search.training.confidence_sets import point_item, questions_about
from search.training.own import read_points
from search.training.sources import read_rows

MOST_QUESTIONS: Final = 600
# Questions about passages of articles, and letters with their replies: name, sources, type of the items.
_OPEN: Final = (
    ("reading", ("CMRC2018-dev",), "policy"),
    ("advice", ("lawyer-llama:advice", "lawyer-llama:answer"), "faq"),
    ("letters", ("Toyhom-med:title",), "faq"),
)


def prepare_ranker_sets(
    data: Path, points: Path, questions: Sequence[Path], folder: Path, seed: int = 7
) -> list[LabelledSet]:
    """Writes corpora and questions into `folder`. `questions` are query files about the points in `points`.

    Raises InputError for a wrong line.
    """
    rng = random.Random(seed)
    pairs: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in read_rows(data / "pairs/pairs_train.jsonl.gz"):
        if row["open"]:
            pairs[row["source"]].append((row["a"], row["b"]))
    sets = [
        _of_pairs(folder, name, [pair for source in sources for pair in pairs[source]], kind, rng)
        for name, sources, kind in _OPEN
    ]
    items = [point_item(point) for point in read_points(points)]
    asked = questions_about(items, questions)
    corpus, queries = folder / "own_corpus.jsonl", folder / "own_queries.jsonl"
    return [*sets, LabelledSet("own", _write(corpus, items), _write(queries, asked))]


def measured_sets(measuring: Path) -> list[LabelledSet]:
    """Rows of contests, of which nothing is learnt here."""
    found = (("policy", "policy", "policy_queries"), ("title", "citizen", "citizen_title"))
    return [
        LabelledSet(name, measuring / f"{corpus}_corpus.jsonl", measuring / f"{queries}.jsonl")
        for name, corpus, queries in found
    ]


def _of_pairs(
    folder: Path, name: str, pairs: Sequence[tuple[str, str]], kind: str, rng: random.Random
) -> LabelledSet:
    ids: dict[str, str] = {}
    relevant: dict[str, set[str]] = defaultdict(set)
    for question, text in pairs:
        relevant[question].add(ids.setdefault(text, f"{name}-{len(ids)}"))
    items = [{"id": known, "title": "", "body": text, "type": kind} for text, known in ids.items()]
    chosen = rng.sample(sorted(relevant), min(MOST_QUESTIONS, len(relevant)))
    asked = [
        {"id": str(number), "text": text, "relevant": sorted(relevant[text])}
        for number, text in enumerate(chosen)
        if text.strip()
    ]
    return LabelledSet(
        name, _write(folder / f"{name}_corpus.jsonl", items), _write(folder / f"{name}_queries.jsonl", asked)
    )


def _write(file: Path, rows: Sequence[object]) -> Path:
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return file
