"""What is wrong with a profile file, told in Chinese to the person who wrote it."""

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
    return _MESSAGES.get(kind, f"不符合要求（{error['msg']}）")


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
