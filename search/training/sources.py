"""What the embedding is trained on: named sources of pairs, and what may ship."""

import gzip
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from search.embedding.tokens import tokens
from search.training import laws as statutes
from search.training.laws import Law, Pair

What = Literal["shipping", "all"]

# Sentence pairs by inference hold between a statement and a consequence of it, which no searcher looks for.
_WEIGHT_BY_PREFIX = {
    "NLI-entail": 0.5,
    "law:": 1.5,
    "lawyer-llama": 2.0,
    "citizen": 2.0,
    "NCPPolicies": 2.0,
    "own:": 2.0,
}


@dataclass(slots=True)
class Source:
    name: str
    pairs: list[Pair]
    negatives: dict[str, list[str]] = field(default_factory=dict)

    @property
    def weight(self) -> float:
        factor = next((w for prefix, w in _WEIGHT_BY_PREFIX.items() if self.name.startswith(prefix)), 1.0)
        return factor * float(np.sqrt(len(self.pairs)))


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def collected_sources(data: Path, what: What) -> list[Source]:
    """The collected sentence pairs by source; for what ships, only those whose licence is open."""
    by_name: dict[str, Source] = {}
    for row in read_rows(data / "pairs/pairs_train.jsonl.gz"):
        if row["open"] or what == "all":
            source = by_name.setdefault(row["source"], Source(row["source"], []))
            source.pairs.append((row["a"], row["b"]))
    negatives: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in read_rows(data / "pairs/hard_negatives_train.jsonl.gz"):
        if row["open"] or what == "all":
            negatives[row["source"].replace("contra", "entail")][row["a"]].append(row["b"])
    for name, source in by_name.items():
        source.negatives = dict(negatives[name])
    return [by_name[name] for name in sorted(by_name)]


def law_sources(laws: list[Law], rng: random.Random) -> list[Source]:
    makers: list[tuple[str, Callable[..., Iterator[Pair]], int]] = [
        ("law:heading", statutes.heading_pairs, 10),
        ("law:neighbour", statutes.neighbour_pairs, 12),
        ("law:sentence", statutes.sentence_pairs, 10),
        ("law:fragment", statutes.fragment_pairs, 10),
    ]
    made = [Source(name, list(maker(laws, rng, per_law))) for name, maker, per_law in makers]
    return [*made, Source("law:sister", list(_sister_pairs(laws)))]


def read_laws(data: Path) -> list[Law]:
    rows = read_rows(data / "load/law_documents.jsonl.gz")
    return [law for law in (statutes.read_law(row["title"], row["text"]) for row in rows) if law.articles]


def _sister_pairs(laws: list[Law]) -> Iterator[Pair]:
    texts = [article.text for law in laws for article in law.articles]
    owner = [number for number, law in enumerate(laws) for _ in law.articles]
    vectors = TfidfVectorizer(analyzer=tokens, sublinear_tf=True, min_df=2, dtype=np.float32).fit_transform(
        texts
    )
    return statutes.sister_pairs(laws, vectors, owner)
