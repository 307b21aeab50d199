"""A throw-away Elasticsearch in a temporary folder, started by the first test that asks and shared by all workers.

`KB_TEST_ELASTICSEARCH` names a server to use instead (`http://…`), or the folder of a distribution to start.
"""

import contextlib
import fcntl
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

VARIABLE = "KB_TEST_ELASTICSEARCH"
RUN_VARIABLE = "KB_TEST_ELASTICSEARCH_RUN"
START_TIMEOUT_S = 180
STOP_TIMEOUT_S = 60
_LEFT_RUNNING: list[subprocess.Popen[bytes]] = []
_LAUNCHER = Path("bin/elasticsearch-cli")
# A server that lives for minutes is sooner done with code compiled once and lightly: it starts with half the work.
_JVM = """-Xms{heap}
-Xmx{heap}
-XX:+UseSerialGC
-XX:TieredStopAtLevel=1
-XX:-AlwaysPreTouch
-XX:-UsePerfData
-XX:+ExitOnOutOfMemoryError
-Djava.io.tmpdir=${{ES_TMPDIR}}
20-:--add-modules=jdk.incubator.vector
"""
_LOG = """status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p] %m%consoleException%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
"""
# Ends the server when the process that wanted it is gone, however it went.
_WATCH = """
import os, signal, sys, time
owner, server = map(int, sys.argv[1:])
try:
    while True:
        os.kill(server, 0)
        if os.getppid() == 0 or not os.path.exists(f"/proc/{owner}"):
            os.killpg(server, signal.SIGKILL)
        time.sleep(1)
except ProcessLookupError:
    pass
"""


def find_distribution() -> Path | None:
    """The folder named by the variable, where it holds a distribution that can be started here."""
    named = os.environ.get(VARIABLE, "")
    if not named or "://" in named or shutil.which("java") is None:
        return None
    found = [
        Path(named),
        *sorted(Path(named).glob("*/elasticsearch")),
        *sorted(Path(named).glob("elasticsearch-*")),
    ]
    return next((folder.resolve() for folder in found if (folder / _LAUNCHER).exists()), None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class ElasticsearchServer:
    """One node on this machine alone; `kill` and `start` again keep its data."""

    def __init__(self, home: Path, heap: str = "1g") -> None:
        self.home = home
        self.folder = Path(tempfile.mkdtemp(prefix="kb-es-"))
        self.port = free_port()
        self.heap = heap
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._configure()
        java = Path(shutil.which("java") or "java").resolve().parent.parent
        environment = {
            "PATH": os.environ["PATH"],
            "ES_JAVA_HOME": str(java),
            "ES_PATH_CONF": str(self.folder / "conf"),
            "ES_TMPDIR": str(self.folder / "tmp"),
            "CLI_NAME": "server",
            "CLI_LIBS": "lib/tools/server-cli",
        }
        with (self.folder / "console.log").open("ab") as log:
            self.process = subprocess.Popen(
                ["bash", self.home / _LAUNCHER],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                user=_server_user(),
                start_new_session=True,
            )
        self._await_readiness()

    def kill(self) -> None:
        """As when a machine loses its power."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(STOP_TIMEOUT_S)
            self.process = None

    def stop(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _configure(self) -> None:
        for name in ("conf", "data", "logs", "tmp"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        settings = {
            "cluster.name": "kb-test",
            "node.name": "kb-test",
            "path.data": self.folder / "data",
            "path.logs": self.folder / "logs",
            "network.host": "127.0.0.1",
            "http.port": self.port,
            "transport.port": free_port(),
            "discovery.type": "single-node",
            "xpack.security.enabled": "false",
            "cluster.routing.allocation.disk.threshold_enabled": "false",
            "action.destructive_requires_name": "false",
        }
        lines = [f"{name}: {value}" for name, value in settings.items()]
        (self.folder / "conf" / "elasticsearch.yml").write_text("\n".join(lines) + "\n")
        (self.folder / "conf" / "jvm.options").write_text(_JVM.format(heap=self.heap))
        (self.folder / "conf" / "log4j2.properties").write_text(_LOG)
        user = _server_user()
        if user is not None:
            for path in (self.folder, *self.folder.rglob("*")):
                shutil.chown(path, user)

    def _await_readiness(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not answers(self.url):
            ended = self.process is not None and self.process.poll() is not None
            if ended or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "console.log").read_text(errors="replace")[-4_000:])
            time.sleep(0.2)


def answers(url: str) -> bool:
    try:
        with urlopen(f"{url}/_cluster/health?wait_for_status=yellow&timeout=1s", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def shared_server(home: Path, run: Path, owner: int) -> str:
    """The address of the run's one server, started by whichever worker comes first; `owner` is who ends it."""
    run.mkdir(parents=True, exist_ok=True)
    address = run / "address"
    with (run / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not address.exists():
            server = ElasticsearchServer(home)
            (run / "folder").write_text(str(server.folder))
            server.start()
            assert server.process is not None
            pid = str(server.process.pid)
            watch = subprocess.Popen([sys.executable, "-c", _WATCH, str(owner), pid], start_new_session=True)
            # Both outlive this worker, and nobody here waits for them.
            _LEFT_RUNNING.extend((server.process, watch))
            (run / "pid").write_text(pid)
            address.write_text(server.url)
    return address.read_text()


def end_shared(run: Path) -> None:
    pid = run / "pid"
    if pid.exists():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(int(pid.read_text()), signal.SIGKILL)
            deadline = time.monotonic() + STOP_TIMEOUT_S
            while time.monotonic() < deadline:
                os.killpg(int(pid.read_text()), 0)
                time.sleep(0.1)
    folder = run / "folder"
    if folder.exists():
        shutil.rmtree(folder.read_text(), ignore_errors=True)
    shutil.rmtree(run, ignore_errors=True)


def _server_user() -> str | None:
    """Elasticsearch refuses to run as root; anyone else runs it themselves."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "nobody" if "nobody" in names else None
