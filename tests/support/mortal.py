"""Processes that are killed at a numbered instant: the tests' counterpart of a power cut.

A module of mortal processes defines what one life does, and ends with `serve(live)`. A test starts that module
by `mortal`, once; each life is a fork of it, which costs no start.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
Live = Callable[..., list[str]]


class Reaper:
    """Kills its process when the instant comes; the first one is 1, and 0 never comes."""

    def __init__(self, instant: int) -> None:
        self._left = instant

    def due(self) -> bool:
        self._left -= 1
        return self._left == 0

    def passes(self) -> None:
        if self.due():
            strike()


def strike() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def serve(live: Callable[..., None]) -> None:
    """Lives once for each line of the input, with its words, and says `over` after each life."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            live(*line.split())
            print("done", flush=True)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        # Anything but the reaper's signal is a failure of the test itself.
        if status not in {0, signal.SIGKILL}:
            sys.exit(1)
        print("over", flush=True)


@contextmanager
def mortal(module: str) -> Iterator[Live]:
    """Lives one life with the words given; gives what it said, with `done` at the end if it met no death."""
    command = [sys.executable, "-m", module]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        given, told = process.stdin, process.stdout
        assert given is not None
        assert told is not None

        def live(*words: object) -> list[str]:
            given.write(" ".join(map(str, words)) + "\n")
            given.flush()
            said: list[str] = []
            while (line := told.readline().strip()) != "over":
                assert line, f"{module} broke down"
                said.append(line)
            return said

        yield live
        given.close()
