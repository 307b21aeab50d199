"""Columns are known by their keys and Chinese names, and by what the user says."""

import pytest

from ingestion.columns import COLUMNS
from ingestion.mapping import ColumnMatcher
from kb_service.core.errors import Invalid


def test_keys_and_chinese_names_are_known_with_what_people_add_to_them() -> None:
    matcher = ColumnMatcher()
    for column in COLUMNS.values():
        for written in (
            column.key,
            column.header,
            f"{column.header}（必填）",
            f" {column.header}*",
            column.key.upper(),
        ):
            assert matcher.key(written) == column.key


def test_a_near_name_is_suggested_and_not_taken() -> None:
    matcher = ColumnMatcher()
    (column,) = matcher.columns(["知识标题"])
    assert column.key is None
    assert column.suggestions[0] == "title"


def test_the_user_s_own_choice_comes_first() -> None:
    matcher = ColumnMatcher({"内容": "answer", "标题": ""})
    assert matcher.key("内容") == "answer"
    assert matcher.key("标题") is None


@pytest.mark.clause("MZ-19.1")
@pytest.mark.parametrize("missing", ["type", "title", "category", "unit"])
def test_a_missing_required_column_is_named(missing: str) -> None:
    headers = [
        COLUMNS[key].header for key in ("type", "title", "category", "unit", "answer") if key != missing
    ]
    assert _refusal(headers) == ("missing_columns", [missing])
    assert _refusal(headers, given=[missing]) == ("", [])


def _refusal(headers: list[str], given: list[str] | None = None) -> tuple[str, list[str]]:
    try:
        ColumnMatcher().match_all(headers, given or [])
    except Invalid as error:
        return error.code, error.extra["missing"]
    return "", []


def test_two_headers_of_one_column_are_refused() -> None:
    with pytest.raises(Invalid, match="表头“标题”和“title”都对应“标题”"):
        ColumnMatcher().match_all(["标题", "title"])


@pytest.mark.parametrize("wanted", [{"标题": "titel"}, {"没有的列": "title"}])
def test_a_choice_of_what_is_not_there_is_refused(wanted: dict[str, str]) -> None:
    with pytest.raises(Invalid) as caught:
        ColumnMatcher(wanted).match_all(["标题", "知识类型", "类目", "承办单位"])
    assert caught.value.code == "bad_mapping"


def test_the_reason_column_of_an_error_file_is_passed_over() -> None:
    (column,) = ColumnMatcher().columns(["原因"])
    assert (column.key, column.suggestions) == (None, ())
