"""`kb simulate`: what it prints, and what it returns to a program."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kb_service.cli.main import app
from kb_service.core.errors import KbError
from kb_service.regulations.profiles import SHIPPED
from tests.support.scenarios import names, scenario

RUN = CliRunner()
LIMITS = {"limits": scenario("taian-04-redo-over-dragon-boat")["scenario"]["deployment"]["limits"]}
LIFE: dict[str, Any] = {
    "deployment": LIMITS | {"continued_until": "2027-12-31"},
    "ticket": {"class": "complaint", "text": "夜间施工", "essentials": ["time", "place", "facts", "parties"]},
    "events": [
        {"at": "2026-11-16T09:00:00+08:00", "type": "register", "by": "agent"},
        {"at": "2026-11-16T10:00:00+08:00", "type": "dispatch", "by": "centre", "data": {"to": "U1"}},
    ],
    "now": "2026-11-16T12:00:00+08:00",
}
CITIES = ["shantou-2016", "shaoguan-2022", "xiangtan-2021", "meizhou-2014", "taian-2025"]


def written(folder: Path, content: Any) -> str:
    file = folder / "life.json"
    file.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return str(file)


def refusal(arguments: list[str]) -> str:
    done = RUN.invoke(app, ["simulate", *arguments])
    assert isinstance(done.exception, KbError)
    return done.exception.code


@pytest.mark.parametrize("name", names()[:3])
def test_a_scenario_is_told_to_people_with_clause_and_counted_days(name: str, tmp_path: Path) -> None:
    file = scenario(name)
    done = RUN.invoke(app, ["simulate", written(tmp_path, file["scenario"])])
    assert done.exit_code == 0
    for each in file["expected"]["refused"]:
        assert f"{each['code']}，{each['clause']}" in done.stdout
    for each in file["expected"]["clocks"]:
        assert f"（{each['clause']}）" in done.stdout
    assert "次日起算" in done.stdout


def test_a_program_gets_one_object_with_the_five_parts(tmp_path: Path) -> None:
    done = RUN.invoke(
        app, ["simulate", "xiangtan-2021", written(tmp_path, LIFE | {"deployment": {}}), "--json"]
    )
    found = json.loads(done.stdout)
    assert {"state", "clocks", "cards", "effects", "refused", "allowed"} <= found.keys()
    assert found["state"] == "dispatched"
    clock = next(each for each in found["clocks"] if each["name"] == "sign")
    assert clock["due"] == "2026-11-18T00:00:00+08:00"
    assert (clock["due_day"], clock["status"], clock["clause"]) == ("2026-11-17", "running", "XT-16.1")


def test_the_same_ticket_is_told_under_five_cities(tmp_path: Path) -> None:
    done = RUN.invoke(app, ["simulate", "--compare", *CITIES, written(tmp_path, LIFE), "--json"])
    found = json.loads(done.stdout)["compared"]
    handling = {
        each["profile"]: [clock["due_day"] for clock in each["clocks"] if clock["name"] == "handling"]
        for each in found
    }
    # From Monday 16 November: 10 working days, 10, unsigned as yet, 15, and the 5 of the deployment.
    assert handling == {
        "shantou-2016": ["2026-11-30"],
        "shaoguan-2022": ["2026-11-30"],
        "xiangtan-2021": [],
        "meizhou-2014": ["2026-12-07"],
        "taian-2025": ["2026-11-23"],
    }


def test_a_profile_that_is_not_in_force_yet_is_tried_from_its_file(tmp_path: Path) -> None:
    draft = tmp_path / "draft.yaml"
    text = (SHIPPED / "demo.yaml").read_text(encoding="utf-8").replace("id: demo", "id: draft")
    draft.write_text(text + "\nsign: {within: {working_days: 4}, clause: SG-22}\n", encoding="utf-8")
    done = RUN.invoke(app, ["simulate", str(draft), written(tmp_path, LIFE | {"deployment": {}}), "--json"])
    signs = [each["due_day"] for each in json.loads(done.stdout)["clocks"] if each["name"] == "sign"]
    assert signs == ["2026-11-20"]


def test_another_reading_is_tried_by_a_setting(tmp_path: Path) -> None:
    setting = {"settings": {"sign.unsigned.signed_at": "return_window"}}
    life = LIFE | {"deployment": setting, "now": "2026-11-20T09:00:00+08:00"}
    done = RUN.invoke(app, ["simulate", "xiangtan-2021", written(tmp_path, life), "--json"])
    # Signing until the 17th, then two working days for the return: the 18th and 19th.
    assert [each["at"] for each in json.loads(done.stdout)["effects"]] == ["2026-11-20T00:00:00+08:00"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"now": "noon"}, "bad_scenario"),
        ({"now": "2026-11-16T12:00:00"}, "bad_scenario"),
        (
            {"events": [{"at": "2026-11-16T09:00:00+08:00", "type": "register", "by": "mayor"}]},
            "unknown_role",
        ),
        ({"deployment": {"limits": {"tea": 3}}}, "deployment_number_unknown"),
        ({"deployment": {"settings": {"sign.within.working_days": 0}}}, "bad_setting"),
        ({"deployment": {"settings": {"moon.phase": 1}}}, "bad_setting"),
        ({"surprise": 1}, "bad_scenario"),
    ],
)
def test_input_that_cannot_be_read_is_refused_with_its_place(
    change: dict[str, Any], code: str, tmp_path: Path
) -> None:
    file = written(tmp_path, LIFE | {"deployment": {}} | change)
    assert refusal(["xiangtan-2021", file]) == code


def test_a_city_without_numbers_registers_nothing_and_asks_for_them(tmp_path: Path) -> None:
    """The other cities of a comparison are told all the same."""
    file = written(tmp_path, LIFE | {"deployment": {}})
    done = RUN.invoke(app, ["simulate", "--compare", "taian-2025", "xiangtan-2021", file, "--json"])
    without, other = json.loads(done.stdout)["compared"]
    first = without["refused"][0]
    assert (first["event"], first["code"]) == (0, "deployment_numbers_missing")
    assert first["clause"].split("、")[0] == "TA-15.1"
    assert "complaint" in first["reason"]
    assert (without["state"], other["state"]) == ("new", "dispatched")


def test_a_number_may_stand_by_its_name_in_the_deployment(tmp_path: Path) -> None:
    life = LIFE | {"deployment": LIMITS["limits"] | {"complaint": 3}}
    done = RUN.invoke(app, ["simulate", "taian-2025", written(tmp_path, life), "--json"])
    due = [each["due_day"] for each in json.loads(done.stdout)["clocks"] if each["name"] == "handling"]
    assert due == ["2026-11-19"]


def test_what_is_missing_on_the_command_line_is_told(tmp_path: Path) -> None:
    file = written(tmp_path, LIFE)
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    assert refusal([file]) == "profile_missing"
    assert refusal(["atlantis", file]) == "profile_not_found"
    assert refusal(["demo", "xiangtan-2021", file]) == "too_many_profiles"
    assert refusal(["--compare", "demo", file]) == "profile_missing"
    assert refusal(["demo", str(tmp_path / "none.json")]) == "scenario_not_found"
    assert refusal(["demo", str(tmp_path / "broken.json")]) == "bad_scenario"
