"""The web edge: sessions per request, idempotent creation, errors as problem+json."""

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any

from anyio import CancelScope, CapacityLimiter, to_thread
from fastapi import Depends, FastAPI, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from kb_service.core import idempotency
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Invalid, KbError, Pointer
from kb_service.core.runtime import Runtime

log = logging.getLogger(__name__)
PROBLEM = "application/problem+json"


async def runtime(connection: HTTPConnection) -> Runtime:
    """Of a request or of a socket. Not worth a thread, which each dependency gets that is no coroutine."""
    found: Runtime = connection.app.state.runtime
    return found


RuntimeDep = Annotated[Runtime, Depends(runtime)]


async def _reader(parts: RuntimeDep) -> AsyncIterator[ReadSession]:
    """Opens nothing by itself: that is left to the first statement, in the thread of the route."""
    session = parts.database.read()
    try:
        yield session
    finally:
        if session.in_transaction():
            # Not one of the threads that routes wait in: those may all be waiting for this connection.
            with CancelScope(shield=True):
                await to_thread.run_sync(session.close, limiter=CapacityLimiter(1))


def _writer(parts: RuntimeDep) -> Iterator[WriteSession]:
    with parts.database.write() as session:
        yield session


# Function scope: the transaction is committed before the answer that acknowledges it is sent.
Reader = Annotated[ReadSession, Depends(_reader, scope="function")]
Writer = Annotated[WriteSession, Depends(_writer, scope="function")]


async def _body(request: Request) -> bytes:
    return await request.body()


def as_json(out: BaseModel) -> Response:
    """For doors that are asked with each key: made in the thread at hand, where FastAPI would take another."""
    return Response(out.model_dump_json(by_alias=True), media_type="application/json")


class Once:
    """Carries out a creating request once for each Idempotency-Key, and repeats its answer afterwards."""

    def __init__(
        self,
        request: Request,
        parts: RuntimeDep,
        body: Annotated[bytes, Depends(_body)],
        idempotency_key: Annotated[str, Header()] = "",
    ) -> None:
        self._key, self._cipher = idempotency_key, parts.cipher
        self._fingerprint = idempotency.fingerprint(request.method, request.url.path, body)

    def run(
        self, session: WriteSession, ctx: Context, make: Callable[[], BaseModel], status: int = 201
    ) -> Response:
        if not self._key:
            return JSONResponse(make().model_dump(mode="json", by_alias=True), status)
        key = idempotency.scoped(ctx, self._key)
        stored = idempotency.claim(session, ctx, key, self._fingerprint)
        if stored is not None:
            told = idempotency.opened(self._cipher, key, stored)
            return JSONResponse(told, stored.status, headers={"Idempotency-Replayed": "true"})
        body = make().model_dump(mode="json", by_alias=True)
        idempotency.keep(session, key, status, idempotency.sealed(self._cipher, key, body))
        return JSONResponse(body, status)


OnceDep = Annotated[Once, Depends(Once)]


def problem(error: KbError) -> JSONResponse:
    return JSONResponse(error.problem(), error.status, media_type=PROBLEM)


def pointer(location: tuple[Any, ...]) -> str:
    return "/" + "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in location)


_MESSAGES = {
    "missing": "缺少此项",
    "string_too_long": "内容过长，最多 {max_length} 个字符",
    "string_too_short": "内容过短，至少 {min_length} 个字符",
    "too_long": "数量过多，最多 {max_length} 个",
    "too_short": "数量过少，至少 {min_length} 个",
    "int_parsing": "应为整数",
    "int_type": "应为整数",
    "float_parsing": "应为数字",
    "bool_parsing": "应为 true 或 false",
    "string_type": "应为文字",
    "list_type": "应为列表",
    "dict_type": "应为对象",
    "model_attributes_type": "应为对象",
    "enum": "只能是 {expected}",
    "literal_error": "只能是 {expected}",
    "greater_than_equal": "不能小于 {ge}",
    "greater_than": "必须大于 {gt}",
    "less_than_equal": "不能大于 {le}",
    "less_than": "必须小于 {lt}",
    "string_pattern_mismatch": "格式不符",
    "json_invalid": "不是合法的 JSON",
    "extra_forbidden": "不认识此项，请删去",
    "date_from_datetime_parsing": "日期不存在或格式不符，应如 2026-01-31",
    "date_parsing": "日期不存在或格式不符，应如 2026-01-31",
    "datetime_parsing": "时间不存在或格式不符，应如 2026-01-31T09:00:00+08:00",
    "datetime_from_date_parsing": "时间不存在或格式不符，应如 2026-01-31T09:00:00+08:00",
    "timezone_aware": "时间须带时区，如 2026-01-31T09:00:00+08:00",
    "union_tag_invalid": "类型 {tag} 不存在，只能是 {expected_tags}",
    "union_tag_not_found": "缺少类型",
}


