"""`kb serve` as a process: it starts, ends cleanly, and refuses what would be unsafe."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kb_service.core.clock import Clock
from kb_service.core.context import SYSTEM, Context
from kb_service.core.db import Database
from kb_service.identity.schemas import AccountIn
from kb_service.identity.service import people
from tests.support.city import small_city

STARTED = "按 Ctrl-C 停止"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(url: str, folder: Path, port: int, *options: str) -> Iterator[subprocess.Popen[str]]:
    environment = os.environ | {
        "KB_DATABASE_URL": url,
        "KB_VAR_DIR": str(folder),
        "KB_PORT": str(port),
        "KB_ENCODER": "none",
        "KB_DEMO_CITY": "false",
    }
    command = [sys.executable, "-m", "kb_service.cli", "serve", *options]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def read_until(process: subprocess.Popen[str], words: str) -> str:
    assert process.stderr is not None
    told = ""
    while words not in told:
        line = process.stderr.readline()
        if not line:
            pytest.fail(f"ended without saying “{words}”: {told}")
        told += line
    return told


def test_it_serves_and_ends_cleanly_on_ctrl_c(database_url: str, tmp_path: Path) -> None:
    port = free_port()
    with serving(database_url, tmp_path, port) as process:
        assert f"http://127.0.0.1:{port}/" in read_until(process, STARTED)
        ask = urllib.request.Request(f"http://127.0.0.1:{port}/healthz")
        while True:
            try:
                with urllib.request.urlopen(ask) as answer:
                    assert answer.status == 200
                break
            except urllib.error.URLError:
                assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=60)
        assert process.returncode == 0
        assert "服务已停止" in rest
        assert "Traceback" not in rest


def test_it_refuses_to_show_demo_accounts_to_other_machines(database_url: str, tmp_path: Path) -> None:
    database = Database(database_url)
    ctx = Context(SYSTEM, Clock().now())
    small_city(database, ctx)
    with database.write() as session:
        account = AccountIn(
            login="demo", name="演示", unit_code="U-ZX", roles=["agent"], password="a-long-password"
        )
        people.add_account(session, ctx, account, demo=True)
    database.dispose()
    with serving(database_url, tmp_path, free_port(), "--host", "0.0.0.0") as process:
        _, told = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "demo_accounts_exposed" in told


def test_a_port_in_use_is_told_with_what_to_do(database_url: str, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with serving(database_url, tmp_path, taken.getsockname()[1]) as process:
            _, told = process.communicate(timeout=60)
            assert process.returncode == 1
            assert "port_in_use" in told
            assert "KB_PORT" in told
