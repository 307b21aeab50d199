"""Conversations in the demo city: what the second question finds, with and without the subject of the first."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kb_service.answering.schemas import DecisionIn, DecisionOut
from kb_service.answering.service import deciding
from kb_service.core.context import PUBLIC, Context
from kb_service.core.db import WriteSession
from kb_service.core.runtime import Runtime
from tests.support import demo

DIALOGUES = Path(__file__).parents[2] / "data/demo_dialogues.jsonl"
ROWS = [json.loads(line) for line in DIALOGUES.read_text("utf-8").splitlines()]


@pytest.fixture
def session(demo_city: Runtime) -> Iterator[WriteSession]:
    with demo.unkept(demo_city) as session:
        yield session


def talk(
    session: WriteSession, parts: Runtime, turns: list[str], *, fresh: bool = False
) -> list[DecisionOut]:
    ctx = Context(PUBLIC, parts.clock.now())
    decided: list[DecisionOut] = []
    for turn in turns:
        known = decided[0].conversation if decided else None
        data = DecisionIn(question=turn, channel="web", conversation=known, fresh=fresh)
        decided.append(deciding.decide(session, ctx, parts, data))
    return decided


def found(decided: DecisionOut) -> str:
    return next((each.code for each in [*decided.citations, *decided.related]), "")


def share_right(session: WriteSession, parts: Runtime, rows: list[dict[str, Any]], *, fresh: bool) -> float:
    right = [found(talk(session, parts, row["turns"], fresh=fresh)[1]) in row["relevant"] for row in rows]
    return sum(right) / len(right)


@pytest.mark.parametrize("kept", [False, True])
def test_a_follow_up_finds_its_point_because_it_inherits_the_subject(
    session: WriteSession, demo_city: Runtime, kept: bool
) -> None:
    rows = [row for row in ROWS if row["kind"] != "change" and row["kept"] is kept]
    inherited = share_right(session, demo_city, rows, fresh=False)
    alone = share_right(session, demo_city, rows, fresh=True)
    print(f"follow-ups, kept back {kept}: {len(rows)} with {inherited:.3f}, without {alone:.3f}")
    assert inherited >= 0.85
    assert inherited >= alone + 0.3


@pytest.mark.parametrize("kept", [False, True])
def test_a_change_of_subject_inherits_nothing_and_finds_its_point(
    session: WriteSession, demo_city: Runtime, kept: bool
) -> None:
    rows = [row for row in ROWS if row["kind"] == "change" and row["kept"] is kept]
    second = [talk(session, demo_city, row["turns"])[1] for row in rows]
    noticed = sum(not each.inherits for each in second) / len(rows)
    right = sum(found(each) in row["relevant"] for each, row in zip(second, rows, strict=True)) / len(rows)
    print(f"changes, kept back {kept}: {len(rows)} noticed {noticed:.3f}, right point {right:.3f}")
    assert noticed >= 0.8
    assert right >= 0.9


def test_the_subject_lasts_over_several_follow_ups(session: WriteSession, demo_city: Runtime) -> None:
    turns = ["怎么申请法律援助", "那要带什么", "在哪办", "要多少天"]
    decided = talk(session, demo_city, turns)
    assert [each.inherits != "" for each in decided] == [False, True, True, True]
    assert all("法律援助" in each.inherits for each in decided[1:])
    assert {found(each) for each in decided} <= {"YX-0192", "YX-1084"}


def test_another_place_is_asked_for_in_place_of_the_first(session: WriteSession, demo_city: Runtime) -> None:
    first, second = talk(session, demo_city, ["临溪区八十岁老人高龄津贴多少", "那望岭区呢"])
    assert (first.region, second.region) == ("990102", "990103")
    assert found(second) == "YX-0138"


def test_the_inherited_subject_can_be_dropped(session: WriteSession, demo_city: Runtime) -> None:
    ctx = Context(PUBLIC, demo_city.clock.now())
    first, second = talk(session, demo_city, ["怎么申请法律援助", "多久能拿到"])
    assert "法律援助" in second.inherits
    data = DecisionIn(question="fresh", channel="web", conversation=first.conversation)
    anew = deciding.decide(session, ctx, demo_city, data)
    assert anew.inherits == ""
    assert deciding.find(session, anew.id).question == "多久能拿到"
    assert found(anew) not in {"YX-0192", "YX-1084"}


def test_danger_ends_the_subject(session: WriteSession, demo_city: Runtime) -> None:
    decided = talk(session, demo_city, ["怎么申请法律援助", "我家着火了快来人", "要多少钱"])
    assert [each.decision for each in decided][1] == "emergency"
    assert decided[2].inherits == ""


def test_what_is_inherited_is_kept_among_the_steps(session: WriteSession, demo_city: Runtime) -> None:
    second = talk(session, demo_city, ["怎么申请法律援助", "那要带什么"])[1]
    step = next(step for step in second.steps if step.name == "subject")
    assert step.given.endswith("怎么申请法律援助")
    assert step.outcome.startswith("接着问：")
    kept = deciding.find(session, second.id)
    assert deciding.in_full(kept) == f"{second.inherits}：那要带什么"
