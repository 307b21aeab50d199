"""The page on agent assist is current, and its schemas take what the service takes."""

import json
import re

import jsonschema
import pytest

from tools import assist_page

TEXT = assist_page.PAGE.read_text(encoding="utf-8")
CLIENT, SERVICE = (json.loads(each) for each in re.findall(r"```json\n(.*?)\n```", TEXT, re.DOTALL))


def test_the_page_on_assist_is_current() -> None:
    assert assist_page.page(TEXT) == TEXT, "run: make docs"


@pytest.mark.parametrize(
    ("message", "taken"),
    [
        ({"type": "start"}, True),
        ({"type": "say", "seq": 1, "text": "你好"}, True),
        ({"type": "say", "seq": 0, "text": "你好"}, False),
        ({"type": "say", "seq": 1, "text": "你好", "more": 1}, False),
        ({"type": "shout"}, False),
    ],
)
def test_the_schema_takes_messages_and_nothing_else(message: dict[str, object], taken: bool) -> None:
    wrong = list(jsonschema.Draft202012Validator(CLIENT).iter_errors(message))
    assert (not wrong) is taken


def test_the_schema_of_answers_names_each_kind() -> None:
    assert {"ReadyOut", "UrgentOut", "HeardOut", "ProblemOut"} <= set(SERVICE["$defs"])
