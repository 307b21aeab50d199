"""Claims about what the embedding is trained on, and how."""

import gzip
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from search.embedding.builtin import load_model
from search.evaluation.rows import InputError
from search.training import laws as statutes
from search.training.confidence_sets import prepare_sets, questions_about
from search.training.embedding import Recipe, contrast, train_embedding
from search.training.kernels import gather_batch, group_by_token, sum_bags
from search.training.laws import read_law
from search.training.own import listed, own_sources
from search.training.sources import collected_sources
from search.training.spectral import token_directions
from search.training.texts import choose_vocabulary

TEXT = """云溪市供水条例
第一章 总则
第一条 为了规范供水，保障用水安全，根据有关法律，结合本市实际，制定本条例。
第二章 供水设施
第二条 供水单位应当定期检修供水设施，保证设施完好；停水应当提前二十四小时通知用户。
第三条 任何单位和个人不得擅自改装、拆除公共供水设施。违反规定的，由供水主管部门责令改正。
第四条 短。
"""  # fmt: skip


def test_a_statute_is_read_by_article_under_its_chapter() -> None:
    law = read_law("云溪市供水条例", TEXT)
    assert law.subject == "供水条例"
    assert [article.chapter for article in law.articles] == ["总则", "供水设施", "供水设施"]
    assert law.articles[0].text.startswith("为了规范供水")
    assert "第二章" not in law.articles[0].text


def test_pairs_of_a_statute_keep_to_their_article_and_chapter() -> None:
    law = read_law("云溪市供水条例", TEXT)
    rng = random.Random(1)
    assert set(statutes.neighbour_pairs([law], rng, 9)) == {(law.articles[1].text, law.articles[2].text)}
    for heading, article in statutes.heading_pairs([law], rng, 9):
        assert "供水条例" in heading
        assert article in {each.text for each in law.articles}
    for sentence, rest in statutes.sentence_pairs([law], rng, 9):
        assert any(sentence in each.text for each in law.articles)
        assert sentence not in rest


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    subjects = ["供水", "供热", "燃气", "养犬", "停车", "物业", "噪声", "垃圾"]
    laws = [
        {"title": f"{city}{subject}条例", "text": TEXT.replace("供水", subject).replace("云溪市", city)}
        for subject in subjects
        for city in ("云溪市", "望岭市")
    ]
    pairs = [
        {"a": f"{subject}怎么办理{n}", "b": f"{subject}办理指南第{n}步", "source": "open-one", "open": True}
        for subject in subjects
        for n in range(6)
    ]
    closed = [{"a": "不得使用的问句", "b": "不得使用的答句", "source": "closed-one", "open": False}]
    negatives = [{"a": "供水怎么办理0", "b": "供热怎么停", "source": "open-one", "open": True}]
    write_gz(folder / "load/law_documents.jsonl.gz", laws)
    write_gz(folder / "pairs/pairs_train.jsonl.gz", pairs + closed)
    write_gz(folder / "pairs/hard_negatives_train.jsonl.gz", negatives)
    return folder


