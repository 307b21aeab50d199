"""What the service may ask of a search engine, and what passes between them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from search.guide import NO_GUIDE, Guide

FOREVER = 2**53

Mode = Literal["keyword", "vector", "hybrid"]


@dataclass(frozen=True, slots=True)
class Document:
    """One passage of one version. Instants are whole seconds since 1970 (UTC).

    Live in `[live_from, live_to)`; in force in `[effective_from, effective_to)`, where 0 means always and
    `FOREVER` an open end. `categories` holds the point's own category and all above it; `access` the tokens
    of those who may see it (`public`, `agents`, `role:<code>`).
    """

    id: str
    code: str
    version: int
    passage: int
    type: str
    title: str
    questions: tuple[str, ...]
    keywords: tuple[str, ...]
    body: str
    article: str
    unit: str
    region: str
    categories: tuple[str, ...]
    access: tuple[str, ...]
    live_from: int
    live_to: int
    effective_from: int
    effective_to: int


@dataclass(frozen=True, slots=True)
class Change:
    """Replaces every document of the point; without documents the point is gone (a tombstone).

    `seq` is the number of the change in the outbox: one that is not newer than the stored one does nothing.
    """

    code: str
    seq: int
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """An empty set of types, units, regions or categories means any; `guide` is what people ask beside the words."""

    text: str
    access: frozenset[str]
    now: int
    limit: int = 10
    offset: int = 0
    types: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    include_lapsed: bool = False
    mode: Mode = "hybrid"
    as_you_type: bool = False
    guide: Guide = NO_GUIDE


@dataclass(slots=True)
class Hit:
    """The best passage of a point.

    `score` lies in [0, 1] and can be compared between queries; it is no probability. `features` are what was
    measured, `parts` what each of them adds to the score: they sum up to it. Spans are of `title` and `snippet`,
    in characters.
    """

    document: Document
    score: float
    keyword_score: float
    vector_score: float
    features: dict[str, float]
    matched: tuple[str, ...]
    snippet: str
    snippet_spans: list[tuple[int, int]] = field(default_factory=list)
    title_spans: list[tuple[int, int]] = field(default_factory=list)
    parts: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class SearchResult:
    """`total` counts the points among the candidates looked at, not all that hold some term.

    `degraded` is None, or `keyword` where vectors were asked for and could not be used.
    """

    hits: list[Hit]
    total: int
    took_ms: float
    degraded: str | None
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RebuildReport:
    points: int
    documents: int
    caught_up: int
    seconds: float
    generation: str


@dataclass(frozen=True, slots=True)
class Health:
    """`ready` is false where the index cannot be read; then `problem` says why (in Chinese).

    `garbage` is the share of stored documents that were replaced or withdrawn since the last rebuild.
    `seq` is the newest change applied.
    """

    ready: bool
    engine: str
    points: int
    documents: int
    seq: int
    encoder: str
    vectors: bool
    garbage: float
    generation: str
    problem: str | None = None


Progress = Callable[[int], None]


class SearchEngine(Protocol):
    """Everything that can be asked of an index. Methods may be called from any thread."""

    def apply(self, changes: Iterable[Change]) -> int:
        """Make the changes searchable, all or none of each batch; gives the number that were news."""
        ...

    def search(self, query: Query) -> SearchResult:
        """The best passage of each matching point, best first."""
        ...

    def suggest(self, prefix: str, access: frozenset[str], now: int, limit: int = 8) -> list[str]:
        """Titles and similar questions of live documents in which the typed text occurs."""
        ...

    def stored_seqs(self, codes: Sequence[str]) -> dict[str, int]:
        """The newest change applied for each of these points, tombstones included; unknown ones left out."""
        ...

    def rebuild(
        self,
        changes: Iterable[Change],
        catch_up: Callable[[], Iterable[Change]],
        progress: Progress | None = None,
    ) -> RebuildReport:
        """Build the index anew from `changes` while the old one serves, then apply `catch_up()` and swap."""
        ...

    def health(self) -> Health: ...

    def close(self) -> None: ...
