"""The project's clause list: whole, citable, in its own words."""

import csv
import re
from pathlib import Path

import pytest

from kb_service.regulations.clauses import cite, clause_list

CITATION = re.compile(
    r"第[一二三四五六七八九十]+条(第[一二三四五]款|第（[一二三四五六七八九十]+）项|至|、|第\d目)*"
)


def test_there_are_193_clauses_of_five_regulations() -> None:
    assert len(clause_list()) == 193
    assert {each.profile for each in clause_list().values()} == {
        "shantou-2016",
        "shaoguan-2022",
        "xiangtan-2021",
        "meizhou-2014",
        "taian-2025",
    }


def test_every_clause_has_a_citation_and_a_rule_in_chinese() -> None:
    for clause in clause_list().values():
        assert CITATION.fullmatch(clause.article), clause
        assert len(clause.rule) >= 6, clause
        assert not clause.rule.endswith("。"), clause


def test_a_clause_is_cited_as_people_cite_it() -> None:
    assert cite("SG-12.1") == "第十二条第（一）项"
    assert cite("a clause of no list") == "a clause of no list"


@pytest.mark.outside_data
def test_the_list_has_the_clauses_of_the_regulations_at_hand(outside_data: Path) -> None:
    given = outside_data.parent / "regulations" / "clauses.csv"
    with given.open(encoding="utf-8", newline="") as lines:
        rows = {row["id"]: row["area"] for row in csv.DictReader(lines)}
    assert {clause.id: clause.area for clause in clause_list().values()} == rows
