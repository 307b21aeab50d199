"""What is wrong with a profile file, a scenario or an event, told in Chinese to the person who wrote it."""

import difflib
from collections.abc import Callable, Iterable
from typing import Any, get_args

from pydantic import BaseModel

from kb_service.regulations.schema import Profile

_MESSAGES: dict[str, str] = {
    "missing": "缺少这一项，必须写",
    "int_type": "应为整数",
    "bool_type": "应为 true 或 false",
    "string_type": "应为文字（如果是数字或日期，请加引号）",
    "date_type": "应为日期，写成 2026-01-31 的形式",
    "dict_type": "应为“键: 值”的形式",
    "model_type": "应为“键: 值”的形式",
    "tuple_type": "应为列表，例如 [甲, 乙]",
    "string_too_short": "不能为空",
    "too_short": "至少要有一项",
    "list_type": "应为列表，例如 [甲, 乙]",
    "string_too_long": "太长，最多 {max_length} 个字符",
    "too_long": "太多，最多 {max_length} 项",
    "greater_than": "应大于 {gt}",
    "less_than": "应小于 {lt}",
    "datetime_type": "应为时间，写成 2026-01-31T09:00:00+08:00 的形式",
    "datetime_parsing": "时间不存在或格式不符，应如 2026-01-31T09:00:00+08:00",
    "datetime_from_date_parsing": "时间不存在或格式不符，应如 2026-01-31T09:00:00+08:00",
    "datetime_object_invalid": "时间不存在或格式不符，应如 2026-01-31T09:00:00+08:00",
    "timezone_aware": "时间须带时区，如 2026-01-31T09:00:00+08:00",
    "date_parsing": "日期不存在或格式不符，应如 2026-01-31",
    "date_from_datetime_parsing": "日期不存在或格式不符，应如 2026-01-31",
    "date_from_datetime_inexact": "应为日期，写成 2026-01-31 的形式",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "bool_parsing": "应为 true 或 false",
    "float_type": "应为数字",
    "float_parsing": "应为数字",
    "finite_number": "应为普通的数",
    "json_invalid": "不是有效的 JSON",
    "string_unicode": "含有不能保存的字符",
    "string_pattern_mismatch": "写法不对：编号用小写字母、数字和连字符，电话号码用3至5位数字并加引号",
}


def complaint(error: dict[str, Any]) -> str:
    """`error` is one of pydantic's."""
    kind, given = str(error["type"]), error.get("ctx", {})
    if kind == "extra_forbidden":
        key = str(error["loc"][-1])
        return f"不认识“{key}”这一项{near(key, _keys_at(error['loc'][:-1]))}"
    if kind == "literal_error":
        return f"“{error['input']}”不在可选的值里，可选：{given['expected'].replace(' or ', '、')}"
    if kind in {"greater_than_equal", "less_than_equal"}:
        bound = given.get("ge", given.get("le"))
        return f"应{'不小于' if kind.startswith('greater') else '不大于'} {bound}"
    if kind == "value_error":
        return str(given["error"])
    said = _MESSAGES.get(kind)
    return f"不符合要求（{error['msg']}）" if said is None else said.format_map(given)


def near(word: str, known: Iterable[str]) -> str:
    """，是否想写“…”, where something known is like it."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"，是否想写“{found[0]}”" if found else ""


def _keys_at(path: Iterable[str | int]) -> list[str]:
    model: type[BaseModel] | None = Profile
    for key in path:
        if model is None:
            return []
        model = _model_under(model, str(key))
    return [] if model is None else [field.alias or name for name, field in model.model_fields.items()]


def _model_under(model: type[BaseModel], key: str) -> type[BaseModel] | None:
    """The model a field holds; a mapping's own key leads to the same model again."""
    for name, field in model.model_fields.items():
        if (field.alias or name) == key:
            return _first_model(field.annotation)
    return model


def _first_model(annotation: Any) -> type[BaseModel] | None:
    is_model: Callable[[Any], bool] = lambda each: isinstance(each, type) and issubclass(each, BaseModel)  # noqa: E731
    if is_model(annotation):
        return annotation  # type: ignore[no-any-return]
    for each in get_args(annotation):
        if (found := _first_model(each)) is not None:
            return found
    return None
