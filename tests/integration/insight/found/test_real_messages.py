"""What real messages to a city's leaders come together to."""

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from kb_service.insight.matters import grouping, rules

pytestmark = pytest.mark.outside_data


def test_the_known_hot_matters_of_a_city_are_found_and_marked_by_their_words(outside_data: Path) -> None:
    with gzip.open(outside_data / "load" / "citizen_messages.jsonl.gz", "rt", encoding="utf-8") as file:
        messages = [(str(row["title"]), str(row["text"])) for row in map(json.loads, file)]
    found = grouping.groups(grouping.vectors(messages), rules.FEWEST_TICKETS)
    background = grouping.Background.of([f"{title} {text}" for title, text in messages])
    marked = {
        "".join(grouping.marking_words([" ".join(messages[at]) for at in members], background)): len(members)
        for members in found[:25]
    }
    for words, at_least in (
        (("搅拌站",), 40),
        (("捆绑销售",), 40),
        (("公交车",), 60),
        (("农民工", "工资"), 30),
    ):
        assert any(all(each in name for each in words) and size >= at_least for name, size in marked.items())


def test_messages_of_one_group_belong_to_one_field(outside_data: Path) -> None:
    with gzip.open(outside_data / "routing" / "train.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    texts = [(str(row["text"]).replace(" ", "")[:40], str(row["text"]).replace(" ", "")[40:]) for row in rows]
    found = grouping.groups(grouping.vectors(texts), rules.FEWEST_TICKETS)
    agreeing = sum(Counter(rows[at]["label"] for at in members).most_common(1)[0][1] for members in found)
    share = agreeing / sum(map(len, found))
    print(
        f"{len(rows)} messages, {len(found)} groups with {sum(map(len, found))}, {share:.3f} of the group's field"
    )
    assert share >= 0.85
