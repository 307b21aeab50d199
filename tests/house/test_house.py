"""Commands, lock files, layers and generated pages agree with each other."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from alembic import command

from kb_service.core.db import Database
from kb_service.core.migrations import config
from tests.support import sources
from tools import settings_page

ROOT = sources.ROOT
BIN = Path(sys.executable).parent


def _project() -> dict[str, Any]:
    return tomllib.loads(sources.text(Path("pyproject.toml")))


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def _pinned(lock: str) -> set[str]:
    blocks = re.findall(
        r"^(\S+?)==\S+.*\\\n\s+--hash=", sources.text(Path("requirements") / lock), re.MULTILINE
    )
    return {_name(block) for block in blocks}


@pytest.mark.parametrize(
    ("lock", "extras"),
    [
        ("base.txt", ["postgresql"]),
        ("dev.txt", ["postgresql", "train", "dev"]),
        ("transformers.txt", ["postgresql", "transformers"]),
    ],
)
def test_a_lock_file_pins_every_dependency_with_its_hash(lock: str, extras: list[str]) -> None:
    project = _project()["project"]
    wanted = [*project["dependencies"]]
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    assert {_name(requirement) for requirement in wanted} - _pinned(lock) == set()


def test_every_make_command_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", sources.text(Path("Makefile")), re.MULTILINE))
    named = {
        (str(path), command)
        for path in sources.files()
        if path.suffix == ".md"
        for command in re.findall(
            r"(?:`|^|\s{2,})make ([a-z][a-z-]*)(?=[` \n]|$)", sources.text(path), re.MULTILINE
        )
    }
    assert named
    assert {(path, command) for path, command in named if command not in targets} == set()


def test_make_help_lists_every_target() -> None:
    makefile = sources.text(Path("Makefile"))
    targets = set(re.findall(r"^\.PHONY: ([a-z-]+)$", makefile, re.MULTILINE))
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"make ([a-z-]+)", shown)) >= targets


def test_every_setting_is_described_and_the_page_of_settings_is_current() -> None:
    assert settings_page.PAGE.read_text(encoding="utf-8") == settings_page.page(), "run: make docs"
    rows = settings_page.page().splitlines()[len(settings_page.HEAD.splitlines()) :]
    assert [row for row in rows if row.endswith("|  |")] == []


def test_every_module_of_the_service_stands_in_a_layer() -> None:
    contracts = _project()["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["id"] == "layers")
    placed = set(re.findall(r"[\w.]+", " ".join(layers)))
    present = {
        f"kb_service.{path.relative_to(ROOT / 'kb_service').with_suffix('')}"
        for path in (ROOT / "kb_service").iterdir()
        if path.suffix == ".py" or (path.is_dir() and any(path.rglob("*.py")))
    }
    assert present - placed - {"kb_service.__init__", "kb_service.__main__"} == set()


def test_a_layer_imports_only_lower_ones() -> None:
    done = subprocess.run([BIN / "lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_migrations_make_the_tables_of_the_code(db: Database) -> None:
    command.check(config(db.url))


def test_the_wheel_carries_the_migrations_and_every_data_file(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    ours = ("kb_service", "ingestion", "search", "admin")
    wanted = {str(path) for path in sources.files() if path.parts[0] in ours}
    wanted |= {f"kb_service/_{path}" for path in sources.files() if path.is_relative_to("alembic")}
    assert wanted - inside == set()


def test_every_decision_is_listed_and_has_the_same_four_parts() -> None:
    index = sources.text(Path("docs/decisions/README.md"))
    records = [path for path in sources.files() if path.match("docs/decisions/[0-9]*.md")]
    assert [path.name for path in records if f"({path.name})" not in index] == []
    parts = ["Context", "Decision", "Consequences", "Alternatives"]
    assert {path.name: re.findall(r"^## (.+)$", sources.text(path), re.MULTILINE) for path in records} == {
        path.name: parts for path in records
    }


def test_every_link_between_pages_leads_somewhere() -> None:
    broken = [
        f"{path}: {target}"
        for path in sources.files()
        if path.suffix == ".md"
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", sources.text(path))
        if not (ROOT / path.parent / target).exists()
    ]
    assert broken == []
