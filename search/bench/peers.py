"""Other ways to search the same documents: what a team would take off the shelf.

Each gets the words and character pairs that ours are cut into, and must obey the same windows and audiences. None
of them ranks by anything but its own score.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from search.analysis.normalise import normalise
from search.analysis.tokens import bigrams, words
from search.bench.corpus import ACCESS, NOW
from search.embedding.passages import embed_passages
from search.embedding.ports import Encoder
from search.engines.choice import EngineChoice
from search.engines.errors import EngineError
from search.ports import Change, Document, Query

# Passages read for ten points, of which one may have several.
DEEP: Final = 60
_AT_ONCE: Final = 2_000
_WEIGHTS: Final = {"title": 3.0, "questions": 3.0, "keywords": 2.0, "body": 1.0}


class Peer(Protocol):
    def build(self, changes: Iterable[Change]) -> None: ...

    def search(self, text: str, limit: int) -> list[str]:
        """Codes of points, best first."""
        ...

    def close(self) -> None: ...


def cut(text: str) -> str:
    normal = normalise(text)
    return " ".join((*words(normal), *bigrams(normal)))


def _fields(document: Document) -> tuple[str, str, str, str]:
    return (
        cut(document.title),
        cut(" ".join(document.questions)),
        cut(" ".join(document.keywords)),
        cut(f"{document.article} {document.body}"),
    )


def _points(codes: Iterable[str], limit: int) -> list[str]:
    return list(islice(dict.fromkeys(codes), limit))


def _chunks(changes: Iterable[Change]) -> Iterator[list[Document]]:
    left = (document for change in changes for document in change.documents)
    while chunk := list(islice(left, _AT_ONCE)):
        yield chunk


class Fts5:
    """SQLite's full-text index, terms joined by OR, BM25 with weights by field."""

    def __init__(self, folder: Path, _encoder: Encoder, _choice: EngineChoice) -> None:
        self._database = sqlite3.connect(folder / "fts5.db")

    def build(self, changes: Iterable[Change]) -> None:
        self._database.executescript(
            "CREATE VIRTUAL TABLE text USING fts5(title, questions, keywords, body, content='',"
            " tokenize=\"unicode61 tokenchars '-_'\");"
            "CREATE TABLE document(code, live_from, live_to, effective_to, public, agents)"
        )
        with self._database:
            for chunk in _chunks(changes):
                self._database.executemany(
                    "INSERT INTO document VALUES (?, ?, ?, ?, ?, ?)", [_facts(each) for each in chunk]
                )
                first = self._database.execute("SELECT max(rowid) FROM document").fetchone()[0] - len(chunk)
                self._database.executemany(
                    "INSERT INTO text(rowid, title, questions, keywords, body) VALUES (?, ?, ?, ?, ?)",
                    [(first + at, *_fields(each)) for at, each in enumerate(chunk, 1)],
                )
            self._database.execute("INSERT INTO text(text) VALUES ('optimize')")

    def search(self, text: str, limit: int) -> list[str]:
        terms = " OR ".join(f'"{term}"' for term in dict.fromkeys(cut(text).split()))
        if not terms:
            return []
        rows = self._database.execute(
            "SELECT d.code FROM text JOIN document d ON d.rowid = text.rowid WHERE text MATCH ?"
            " AND d.live_from <= ? AND d.live_to > ? AND d.effective_to > ? AND (d.public OR d.agents)"
            " ORDER BY bm25(text, ?, ?, ?, ?) LIMIT ?",
            (terms, NOW, NOW, NOW, *_WEIGHTS.values(), DEEP),
        )
        return _points((row[0] for row in rows), limit)

    def close(self) -> None:
        self._database.close()


def _facts(document: Document) -> tuple[str, int, int, int, bool, bool]:
    window = (document.live_from, document.live_to, document.effective_to)
    return (document.code, *window, "public" in document.access, "agents" in document.access)


class Bm25s:
    """A matrix of BM25 scores in memory; what may not be seen is left out of the first 20 times as many."""

    def __init__(self, _folder: Path, _encoder: Encoder, _choice: EngineChoice) -> None:
        import bm25s

        self._index = bm25s.BM25()
        self._numbers: dict[str, int] = {}
        self._codes: list[str] = []
        self._open: list[bool] = []

    def build(self, changes: Iterable[Change]) -> None:
        numbers = self._numbers
        corpus: list[list[int]] = []
        for document in (each for change in changes for each in change.documents):
            title, questions, keywords, body = _fields(document)
            terms = " ".join((*[title, questions] * 3, *[keywords] * 2, body)).split()
            corpus.append([numbers.setdefault(term, len(numbers)) for term in terms])
            code, live_from, live_to, effective_to, *_ = _facts(document)
            self._codes.append(code)
            self._open.append(live_from <= NOW < live_to and effective_to > NOW)
        self._index.index((corpus, numbers), show_progress=False)

    def search(self, text: str, limit: int) -> list[str]:
        known = [self._numbers[term] for term in dict.fromkeys(cut(text).split()) if term in self._numbers]
        if not known:
            return []
        read = min(20 * DEEP, len(self._codes))
        found, scores = self._index.retrieve([known], k=read, show_progress=False)
        wanted = (int(at) for at, score in zip(found[0], scores[0], strict=True) if score > 0)
        return _points((self._codes[at] for at in wanted if self._open[at]), limit)

    def close(self) -> None:
        return


