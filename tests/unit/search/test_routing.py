"""Models that sort requests: what is learnt, kept and read back."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from kb_service.cli.main import app
from search.evaluation.routing import evaluate_routing
from search.evaluation.rows import InputError
from search.routing.features import BLOCKS, MAX_CHARACTERS, read
from search.routing.model import SHIPPED, ModelError, RoutingModel, load_model, opened, save_model
from search.training.routing import Example, TooFewRows, train_routing

SAID = {
    "交通": ["公交车不来", "公交司机甩站", "出租车拒载绕路", "地铁几点停运", "停车费太贵", "红绿灯坏了"],
    "教育": ["上小学要什么材料", "学校乱收费", "老师补课", "转学怎么办", "幼儿园报名", "高中学费多少"],
    "社保": ["养老金什么时候发", "退休怎么办理", "社保卡丢了", "失业金怎么领", "工伤怎么认定", "医保断缴"],
}
EXAMPLES = [
    Example(text + tail, label)
    for label, texts in SAID.items()
    for text in texts
    for tail in ("", "，请问", "，急")
]


@pytest.fixture(scope="module")
def model() -> RoutingModel:
    return train_routing(EXAMPLES, seed=7)


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    lines = [{"id": at, "text": each.text, "label": each.label} for at, each in enumerate(EXAMPLES)]
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8")
    return path


def test_what_was_learnt_is_told_again(model: RoutingModel) -> None:
    assert [model.guess(text)[0].label for text in ("公交司机拒载", "学校学费", "养老金退休")] == list(SAID)
    assert "公交" in model.telling("公交司机甩站", "交通")


@given(st.text(max_size=3_000))
def test_any_text_gets_probabilities_that_sum_to_one(text: str) -> None:
    shares = opened(SHIPPED).probabilities(text)
    assert np.all(shares >= 0)
    assert abs(shares.sum() - 1) < 1e-9


def test_the_work_on_a_huge_text_is_bounded() -> None:
    huge = "一二三四五六七八九十" * 100_000
    assert len(read(huge)) == MAX_CHARACTERS
    assert all(sum(make(read(huge)).values()) <= 3 * MAX_CHARACTERS for make in BLOCKS.values())


def test_a_model_read_back_says_the_same_and_is_made_the_same_again(
    model: RoutingModel, tmp_path: Path
) -> None:
    first, second = tmp_path / "a.npz", tmp_path / "b.npz"
    save_model(model, first)
    save_model(train_routing(EXAMPLES, seed=7), second)
    assert first.read_bytes() == second.read_bytes()
    known = load_model(first)
    for text in ("公交车", "", "退休"):
        # Rarities are kept in half the digits.
        assert np.allclose(known.probabilities(text), model.probabilities(text), atol=2e-3)


@pytest.mark.parametrize("content", [b"", b"no model", b"PK\x03\x04broken"])
def test_a_file_that_is_no_model_is_refused_in_words(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "field.npz"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"field\.npz"):
        load_model(path)


def test_a_model_that_would_run_code_when_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "field.npz"
    with path.open("wb") as file:
        np.savez(file, header=np.asarray([object()], dtype=object))
    with pytest.raises(ModelError):
        load_model(path)


def test_two_labels_are_enough_and_one_is_not() -> None:
    two = [each for each in EXAMPLES if each.label != "社保"]
    assert train_routing(two, seed=7).guess("公交甩站")[0].label == "交通"
    with pytest.raises(TooFewRows):
        train_routing([each for each in EXAMPLES if each.label == "教育"], seed=7)


def test_a_label_with_few_rows_is_left_out_and_told() -> None:
    trained = train_routing([*EXAMPLES, Example("罕见", "少见")], seed=7)
    assert "少见" not in trained.labels
    assert trained.about["left_out"] == {"少见": 1}


def test_the_figures_are_those_of_rows_kept_back(rows: Path, tmp_path: Path) -> None:
    test = tmp_path / "test.jsonl"
    said: list[dict[str, Any]] = [
        {"id": 1, "text": "公交甩站拒载", "label": "交通"},
        {"id": 2, "text": "学校学费", "label": "没有这个标签"},
    ]
    test.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in said), "utf-8")
    found = evaluate_routing(rows, test)
    assert (found["accuracy"], found["macro_f1"], found["top2"]) == (0.5, 0.5, 0.5)
    assert 0 <= found["ece"] <= 1


def test_a_wrong_line_is_named(rows: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_text('{"id": 1, "text": "a", "label": "b"}\n{"id": 2, "text": "a"}\n', "utf-8")
    with pytest.raises(InputError, match="第 2 行"):
        evaluate_routing(rows, wrong)


def test_the_commands_measure_and_train(rows: Path, tmp_path: Path) -> None:
    measured = CliRunner().invoke(
        app, ["evaluate", "routing", "--train", str(rows), "--test", str(rows), "--json"]
    )
    assert measured.exit_code == 0
    assert {"accuracy", "macro_f1", "top2", "ece"} <= set(json.loads(measured.stdout))
    out = tmp_path / "field.npz"
    trained = CliRunner().invoke(app, ["train", "routing", "--rows", str(rows), "--out", str(out), "--json"])
    assert trained.exit_code == 0
    assert load_model(out).labels == tuple(sorted(SAID))
