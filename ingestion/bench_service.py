"""How the service itself serves many who type at once: started anew on a filled base and asked over HTTP."""

import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from itertools import cycle
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from ingestion.bench import UNIT, fill
from kb_service.core.context import SYSTEM, Context
from kb_service.core.errors import Unavailable
from kb_service.core.runtime import Runtime
from kb_service.identity.service import logins
from kb_service.knowledge import jobs
from search.bench.corpus import SEED, make_asked
from search.bench.measure import quantile, resident_mb

KEYS: Final = 8
KEY_S: Final = 0.2
EVERY_S: Final = 20.0
STARTS_WITHIN_S: Final = 60.0
LOOK_S: Final = 0.02
SETTLES_WITHIN_S: Final = 900.0
QUIET_S: Final = 3.0
# Of one processor, in looking for work.
IDLE: Final = 0.25
_MS: Final = 1_000


def bench_service(
    parts: Runtime, points: int, agents: int, seconds: int, say: Callable[[str], None]
) -> dict[str, Any]:
    """Milliseconds of searches as agents type, on an empty base that is filled first.

    Each agent types the first keys of a question every 20 seconds, a key each 0.2 s, over a connection of its
    own for each question; every key is a search. Those who ask share the processors with the service, which is
    a process of its own. Closes the parts.
    """
    fill(parts, points)
    say(f"{points} 个知识点已发布，正在建索引")
    while jobs.drain_batches(parts) or jobs.drain(parts):
        pass
    token = _token(parts)
    parts.engine.close()
    parts.database.dispose()
    asked = [text for text, _ in make_asked(points, agents * 4)]
    with _served(parts) as (process, port, started):
        resident = resident_mb(process.pid)
        say(f"服务已启动，用时 {started:.1f} 秒，等待首次检查等后台任务做完")
        settled = _settled_s(process.pid)
        say(f"{agents} 人同时输入 {seconds} 秒")
        times, failed = _type(port, token, asked, agents, seconds)
        return {
            "points": points,
            "agents": agents,
            "seconds": seconds,
            "database": parts.database.dialect_name,
            "cpus": os.cpu_count(),
            "startup_s": round(started, 2),
            "settled_s": round(settled, 1),
            "rss_started_mb": resident,
            "rss_mb": resident_mb(process.pid),
            "requests": len(times),
            "failed": failed,
            "p50_ms": quantile(times, 0.5),
            "p95_ms": quantile(times, 0.95),
            "max_ms": round(times[-1], 2),
        }


def _token(parts: Runtime) -> str:
    ctx = Context(SYSTEM, parts.clock.now())
    with parts.database.write() as session:
        return logins.create_token(session, ctx, role="agent", unit_code=UNIT, name="bench")


@contextmanager
def _served(parts: Runtime) -> Iterator[tuple[subprocess.Popen[bytes], int, float]]:
    """The process of `kb serve` on the base, its port, and after how many seconds it answered."""
    settings, port = parts.settings, _free_port()
    environment = os.environ | {
        "KB_VAR_DIR": str(settings.var_dir),
        "KB_DATABASE_URL": settings.database_url,
        "KB_ENCODER": settings.encoder,
        "KB_DEMO_CITY": "false",
        "KB_HOST": "127.0.0.1",
        "KB_PORT": str(port),
    }
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "kb_service.cli", "serve"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not _answers(port):
            if process.poll() is not None or time.perf_counter() - begun > STARTS_WITHIN_S:
                raise Unavailable("服务没有启动，请先用 kb serve 查看原因。", code="cannot_measure")
            time.sleep(LOOK_S)
        yield process, port, time.perf_counter() - begun
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=STARTS_WITHIN_S)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _settled_s(pid: int) -> float:
    """Seconds until the first checks of all that was filled in are done: they come once, in the service's process."""
    begun, before = time.perf_counter(), _worked_s(pid)
    while time.perf_counter() - begun < SETTLES_WITHIN_S:
        time.sleep(QUIET_S)
        now = _worked_s(pid)
        if now - before < IDLE * QUIET_S:
            break
        before = now
    return time.perf_counter() - begun


def _worked_s(pid: int) -> float:
    """Processor seconds that the process has used."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _type(port: int, token: str, asked: list[str], agents: int, seconds: int) -> tuple[list[float], int]:
    """Sorted milliseconds of the answers, and how many were none."""
    told: list[float | None] = []
    ended = threading.Event()

    def agent(number: int) -> None:
        mine = cycle(asked[number::agents])
        connection = HTTPConnection("127.0.0.1", port, timeout=STARTS_WITHIN_S)
        # They do not begin in step.
        pause = random.Random(SEED + number).random() * EVERY_S  # noqa: S311
        while not ended.wait(pause):
            begun = time.perf_counter()
            text = next(mine)
            for length in range(1, min(KEYS, len(text)) + 1):
                sent = time.perf_counter()
                told.append(_searched_ms(connection, token, text[:length]))
                if ended.wait(max(0.0, KEY_S - (time.perf_counter() - sent))):
                    break
            # The service closes what is idle until the next question; it is opened anew by itself.
            connection.close()
            pause = max(0.0, EVERY_S - (time.perf_counter() - begun))

    with ThreadPoolExecutor(agents) as pool:
        for number in range(agents):
            pool.submit(agent, number)
        time.sleep(seconds)
        ended.set()
    times = sorted(took for took in told if took is not None)
    if not times:
        raise Unavailable("没有一次检索得到答复，无法测量。", code="cannot_measure")
    return times, len(told) - len(times)


def _searched_ms(connection: HTTPConnection, token: str, text: str) -> float | None:
    """None where there was no answer."""
    headers = {"Authorization": f"Bearer {token}"}
    sent = time.perf_counter()
    try:
        connection.request("GET", f"/api/v1/search?as_you_type=true&q={quote(text)}", headers=headers)
        answer = connection.getresponse()
        answer.read()
    except (OSError, HTTPException):
        return None
    return (time.perf_counter() - sent) * _MS if answer.status == 200 else None
