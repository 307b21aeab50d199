"""What every request to a public page passes before anything of it is read: where it comes from, how big it is."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import Message, Receive

from kb_service.core.errors import Forbidden, TooLarge
from kb_service.core.origin import from_own_page

LARGEST = 64 * 1024
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class PublicRoute(APIRoute):
    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            if request.method not in SAFE and not from_own_page(request.headers):
                raise Forbidden(
                    "这个请求不是从本网站的页面发出的，没有办理。请打开本网站的在线咨询页面再试。",
                    code="cross_site",
                )
            return await handle(Request(request.scope, _again(await _small_body(request), request.receive)))

        return guarded


async def _small_body(request: Request) -> bytes:
    """Questions and forms of citizens are small; nobody needs to send more."""
    read = b""
    async for chunk in request.stream():
        read += chunk
        if len(read) > LARGEST:
            raise TooLarge("内容过长，请精简后再提交。")
    return read


def _again(body: bytes, rest: Receive) -> Receive:
    """Hands out a body that was read already; what comes after it is what the client does next."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else await rest()

    return receive
