"""Imports over HTTP and on the command line."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select, update

from ingestion.template import CATEGORY, UNIT
from kb_service.identity.model import Account
from kb_service.knowledge.content import TYPES
from kb_service.knowledge.model import Point
from tests.support.console import CSRF, visiting
from tests.support.imports import csv_file, jsonl, part, row, stage, with_part
from tests.support.knowledge import World
from tests.support.service import Service

IMPORTS = "/api/v1/imports"


@pytest.fixture
def editor(app: FastAPI, service: Service) -> Iterator[TestClient]:
    with visiting(app, service, "rsj_editor") as visitor:
        visitor.client.headers["x-csrf-token"] = CSRF
        yield visitor.client


def send(client: TestClient, content: bytes, filename: str = "知识.csv", **fields: str) -> Any:
    return client.post(IMPORTS, files={"file": (filename, content)}, data=fields)


def test_a_program_sends_a_file_looks_at_it_applies_it_and_takes_it_back(editor: TestClient) -> None:
    sent = send(editor, csv_file(row("甲"), row("乙", 承办单位="没有")), name="第一批")
    assert sent.status_code == 201
    staged = sent.json()
    assert (staged["name"], staged["status"], staged["good"], staged["left_out"]) == (
        "第一批",
        "checked",
        1,
        1,
    )
    address = f"{IMPORTS}/{staged['id']}"
    (wrong,) = editor.get(f"{address}/rows", params={"only": "error"}).json()["items"]
    assert (wrong["row"], wrong["problems"][0]["header"]) == (3, "承办单位")
    errors = editor.get(f"{address}/errors.csv")
    assert errors.headers["content-type"].startswith("text/csv")
    assert next(csv.DictReader(io.StringIO(errors.content.decode("utf-8-sig"))))["标题"] == "乙"
    refused = editor.post(f"{address}/apply", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "rows_have_errors")
    assert editor.post(f"{address}/apply", json={"allow_partial": True}).json()["written"] == 1
    assert editor.post(f"{address}/apply", json={"allow_partial": True}).json()["code"] == "not_checked"
    assert editor.post(f"{address}/undo", json={"reason": "导错了"}).json()["discarded"] == 1
    assert [each["status"] for each in editor.get(IMPORTS).json()["items"]] == ["undone"]


def test_a_wrong_file_is_answered_with_a_problem(editor: TestClient) -> None:
    answer = send(editor, b"")
    assert (answer.status_code, answer.json()["code"]) == (422, "empty_file")
    assert answer.headers["content-type"] == "application/problem+json"
    answer = send(editor, csv_file(row()), mapping="[1]")
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_mapping")


def test_columns_and_defaults_are_sent_as_json(editor: TestClient) -> None:
    mapping, defaults = {"问": "title", "答": "answer"}, {"type": "faq", "unit": "U-RSJ", "category": "C11"}
    sent = send(
        editor, "问,答\n一,二\n".encode(), mapping=json.dumps(mapping), defaults=json.dumps(defaults), submit="false"
    )  # fmt: skip
    assert (sent.json()["good"], sent.json()["submit"]) == (1, False)


def test_a_batch_is_checked_again_and_given_up(editor: TestClient) -> None:
    address = f"{IMPORTS}/{send(editor, csv_file(row())).json()['id']}"
    assert editor.post(f"{address}/recheck").json()["counts"]["new"] == 1
    assert editor.delete(address).status_code == 200
    assert editor.get(address).json()["status"] == "cancelled"


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_template_is_imported_once_unit_and_category_are_filled_in(
    editor: TestClient, service: Service, kind: str, form: str
) -> None:
    template = editor.get(f"{IMPORTS}/template.{form}", params={"type": kind})
    assert template.headers["content-disposition"] == f'attachment; filename="template-{kind}.{form}"'
    as_it_is = stage(service.world, template.content, f"a.{form}")
    assert as_it_is.counts.error == 1
    assert [column.header for column in as_it_is.columns if column.key is None] == []
    filled = stage(service.world, _filled_in(template.content, form), f"a.{form}")
    assert (filled.counts.new, filled.counts.warning) == (1, 0)


def _filled_in(content: bytes, form: str) -> bytes:
    sheet = "xl/worksheets/sheet1.xml"
    text = (part(content, sheet) if form == "xlsx" else content).decode()
    changed = text.replace(UNIT, "U-RSJ").replace(CATEGORY, "C11").encode()
    return with_part(content, sheet, changed) if form == "xlsx" else changed


def test_a_template_of_no_type_is_refused(editor: TestClient) -> None:
    answer = editor.get(f"{IMPORTS}/template.csv", params={"type": "news"})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_type")


def command(world: World, folder: Path, *options: str) -> tuple[int, Any, str]:
    environment = os.environ | {"KB_DATABASE_URL": world.database.url, "KB_VAR_DIR": str(folder / "var")}
    done = subprocess.run(
        [sys.executable, "-m", "kb_service.cli", "import", *options, "--json"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout), done.stderr


def points(world: World) -> int:
    with world.database.read() as session:
        return session.execute(select(func.count(Point.id))).scalar_one()


def test_a_file_is_imported_from_the_command_line_in_somebody_s_name(world: World, tmp_path: Path) -> None:
    file = tmp_path / "知识.jsonl"
    file.write_bytes(jsonl(row("甲"), row("乙", 承办单位="没有")))
    by = (str(file), "--by", "rsj_editor")
    code, told, _ = command(world, tmp_path, *by)
    assert (code, points(world), told["counts"]["error"]) == (1, 0, 1)
    assert told["problems"][0]["text"].startswith("第 2 行“承办单位”：")
    code, told, _ = command(world, tmp_path, *by, "--partial")
    assert (code, points(world), told["applied"]["written"]) == (0, 1, 1)
    code, told, _ = command(world, tmp_path, str(file), "--by", "nobody")
    assert (code, told["code"]) == (1, "unknown_account")
    with world.database.write() as session:
        session.execute(update(Account).values(active=False))
    code, told, _ = command(world, tmp_path, *by)
    assert (code, told["code"]) == (1, "account_inactive")


def test_a_dry_run_on_the_command_line_writes_nothing(world: World, tmp_path: Path) -> None:
    file = tmp_path / "知识.csv"
    file.write_bytes(csv_file({key: value for key, value in row("甲").items() if key != "承办单位"}))
    code, told, _ = command(world, tmp_path, str(file), "--by", "rsj_editor", "--unit", "U-RSJ", "--dry-run")
    assert (code, points(world), told["counts"]["new"]) == (0, 0, 1)
