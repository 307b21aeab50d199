"""Who is asking: the session cookie or token of a request, and what its route demands of it.

Every route declares `requires("permission")` or `public()`; `check_routes` refuses to start an
application in which one does not.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, WebSocket
from fastapi.params import Depends as DependsMarker
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.requests import HTTPConnection
from starlette.routing import Mount

from kb_service.core.context import PUBLIC, Actor, Context
from kb_service.core.errors import Forbidden, Unauthenticated
from kb_service.core.ids import new_id
from kb_service.core.origin import from_own_page
from kb_service.core.runtime import Runtime
from kb_service.core.web import RuntimeDep
from kb_service.identity.model import LoginSession
from kb_service.identity.rules import PERMISSIONS
from kb_service.identity.service import actors, logins

COOKIE = "kb_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


async def _csrf_sent(request: Request) -> str:
    header = request.headers.get("x-csrf-token", "")
    if header or request.method in SAFE_METHODS:
        return header
    if request.headers.get("content-type", "").startswith(FORMS):
        value = (await request.form()).get("csrf_token", "")
        return value if isinstance(value, str) else ""
    return ""


def _context(request: Request, parts: RuntimeDep, csrf_sent: Annotated[str, Depends(_csrf_sent)]) -> Context:
    now = parts.clock.now()
    actor, session_id = _identify(request, parts, csrf_sent)
    source = request.client.host if request.client else ""
    return Context(actor, now, getattr(request.state, "request_id", ""), source, session_id)


def _identify(request: Request, parts: Runtime, csrf_sent: str) -> tuple[Actor, str]:
    actor, login = _who(request, parts)
    if login is None:
        return actor, ""
    if request.method not in SAFE_METHODS and csrf_sent != login.csrf:
        raise Forbidden("页面已过期，为安全起见操作没有生效。请刷新页面后重试。", code="bad_csrf")
    logins.touch(parts.database, login, parts.clock.now())
    request.state.csrf = login.csrf
    return actor, login.id


def _who(connection: HTTPConnection, parts: Runtime) -> tuple[Actor, LoginSession | None]:
    """By token or by session; nobody in particular where neither is sent."""
    now = parts.clock.now()
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    with parts.database.read() as session:
        if scheme.lower() == "bearer":
            actor = logins.actor_of_token(session, now, token.strip())
            if actor is None:
                raise Unauthenticated("接口令牌无效、已过期或已撤销。", code="bad_token")
            return actor, None
        cookie = connection.cookies.get(COOKIE, "")
        found = logins.find_session(session, parts.settings, now, cookie) if cookie else None
        if found is None:
            return PUBLIC, None
        login, account = found
        return actors.of_account(session, account, "session"), login


def of_socket(socket: WebSocket, parts: Runtime, permission: str) -> Context:
    """Who speaks on a socket now. A browser's session counts only from a page of our own: sockets know no CSRF
    token. Asked again while the socket lives, as people log out and tokens are revoked.
    """
    actor, login = _who(socket, parts)
    if login is not None and not from_own_page(socket.headers):
        raise Forbidden("这个连接不是从本系统的页面发起的，没有接受。", code="cross_site")
    actor.require(permission)
    if login is not None:
        logins.touch(parts.database, login, parts.clock.now())
    source = socket.client.host if socket.client else ""
    return Context(actor, parts.clock.now(), new_id(), source, login.id if login else "")


Ctx = Annotated[Context, Depends(_context)]


class Access:
    """What a route demands: `permission` None means that anyone may call it. It asks nobody, so it needs no thread."""

    def __init__(self, permission: str | None) -> None:
        if permission is not None and permission not in PERMISSIONS:
            raise ValueError(f"unknown permission {permission}")
        self.permission = permission

    async def __call__(self, ctx: Ctx) -> None:
        if self.permission is not None:
            ctx.actor.require(self.permission)


def requires(permission: str) -> Any:
    return Depends(Access(permission))


def public() -> Any:
    return Depends(Access(None))


class SignedIn(Access):
    """Any logged-in person or token, whatever its role."""

    def __init__(self) -> None:
        super().__init__(None)

    async def __call__(self, ctx: Ctx) -> None:
        if ctx.actor is PUBLIC:
            raise Unauthenticated("请先登录。")


class SocketAccess(Access):
    """The same for a socket; who may not is told so before the connection is accepted."""

    def __call__(self, socket: WebSocket, parts: RuntimeDep) -> None:  # type: ignore[override]
        if self.permission is not None:
            of_socket(socket, parts, self.permission)


def requires_on_socket(permission: str) -> Any:
    return Depends(SocketAccess(permission))


def signed_in() -> Any:
    return Depends(SignedIn())


class AnyOf(Access):
    """One of several permissions is enough; what each of them allows is the service's to check."""

    def __init__(self, permissions: tuple[str, ...]) -> None:
        super().__init__(permissions[0])
        self.permissions = tuple(Access(permission).permission or "" for permission in permissions)

    async def __call__(self, ctx: Ctx) -> None:
        if not any(ctx.actor.may(permission) for permission in self.permissions):
            ctx.actor.require(self.permissions[0])


def requires_any(*permissions: str) -> Any:
    return Depends(AnyOf(permissions))


def routes(app: FastAPI) -> Iterator[tuple[RouteContext, Access | None]]:
    """Every route with what it demands; those of included routers too, mounted static files not."""
    for route in iter_route_contexts(app.routes):
        if not isinstance(route.original_route, Mount):
            yield route, _access_of(getattr(route, "dependencies", ()))


def _access_of(dependencies: Sequence[DependsMarker]) -> Access | None:
    for dependency in dependencies:
        if isinstance(dependency.dependency, Access):
            return dependency.dependency
    return None


def check_routes(app: FastAPI) -> None:
    missing = sorted(str(route.path) for route, access in routes(app) if access is None)
    if missing:
        raise RuntimeError(f"routes without requires() or public(): {', '.join(missing)}")
