"""Results against a plain truth: whatever happens to the index, it shows what may be seen and nothing else."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from search.engines.embedded import EmbeddedEngine
from search.ports import FOREVER, Change, Document, Mode, Query
from tests.support.searching import NOW, BigramEncoder, codes, document, visible_codes

MODES: tuple[Mode, ...] = ("keyword", "vector", "hybrid")
CODES = st.sampled_from([f"K{number}" for number in range(6)])
INSTANTS = st.integers(NOW - 3, NOW + 6)
ENDS = st.one_of(st.just(FOREVER), INSTANTS)
TOKENS = ("public", "agents", "role:supervisor")
WORD = "公积金"


def few(*values: str) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(values), max_size=2)


@st.composite
def documents(draw: st.DrawFn, code: str, passage: int) -> Document:
    return document(
        code,
        draw(st.sampled_from(["", WORD, f"{WORD}提取", "其他"])),
        f"{WORD}{draw(st.sampled_from(['', '贷款', '缴存比例', '账户']))}",
        passage=passage,
        type=draw(st.sampled_from(["faq", "policy"])),
        unit=draw(st.sampled_from(["U1", "U2"])),
        region=draw(st.sampled_from(["990000", "990101"])),
        categories=tuple(sorted(draw(few("A", "B", "C")))),
        access=tuple(sorted(draw(few(*TOKENS)))),
        live_from=draw(INSTANTS),
        live_to=draw(ENDS),
        effective_to=draw(ENDS),
    )


@st.composite
def queries(draw: st.DrawFn) -> Query:
    return Query(
        WORD,
        access=draw(few(*TOKENS)),
        now=draw(INSTANTS),
        limit=50,
        types=draw(few("faq", "policy", "none")),
        units=draw(few("U1", "U2")),
        regions=draw(few("990000", "990101")),
        categories=draw(few("A", "B", "C")),
        include_lapsed=draw(st.booleans()),
        mode=draw(st.sampled_from(MODES)),
    )


class IndexAgainstTruth(RuleBasedStateMachine):
    """Publishing, withdrawing, late news, rebuilding, starting anew and another process, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="kb-truth-"))
        self.truth: dict[str, Change] = {}
        self.seq = 0

    @initialize()
    def open(self) -> None:
        self.engine = EmbeddedEngine(self.folder, BigramEncoder())
        self.other = EmbeddedEngine(self.folder, BigramEncoder())

    def _change(self, code: str, made: tuple[Document, ...]) -> Change:
        self.seq += 1
        change = Change(code, self.seq, made)
        self.truth[code] = change
        return change

    @rule(data=st.data(), code=CODES, count=st.integers(1, 3))
    def publish(self, data: st.DataObject, code: str, count: int) -> None:
        made = tuple(data.draw(documents(code, passage)) for passage in range(count))
        assert self.engine.apply([self._change(code, made)]) == 1

    @rule(data=st.data(), chosen=st.lists(CODES, min_size=1, max_size=4))
    def publish_several(self, data: st.DataObject, chosen: list[str]) -> None:
        changes = [self._change(code, (data.draw(documents(code, 0)),)) for code in chosen]
        assert self.other.apply(changes) == len(changes)

    @rule(code=CODES)
    def withdraw(self, code: str) -> None:
        self.engine.apply([self._change(code, ())])

    @rule(code=CODES)
    def hear_old_news(self, code: str) -> None:
        if code in self.truth:
            assert self.engine.apply([Change(code, self.truth[code].seq, (document(code, WORD),))]) == 0

    @rule(late=CODES, data=st.data())
    def rebuild(self, late: str, data: st.DataObject) -> None:
        before = list(self.truth.values())
        news = self._change(late, (data.draw(documents(late, 0)),))
        self.engine.apply([news])
        self.engine.rebuild(before, lambda: [news])

    @rule()
    def start_anew(self) -> None:
        self.engine.close()
        self.engine = EmbeddedEngine(self.folder, BigramEncoder())

    @rule(asked=queries())
    def ask(self, asked: Query) -> None:
        expected = visible_codes(self.truth.values(), asked)
        assert set(codes(self.engine.search(asked))) == expected
        assert set(codes(self.other.search(asked))) == expected

    @rule(now=INSTANTS, access=few(*TOKENS))
    def be_suggested(self, now: int, access: frozenset[str]) -> None:
        asked = Query(WORD, access, now)
        seen = [
            each.title
            for change in self.truth.values()
            for each in change.documents
            if each.code in visible_codes([Change(each.code, 1, (each,))], asked) and WORD in each.title
        ]
        assert set(self.engine.suggest(WORD, access, now)) == set(seen)

    @invariant()
    def nothing_is_forgotten(self) -> None:
        if self.truth:
            seqs = {code: change.seq for code, change in self.truth.items()}
            assert self.engine.stored_seqs(list(seqs)) == seqs

    def teardown(self) -> None:
        self.engine.close()
        self.other.close()
        shutil.rmtree(self.folder, ignore_errors=True)


IndexAgainstTruth.TestCase.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
TestIndexAgainstTruth = IndexAgainstTruth.TestCase


class TestAnyText:
    """One index for all examples: nothing typed may break a search."""

    engine: EmbeddedEngine
    folder: Path

    @classmethod
    def setup_class(cls) -> None:
        cls.folder = Path(tempfile.mkdtemp(prefix="kb-any-text-"))
        cls.engine = EmbeddedEngine(cls.folder, BigramEncoder())
        cls.engine.apply(
            Change(
                f"K{number}",
                1,
                (document(f"K{number}", f"事项{number} ABC㎡", "公积金 12345 热线" * number),),
            )
            for number in range(20)
        )

    @classmethod
    def teardown_class(cls) -> None:
        cls.engine.close()
        shutil.rmtree(cls.folder)

    @given(
        text=st.one_of(
            st.text(st.characters(), max_size=200),
            st.text(
                st.sampled_from("公积金事项的什么？a1㎡ \u200b\U00020bb7+-\"'*()[]{}:^~\\/"), max_size=60
            ),
        ),
        mode=st.sampled_from(MODES),
        as_you_type=st.booleans(),
    )
    def test_no_text_breaks_a_search(self, text: str, mode: Mode, as_you_type: bool) -> None:
        asked = Query(text, frozenset({"public"}), NOW, mode=mode, as_you_type=as_you_type)
        for hit in self.engine.search(asked).hits:
            for start, end in hit.title_spans:
                assert 0 <= start < end <= len(hit.document.title)
            for start, end in hit.snippet_spans:
                assert 0 <= start < end <= len(hit.snippet)
        self.engine.suggest(text, frozenset({"public"}), NOW)

    @given(
        title=st.text(st.characters(), max_size=60),
        body=st.text(st.characters(), max_size=400),
        question=st.text(st.characters(), max_size=40),
    )
    @settings(max_examples=40)
    def test_any_document_can_be_applied_and_comes_back_unchanged(
        self, title: str, body: str, question: str
    ) -> None:
        made = document("X", f"独一无二{title}", body, questions=(question,), article="第一条")
        seq = self.engine.stored_seqs(["X"]).get("X", 0) + 1
        assert self.engine.apply([Change("X", seq, (made,))]) == 1
        hits = self.engine.search(Query("独一无二", frozenset({"public"}), NOW, mode="keyword")).hits
        assert [hit.document for hit in hits] == [made]

    def test_a_paste_of_ten_thousand_characters_is_answered(self) -> None:
        paste = "公积金事项" * 2_000
        result = self.engine.search(Query(paste, frozenset({"public"}), NOW))
        assert len(result.terms) <= 128
        assert result.hits
