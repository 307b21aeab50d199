"""A corpus as an index: items become documents the way knowledge points do."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from search.analysis.passages import Passage, cut_passages
from search.embedding.factory import make_encoder
from search.embedding.ports import Encoder
from search.engines.choice import EMBEDDED, EngineChoice
from search.evaluation.rows import CorpusItem, read_corpus
from search.ports import FOREVER, Change, Document, Mode, Query, SearchEngine, SearchResult

Say = Callable[[str], None]

NOW = 1_800_000_000
_PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class IndexedCorpus:
    """`ids[n]` is the corpus id of the point whose code `code_of` gives for n."""

    folder: Path
    encoder: Encoder | None
    ids: tuple[str, ...]
    engine: EngineChoice = EMBEDDED

    @contextmanager
    def opened(self) -> Iterator[SearchEngine]:
        """An engine without anything cached from earlier queries."""
        engine = self.engine.open(self.folder, self.encoder)
        try:
            yield engine
        finally:
            engine.close()

    def id_of(self, code: str) -> str:
        return self.ids[int(code[1:])]


def code_of(number: int) -> str:
    return f"E{number:08d}"


@contextmanager
def indexed_corpus(
    path: Path, ids: tuple[str, ...], encoder: str, say: Say, engine: EngineChoice = EMBEDDED
) -> Iterator[IndexedCorpus]:
    """The corpus, whose ids are `ids`, in an index of its own that is gone afterwards; read item by item."""
    made = make_encoder(encoder)
    with tempfile.TemporaryDirectory(prefix="kb-evaluate-") as folder:
        own = engine.for_measuring(Path(folder))
        corpus = IndexedCorpus(Path(folder), made, ids, own)
        try:
            with corpus.opened() as filled:
                filled.rebuild(changes_of(path), lambda: (), _teller(say, len(ids)))
            say(f"已索引 {len(ids)} 条")
            yield corpus
        finally:
            own.discard()


def ids_of(path: Path) -> tuple[str, ...]:
    """The ids of a corpus in order. Raises InputError at the first wrong line."""
    return tuple(item.id for item in read_corpus(path))


def changes_of(path: Path) -> Iterator[Change]:
    for number, item in enumerate(read_corpus(path)):
        yield Change(code_of(number), number + 1, documents_of(code_of(number), item))


def documents_of(code: str, item: CorpusItem) -> tuple[Document, ...]:
    passages = cut_passages(item.body, by_article=item.type == "policy") or [Passage("", "")]
    return tuple(
        Document(
            id=f"{code}/1/{number}",
            code=code,
            version=1,
            passage=number,
            type=item.type,
            title=item.title,
            questions=item.questions if number == 0 else (),
            keywords=(),
            body=passage.text,
            article=passage.article,
            unit=item.unit,
            region="",
            categories=(),
            access=(_PUBLIC,),
            live_from=0,
            live_to=FOREVER,
            effective_from=0,
            effective_to=FOREVER,
        )
        for number, passage in enumerate(passages)
    )


def ask(engine: SearchEngine, text: str, mode: Mode, limit: int) -> SearchResult:
    return engine.search(Query(text=text, access=frozenset({_PUBLIC}), now=NOW, limit=limit, mode=mode))


def _teller(say: Say, total: int) -> Callable[[int], None]:
    told = 0

    def tell(done: int) -> None:
        nonlocal told
        if done * 10 // max(total, 1) > told:
            told = done * 10 // max(total, 1)
            say(f"索引 {done}/{total}")

    return tell
