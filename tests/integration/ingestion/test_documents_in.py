"""Documents from the file to the base: what is recognised, put right by a person, and written."""

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

import ingestion.service as imports
from ingestion.service import Correction
from ingestion.views import BatchView
from kb_service.core.errors import KbError
from tests.support.console import CSRF, visiting
from tests.support.documents import NOTICE, notice_docx, pdf, zipped
from tests.support.imports import apply, csv_file, found, row, stage
from tests.support.knowledge import World
from tests.support.service import Service
from tools.making_documents import docx

PLACE = {"unit": "U-RSJ", "category": "社会保障/养老保险"}
QUESTIONS = ["养老保险问答", "问：怎样退休？", "答：本人到场办理。", "问：要带什么？", "答：带身份证。"]


@pytest.fixture
def editor(app: FastAPI, service: Service) -> Iterator[TestClient]:
    with visiting(app, service, "rsj_editor") as visitor:
        visitor.client.headers["x-csrf-token"] = CSRF
        yield visitor.client


def correct(world: World, batch: BatchView, number: int, **how: Any) -> BatchView:
    correction = Correction(number, **how)
    return imports.correct(world.database, world.as_("rsj_editor"), batch.id, correction, clock=world.clock)


def detail(world: World, batch: BatchView, number: int) -> imports.RowDetail:
    with world.database.read() as session:
        return imports.row_detail(session, world.as_("rsj_editor"), batch.id, number)


def test_an_official_document_comes_in_with_its_number_dates_and_articles(world: World) -> None:
    staged = stage(world, notice_docx(), "通知.docx", defaults=PLACE)
    assert (staged.format, staged.counts.new, staged.counts.error) == ("docx", 1, 0)
    (one,) = found(world, staged.id)
    assert one.draft is not None
    content = one.draft["content"]
    assert (content["document_number"], content["issuer"]) == (
        "青人社规〔2025〕3号",
        "青江市人力资源和社会保障局",
    )
    assert (one.draft["effective_from"], one.draft["effective_to"]) == ("2025-05-01", "2028-04-30")
    assert {each.key: each.place for each in one.evidence}["document_number"] == "第 2 段"
    assert apply(world, staged.id).written == 1


def test_the_same_document_again_changes_nothing(world: World) -> None:
    apply(world, stage(world, notice_docx(), "通知.docx", defaults=PLACE).id)
    again = stage(world, pdf([NOTICE]), "通知.pdf", defaults=PLACE)
    # The source is where it came from; the words are the same.
    assert (again.counts.new, again.counts.error) == (0, 0)


def test_rows_without_category_wait_until_it_is_given_for_all_of_them(world: World) -> None:
    staged = stage(world, docx(QUESTIONS), "问答.docx", defaults={"unit": "U-RSJ"})
    assert staged.counts.error == 2
    given = imports.give_defaults(
        world.database, world.as_("rsj_editor"), staged.id, {"category": PLACE["category"]}, clock=world.clock
    )
    assert (given.counts.new, given.counts.error) == (2, 0)


def test_a_person_puts_a_cell_right_before_anything_is_written(world: World) -> None:
    staged = stage(world, notice_docx(), "通知.docx", defaults=PLACE)
    corrected = correct(
        world, staged, 1, cells={"document_number": "青人社规〔2025〕4号", "keywords": "失业;补助"}
    )
    assert corrected.counts.new == 1
    (one,) = found(world, staged.id)
    assert one.draft is not None
    assert (one.draft["content"]["document_number"], one.draft["keywords"]) == (
        "青人社规〔2025〕4号",
        ["失业", "补助"],
    )
    assert one.evidence


def test_a_doubt_stays_until_a_person_says_that_they_looked(world: World) -> None:
    staged = stage(
        world, docx(["一、怎样退休？", "到场。", "二、带什么？", "证件。"]), "问.docx", defaults=PLACE
    )
    assert staged.counts.warning == 2
    assert found(world, staged.id)[0].problems[0].code == "doubtful"
    assert correct(world, staged, 1, confirmed=True).counts.warning == 1
    assert correct(world, staged, 2, cells={"answer": "带好证件。"}).counts.warning == 0


def test_a_changed_type_takes_the_words_along(world: World) -> None:
    staged = stage(world, docx(["关于城市的一些话", "城市很大。"]), "话.docx", defaults=PLACE)
    corrected = correct(world, staged, 1, cells={"type": "faq", "title": "城市怎样"})
    assert (corrected.counts.new, corrected.counts.error) == (1, 0)
    (one,) = found(world, staged.id)
    assert one.draft is not None
    assert "城市很大。" in one.draft["content"]["answer"]


def test_a_row_is_joined_to_the_one_before_or_dropped(world: World) -> None:
    staged = stage(world, docx([*QUESTIONS, "问：还有呢？", "答：没有了。"]), "问答.docx", defaults=PLACE)
    joined = correct(world, staged, 1, join=True)
    assert joined.counts.rows == 2
    assert detail(world, staged, 1).cells["answer"] == "本人到场办理。\n要带什么？\n带身份证。"
    assert correct(world, staged, 3, drop=True).counts.rows == 1
    with pytest.raises(KbError) as last:
        correct(world, staged, 1, drop=True)
    assert last.value.code == "no_rows"
    assert apply(world, staged.id).written == 1


def test_a_corrected_row_is_compared_with_the_other_rows_again(world: World) -> None:
    staged = stage(world, docx(QUESTIONS), "问答.docx", defaults=PLACE)
    doubled = correct(world, staged, 2, cells={"title": "怎样退休？"})
    assert doubled.counts.duplicate == 1
    assert correct(world, staged, 2, cells={"title": "要带什么？"}).counts.duplicate == 0


