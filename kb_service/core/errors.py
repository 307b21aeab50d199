"""One error shape for programs and people.

    KbError                 400  error
    ├── Unauthenticated     401  unauthenticated
    ├── Forbidden           403  forbidden
    ├── NotFound            404  not_found
    ├── Conflict            409  conflict
    ├── TooLarge            413  too_large
    ├── Invalid             422  invalid
    ├── TooMany             429  too_many
    └── Unavailable         503  unavailable

`code` is stable and read by programs; `detail` is Chinese and tells a person what is wrong,
where, and what to do. Over HTTP it becomes application/problem+json (RFC 9457).
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypedDict


class Pointer(TypedDict):
    """One wrong place: an RFC 6901 pointer into what was sent, and what is wrong there."""

    pointer: str
    detail: str


class KbError(Exception):
    status: ClassVar[int] = 400
    default_code: ClassVar[str] = "error"
    title: ClassVar[str] = "请求有误"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        pointers: Sequence[Pointer] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.default_code
        self.pointers = list(pointers)
        self.extra = dict(extra or {})

    def problem(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            **self.extra,
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.pointers:
            body["errors"] = self.pointers
        return body


class Unauthenticated(KbError):
    status = 401
    default_code = "unauthenticated"
    title = "尚未登录"


class Forbidden(KbError):
    status = 403
    default_code = "forbidden"
    title = "没有权限"


class NotFound(KbError):
    status = 404
    default_code = "not_found"
    title = "没有找到"


class Conflict(KbError):
    status = 409
    default_code = "conflict"
    title = "与现有内容冲突"


class TooLarge(KbError):
    status = 413
    default_code = "too_large"
    title = "内容过大"


class Invalid(KbError):
    status = 422
    default_code = "invalid"
    title = "内容不符合要求"


class TooMany(KbError):
    status = 429
    default_code = "too_many"
    title = "请求过于频繁"


class Unavailable(KbError):
    status = 503
    default_code = "unavailable"
    title = "服务暂不可用"
