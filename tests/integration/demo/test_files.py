"""The files of the demo city: complete, at one with each other, and true to the rules they will meet."""

import csv
import json
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kb_service.core.clock import CITY
from kb_service.knowledge.content import PointDraft, problems
from kb_service.tickets.rules.life import KINDS

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "kb_service/demo"
QUESTIONS = ROOT / "tests/data/demo_questions.jsonl"
PARAPHRASES = ROOT / "tests/data/demo_paraphrases.jsonl"
KEPT = ROOT / "tests/data/demo_paraphrases_kept.jsonl"
LOADED_ON = date(2026, 11, 21)
SHARED = {
    "title",
    "category",
    "region",
    "matter",
    "audience",
    "roles",
    "keywords",
    "source",
    "effective_from",
    "effective_to",
    "release_at",
    "supersedes",
    "note",
}
OFFICERS = {"system_officer", "security_officer", "audit_officer"}
PHONE = re.compile(r"(?<!\d)0\d{2,3}-\d{7,8}(?!\d)")


def table(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def points() -> list[dict[str, Any]]:
    return [row for path in sorted((FOLDER / "points").glob("*.jsonl")) for row in lines(path)]


def day(text: str) -> date:
    return LOADED_ON + timedelta(days=int(text.removeprefix("D")))


def instant(text: str) -> datetime:
    of_day, _, time = text.partition("T")
    hour, minute = time.split(":")
    local = datetime.combine(day(of_day), datetime.min.time(), CITY).replace(
        hour=int(hour), minute=int(minute)
    )
    return local.astimezone(UTC)


def draft(row: dict[str, Any]) -> PointDraft:
    shared = {key: value for key, value in row.items() if key in SHARED}
    shared |= {key: day(row[key]) for key in ("effective_from", "effective_to") if key in row}
    if "release_at" in row:
        shared["release_at"] = instant(row["release_at"])
    content = {key: value for key, value in row.items() if key not in SHARED | {"code", "unit"}}
    if "issued_on" in content:
        content["issued_on"] = day(content["issued_on"])
    return PointDraft.model_validate(shared | {"content": content})


def test_every_row_refers_to_what_exists() -> None:
    units = {row["code"] for row in table("units.csv")}
    regions = {row["code"] for row in table("regions.csv")}
    leaves = {row["path"]: set(row["units"].split(";")) for row in table("categories.csv") if row["units"]}
    paths = {row["path"] for row in table("categories.csv")}
    assert all(path.rpartition("/")[0] in paths for path in leaves)
    assert set().union(*leaves.values()) <= units
    assert all(row["parent"] in units | {""} and row["region"] in regions for row in table("units.csv"))
    assert all(row["parent"] in regions | {""} for row in table("regions.csv"))
    for row in table("matters.csv"):
        by_region = [pair.split(":") for pair in row["region_units"].split(";") if pair]
        assert row["category"] in leaves
        assert {row["unit"], *(unit for _, unit in by_region)} <= units
        assert {region for region, _ in by_region} <= regions
        assert row["risk"] in {"normal", "money", "entitlement", "health", "law"}
    assert all(row["unit"] in units for row in table("accounts.csv"))


def test_the_city_is_large_enough_to_be_believed() -> None:
    paths = [row["path"] for row in table("categories.csv")]
    assert sum("/" not in path for path in paths) >= 12
    assert sum("/" in path for path in paths) >= 45
    assert Counter(row["level"] for row in table("regions.csv"))["county"] == 5
    assert len(table("units.csv")) >= 28
    assert {row["level"] for row in table("units.csv")} == {"1", "2", "3"}
    assert len(table("matters.csv")) >= 60
    kinds = Counter(row["type"] for row in points())
    assert kinds["faq"] >= 170
    assert sum(kinds.values()) >= 260
    assert len(lines(FOLDER / "tickets.jsonl")) >= 40


def test_no_account_joins_two_officers_and_every_role_has_a_holder(roles: set[str]) -> None:
    held = [set(row["roles"].split(";")) for row in table("accounts.csv")]
    assert all(len(each & OFFICERS) <= 1 for each in held)
    assert set().union(*held) == roles
    assert len({row["login"] for row in table("accounts.csv")}) == len(held)


def test_points_are_fit_to_be_submitted() -> None:
    rows = points()
    assert {row["code"]: problems(draft(row)) for row in rows if problems(draft(row))} == {}
    assert [code for code, times in Counter(row["code"] for row in rows).items() if times > 1] == []
    assert [title for title, times in Counter(row["title"] for row in rows).items() if times > 1] == []


def test_points_refer_to_what_exists(roles: set[str]) -> None:
    leaves = {row["path"]: set(row["units"].split(";")) for row in table("categories.csv") if row["units"]}
    regions = {row["code"] for row in table("regions.csv")}
    matters = {row["code"] for row in table("matters.csv")}
    before: set[str] = set()
    for row in points():
        assert row["unit"] in leaves[row["category"]], row["code"]
        assert row.get("region", "990000") in regions, row["code"]
        assert row.get("matter") in matters | {None}, row["code"]
        assert set(row.get("roles", [])) <= roles, row["code"]
        assert row.get("supersedes") in before | {None}, row["code"]
        before.add(row["code"])


def test_what_waits_for_review_revises_points_that_stand() -> None:
    standing = {row["code"]: row for row in points()}
    waiting = lines(FOLDER / "waiting.jsonl")
    assert len(waiting) >= 12
    assert {row["code"]: problems(draft(row)) for row in waiting if problems(draft(row))} == {}
    for row in waiting:
        before = standing[row["code"]]
        assert row["note"], row["code"]
        assert row["unit"] == before["unit"], row["code"]
        assert {key for key in row if row[key] != before.get(key)} > {"note"}, row["code"]


def test_questions_show_every_state_of_a_point() -> None:
    rows = [row for row in points() if row["type"] == "faq"]
    audiences = Counter(row["audience"] for row in rows)
    assert audiences["agents"] >= 10
    assert audiences["restricted"] >= 4
    assert sum(row.get("effective_to", "D+0").startswith("D-") for row in rows) >= 10
    assert sum(row.get("effective_from", "D-0").startswith("D+") for row in rows) >= 5
    assert sum("release_at" in row for row in rows) >= 5
    assert sum("supersedes" in row for row in rows) >= 8
    assert len([row for row in rows if row.get("region", "990000") != "990000"]) >= 12
    assert all(3 <= len(row["similar_questions"]) <= 6 and 80 <= len(row["answer"]) <= 350 for row in rows)


def test_a_question_is_asked_of_one_point_only() -> None:
    asked = Counter(
        question
        for row in points()
        for question in {row.get("question", row["title"]), *row.get("similar_questions", [])}
    )
    assert [question for question, times in asked.items() if times > 1] == []


def test_no_telephone_number_belongs_to_a_real_city() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.*l")) + str(
        table("units.csv")
    )
    assert [number for number in PHONE.findall(text) if not re.fullmatch(r"0700-8\d{6}", number)] == []
    requesters = [row["requester"] for row in lines(FOLDER / "tickets.jsonl")]
    assert all(who == "anonymous" or who["phone"].startswith("13800000") for who in requesters)


