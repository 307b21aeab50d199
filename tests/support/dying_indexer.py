"""A process that dies at a numbered instant while it writes an index: before any call that changes something on disk,
or halfway through a write.

The words of a life are `FOLDER TASK INSTANT`, where TASK is `apply` or `rebuild`; it says a line for each batch
that was acknowledged.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from search.engines.embedded import EmbeddedEngine, generation, writer
from search.engines.embedded.keywords import mark_batch
from search.ports import Change
from tests.support.mortal import Reaper, serve, strike
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


def before(reaper: Reaper, call: Callable[..., Any]) -> Callable[..., Any]:
    def dying(*args: object, **kwargs: object) -> object:
        reaper.passes()
        return call(*args, **kwargs)

    return dying


def torn(reaper: Reaper, write: Callable[[int, Any], int]) -> Callable[[int, Any], int]:
    def dying(descriptor: int, data: Any) -> int:
        if reaper.due():
            write(descriptor, data[: len(data) // 2])
            strike()
        return write(descriptor, data)

    return dying


def arm(reaper: Reaper) -> None:
    """Before each change of a file, before and after tantivy's commit, and before the folder is swapped."""
    os.write = torn(reaper, os.write)
    for name in ("ftruncate", "fsync"):
        setattr(os, name, before(reaper, getattr(os, name)))
    Path.replace = before(reaper, Path.replace)  # type: ignore[method-assign]
    vars(writer)["mark_batch"] = before(reaper, mark_batch)
    generation.Generation.refresh = before(reaper, generation.Generation.refresh)  # type: ignore[method-assign]


def live(folder: str, task: str, instant: str) -> None:
    engine = EmbeddedEngine(Path(folder), BigramEncoder())
    arm(Reaper(int(instant)))
    if task == "apply":
        for number, batch in enumerate(batches()):
            engine.apply(batch)
            print(number, flush=True)
    else:
        engine.rebuild(base(), lambda: [each for batch in batches() for each in batch])


if __name__ == "__main__":
    serve(live)