def write_gz(file: Path, rows: list[dict[str, Any]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(file, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def test_what_ships_is_trained_on_open_rows_alone(data: Path) -> None:
    assert [source.name for source in collected_sources(data, "shipping")] == ["open-one"]
    assert [source.name for source in collected_sources(data, "all")] == ["closed-one", "open-one"]


def test_hard_negatives_go_with_their_source(data: Path) -> None:
    [source] = collected_sources(data, "shipping")
    assert source.negatives == {"供水怎么办理0": ["供热怎么停"]}


def test_spoken_wordings_are_paired_with_official_terms_and_the_articles_that_hold_them(data: Path) -> None:
    made = {source.name: source.pairs for source in own_sources([], None, random.Random(1))}
    assert len(made["own:spoken-official"]) > 10_000
    assert not made["own:spoken-article"]


TINY = Recipe(dimensions=16, vocabulary=600, buckets=50, steps=30, batch=16, spectral_texts=500)


def test_training_twice_from_one_seed_gives_the_same_bytes_and_learns(data: Path, tmp_path: Path) -> None:
    files = [tmp_path / folder / "tiny.npz" for folder in "ab"]
    for file in files:
        report = train_embedding(data, file, seed=3, recipe=TINY, progress=lambda _line: None)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert report["bytes"] == files[0].stat().st_size
    encoder = load_model(files[0])
    asked, right, wrong = encoder.encode(["养犬怎么办理3", "养犬办理指南第3步", "噪声办理指南第5步"])
    assert asked @ right > asked @ wrong


def test_the_gradient_agrees_with_small_changes() -> None:
    rng = np.random.default_rng(5)
    sums = rng.standard_normal((9, 6)).astype(np.float32)
    left, others = np.array([0, 1, 2, 3]), np.array([4, 5, 6, 5, 8])
    _, gradient = contrast(sums, left, others, 0.5)
    for _ in range(20):
        direction = rng.standard_normal(sums.shape).astype(np.float32)
        step = 1e-2 * direction
        change = contrast(sums + step, left, others, 0.5)[0] - contrast(sums - step, left, others, 0.5)[0]
        assert change / 2e-2 == pytest.approx(float((gradient * direction).sum()), abs=2e-3)


def test_the_same_text_as_the_true_one_is_no_negative() -> None:
    sums = np.eye(4, dtype=np.float32)
    sums[3] = sums[2]
    apart, _ = contrast(sums, np.array([0, 1]), np.array([2, 3]), 0.5)
    alike, _ = contrast(sums, np.array([0, 1]), np.array([2, 2]), 0.5)
    assert alike < apart
    assert alike == pytest.approx(0.0, abs=1e-6)


def test_a_batch_is_the_sum_of_its_bags_and_drops_about_as_many_tokens_as_asked() -> None:
    indptr = np.array([0, 500, 1000])
    ids = np.arange(1000, dtype=np.int32) % 7
    weights = np.ones(1000, dtype=np.float32)
    whole = gather_batch(indptr, ids, weights, np.array([1, 0]), 9, 0.0)
    table = np.eye(7, dtype=np.float32)
    assert np.array_equal(sum_bags(*whole, table).sum(axis=1), [500, 500])
    touched, starts, rows, values = group_by_token(*whole, 7)
    assert touched.tolist() == list(range(7))
    assert len(rows) == len(values) == starts[-1] == 1000
    kept = len(gather_batch(indptr, ids, weights, np.array([1, 0]), 9, 0.3)[1])
    assert 620 < kept < 780


def test_the_directions_of_tokens_are_of_unit_length_or_nought() -> None:
    bags = np.random.default_rng(2).poisson(0.4, (60, 40)).astype(np.float32)
    bags[:, 7] = 0
    directions = token_directions(csr_matrix(bags), 8, np.random.default_rng(1))
    lengths = np.linalg.norm(directions, axis=1)
    assert lengths[7] == pytest.approx(0.0, abs=1e-5)
    assert np.delete(lengths, 7) == pytest.approx(np.ones(39), abs=1e-4)


def test_the_vocabulary_is_what_most_texts_hold() -> None:
    assert choose_vocabulary(["社保", "社保卡", "社保卡", "社保"], 1) == ["社保"]
    assert choose_vocabulary(["甲乙"], 10) == []


@pytest.mark.parametrize(
    ("value", "parts"), [("甲|乙\n丙", ["甲", "乙", "丙"]), (["甲 ", ""], ["甲"]), (None, [])]
)
def test_a_list_in_an_import_file_is_read_in_either_form(value: Any, parts: list[str]) -> None:
    assert listed(value) == parts


def test_half_of_the_points_are_taken_out_for_questions_without_an_answer(tmp_path: Path) -> None:
    points, folder = tmp_path / "points", tmp_path / "made"
    points.mkdir()
    folder.mkdir()
    rows = [
        {"code": f"P{n}", "type": "faq", "title": f"事{n}", "answer": f"答{n}", "keywords": [f"词{n}"]}
        for n in range(40)
    ]
    (points / "faq.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    questions = tmp_path / "q.jsonl"
    asked = [{"id": f"q{n}", "text": f"事{n}", "relevant": [f"P{n}"]} for n in range(40)]
    questions.write_text("\n".join(json.dumps(row) for row in asked), encoding="utf-8")
    strange = [{"a": f"古问{n}", "b": "答", "source": "CMRC2018-dev", "open": True} for n in range(400)]
    write_gz(tmp_path / "data/pairs/pairs_train.jsonl.gz", strange)
    sets = {
        each.name: each for each in prepare_sets(tmp_path / "data", tmp_path, points, [questions], folder)
    }
    kept = {json.loads(line)["id"] for line in sets["points"].corpus.read_text("utf-8").splitlines()}
    assert 10 < len(kept) < 30
    for line in sets["points"].queries.read_text("utf-8").splitlines():
        row = json.loads(line)
        assert set(row["relevant"]) <= kept
    assert sets["strange"].corpus == sets["short"].corpus
    assert len(sets["strange"].queries.read_text("utf-8").splitlines()) == 280


def test_a_wrong_line_of_the_own_questions_is_named(tmp_path: Path) -> None:
    items = [{"id": "YX-1", "title": "居住证"}]
    good = '{"id": "q1", "text": "暂住证", "relevant": ["YX-1"]}\n'
    for wrong, told in (
        ('{"id": "q2"}', "缺少 relevant"),
        ("{", "JSON"),
        (good.replace("YX-1", "YX-2"), "YX-2"),
    ):
        file = tmp_path / "questions.jsonl"
        file.write_text(good + wrong.replace("q1", "q2"), encoding="utf-8")
        with pytest.raises(InputError, match=f"第 2 行.*{told}"):
            questions_about(items, [file])
    with pytest.raises(InputError, match="无法打开"):
        questions_about(items, [tmp_path / "none.jsonl"])
