"""Whether a knowledge point was there when a ticket was registered. Pure.

Later 晚于登记 holds when no version live at registration contained the answer: a later change of wording
does not make a point later, another figure does.
"""

import re
import unicodedata
from datetime import datetime
from typing import Literal

from kb_service.core.clauses import rule

Held = Literal["contained", "changed", "absent"]
ENOUGH = 0.5
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_NOT_WORDS = re.compile(r"[\W_]+")


def held(answer: str, earlier: str) -> Held:
    """`contained`: the answer is in the earlier text; `changed`: its words are, but not its figures."""
    said, before = _plain(answer), _plain(earlier)
    wanted = _pairs(said)
    if not wanted or len(wanted & _pairs(before)) / len(wanted) < ENOUGH:
        return "absent"
    figures = set(_NUMBER.findall(unicodedata.normalize("NFKC", answer)))
    there = set(_NUMBER.findall(unicodedata.normalize("NFKC", earlier)))
    return "contained" if figures <= there else "changed"


def _plain(text: str) -> str:
    return _NOT_WORDS.sub("", unicodedata.normalize("NFKC", text).lower())


def _pairs(text: str) -> frozenset[str]:
    if len(text) == 1:
        return frozenset({text})
    return frozenset(text[at : at + 2] for at in range(len(text) - 1))


@rule("SG-16.6", neutral=False)
def uploaded_later(first_uploaded_at: datetime, registered_at: datetime, *, held_then: bool) -> bool:
    """`first_uploaded_at`: of the first version that contained the answer; `held_then`: any point's did."""
    return first_uploaded_at > registered_at and not held_then
