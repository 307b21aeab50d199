"""Claims about reading evaluation files: each wrong line is named."""

import json
from pathlib import Path

import pytest

from search.evaluation.rows import InputError, read_corpus, read_queries

GOOD = '{"id": "a", "title": "", "body": "甲"}\n'


def write(folder: Path, text: str | bytes) -> Path:
    file = folder / "rows.jsonl"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 0, "没有任何语料"),
        ("\n\n", 0, "没有任何语料"),
        (GOOD + "{坏\n", 2, "JSON"),
        (GOOD + "[1]\n", 2, "对象"),
        (GOOD + "\n" + '{"title": "乙"}\n', 3, "缺少 id"),
        (GOOD + GOOD, 2, "重复"),
        ('{"id": "a", "title": 3, "body": "甲"}\n', 1, "title"),
        ('{"id": "a", "title": " ", "body": ""}\n', 1, "不能都为空"),
        ('{"id": "a", "body": "甲", "questions": "乙"}\n', 1, "列表"),
        (GOOD.encode() + '{"id": "b", "body": "乙"}'.encode("gbk"), 2, "UTF-8"),
        (GOOD + "[" * 100_000 + "\n", 2, "JSON"),
    ],
)
def test_a_wrong_corpus_line_is_named(tmp_path: Path, text: str | bytes, line: int, says: str) -> None:
    with pytest.raises(InputError, match=says) as raised:
        list(read_corpus(write(tmp_path, text)))
    assert raised.value.line == line
    assert line == 0 or f"第 {line} 行" in str(raised.value)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"id": "q", "text": "问"}, "缺少 relevant"),
        ({"id": "q", "text": "问", "relevant": "a"}, "列表"),
        ({"id": "q", "text": "问", "relevant": ["x"]}, "“x”不在语料中"),
        ({"id": "q", "relevant": ["a"]}, "缺少 text"),
        ({"text": "问", "relevant": ["a"]}, "缺少 id"),
    ],
)
def test_a_wrong_query_line_is_named(tmp_path: Path, row: dict[str, object], says: str) -> None:
    file = write(tmp_path, json.dumps(row, ensure_ascii=False))
    with pytest.raises(InputError, match=says) as raised:
        list(read_queries(file, {"a"}.__contains__))
    assert raised.value.line == 1


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.jsonl"):
        list(read_corpus(tmp_path / "none.jsonl"))


def test_a_line_without_end_is_not_read_into_memory(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="8 MB"):
        list(read_corpus(write(tmp_path, b'{"id": "' + b"a" * (9 * 1024 * 1024))))


def test_whole_numbers_may_be_ids_and_defaults_are_filled_in(tmp_path: Path) -> None:
    file = write(tmp_path, '\ufeff{"id": 7, "body": "甲", "questions": ["问"]}\n')
    [item] = read_corpus(file)
    assert (item.id, item.title, item.type, item.unit, item.questions) == ("7", "", "faq", "", ("问",))
    queries = write(tmp_path, '{"id": 1, "text": "问", "relevant": [7]}\n')
    [query] = read_queries(queries, {"7"}.__contains__)
    assert query.relevant == {"7"}