def in_chinese(error: dict[str, Any]) -> str:
    """One Pydantic error in words a clerk understands."""
    if error["type"] == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    kind, given = error["type"], error.get("ctx", {})
    if isinstance(error.get("input"), str):
        # A text that is counted as a list of characters.
        kind = {"too_short": "string_too_short", "too_long": "string_too_long"}.get(kind, kind)
    if "expected" in given:
        listed = str(given["expected"]).replace(" or ", "、").replace(", ", "、").replace("'", "")
        given = {**given, "expected": listed}
    return _MESSAGES.get(kind, "内容不符合要求").format(**given)


def invalid_from(errors: list[dict[str, Any]]) -> Invalid:
    pointers: list[Pointer] = [
        {"pointer": pointer(tuple(error["loc"])), "detail": in_chinese(error)} for error in errors
    ]
    places = "；".join(f"{item['pointer']} {item['detail']}" for item in pointers[:3])
    return Invalid(
        f"提交的内容有 {len(pointers)} 处不符合要求：{places}。请改正后重新提交。", pointers=pointers
    )


_HTTP_DETAILS = {
    400: ("bad_json", "请求的内容不是有效的 JSON，或者套了太多层。"),
    404: ("not_found", "没有这个地址，请检查链接是否完整。"),
    405: ("method_not_allowed", "这个地址不支持此种操作。"),
}


def _from_http(error: HTTPException) -> JSONResponse:
    code, detail = _HTTP_DETAILS.get(error.status_code, ("error", str(error.detail)))
    body = {
        "type": "about:blank",
        "title": detail,
        "status": error.status_code,
        "code": code,
        "detail": detail,
    }
    return JSONResponse(body, error.status_code, headers=error.headers, media_type=PROBLEM)


def _from_database(error: Exception) -> JSONResponse:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": "与现有内容冲突",
        "status": 409,
        "code": "conflict",
    }
    body["detail"] = "内容刚被其他人改动，您的操作没有生效。请刷新后重试。"
    if isinstance(error, DataError):
        body |= {"title": "内容不符合要求", "status": 422, "code": "bad_characters"}
        body["detail"] = "内容中有数据库不能保存的字符或过大的数值，您的操作没有生效。请删去特殊字符后重试。"
    if isinstance(error, OperationalError):
        body |= {"title": "服务暂不可用", "status": 503, "code": "database_busy"}
        body["detail"] = "数据库正忙，您的操作没有生效，请稍候重试。"
    log.warning("database refused a write: %s", type(error).__name__)
    return JSONResponse(body, body["status"], media_type=PROBLEM)


def _last_resort(request: Request) -> JSONResponse:
    body = {"type": "about:blank", "title": "系统出错", "status": 500, "code": "internal"}
    body["detail"] = (
        f"系统出错，已记录，编号 {getattr(request.state, 'request_id', '')}。请稍后重试，或将编号告知系统管理员。"
    )
    return JSONResponse(body, 500, media_type=PROBLEM)


Renderer = Callable[[Request, JSONResponse], Response]


def install_error_handlers(app: FastAPI, render: Renderer) -> None:
    """`render` may turn a problem into a page for a browser; programs always get problem+json."""

    @app.exception_handler(KbError)
    async def known(request: Request, error: KbError) -> Response:
        return render(request, problem(error))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return render(request, problem(invalid_from([dict(item) for item in error.errors()])))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        return render(request, _from_http(error))

    async def database(request: Request, error: Exception) -> Response:
        return render(request, _from_database(error))

    for refused in (IntegrityError, OperationalError, DataError):
        app.add_exception_handler(refused, database)

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> Response:
        log.error("unexpected error", exc_info=error)
        return render(request, _last_resort(request))
