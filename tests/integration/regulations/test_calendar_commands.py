"""`kb calendar …` and the open numbers: what they print, keep, and return to a program."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kb_service.cli.main import app
from kb_service.core.db import Database
from kb_service.core.settings import get_settings

RUN = CliRunner()
NOTICE = "1月1日（周五）至3日（周日）放假，1月10日（周日）上班。\n"


@pytest.fixture(autouse=True)
def base(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("KB_DATABASE_URL", db.url)
    monkeypatch.setenv("KB_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("KB_PROFILE", "taian-2025")
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


def told(*words: str, code: int = 0) -> dict[str, Any]:
    done = RUN.invoke(app, [*words, "--json"])
    assert done.exit_code == code, (done.output, done.exception)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_notice_is_looked_at_first_then_recorded_and_shown(tmp_path: Path) -> None:
    file = tmp_path / "notice.txt"
    file.write_text(NOTICE, encoding="utf-8")
    year = ("--year", "2027")
    looked = told("calendar", "import-notice", str(file), *year, "--basis", "国办发明电", "--dry-run")
    assert (looked["applied"], looked["changed"]) == (False, {"2027-01-01": False, "2027-01-10": True})
    assert told("calendar", "diff", str(file), *year) == {
        "compared": 0,
        "problems": [],
        "moved": [],
        "knowledge": [],
    }
    assert 2027 in told("calendar", "show", "2027")["unannounced"]
    assert told("calendar", "import-notice", str(file), *year, "--basis", "国办发明电")["applied"] is True
    shown = told("calendar", "show", "2027")
    assert (shown["announced"], shown["unannounced"][:1] != [2027]) == (True, True)
    assert [each["reason"] for each in shown["changes"]] == ["国办发明电"]


def test_a_notice_that_cannot_be_read_is_told_and_not_recorded(tmp_path: Path) -> None:
    file = tmp_path / "notice.txt"
    file.write_text("1月2日（周五）放假。", encoding="utf-8")
    words = ("calendar", "import-notice", str(file), "--year", "2027", "--basis", "国办发明电")
    assert told(*words, "--dry-run", code=1)["problems"]
    assert RUN.invoke(app, list(words)).exit_code != 0
    assert told("calendar", "show", "2027")["changes"] == []


def test_a_day_is_set_and_given_back_each_with_its_reason() -> None:
    told("calendar", "set", "2026-11-23", "--rest", "--note", "台风停工")
    told("calendar", "remove", "2026-11-23", "--reason", "台风转向")
    changes = told("calendar", "show", "2026")["changes"]
    assert [(each["kind"], each["reason"]) for each in changes] == [
        ("remove", "台风转向"), ("override", "台风停工"),
    ]  # fmt: skip
    moved = told("calendar", "moves", str(changes[0]["id"]))
    assert moved == {"change": changes[0]["id"], "moves": [], "knowledge": []}


def test_open_numbers_are_listed_and_supplied_with_their_basis() -> None:
    found = {each["name"]: each for each in told("profile", "numbers")["numbers"]}
    assert found["help"]["number"] is None
    told("profile", "supply", "help", "8", "--basis", "市政府会议纪要")
    found = {each["name"]: each for each in told("profile", "numbers")["numbers"]}
    assert (found["help"]["number"], found["help"]["basis"]) == (8, "市政府会议纪要")
