"""Keywords in tantivy: its schema, what of a document goes in, and the query that comes out.

Text is cut by us; tantivy only splits at blanks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tantivy
from numpy.typing import NDArray

from search.analysis.tokens import bigrams
from search.engines.embedded.eligible import Eligible
from search.engines.embedded.preparing import Fields
from search.engines.filters import Filter
from search.ports import Document
from search.ranking.terms import QueryTerms, TermField
from search.ranking.terms_of import HEAD_BOOST, START, START_BOOST, TERM_FIELDS, head_field

_MARKER = "\x00batch"
_SHARE_WORTH_READING_MORE = 0.5
_SPARE = 16
_FACETS = {"types": "t", "units": "u", "regions": "r", "categories": "c", "access": "a"}


def make_schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in TERM_FIELDS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("code", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("facets", tokenizer_name="raw", index_option="basic")
    for name in ("ordinal", "live_from", "live_to", "effective_to"):
        builder.add_unsigned_field(name, fast=True)
    return builder.build()


def create_index(folder: Path) -> tantivy.Index:
    folder.mkdir(parents=True)
    return tantivy.Index(make_schema(), str(folder))


def open_index(folder: Path) -> tantivy.Index:
    index = tantivy.Index.open(str(folder))
    index.config_reader(reload_policy="manual")
    return index


def make_document(document: Document, fields: Fields, ordinal: int) -> tantivy.Document:
    made = tantivy.Document()
    for name, text in zip(TERM_FIELDS, fields, strict=True):
        made.add_text(name, text)
    made.add_text("code", document.code)
    for prefix, values in (
        ("t", (document.type,)),
        ("u", (document.unit,)),
        ("r", (document.region,)),
        ("c", document.categories),
        ("a", document.access),
    ):
        for value in values:
            made.add_text("facets", f"{prefix}:{value}")
    made.add_unsigned("ordinal", ordinal)
    made.add_unsigned("live_from", max(document.live_from, 0))
    made.add_unsigned("live_to", max(document.live_to, 0))
    made.add_unsigned("effective_to", max(document.effective_to, 0))
    return made


def mark_batch(writer: tantivy.IndexWriter, number: int) -> None:
    """The number of the batch is committed with the batch, and so tells what of the other files counts."""
    writer.delete_documents_by_term("code", _MARKER)
    marker = tantivy.Document()
    marker.add_text("code", _MARKER)
    marker.add_unsigned("ordinal", number)
    writer.add_document(marker)


@dataclass(frozen=True, slots=True)
class KeywordIndex:
    """What was committed at one instant."""

    schema: tantivy.Schema
    searcher: tantivy.Searcher

    @property
    def batch(self) -> int:
        """The number of the last batch committed, 0 before the first."""
        query = tantivy.Query.term_query(self.schema, "code", _MARKER, index_option="basic")
        found = self._ordinals(query, 1)
        return int(found[0]) if len(found) else 0

    def frequency(self, field: TermField, term: str) -> int:
        return int(self.searcher.doc_freq(field, term))

    def candidates(
        self, terms: QueryTerms, wanted: Filter, now: int, eligible: Eligible, limit: int
    ) -> NDArray[np.int64]:
        """The `limit` eligible documents with the highest sum of BM25 over the fields, best first."""
        return self._filtered(self._union(terms), wanted, now, eligible, limit)

    def holding(
        self, text: str, wanted: Filter, now: int, eligible: Eligible, limit: int
    ) -> NDArray[np.int64]:
        """Eligible documents whose titles, questions and keywords hold every bigram of a normal form."""
        must = tantivy.Occur.Must
        clauses = [(must, self._head_term(term)) for term in dict.fromkeys(bigrams(text))]
        if not clauses:
            return np.zeros(0, dtype=np.int64)
        start = self._term("head", START + text[:2])
        clauses.append((tantivy.Occur.Should, tantivy.Query.boost_query(start, START_BOOST)))
        return self._filtered(tantivy.Query.boolean_query(clauses), wanted, now, eligible, limit)

    def _filtered(
        self, query: tantivy.Query, wanted: Filter, now: int, eligible: Eligible, limit: int
    ) -> NDArray[np.int64]:
        """Exactly the best `limit` eligible ones, by whichever way is cheaper.

        A filter in the query keeps tantivy from skipping what cannot get to the top. Where nearly everything
        is eligible, the best of all documents are read instead, some to spare, and the others left out: if
        `limit` eligible ones are among them, they are the same. In every other case the filter goes in.
        """
        if eligible.count == 0:
            return np.zeros(0, dtype=np.int64)
        if eligible.share >= _SHARE_WORTH_READING_MORE:
            read = int(limit / eligible.share * 1.1) + _SPARE
            found = self._ordinals(query, read)
            allowed = found[eligible.mask[found]]
            if len(allowed) >= limit or len(found) < read:
                return allowed[:limit]
        must = tantivy.Occur.Must
        clauses = [(must, query), *((must, clause) for clause in self._filters(wanted, now))]
        found = self._ordinals(tantivy.Query.boolean_query(clauses), limit)
        # The mask says the same of the same commit; no single mistake is to show what may not be seen.
        return found[eligible.mask[found]]

    def _ordinals(self, query: tantivy.Query, limit: int) -> NDArray[np.int64]:
        hits = self.searcher.search(query, limit, count=False).hits
        values = self.searcher.fast_field_values("ordinal", [address for _, address in hits])
        return np.array(values, dtype=np.int64)

    def _term(self, field: str, term: str) -> tantivy.Query:
        return tantivy.Query.term_query(self.schema, field, term, index_option="freq")

    def _head_term(self, term: str) -> tantivy.Query:
        return self._term(head_field(term), term)

    def _union(self, terms: QueryTerms) -> tantivy.Query:
        should = tantivy.Occur.Should
        clauses: list[tuple[tantivy.Occur, tantivy.Query]] = []
        clauses.extend((should, self._term("words", word)) for word in terms.words)
        for bigram in terms.bigrams:
            clauses.append((should, self._term("bigrams", bigram)))
            boosted = tantivy.Query.boost_query(self._head_term(bigram), HEAD_BOOST)
            clauses.append((should, boosted))
        return tantivy.Query.boolean_query(clauses)

    def _filters(self, wanted: Filter, now: int) -> Iterator[tantivy.Query]:
        for name, prefix in _FACETS.items():
            values: frozenset[str] = getattr(wanted, name)
            if values or name == "access":
                yield self._any_facet([f"{prefix}:{value}" for value in sorted(values)])
        yield self._range("live_from", None, now)
        yield self._range("live_to", now + 1, None)
        if not wanted.include_lapsed:
            yield self._range("effective_to", now + 1, None)

    def _any_facet(self, values: Sequence[str]) -> tantivy.Query:
        return tantivy.Query.const_score_query(
            tantivy.Query.boolean_query(
                [
                    (
                        tantivy.Occur.Should,
                        tantivy.Query.term_query(self.schema, "facets", value, index_option="basic"),
                    )
                    for value in values
                ]
            ),
            0.0,
        )

    def _range(self, field: str, lowest: int | None, highest: int | None) -> tantivy.Query:
        return tantivy.Query.const_score_query(
            tantivy.Query.range_query(self.schema, field, tantivy.FieldType.Unsigned, lowest, highest), 0.0
        )