@pytest.mark.parametrize("row", lines(FOLDER / "tickets.jsonl"), ids=lambda row: row["key"])
def test_a_ticket_is_told_in_order_of_time_by_people_who_exist(row: dict[str, Any]) -> None:
    logins = {account["login"] for account in table("accounts.csv")}
    times = [instant(row["at"]), *(instant(event["at"]) for event in row["events"])]
    assert times == sorted(set(times))
    assert times[-1] < datetime.combine(LOADED_ON, datetime.min.time(), CITY)
    assert {event["by"] for event in row["events"]} <= logins
    assert {event["type"] for event in row["events"]} <= set(KINDS)


def test_tickets_refer_to_what_exists() -> None:
    units = {row["code"] for row in table("units.csv")}
    paths = {row["path"] for row in table("categories.csv")}
    matters = {row["code"]: row["category"] for row in table("matters.csv")}
    codes = {row["code"] for row in points()}
    for row in lines(FOLDER / "tickets.jsonl"):
        assert row["unit"] in units, row["key"]
        assert row["category"] in paths, row["key"]
        assert matters[row["matter"]] == row["category"], row["key"]
        sent = [event["data"] for event in row["events"]]
        assert {data[key] for data in sent for key in ("to", "suggested_unit") if key in data} <= units, row[
            "key"
        ]
        assert {data["code"] for data in sent if "version" in data} <= codes, row["key"]


def test_demo_questions_expect_points_that_exist_and_repeat_none_of_their_words() -> None:
    rows = lines(QUESTIONS)
    asked = {question for row in points() for question in row.get("similar_questions", [])}
    codes = {row["code"] for row in points()}
    assert len(rows) >= 120
    assert sum(not row["relevant"] for row in rows) >= 20
    assert sum(row["expect"] != "answer" for row in rows) >= 15
    assert {row["expect"] for row in rows} <= {
        "answer",
        "clarify",
        "dispatch",
        "not_accept",
        "emergency",
        "human",
    }
    assert {code for row in rows for code in row["relevant"]} <= codes
    assert [row["text"] for row in rows if row["text"] in asked] == []


def test_demo_paraphrases_ask_for_points_that_stand_in_words_of_their_own() -> None:
    rows = lines(PARAPHRASES)
    standing = {row["code"]: row for row in points()}
    asked = {question for row in standing.values() for question in row["similar_questions"]}
    asked |= {row["title"] for row in standing.values()}
    assert len({row["id"] for row in rows}) == len(rows) >= 150
    assert {code for row in rows for code in row["relevant"]} <= standing.keys()
    for row in rows:
        assert row["relevant"], row["id"]
        assert row["text"] not in asked, row["id"]
        expected = [standing[code] for code in row["relevant"]]
        assert not any("release_at" in point for point in expected), row["id"]


def test_the_kept_half_of_the_paraphrases_is_apart_and_only_measured_with() -> None:
    rows, seen = lines(KEPT), {row["text"] for file in (PARAPHRASES, QUESTIONS) for row in lines(file)}
    standing = {row["code"] for row in points()}
    asked = {question for row in points() for question in row["similar_questions"]}
    assert len({row["id"] for row in rows}) == len({row["text"] for row in rows}) == len(rows) >= 150
    assert len(rows) + len(lines(PARAPHRASES)) >= 300
    assert {row["text"] for row in rows} & (seen | asked) == set()
    for row in rows:
        assert row["relevant"], row["id"]
        assert set(row["relevant"]) <= standing, row["id"]
    read = [
        file.relative_to(ROOT).as_posix()
        for folder in ("search", "kb_service", "ingestion", "tools")
        for file in (ROOT / folder).rglob("*.py")
        if KEPT.stem in file.read_text(encoding="utf-8")
    ]
    assert read == ["tools/evaluation_files.py"]
