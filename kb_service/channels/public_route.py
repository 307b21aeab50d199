"""What every request to a public page passes before anything of it is read: where it comes from, how big it is."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import Message

from kb_service.channels.origin import from_own_page
from kb_service.core.errors import Forbidden, TooLarge

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
            return await handle(Request(request.scope, _bounded(request)))

        return guarded


def _bounded(request: Request) -> Callable[[], Coroutine[Any, Any, Message]]:
    """Questions and forms of citizens are small; nobody needs to send more."""
    received = 0

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > LARGEST:
            raise TooLarge("内容过长，请精简后再提交。")
        return message

    return receive
