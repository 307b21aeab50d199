"""The files of the repository as it stands, those not yet committed included."""

import ast
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.support.lacking import lacking

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements/", "package-lock.json")


@cache
def files() -> tuple[Path, ...]:
    """Relative to the root; without binary files."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        lacking("a checkout made by git, which knows what files belong to the project")
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(
        Path(name) for name in listed.splitlines() if (ROOT / name).is_file() and not _is_binary(ROOT / name)
    )


def python_files() -> list[Path]:
    return [path for path in files() if path.suffix == ".py" and not path.is_relative_to("alembic")]


@cache
def text(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(text(path))


def is_lock(path: Path) -> bool:
    return str(path).startswith(LOCKS)


def imported(path: Path) -> Iterator[str]:
    """Top-level names of everything a file imports, wherever in the file."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def _is_binary(path: Path) -> bool:
    with path.open("rb") as opened:
        return b"\0" in opened.read(8192)
