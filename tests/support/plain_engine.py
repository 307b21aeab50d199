"""A search engine one can see through: every document in a dictionary, every rule one line."""

from collections.abc import Callable, Iterable, Sequence

from search.ports import (
    Change,
    Document,
    Health,
    Hit,
    Progress,
    Query,
    RebuildReport,
    SearchResult,
)


def _pairs(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(max(1, len(text) - 1))}


class PlainEngine:
    def __init__(self) -> None:
        self.points: dict[str, Change] = {}

    @property
    def documents(self) -> set[Document]:
        return {document for change in self.points.values() for document in change.documents}

    def apply(self, changes: Iterable[Change]) -> int:
        news = [
            change
            for change in changes
            if change.code not in self.points or change.seq > self.points[change.code].seq
        ]
        self.points |= {change.code: change for change in news}
        return len(news)

    def search(self, query: Query) -> SearchResult:
        best: dict[str, Hit] = {}
        for document in filter(lambda each: _eligible(each, query), self.documents):
            text = "".join([document.title, *document.questions, *document.keywords, document.body])
            wanted = _pairs(query.text)
            held = tuple(pair for pair in wanted if pair in text)
            hit = Hit(document, len(held) / len(wanted), 0.0, 0.0, {}, held, document.body[:80])
            if held and (document.code not in best or best[document.code].score < hit.score):
                best[document.code] = hit
        ranked = sorted(best.values(), key=lambda hit: (-hit.score, hit.document.code))
        shown = ranked[query.offset : query.offset + query.limit]
        return SearchResult(shown, len(ranked), 0.0, None, ())

    def suggest(self, prefix: str, access: frozenset[str], now: int, limit: int = 8) -> list[str]:
        query = Query(prefix, access, now)
        titles = {document.title for document in self.documents if _eligible(document, query)}
        return sorted(title for title in titles if prefix in title)[:limit]

    def stored_seqs(self, codes: Sequence[str]) -> dict[str, int]:
        return {code: self.points[code].seq for code in codes if code in self.points}

    def rebuild(
        self,
        changes: Iterable[Change],
        catch_up: Callable[[], Iterable[Change]],
        progress: Progress | None = None,
    ) -> RebuildReport:
        fresh = PlainEngine()
        points = sum(fresh.apply([change]) for change in changes)
        caught_up = fresh.apply(catch_up())
        self.points = fresh.points
        return RebuildReport(points, len(self.documents), caught_up, 0.0, "1")

    def health(self) -> Health:
        return Health(True, "plain", len(self.points), len(self.documents), 0, "", False, 0.0, "1")

    def close(self) -> None:
        self.points = {}


def _eligible(document: Document, query: Query) -> bool:
    chosen = (
        (query.types, {document.type}),
        (query.units, {document.unit}),
        (query.regions, {document.region}),
        (query.categories, set(document.categories)),
    )
    return (
        document.live_from <= query.now < document.live_to
        and (query.include_lapsed or query.now < document.effective_to)
        and bool(query.access.intersection(document.access))
        and all(not wanted or wanted & has for wanted, has in chosen)
    )
