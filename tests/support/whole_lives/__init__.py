"""Knowledge points driven through everything that can become of them, and what must hold after each step."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, run_state_machine_as_test

from search.ports import SearchEngine
from tests.support.databases import Databases
from tests.support.knowledge import build_world
from tests.support.whole_lives.acts import ALL_THE_WAY, EDITORS, Acts


class WholeLife(Acts):
    @initialize(data=st.data())
    def begin_with_some_points(self, data: st.DataObject) -> None:
        for by in EDITORS:
            self._write(data, by, None, "faq", ALL_THE_WAY)


def run(
    databases: Databases, folder: Path, make: Callable[[], SearchEngine], *, lives: int, steps: int
) -> None:
    if not databases.has("knowledge"):
        databases.build("knowledge", build_world, start="empty")
    numbers = count()
    how = settings(max_examples=lives, stateful_step_count=steps, print_blob=True)
    run_state_machine_as_test(
        lambda: WholeLife(databases, make(), folder / str(next(numbers))),  # type: ignore[arg-type]  # any factory will do
        settings=how,
    )
