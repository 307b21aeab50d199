"""What is wrong with a request is told in Chinese, and of texts as of texts."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError

from kb_service.core.typed import Typed
from kb_service.core.web import invalid_from


class _Sent(BaseModel):
    title: Annotated[Typed, Field(min_length=2, max_length=5)] = "ab"
    kind: Literal["help", "report", "appeal"] = "help"
    items: list[int] = Field([1], min_length=1, max_length=2)


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"title": "a"}, "内容过短，至少 2 个字符"),
        ({"title": "abcdef"}, "内容过长，最多 5 个字符"),
        ({"kind": "wedding"}, "只能是 help、report、appeal"),
        ({"items": []}, "数量过少，至少 1 个"),
        ({"items": [1, 2, 3]}, "数量过多，最多 2 个"),
    ],
)
def test_a_wrong_value_is_told_in_chinese(sent: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as wrong:
        _Sent.model_validate(sent)
    (pointer,) = invalid_from([dict(each) for each in wrong.value.errors()]).pointers
    assert pointer["detail"] == told
