"""When somebody has guessed often enough, and when a citizen asks about a request of theirs. Pure."""

import re
from datetime import timedelta
from typing import Final

from kb_service.core.clauses import rule_value

SHORT_PROOF: Final = 4
WINDOW: Final = timedelta(minutes=15)
DAY: Final = timedelta(days=1)
# Of ten thousand endings of a number, so many may be tried for one ticket in a window, and in a day.
TRIES: Final = rule_value("SG-19", name="progress.tries", value=5)
TRIES_A_DAY: Final = 10
# From one place, for whatever tickets; an office behind one address is one place.
TRIES_FROM_ONE_PLACE: Final = 60
_NUMBER: Final = re.compile(r"(?<!\d)(20\d{6}-\d{5,8})(?!\d)")
_MINE: Final = re.compile(
    r"(?:工单|我(?:上次|之前|昨天|前几天|刚才)?(?:反映|投诉|举报|登记|提交|求助|咨询)的|我的诉求)"
    r".{0,12}(?:进度|进展|到哪|怎么样|结果|处理得|办得|办到)"
)


def too_often(window: int, day: int, place: int) -> bool:
    """By how many attempts failed for the ticket in the window and the day, and from the place in the window."""
    return window >= TRIES or day >= TRIES_A_DAY or place >= TRIES_FROM_ONE_PLACE


def asked_about(text: str) -> str | None:
    """The number of the ticket somebody asks about, empty where they do not name it; None: they do not ask."""
    number = _NUMBER.search(text)
    if number is not None:
        return number[1]
    return "" if _MINE.search(text) else None
