"""Claims about cutting many texts at once: what comes out is what each text alone would give."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.analysis.cutting import CutTexts
from search.analysis.normalise import normalise
from search.analysis.tokens import bigrams, words
from search.analysis.words import cutter, install_words
from search.embedding.bags import BUCKET_SHARE
from search.embedding.builtin import load_builtin
from search.embedding.passages import embed_passages
from search.embedding.tokens import MAX_CHARACTERS, PLAIN, TokenTable
from search.engines.embedded.helpers import Helpers
from search.engines.embedded.preparing import prepare
from search.ports import Change, Document
from search.ranking.terms_of import TERM_FIELDS, terms_of
from search.ranking.text import NormalText
from tests.support.searching import document

MIXED = st.text(
    st.one_of(
        st.sampled_from("居住证怎么办理公积金提取的吗了是，。 \nabcXY12-3"),
        st.sampled_from("ÀéԱ々〇가\U00020000\U0002a6d6\u200b\x00Ａ１養"),
        st.characters(),
    ),
    max_size=40,
)


@pytest.fixture(params=[(), ("公积金提取", "居住证怎么")], ids=["plain", "city"])
def _dictionary(request: pytest.FixtureRequest) -> Iterator[None]:
    install_words(request.param)
    yield
    install_words([])


@pytest.mark.usefixtures("_dictionary")
@given(st.lists(MIXED, max_size=6))
def test_texts_cut_together_have_the_terms_they_have_alone(texts: list[str]) -> None:
    normals = [normalise(text) for text in texts]
    cut = CutTexts(normals)
    made = cut.words(cut.pieces(cutter()))
    assert len(made) == len(texts)
    for at, normal in enumerate(normals):
        assert Counter(made[at].split()) == Counter(words(normal))
        assert Counter(cut.bigrams(at, at + 1).split()) == Counter(bigrams(normal))


@given(st.lists(MIXED, min_size=1, max_size=6), st.sampled_from([0, 3, 100]))
def test_bags_of_many_texts_are_those_of_each(texts: list[str], buckets: int) -> None:
    table = TokenTable(["公积", "公积金", "居住证", "的", "abc", "12", "々〇"], buckets)
    normals = [normalise(text) for text in texts]
    cut = CutTexts(normals)
    bags = table.bags(cut, cut.pieces(PLAIN), np.arange(len(texts)), len(texts))
    for at, text in enumerate(texts):
        start, end = bags.starts[at], bags.starts[at + 1]
        rows, weights = table.bag(text)
        expected, given_ = np.zeros(len(table)), np.zeros(len(table))
        np.add.at(expected, rows, weights)
        np.add.at(given_, bags.rows[start:end], bags.weights[start:end])
        assert np.allclose(expected, given_, atol=1e-4)


def test_an_unknown_pair_stands_in_two_buckets() -> None:
    table = TokenTable(["工资"], 50)
    cut = CutTexts(["社保"])
    bags = table.bags(cut, [], np.zeros(1, dtype=np.int64), 1)
    assert len(bags.rows) == 2
    assert np.allclose(bags.weights, BUCKET_SHARE)
    assert (bags.rows >= 1).all()


def documents() -> list[Document]:
    long = "公积金提取须在窗口办理。" * (MAX_CHARACTERS // 8)
    return [
        document(
            "K1", "居住证怎么办理", "请到窗口办理，详询12345。", questions=("居住证去哪办", "京A12345怎么办")
        ),
        document("K2", long[:128], long, questions=tuple(f"{n}号{long[:200]}" for n in range(15))),
        document("K3", "", ""),
        document("K4", "ＡＢＣ養老保險", "𠀀𠀁 公", keywords=("公积金提取",), article="第三条"),
    ]


@pytest.mark.usefixtures("_dictionary")
def test_documents_prepared_together_are_as_each_by_its_definition() -> None:
    encoder = load_builtin()
    made = prepare(documents(), encoder)
    assert made.vectors is not None
    assert np.allclose(made.vectors, embed_passages(documents(), encoder), atol=1e-5)
    for each, fields, text in zip(documents(), made.fields, made.texts, strict=True):
        normal = NormalText.of(each)
        assert text == normal.encode()
        for name, terms in terms_of(normal).items():
            found = fields[TERM_FIELDS.index(name)]
            assert Counter(found.split()) == Counter(" ".join(terms).split()), name


def chunks() -> list[list[Change]]:
    """More than are prepared without help."""
    short = (documents()[0], documents()[3])
    return [[Change(f"K{n}", n, short) for n in range(at, at + 60)] for at in range(0, 720, 60)]


def test_helpers_give_what_is_made_without_them_in_the_same_order() -> None:
    helpers = Helpers(2)
    try:
        install_words(["公积金提取"])
        encoder = load_builtin()
        found = list(helpers.prepared(iter(chunks()), encoder))
        assert [chunk for chunk, _ in found] == chunks()
        here = prepare(found[-1][0][0].documents * 60, encoder)
        assert found[-1][1].fields == here.fields
        assert found[-1][1].texts == here.texts
        assert found[-1][1].wholes == here.wholes
        assert found[-1][1].vectors is not None
        assert here.vectors is not None
        assert np.array_equal(found[-1][1].vectors, here.vectors)
    finally:
        install_words([])
        helpers.close()


def test_where_a_helper_dies_its_work_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    helpers = Helpers(2)
    try:
        found = list(helpers.prepared(iter(chunks()), load_builtin()))
    finally:
        helpers.close()
    assert [len(prepared.fields) for _, prepared in found] == [120] * 12
