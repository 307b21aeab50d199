"""A process that dies at a numbered instant while it writes an index: the tests' counterpart of a power cut.

Usage: dying_indexer.py FOLDER TASK INSTANT, where TASK is `apply` or `rebuild`. Every call that changes
something on disk is counted, and at the given one the process is killed by SIGKILL, a write half done. It
prints a line for each batch that was acknowledged, and `done` where no instant was met.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from search.engines.embedded import EmbeddedEngine, generation, writer
from search.engines.embedded.keywords import mark_batch
from search.ports import Change
from tests.support.searching import BigramEncoder, change, document


def base() -> list[Change]:
    return [change(document(f"K{number}", f"事项{number}号", "旧版说明")) for number in range(4)]


def batches() -> list[list[Change]]:
    first = [
        change(document("K0", "事项0号", "新版说明", version=2), seq=10),
        Change("K1", 11, ()),
        change(document("K8", "事项8号", "新添", unit="U-NEW"), seq=12),
    ]
    second = [
        change(document("K2", "事项2号", "新版说明", version=2), seq=20),
        change(document("K9", "事项9号", "新添"), document("K9", "事项9号", "续段", passage=1), seq=21),
    ]
    return [first, second]


class Reaper:
    def __init__(self, instant: int) -> None:
        self._left = instant

    def due(self) -> bool:
        self._left -= 1
        return self._left == 0

    def before(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def dying(*args: object, **kwargs: object) -> object:
            if self.due():
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*args, **kwargs)

        return dying

    def torn(self, write: Callable[[int, Any], int]) -> Callable[[int, Any], int]:
        def dying(descriptor: int, data: Any) -> int:
            if self.due():
                write(descriptor, data[: len(data) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return write(descriptor, data)

        return dying


def arm(reaper: Reaper) -> None:
    """Before each change of a file, before and after tantivy's commit, and before the folder is swapped."""
    os.write = reaper.torn(os.write)
    for name in ("ftruncate", "fsync"):
        setattr(os, name, reaper.before(getattr(os, name)))
    Path.replace = reaper.before(Path.replace)  # type: ignore[method-assign]
    vars(writer)["mark_batch"] = reaper.before(mark_batch)
    generation.Generation.refresh = reaper.before(generation.Generation.refresh)  # type: ignore[method-assign]


def main(folder: Path, task: str, instant: int) -> None:
    engine = EmbeddedEngine(folder, BigramEncoder())
    arm(Reaper(instant))
    if task == "apply":
        for number, batch in enumerate(batches()):
            engine.apply(batch)
            print(number, flush=True)
    else:
        engine.rebuild(base(), lambda: [each for batch in batches() for each in batch])
    print("done", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