def test_rows_of_a_table_are_corrected_in_the_same_way(world: World) -> None:
    staged = stage(world, csv_file(row("甲"), row("乙", 承办单位="没有")), "表.csv")
    assert correct(world, staged, 3, cells={"unit": "U-RSJ"}).counts.error == 0
    assert detail(world, staged, 3).cells["unit"] == "U-RSJ"


@pytest.mark.parametrize(
    ("number", "how", "code"),
    [
        (9, {"cells": {"title": "甲"}}, "unknown_row"),
        (1, {"cells": {"nothing": "甲"}}, "bad_mapping"),
        (2, {"join": True}, "unknown_row"),
    ],
)
def test_what_cannot_be_corrected_is_refused(
    world: World, number: int, how: dict[str, object], code: str
) -> None:
    staged = stage(world, docx(QUESTIONS), "问答.docx", defaults=PLACE)
    with pytest.raises(KbError) as refused:
        correct(world, staged, number, **how)
    assert refused.value.code == code


def test_nothing_is_corrected_once_it_is_written(world: World) -> None:
    staged = stage(world, docx(QUESTIONS), "问答.docx", defaults=PLACE)
    apply(world, staged.id)
    with pytest.raises(KbError) as refused:
        correct(world, staged, 1, cells={"title": "甲"})
    assert refused.value.code == "not_checked"


def test_others_neither_see_nor_correct_a_row(world: World) -> None:
    staged = stage(world, docx(QUESTIONS), "问答.docx", defaults=PLACE)
    with pytest.raises(KbError) as refused:
        imports.correct(
            world.database,
            world.as_("gaj_editor"),
            staged.id,
            Correction(1, {"title": "甲"}),
            clock=world.clock,
        )
    assert refused.value.code == "unknown_batch"


def test_a_program_looks_at_a_row_and_corrects_it(editor: TestClient) -> None:
    sent = editor.post(
        "/api/v1/imports",
        files={"file": ("通知.docx", notice_docx())},
        data={"defaults": json.dumps({"unit": "U-RSJ"})},
    )
    assert sent.status_code == 201
    address = f"/api/v1/imports/{sent.json()['id']}"
    given = editor.patch(address, json={"defaults": {"category": PLACE["category"]}})
    assert given.json()["counts"]["new"] == 1
    corrected = editor.patch(f"{address}/rows/1", json={"cells": {"issuer": "青江市人民政府"}})
    assert corrected.json()["counts"]["new"] == 1
    told = editor.get(f"{address}/rows/1").json()
    assert told["cells"]["issuer"] == "青江市人民政府"
    assert {each["key"] for each in told["row"]["evidence"]} >= {"document_number", "issued_on", "full_text"}
    assert editor.patch(f"{address}/rows/1", json={"cells": {"nothing": "x"}}).json()["code"] == "bad_mapping"


def test_a_person_corrects_a_row_in_the_console(editor: TestClient, world: World) -> None:
    staged = stage(world, docx(QUESTIONS), "问答.docx", defaults=PLACE)
    page = editor.get(f"/import/{staged.id}/rows/1").text
    assert "第 2 段" in page
    sent = editor.post(
        f"/import/{staged.id}/rows/1",
        data={"csrf_token": CSRF, "was.title": "怎样退休？", "cell.title": "怎样办理退休？", "act": "save"},
        follow_redirects=False,
    )
    assert sent.status_code == 303
    assert detail(world, staged, 1).cells["title"] == "怎样办理退休？"
    assert 'href="/import/' in editor.get(f"/import/{staged.id}").text


def test_a_folder_comes_in_on_the_command_line(service: Service, tmp_path: Path) -> None:
    folder = tmp_path / "文件"
    (folder / "内").mkdir(parents=True)
    (folder / "通知.docx").write_bytes(notice_docx())
    (folder / "内" / "问答.md").write_text("\n\n".join(QUESTIONS), encoding="utf-8")
    (folder / "外").symlink_to("/etc")
    world = service.world
    command = [sys.executable, "-m", "kb_service.cli", "import", str(folder), "--by", "rsj_editor", "--json"]
    command += ["--unit", PLACE["unit"], "--category", PLACE["category"]]
    environment = os.environ | {
        "KB_DATABASE_URL": world.database.url,
        "KB_VAR_DIR": str(tmp_path / "var"),
    }
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["applied"]["written"] == 3


def test_a_zip_tells_from_which_of_its_files_a_row_came(world: World) -> None:
    packed = zipped({"甲/通知.docx": notice_docx(), "问答.docx": docx(QUESTIONS), "坏.pdf": b"x"})
    staged = stage(world, packed, "一批.zip", defaults=PLACE)
    assert (staged.counts.rows, staged.counts.new, staged.counts.error) == (4, 3, 1)
    assert any(
        "坏.pdf" in problem.detail for each in found(world, staged.id, "error") for problem in each.problems
    )
    assert found(world, staged.id, "new")[0].evidence[0].place.startswith("甲/通知.docx，")


def test_a_row_that_names_an_attachment_is_told_that_it_is_uploaded_apart(world: World) -> None:
    staged = stage(world, csv_file(row("甲", 附件="说明.pdf")), "一批.csv")
    assert (staged.counts.rows, staged.counts.new, staged.counts.warning) == (1, 1, 1)
    assert "说明.pdf" in found(world, staged.id)[0].problems[0].detail
