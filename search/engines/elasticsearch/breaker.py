"""A server that does not answer is left alone for a while, so that nobody waits for it in vain."""

import threading
from collections.abc import Callable


class Breaker:
    """Opens after so many failures in a row; when the pause is over, one caller tries."""

    def __init__(self, failures: int, pause_s: float, clock: Callable[[], float]) -> None:
        self._most = failures
        self._pause = pause_s
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._until = 0.0

    @property
    def open(self) -> bool:
        return self._failures >= self._most and self._clock() < self._until

    def allows(self) -> bool:
        with self._lock:
            if self._failures < self._most:
                return True
            if self._clock() < self._until:
                return False
            # Whoever comes next waits for what this one finds.
            self._until = self._clock() + self._pause
            return True

    def succeeded(self) -> None:
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            self._until = self._clock() + self._pause
