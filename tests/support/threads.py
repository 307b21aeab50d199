"""Doing the same thing many times at once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def together(act: Callable[[], T], times: int) -> list[T]:
    """Starts all calls at the same moment and returns what each gave; an error is raised."""
    gate = threading.Barrier(times)

    def run() -> T:
        gate.wait()
        return act()

    with ThreadPoolExecutor(times) as pool:
        return [future.result() for future in [pool.submit(run) for _ in range(times)]]
