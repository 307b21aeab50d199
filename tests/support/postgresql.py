"""A throw-away PostgreSQL server in a temporary folder, reached by its socket alone."""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
from psycopg import sql

PR_SET_PDEATHSIG = 1
START_TIMEOUT_S = 30


def find_binaries() -> Path | None:
    """The folder with initdb and postgres of the newest PostgreSQL on this machine."""
    known = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    on_path = shutil.which("initdb")
    candidates = [*reversed(known), *([Path(on_path).resolve().parent] if on_path else [])]
    return next((folder for folder in candidates if (folder / "postgres").exists()), None)


def _server_user() -> str | None:
    """PostgreSQL refuses to run as root; anyone else runs it themselves."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


class PostgresServer:
    """Durability is off: the data does not outlive the process."""

    def __init__(self, binaries: Path) -> None:
        self.binaries = binaries
        self.user = _server_user()
        self.folder = Path(tempfile.mkdtemp(prefix="kb-pg-"))
        self.process: subprocess.Popen[bytes] | None = None
        if self.user:
            shutil.chown(self.folder, self.user)

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://kb@/postgres?host={self.folder}"

    def start(self) -> None:
        data = self.folder / "data"
        settings = {
            "fsync": "off",
            "full_page_writes": "off",
            "synchronous_commit": "off",
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "max_connections": "200",
            "shared_buffers": "64MB",
            "autovacuum": "off",
        }
        self._run("initdb", "-D", data, "-U", "kb", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [self.binaries / "postgres", "-D", data, *options],
                user=self.user,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                # The server must not outlive a killed test run; no thread runs yet that could hold a lock here.
                preexec_fn=_die_with_parent,  # noqa: PLW1509
            )
        self._await_readiness()

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=START_TIMEOUT_S)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str | Path) -> None:
        done = subprocess.run(
            [self.binaries / program, *arguments],
            user=self.user,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr.strip()}")

    def _await_readiness(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                psycopg.connect(host=str(self.folder), user="kb", dbname="postgres").close()
            except psycopg.OperationalError:
                ended = self.process is not None and self.process.poll() is not None
                if ended or time.monotonic() > deadline:
                    raise RuntimeError((self.folder / "log").read_text(errors="replace")) from None
                time.sleep(0.05)
            else:
                return


def create_database(admin_url: str, name: str, *, template: str | None = None) -> None:
    """From PostgreSQL 15 on, copying files is by half cheaper than the usual way, which logs every page."""
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
        sql.Identifier(name), sql.Identifier(template or "template1")
    )
    with _connected(admin_url) as connection:
        if connection.info.server_version >= 150000:
            statement += sql.SQL(" STRATEGY FILE_COPY")
        connection.execute(statement)


def drop_database(admin_url: str, name: str) -> None:
    with _connected(admin_url) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _connected(admin_url: str) -> psycopg.Connection:
    return psycopg.connect(admin_url.replace("postgresql+psycopg://", "postgresql://", 1), autocommit=True)
