"""Claims about the encoder port and the embedding that ships."""

import math
import sys
import zlib
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.analysis.words import install_words
from search.embedding.bags import BUCKET_SHARE
from search.embedding.builtin import MODEL_FILE, load_builtin, load_model, save_model
from search.embedding.factory import make_encoder
from search.embedding.tokens import TokenTable, tokens
from search.embedding.transformers import EncoderUnavailable, TransformersEncoder


@given(st.lists(st.text(max_size=60), max_size=5))
def test_rows_are_of_unit_length_or_zero_for_any_text(texts: list[str]) -> None:
    encoder = load_builtin()
    vectors = encoder.encode(texts)
    assert vectors.shape == (len(texts), encoder.dimensions)
    assert vectors.dtype == np.float32
    lengths = np.linalg.norm(vectors, axis=1)
    assert np.all(np.isclose(lengths, 1.0, atol=1e-5) | (lengths == 0.0))


def test_a_text_without_tokens_has_a_zero_row() -> None:
    assert not load_builtin().encode(["", "  ", "！？，。"]).any()


def test_a_text_has_the_same_vector_alone_and_among_others() -> None:
    encoder = load_builtin()
    together = encoder.encode(["居住证怎么办理", "公积金提取", "居住证怎么办理"])
    assert np.array_equal(together[0], together[2])
    assert np.array_equal(together[1:2], encoder.encode(["公积金提取"]))


def test_width_and_traditional_forms_do_not_change_a_vector() -> None:
    one, two = load_builtin().encode(["養老保險ＡＢＣ", "养老保险abc"])
    assert np.array_equal(one, two)


def test_words_that_a_city_adds_do_not_change_a_vector() -> None:
    encoder = load_builtin()
    before = encoder.encode(["云溪市民服务总站怎么走"])
    try:
        install_words(["云溪市民服务总站"])
        assert np.array_equal(before, encoder.encode(["云溪市民服务总站怎么走"]))
    finally:
        install_words([])


@pytest.mark.parametrize(
    ("spoken", "official", "other"),
    [
        ("老板不给钱", "拖欠工资如何投诉", "老年人优待证办理"),
        ("老人坐车不要钱的卡", "老年人优待证办理", "机动车驾驶证补领"),
        ("没单位怎么自己交社保", "灵活就业人员参加职工养老保险", "企业职工工伤认定"),
        ("楼上半夜太吵睡不着", "社会生活噪声污染投诉", "生活垃圾分类投放"),
    ],
)
def test_spoken_words_lie_nearer_to_their_official_subject(spoken: str, official: str, other: str) -> None:
    question, right, wrong = load_builtin().encode([spoken, official, other])
    assert question @ right > question @ wrong + 0.1


def test_the_model_that_ships_is_small() -> None:
    assert MODEL_FILE.stat().st_size <= 12 * 1024 * 1024


def test_a_saved_model_reads_back(tmp_path: Path) -> None:
    vectors = np.random.default_rng(1).standard_normal((7, 8)).astype(np.float32)
    file = tmp_path / "tiny-v9.npz"
    save_model(file, ["工资", "社保", "补", "卡"], 3, vectors)
    encoder = load_model(file)
    assert encoder.name == "builtin:tiny-v9"
    [made] = encoder.encode(["工资"])
    # The word and the bigram are one token, said twice, in a row of its own.
    expected = vectors[0] / np.linalg.norm(vectors[0])
    assert made @ expected > 0.98


def test_saving_the_same_table_gives_the_same_bytes(tmp_path: Path) -> None:
    vectors = np.random.default_rng(1).standard_normal((5, 8)).astype(np.float32)
    files = [tmp_path / folder / "m.npz" for folder in "ab"]
    for file in files:
        save_model(file, ["工资"], 4, vectors)
    assert files[0].read_bytes() == files[1].read_bytes()


@given(st.text(max_size=40))
def test_every_token_has_a_row_of_the_table(text: str) -> None:
    table = TokenTable(["工资"], 5)
    rows, weights = table.bag(text)
    assert len(rows) == len(weights)
    assert all(0 <= row < len(table) for row in rows)


def test_without_buckets_unknown_tokens_are_left_out() -> None:
    rows, weights = TokenTable(["工资"], 0).bag("社保卡")
    assert (rows.size, weights.size) == (0, 0)


@given(st.text(alphabet="工资社保卡怎么办理abc12 ，", max_size=60), st.integers(0, 7))
def test_a_bag_is_what_its_definition_says(text: str, buckets: int) -> None:
    known = ["工资", "社保", "办理"]
    wanted: dict[int, float] = defaultdict(float)
    for token, count in Counter(tokens(text)).items():
        weight = 1.0 + math.log(count)
        if token in known:
            wanted[known.index(token)] += weight
        elif buckets:
            digest = zlib.crc32(token.encode())
            for place in (digest % buckets, (digest * 2_654_435_761 >> 32) % buckets):
                wanted[len(known) + place] += weight * BUCKET_SHARE
    rows, weights = TokenTable(known, buckets).bag(text)
    found: dict[int, float] = defaultdict(float)
    for row, weight in zip(rows.tolist(), weights.tolist(), strict=True):
        found[row] += weight
    assert found.keys() == wanted.keys()
    assert all(math.isclose(found[row], wanted[row], rel_tol=1e-5) for row in wanted)


def test_none_means_no_vectors() -> None:
    assert make_encoder("none") is None


@pytest.mark.parametrize("setting", ["", "bge", "transformers:", "BUILTIN"])
def test_a_setting_that_names_no_encoder_is_refused(setting: str) -> None:
    with pytest.raises(EncoderUnavailable, match="KB_ENCODER"):
        make_encoder(setting)


def test_without_the_extra_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(EncoderUnavailable, match=r"kb-service\[transformers\]"):
        make_encoder("transformers:some/model")


class _Model:
    def get_embedding_dimension(self) -> int:
        return 2

    def encode(self, texts: list[str], **_options: object) -> np.ndarray:
        return np.tile(np.array([0.6, 0.8], dtype=np.float64), (len(texts), 1))


def test_a_transformer_keeps_the_promises_of_the_port() -> None:
    encoder = TransformersEncoder(_Model(), "transformers:x")
    vectors = encoder.encode(["甲", " "])
    assert vectors.dtype == np.float32
    assert vectors.tolist() == [[np.float32(0.6), np.float32(0.8)], [0.0, 0.0]]
    assert encoder.encode([]).shape == (0, 2)
