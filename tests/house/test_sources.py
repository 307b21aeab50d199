"""What holds for every file of the repository."""

import ast
import re
from pathlib import Path

import pytest

from tests.support import sources

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
CLOCK = Path("kb_service/core/clock.py")
PEOPLE_READ = {".py", ".js", ".css", ".html", ".sh"}

# A library behind a port has one place that knows it, so that it can be replaced.
ONE_IMPORTER = {
    # The bench measures it by itself too, without our engine around it.
    "elasticsearch": ("search/engines/elasticsearch", "search/bench/peers.py"),
    "jieba": ("search/analysis/words.py",),
    "opencc": ("search/analysis/normalise.py",),
    "rjieba": ("search/analysis/words.py",),
    "sentence_transformers": ("search/embedding",),
    "tantivy": ("search/engines/embedded",),
}


def _lines_with(pattern: str, suffixes: set[str] | None = None) -> list[str]:
    wanted = re.compile(pattern)
    return [
        f"{path}:{number}: {line.strip()[:100]}"
        for path in sources.files()
        if not sources.is_lock(path) and (suffixes is None or path.suffix in suffixes)
        for number, line in enumerate(sources.text(path).splitlines(), 1)
        if wanted.search(line)
    ]


def test_no_file_names_a_path_of_somebody_s_machine() -> None:
    homes = _lines_with(r"(^|[^\w.])/(?:home|Users|root|work|farm)/")
    here = _lines_with(re.escape(str(sources.ROOT)))
    assert homes + here == []


def test_no_file_names_a_package_registry() -> None:
    assert _lines_with(r"(?:pypi|npmjs|pythonhosted|npmmirror|tsinghua\.edu)\.(?:org|com|cn)") == []


def test_lock_files_hold_no_address() -> None:
    locks = [path for path in sources.files() if sources.is_lock(path)]
    assert locks
    assert [str(path) for path in locks if re.search(r"https?://", sources.text(path))] == []


def test_nothing_is_left_open() -> None:
    marks = "|".join(
        ("TO" + "DO", "FIX" + "ME", "XX" + "X", "raise NotImplemented" + "Error", r"mark\.(?:skip|xfail)\b")
    )
    assert _lines_with(rf"\b(?:{marks})", PEOPLE_READ) == []


def test_no_file_is_longer_than_one_can_read() -> None:
    lengths = {
        path: len(sources.text(path).splitlines())
        for path in sources.files()
        if path.suffix in PEOPLE_READ and not path.is_relative_to("alembic/versions")
    }
    assert {str(path): length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{path}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for path in sources.python_files()
        for node in ast.walk(sources.tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    }
    assert long == {}


def test_only_the_clock_reads_the_machine_s_time() -> None:
    forbidden = {
        ("datetime", "now"),
        ("datetime", "utcnow"),
        ("datetime", "today"),
        ("date", "today"),
        ("time", "time"),
    }
    readers = [
        f"{path}:{node.lineno}"
        for path in sources.python_files()
        if path != CLOCK
        for node in ast.walk(sources.tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (ast.unparse(node.func.value).rpartition(".")[2], node.func.attr) in forbidden
    ]
    assert readers == []


@pytest.mark.parametrize("library", sorted(ONE_IMPORTER))
def test_a_library_behind_a_port_is_known_in_one_place(library: str) -> None:
    importers = [
        str(path)
        for path in sources.python_files()
        if library in sources.imported(path) and not path.is_relative_to("tests")
    ]
    assert [path for path in importers if not path.startswith(ONE_IMPORTER[library])] == []
