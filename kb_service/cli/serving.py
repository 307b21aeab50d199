"""`kb serve`: from a possibly empty folder to a running service."""

import gc
import logging
import socket
import sys
from collections.abc import Callable

import typer
import uvicorn
from sqlalchemy import select

from kb_service import app as wiring
from kb_service.core.errors import Forbidden, Unavailable
from kb_service.core.runtime import Runtime
from kb_service.core.settings import Settings
from kb_service.demo import loader
from kb_service.identity.model import Account, Unit
from kb_service.knowledge import indexing
from search.engines.errors import EngineError

Say = Callable[[str], None]
SWITCH_S = 0.0005


def serve(settings: Settings, say: Say) -> None:
    """Returns when the service was ended by Ctrl-C or a termination signal."""
    _require_free(settings)
    # The worker shares the process: at Python's 5 ms it would hold up a search at each of its many small steps.
    sys.setswitchinterval(SWITCH_S)
    parts = wiring.build_runtime(settings)
    try:
        wiring.prepare_database(parts)
        if settings.demo_city and _is_empty(parts):
            loader.load_demo_city(parts, say)
        _refuse_demo_abroad(parts)
        if not parts.engine.health().ready:
            say("索引不可用，正在按数据库重建…")
            _rebuild(parts, say)
        _announce(parts, say)
        logging.basicConfig(
            level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
        )
        config = uvicorn.Config(
            wiring.create_app(parts),
            host=settings.host,
            port=settings.port,
            log_level="warning",
            access_log=False,
            # What is sent over a socket is bounded before it is read into memory.
            ws_max_size=64 * 1024,
            # Those who follow changes would never leave by themselves.
            timeout_graceful_shutdown=5,
        )
        # What was made so far stays: looking through all of it for garbage would stop every request for 0.3 s.
        gc.freeze()
        uvicorn.Server(config).run()
    except KeyboardInterrupt:
        pass
    finally:
        parts.engine.close()
        parts.database.dispose()
        say("服务已停止")


def _rebuild(parts: Runtime, say: Say) -> None:
    """Without an index the service still answers, from the database; it is built as soon as that can be done."""
    try:
        indexing.rebuild(parts.database, parts.engine, parts.clock)
    except EngineError as error:
        say(f"索引未能重建：{error}服务照常启动，检索暂由数据库代替。")


def _require_free(settings: Settings) -> None:
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise Unavailable(
                f"{settings.host}:{settings.port} 已被占用或不可用，请停止占用它的程序，或用 KB_PORT 换一个端口。",
                code="port_in_use",
            ) from error


def _is_empty(parts: Runtime) -> bool:
    with parts.database.read() as session:
        return session.execute(select(Unit.id).limit(1)).first() is None


def _refuse_demo_abroad(parts: Runtime) -> None:
    """Demo accounts have a password everybody knows: they are for this machine alone."""
    if parts.settings.local_only:
        return
    with parts.database.read() as session:
        demo = session.execute(
            select(Account.id).where(Account.demo.is_(True), Account.active.is_(True)).limit(1)
        )
        if demo.first() is not None:
            raise Forbidden(
                f"库中有演示账号，不能在 {parts.settings.host} 上对外提供服务。"
                "请改用 127.0.0.1，或停用演示账号，或另建正式库（KB_DEMO_CITY=false）。",
                code="demo_accounts_exposed",
            )


def _announce(parts: Runtime, say: Say) -> None:
    settings = parts.settings
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"http://{host}:{settings.port}"
    say("")
    say(typer.style(f"  控制台  {address}/", bold=True))
    say(f"  公众咨询 {address}/chat")
    with parts.database.read() as session:
        accounts = loader.demo_accounts(session)
    if accounts:
        say("")
        say(f"  演示账号（密码均为 {loader.DEMO_PASSWORD}）：")
        for each in accounts:
            say(f"    {each.login:<16} {each.roles}（{each.name}）")
    say("")
    say("  按 Ctrl-C 停止")