class LanceDb:
    """Its own words (BM25) and vectors (HNSW in partitions, one byte a dimension), joined by reciprocal ranks."""

    def __init__(self, folder: Path, encoder: Encoder, _choice: EngineChoice) -> None:
        # It warns at every query of what a later version will do.
        os.environ.setdefault("LANCEDB_LOG", "error")
        import lancedb

        self._encoder = encoder
        self._database = lancedb.connect(folder / "lance")

    def build(self, changes: Iterable[Change]) -> None:
        import lancedb

        rows = (self._rows(chunk) for chunk in _chunks(changes))
        self._table = self._database.create_table("documents", next(rows))
        for more in rows:
            self._table.add(more)
        self._table.create_fts_index(
            "text", base_tokenizer="whitespace", lower_case=False, stem=False, remove_stop_words=False,
            ascii_folding=False, with_position=False,
        )  # fmt: skip
        self._table.create_index(metric="cosine", index_type="IVF_HNSW_SQ", vector_column_name="vector")
        self._table.optimize()
        self._ranks = lancedb.rerankers.RRFReranker()

    def _rows(self, chunk: Sequence[Document]) -> list[dict[str, Any]]:
        vectors = embed_passages(chunk, self._encoder)
        return [
            {
                "vector": vector,
                "text": " ".join(_fields(document)),
                "code": document.code,
                "live_from": document.live_from,
                "live_to": document.live_to,
                "effective_to": document.effective_to,
            }
            for document, vector in zip(chunk, vectors, strict=True)
        ]

    def search(self, text: str, limit: int) -> list[str]:
        terms = cut(text)
        if not terms:
            return []
        found = (
            self._table.search(query_type="hybrid", vector_column_name="vector", fts_columns="text")
            .vector(self._encoder.encode([text])[0])
            .text(terms)
            .where(f"live_from <= {NOW} AND live_to > {NOW} AND effective_to > {NOW}", prefilter=True)
            .rerank(self._ranks)
            .select(["code"])
            .limit(DEEP)
            .to_list()
        )
        return _points((row["code"] for row in found), limit)

    def close(self) -> None:
        return


class ElasticsearchAlone:
    """One request with its own BM25 over the fields and its own nearest vectors, whose scores it adds."""

    def __init__(self, folder: Path, encoder: Encoder, choice: EngineChoice) -> None:
        from elasticsearch import Elasticsearch

        options = choice.for_measuring(folder).elasticsearch
        if options is None or not options.urls:
            raise EngineError("没有 Elasticsearch 的地址，请设置 KB_ELASTICSEARCH_URL。")
        self._encoder = encoder
        self._index = f"{options.index}-alone"
        self._client = Elasticsearch(list(options.urls), request_timeout=120)

    def build(self, changes: Iterable[Change]) -> None:
        from elasticsearch.helpers import bulk

        text = {"type": "text", "analyzer": "whitespace"}
        vector = {"type": "dense_vector", "dims": self._encoder.dimensions, "similarity": "dot_product"}
        self._client.indices.create(
            index=self._index,
            settings={"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1"},
            mappings={
                "_source": {"excludes": ["vector"]},
                "properties": {
                    **dict.fromkeys(_WEIGHTS, text),
                    "vector": vector | {"index": True, "index_options": {"type": "int8_hnsw"}},
                    "code": {"type": "keyword"},
                    **{name: {"type": "long"} for name in ("live_from", "live_to", "effective_to")},
                },
            },
        )
        for chunk in _chunks(changes):
            bulk(self._client, self._actions(chunk))
        self._client.indices.refresh(index=self._index)

    def _actions(self, chunk: Sequence[Document]) -> Iterator[dict[str, Any]]:
        vectors = embed_passages(chunk, self._encoder)
        for document, vector in zip(chunk, vectors, strict=True):
            code, live_from, live_to, effective_to, *_ = _facts(document)
            source = dict(zip(_WEIGHTS, _fields(document), strict=True)) | {
                "code": code, "live_from": live_from, "live_to": live_to, "effective_to": effective_to,
            }  # fmt: skip
            # A vector of nothing has no direction to compare.
            if np.any(vector):
                source["vector"] = vector.tolist()
            yield {"_index": self._index, "_source": source}

    def search(self, text: str, limit: int) -> list[str]:
        terms, vector = cut(text), self._encoder.encode([text])[0]
        if not terms or not np.any(vector):
            return []
        window = [
            {"range": {"live_from": {"lte": NOW}}},
            {"range": {"live_to": {"gt": NOW}}},
            {"range": {"effective_to": {"gt": NOW}}},
        ]
        fields = [f"{name}^{weight}" for name, weight in _WEIGHTS.items()]
        match = {"multi_match": {"query": terms, "fields": fields, "type": "most_fields"}}
        found = self._client.search(
            index=self._index,
            query={"bool": {"must": [match], "filter": window}},
            knn={
                "field": "vector", "query_vector": vector.tolist(), "k": DEEP, "num_candidates": 100,
                "filter": window,
            },
            size=DEEP,
            source=False,
            docvalue_fields=[{"field": "code"}],
        )  # fmt: skip
        return _points((hit["fields"]["code"][0] for hit in found["hits"]["hits"]), limit)

    def close(self) -> None:
        self._client.indices.delete(index=self._index, ignore_unavailable=True)
        self._client.close()


class Ours:
    """One of our engines, asked as the service asks it."""

    def __init__(self, folder: Path, encoder: Encoder, choice: EngineChoice) -> None:
        self._choice = choice.for_measuring(folder)
        self._engine = self._choice.open(folder, encoder)

    def build(self, changes: Iterable[Change]) -> None:
        self._engine.rebuild(changes, list)

    def search(self, text: str, limit: int) -> list[str]:
        found = self._engine.search(Query(text, ACCESS, NOW, as_you_type=True, limit=limit))
        return [hit.document.code for hit in found.hits]

    def close(self) -> None:
        self._engine.close()
        self._choice.discard()
