"""Commands that run the service or its parts."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from kb_service.cli.output import Json, report, say, timed

if TYPE_CHECKING:
    from kb_service.core.context import Context
    from kb_service.core.runtime import Runtime

db = typer.Typer(help="数据库", no_args_is_help=True)
index = typer.Typer(help="检索索引", no_args_is_help=True)
job = typer.Typer(help="后台任务", no_args_is_help=True)


@contextmanager
def _loading() -> Iterator[None]:
    """What is loaded stays, so it is not looked through for garbage meanwhile."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def runtime(*, migrate: bool = False, search: bool = True) -> "Iterator[Runtime]":
    with _loading():
        from kb_service import app
        from kb_service.core.settings import get_settings

    parts = app.build_runtime(get_settings(), search=search)
    try:
        if migrate:
            app.prepare_database(parts)
        else:
            app.require_current(parts)
        yield parts
    finally:
        parts.engine.close()
        parts.database.dispose()


def system(parts: "Runtime") -> "Context":
    from kb_service.core.context import SYSTEM, Context

    return Context(SYSTEM, parts.clock.now())


def serve(
    host: Annotated[str, typer.Option(help="监听地址；默认取设置 KB_HOST")] = "",
    port: Annotated[int, typer.Option(help="端口；默认取设置 KB_PORT")] = 0,
) -> None:
    """启动服务：迁移数据库，空库则装入演示城市，然后提供服务。"""
    with _loading():
        from kb_service.cli import serving
        from kb_service.core.settings import get_settings

    chosen = get_settings()
    changes = {key: value for key, value in (("host", host), ("port", port)) if value}
    serving.serve(chosen.model_copy(update=changes), say)


def worker() -> None:
    """只运行后台任务（生产环境与接口进程分开时使用）。"""
    import signal

    from kb_service import app
    from kb_service.core.worker import Worker

    with runtime(migrate=True) as parts:
        running = Worker(parts, app.JOBS)
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: running.stop())
        say("后台任务已启动，按 Ctrl-C 结束")
        running.run()


@db.command("migrate")
def migrate(as_json: Json = False) -> None:
    """把数据库升级到本版本的表结构。"""
    with runtime(migrate=True, search=False) as parts:
        report({"database": parts.database.dialect_name, "current": True}, as_json, ["数据库已是最新结构"])


@index.command("rebuild")
def rebuild(
    override: Annotated[str, typer.Option(help="换用向量模型而有检验用例退步时，仍要换用的理由")] = "",
    login: Annotated[str, typer.Option(help="放行人的登录名，须有检索管理权限")] = "",
    as_json: Json = False,
) -> None:
    """按数据库重建检索索引；期间检索照常。换用另一个向量模型时，先通过检验用例。"""
    from dataclasses import asdict

    from kb_service.knowledge import indexing
    from kb_service.knowledge.golden.service import models

    with runtime() as parts, timed("重建索引"):
        models.require_encoder(parts, override, login, say)
        done = indexing.rebuild(
            parts.database, parts.engine, parts.clock, lambda count: say(f"  已处理 {count} 个知识点")
        )
    lines = [f"{done.points} 个知识点，{done.documents} 个段落，用时 {done.seconds:.1f} 秒"]
    report(asdict(done), as_json, lines)


@index.command("health")
def health(as_json: Json = False) -> None:
    """查看索引状态。"""
    from dataclasses import asdict

    with runtime() as parts:
        report(asdict(parts.engine.health()), as_json)


@job.command("run")
def job_run(name: str, as_json: Json = False) -> None:
    """立即运行一个后台任务，直到没有可做的。"""
    from kb_service import app

    chosen = app.job_named(name)
    run = chosen.by_hand or chosen.run
    done = 0
    with runtime() as parts:
        while some := run(parts):
            done += some
    report({"job": name, "done": done}, as_json, [f"{name}：处理 {done} 项"])


@job.command("list")
def job_list(as_json: Json = False) -> None:
    """列出后台任务。"""
    from kb_service import app

    rows = [
        {"name": each.name, "about": each.about, "every_s": each.every_s, "at_once": each.at_once}
        for each in app.JOBS
    ]
    shown = [
        f"{each.name:<24} 每 {each.every_s:g} 秒{'，有变更时即时' if each.at_once else ''}  {each.about}"
        for each in app.JOBS
    ]
    report({"jobs": rows}, as_json, shown)
