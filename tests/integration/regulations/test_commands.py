"""`kb profile …`: what it prints, and what it returns to a program."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kb_service.cli.main import app
from kb_service.regulations.profiles import SHIPPED

RUN = CliRunner()


def test_the_difference_of_two_cities_is_told_with_both_clauses() -> None:
    done = RUN.invoke(app, ["profile", "diff", "shaoguan-2022", "xiangtan-2021"])
    assert done.exit_code == 0
    assert (
        "诉求类型 › 求助 › 时限 › 办理期限：10个工作日（SG-17.2） → 5个工作日（XT-17.2）"
        in done.stdout.splitlines()
    )
    assert "（）" not in done.stdout


def test_the_difference_can_be_read_by_a_program() -> None:
    done = RUN.invoke(app, ["profile", "diff", "shantou-2016", "meizhou-2014", "--json"])
    found = {each["path"]: each for each in json.loads(done.stdout)["differences"]}
    assert found["cards.yellow_after"]["a"] == "1"
    assert found["cards.yellow_after"]["clause_b"] == "MZ-12.4"


def test_a_profile_does_not_differ_from_itself() -> None:
    assert RUN.invoke(app, ["profile", "diff", "demo", "demo"]).stdout.strip() == "没有不同"


@pytest.mark.parametrize("file", sorted(SHIPPED.glob("*.yaml")), ids=lambda file: file.stem)
def test_each_shipped_city_is_checked_and_explained(file: Path) -> None:
    assert RUN.invoke(app, ["profile", "check", str(file)]).exit_code == 0
    explained = RUN.invoke(app, ["profile", "explain", file.stem])
    assert explained.exit_code == 0
    assert explained.stdout.startswith("# ")
