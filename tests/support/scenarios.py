"""Scenario files: a ticket's whole life, with what it must come to, worked out from the text beforehand.

    {"title", "clauses": [ids it guards], "scenario": {what `kb simulate` takes},
     "expected": {"state", "clocks": [{"name", "due", "due_day", "status", "clause", "why"}],
                  "cards", "effects", "refused", "allowed"}}

`why` says how a due day was counted: {"from": day, "days": [the working days]}, {"from": instant,
"hours": N}, {"from": day, "calendar_days": N}, {"before": day, "working_days": N}, or {"set": true} where
a person chose the day. Every duty is listed; of what merely may be done, those that matter here.
"""

import json
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from tests.support import day_walker

FOLDER = Path(__file__).parents[1] / "data" / "scenarios"
CITIES = ("meizhou", "shantou", "shaoguan", "taian", "xiangtan")
WINDOWS = {"return", "supplement", "survey_start", "extension_ask", "rating", "restriction"}


def names() -> list[str]:
    """city-NN-name of every file."""
    return [f"{file.parent.name}-{file.stem}" for file in sorted(FOLDER.glob("*/*.json"))]


@cache
def scenario(name: str) -> dict[str, Any]:
    city, _, stem = name.partition("-")
    found: dict[str, Any] = json.loads((FOLDER / city / f"{stem}.json").read_text(encoding="utf-8"))
    return found


def counted_due_day(why: dict[str, Any], holidays: set[date], workdays: set[date]) -> tuple[date, list[date]]:
    """The due day and the working days on the way to it, by the day walker alone."""
    if "days" in why:
        walked = day_walker.days_after(_day(why["from"]), len(why["days"]), holidays, workdays)
        return walked[-1], walked
    if "hours" in why:
        begun = datetime.fromisoformat(f"{why['from']}:00+08:00")
        return (begun + timedelta(hours=why["hours"], microseconds=-1)).date(), []
    if "before" in why:
        return day_walker.day_before(_day(why["before"]), why["working_days"], holidays, workdays), []
    return _day(why["from"]) + timedelta(days=why["calendar_days"]), []


def _day(text: str) -> date:
    return date.fromisoformat(text)
