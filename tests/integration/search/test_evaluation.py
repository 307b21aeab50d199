"""Claims about measuring retrieval through the engine that serves users."""

import json
from pathlib import Path
from typing import Any

import pytest

from search.evaluation.answering import evaluate_answering
from search.evaluation.corpus import ask, documents_of, ids_of, indexed_corpus
from search.evaluation.plain import PlainIndex
from search.evaluation.retrieval import evaluate_retrieval, silent
from search.evaluation.rows import CorpusItem, InputError
from search.ranking.confidence import confidence

FIGURES = {"recall@1", "recall@5", "recall@10", "mrr@10", "ndcg@10", "latency_ms"}

CORPUS: list[dict[str, Any]] = [
    {"id": "juzhu", "title": "居住证申领", "body": "在本市居住登记满半年，可以申领居住证。"},
    {
        "id": "gongji",
        "title": "住房公积金提取",
        "body": "租房、购房、退休可以提取住房公积金。",
        "questions": ["公积金怎么取"],
    },
    {
        "id": "7",
        "title": "",
        "body": "犬只应当登记，携犬外出应当束犬链。",
        "type": "procedure",
        "unit": "U-GAJ",
    },
    {
        "id": "law",
        "title": "供水条例",
        "body": "第一条 为了规范供水，制定本条例。\n第二条 停水应当提前二十四小时通知用户。\n第三条 水价由价格部门核定。",
        "type": "policy",
    },
]
QUERIES: list[dict[str, Any]] = [
    {"id": "q1", "text": "居住证申领", "relevant": ["juzhu"]},
    {"id": "q2", "text": "公积金怎么取", "relevant": ["gongji"]},
    {"id": "q3", "text": "停水提前多久通知用户", "relevant": ["law"]},
    {"id": "q4", "text": "犬只登记", "relevant": [7]},
    {"id": "q5", "text": "飞机晚点", "relevant": []},
]  # fmt: skip


def write(file: Path, rows: list[dict[str, Any]]) -> Path:
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return file


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write(tmp_path / "corpus.jsonl", CORPUS)


@pytest.fixture
def queries(tmp_path: Path) -> Path:
    return write(tmp_path / "queries.jsonl", QUERIES)


def test_each_mode_is_measured_and_finds_what_is_plainly_there(corpus: Path, queries: Path) -> None:
    found = evaluate_retrieval(corpus, queries)
    assert (found["corpus"], found["queries"], found["skipped"]) == (4, 4, 1)
    for mode in ("plain", "keyword", "vector", "hybrid"):
        assert found[mode].keys() >= FIGURES
        assert found[mode]["recall@1"] == 1.0
        assert found[mode]["mrr@10"] == 1.0
        assert 0.0 < found[mode]["latency_ms"]["p50"] <= found[mode]["latency_ms"]["p95"]
    json.dumps(found)


def test_one_mode_may_be_asked_for(corpus: Path, queries: Path) -> None:
    found = evaluate_retrieval(corpus, queries, mode="keyword", encoder="none")
    assert found["keyword"]["recall@1"] == 1.0
    assert "vector" not in found
    assert found["encoder"] == "none"


def test_the_plain_baseline_needs_none_of_our_engines(corpus: Path, queries: Path) -> None:
    found = evaluate_retrieval(corpus, queries, mode="plain", encoder="none")
    assert (found["engine"], found["encoder"], found["corpus"], found["queries"]) == ("fts5", "none", 4, 4)
    assert found["plain"]["recall@1"] == 1.0
    assert "keyword" not in found


def test_the_plain_baseline_finds_words_and_nothing_that_needs_more(tmp_path: Path) -> None:
    index = PlainIndex(write(tmp_path / "corpus.jsonl", CORPUS))
    assert index.search("提取公积金") == ["gongji"]
    assert index.search("狗要不要上牌") == []
    assert index.search("的，。！") == index.search('" OR *') == []
    assert index.search("停水 " * 2_000) == ["law"]
    index.close()


def test_vectors_without_an_encoder_are_refused(corpus: Path, queries: Path) -> None:
    with pytest.raises(InputError, match="KB_ENCODER"):
        evaluate_retrieval(corpus, queries, mode="hybrid", encoder="none")


def test_a_wrong_line_stops_before_anything_is_indexed(corpus: Path, tmp_path: Path) -> None:
    said: list[str] = []
    queries = write(
        tmp_path / "queries.jsonl", [*QUERIES, {"id": "q6", "text": "x", "relevant": ["nowhere"]}]
    )
    with pytest.raises(InputError, match="第 6 行"):
        evaluate_retrieval(corpus, queries, say=said.append)
    assert said == []


def test_queries_that_all_lack_an_answer_cannot_measure_retrieval(corpus: Path, tmp_path: Path) -> None:
    queries = write(tmp_path / "queries.jsonl", [QUERIES[-1]])
    with pytest.raises(InputError, match="relevant"):
        evaluate_retrieval(corpus, queries, mode="keyword")


def test_a_policy_is_cut_by_article_and_its_questions_are_kept_once() -> None:
    item = CorpusItem("law", "供水条例", str(CORPUS[3]["body"]), ("停水通知",), "policy", "U-SW")
    documents = documents_of("E1", item)
    assert [document.article for document in documents] == ["第一条", "第二条", "第三条"]
    assert [document.questions for document in documents] == [("停水通知",), (), ()]
    assert {document.unit for document in documents} == {"U-SW"}


def test_an_item_with_a_title_alone_can_be_found() -> None:
    [document] = documents_of("E1", CorpusItem("a", "居住证", "", (), "faq", ""))
    assert (document.title, document.body) == ("居住证", "")


def test_confidence_is_measured_over_questions_with_and_without_an_answer(
    corpus: Path, queries: Path
) -> None:
    found = evaluate_answering(corpus, queries)
    assert (found["queries"], found["answerable"], found["correct"]) == (5, 4, 4)
    assert found["auroc"] == 1.0
    assert found["coverage@90"] == 0.8
    assert 0.0 <= found["ece"] <= 1.0
    assert found["risk_coverage"][-1] == (1.0, pytest.approx(0.2))


def test_what_is_measured_is_what_is_served_to_a_page_of_any_length(corpus: Path) -> None:
    with indexed_corpus(corpus, ids_of(corpus), "builtin", silent) as indexed, indexed.opened() as engine:
        for row in QUERIES[:4]:
            shown = []
            for limit in (1, 10):
                result = ask(engine, row["text"], "hybrid", limit)
                first = result.hits[0]
                shown.append((first.document.id, confidence(first, len(result.terms))))
            assert shown[0] == shown[1]


def test_without_vectors_confidence_is_measured_too(corpus: Path, queries: Path) -> None:
    found = evaluate_answering(corpus, queries, encoder="none")
    assert found["encoder"] == "none"
    assert found["auroc"] == 1.0
