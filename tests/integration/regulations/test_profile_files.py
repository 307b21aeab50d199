"""`kb profile` and `kb simulate` with files as people write them: every place told in Chinese, by a stable code."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kb_service.cli.main import app
from kb_service.core.errors import KbError
from kb_service.regulations.profiles import SHIPPED

RUN = CliRunner()
SHANTOU = (SHIPPED / "shantou-2016.yaml").read_text(encoding="utf-8")
LIFE: dict[str, Any] = {
    "events": [{"at": "2026-11-16T09:00:00+08:00", "type": "register", "by": "agent"}],
    "now": "2026-11-16T12:00:00+08:00",
}


def draft(folder: Path, *changes: tuple[str, str]) -> str:
    text = SHANTOU.replace("id: shantou-2016", "id: draft")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    file = folder / "draft.yaml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def checked(file: str) -> dict[str, Any]:
    done = RUN.invoke(app, ["profile", "check", file, "--json"])
    assert done.exit_code == 1
    return dict(json.loads(done.stdout))


def test_all_that_is_wrong_with_a_file_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    file = draft(
        tmp_path, ("id: draft", "id: other"), ("{working_days: 2}, of: all", "{working_days: 0}, of: all")
    )
    found = {each["path"]: each for each in checked(file)["problems"]}
    assert set(found) == {"id", "callback.within.working_days"}
    assert all(each["line"] > 0 and re.search(r"[一-鿿]", each["message"]) for each in found.values())
    (nothing,) = checked(str(tmp_path / "none.yaml"))["problems"]
    assert nothing["message"] == "没有这个文件，或者读不了"


def test_a_draft_is_compared_and_explained_before_it_is_put_in_place(tmp_path: Path) -> None:
    file = draft(
        tmp_path,
        ("callback: {within: {working_days: 2}", "callback: {within: {working_days: 3}"),
        ("clause: ST-23", "clause: ST-23\n  article: 第二十三条"),
    )
    # The clauses are Shantou's: a draft of another id may carry them only where it extends it.
    extending = tmp_path / "later.yaml"
    extending.write_text(
        "id: later\nextends: shantou-2016\ncity: 汕头市\ntitle: 修订草案\n"
        "validity: {from: 2026-01-01, to: null, clause: ST-23}\ncallback: {within: {working_days: 3}}\n",
        encoding="utf-8",
    )
    assert {each["path"].split(".")[0] for each in checked(file)["problems"]} >= {"classes", "callback"}
    done = RUN.invoke(app, ["profile", "diff", "shantou-2016", str(extending), "--json"])
    assert done.exit_code == 0, done.output
    told = {
        each["path"]: (each["a"], each["b"], each["clause_b"])
        for each in json.loads(done.stdout)["differences"]
    }
    assert told["callback.within"] == ("2个工作日", "3个工作日", "ST-15.1")
    page = RUN.invoke(app, ["profile", "explain", str(extending)])
    assert page.exit_code == 0
    assert "3个工作日" in page.stdout


@pytest.mark.parametrize(
    ("change", "place", "word"),
    [
        ({"now": "2026-02-30T09:00:00+08:00"}, "/now", "时间不存在"),
        ({"now": "2026-02-27T09:00:00"}, "/now", "时区"),
        ({"deployment": {"continued_until": "soon"}}, "/deployment/continued_until", "日期不存在"),
        (
            {"calendar": {"holidays": ["2026-11-17"], "workdays": ["2026-11-17"]}},
            "/calendar",
            "既写作放假又写作上班",
        ),
        ({"events": LIFE["events"] * 1001}, "/events", "太多，最多 1000 项"),
        ({"events": "none"}, "/events", "应为列表"),
    ],
)
def test_each_wrong_place_of_a_scenario_is_told_in_chinese(
    change: dict[str, Any], place: str, word: str, tmp_path: Path
) -> None:
    file = tmp_path / "life.json"
    file.write_text(json.dumps(LIFE | change), encoding="utf-8")
    done = RUN.invoke(app, ["simulate", "demo", str(file)])
    assert isinstance(done.exception, KbError)
    assert (done.exit_code, done.exception.code) == (1, "bad_scenario")
    (wrong,) = done.exception.pointers
    assert wrong["pointer"] == place
    assert word in wrong["detail"]
    assert not re.search(r"[A-Za-z]{4,}", wrong["detail"].replace("T09", ""))


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"{", "第 1 行第 2 列"), (b"\xff\xfe{", "不是 UTF-8 编码"), (b'{"a":' * 5000, "套了太多层")],
)
def test_a_scenario_that_is_no_json_is_refused_with_its_place(
    content: bytes, word: str, tmp_path: Path
) -> None:
    file = tmp_path / "life.json"
    file.write_bytes(content)
    done = RUN.invoke(app, ["simulate", "demo", str(file)])
    assert isinstance(done.exception, KbError)
    assert done.exception.code == "bad_scenario"
    assert word in done.exception.detail


def test_what_is_offered_says_by_which_clause_too(tmp_path: Path) -> None:
    file = tmp_path / "life.json"
    ticket = {"class": "complaint", "essentials": ["time", "place", "facts", "parties"]}
    file.write_text(json.dumps(LIFE | {"ticket": ticket}), encoding="utf-8")
    done = RUN.invoke(app, ["simulate", "demo", str(file), "--json"])
    offers = json.loads(done.stdout)["allowed"]
    assert {each["ok"] for each in offers} == {True, False}
    assert [each["action"] for each in offers if not (each["clause"] and each["reason"].endswith("。"))] == []
