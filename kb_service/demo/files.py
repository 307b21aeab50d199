"""Reads the demo city's files; dates in them are relative to the day they are loaded."""

import csv
import io
import json
import re
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from importlib import resources
from typing import Any

from kb_service.core.clock import CITY

FOLDER = resources.files("kb_service.demo")
POINT_FILES = ("agency", "faq", "procedure", "policy", "script")
DATES = ("effective_from", "effective_to", "release_at", "issued_on")
# The base filled up over the past half year, in these batches: days before today.
BATCH_DAYS = (210, 170, 130, 100, 70, 45, 25, 6)
_RELATIVE = re.compile(r"D([+-]\d+)?(?:T(\d{2}):(\d{2}))?")


def table(name: str) -> Iterator[dict[str, str]]:
    return csv.DictReader(io.StringIO(FOLDER.joinpath(f"{name}.csv").read_text("utf-8")))


def lines(name: str) -> Iterator[dict[str, Any]]:
    for line in FOLDER.joinpath(name).read_text("utf-8").splitlines():
        if line.strip():
            yield json.loads(line)


def words() -> list[str]:
    return [
        word.strip() for word in FOLDER.joinpath("words.txt").read_text("utf-8").splitlines() if word.strip()
    ]


def listed(text: str) -> list[str]:
    return [part for part in text.split(";") if part]


def _match(text: str) -> re.Match[str]:
    match = _RELATIVE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a day relative to the day of loading")
    return match


def day(text: str, today: date) -> date:
    return today + timedelta(days=int(_match(text)[1] or 0))


def instant(text: str, today: date) -> datetime:
    """`D-3T09:12`; without a time, the beginning of that day in the city."""
    match = _match(text)
    clock = time(int(match[2] or 0), int(match[3] or 0))
    return datetime.combine(day(text, today), clock, CITY)


def points(today: date) -> list[list[dict[str, Any]]]:
    """The points of each batch of `BATCH_DAYS`, with their real dates."""
    batches: list[list[dict[str, Any]]] = [[] for _ in BATCH_DAYS]
    placed: dict[str, int] = {}
    for name in POINT_FILES:
        for row in lines(f"points/{name}.jsonl"):
            batch = _batch_of(row, placed)
            placed[row["code"]] = batch
            batches[batch].append(_dated(row, today))
    return batches


def waiting(today: date) -> list[dict[str, Any]]:
    """New versions of points that stand in `points/`, for the reviewers to decide on."""
    return [_dated(row, today) for row in lines("waiting.jsonl")]


def _batch_of(row: dict[str, Any], placed: dict[str, int]) -> int:
    """Any, but after what it supersedes and was issued on, and before it lapses; embargoed ones last."""
    last = len(BATCH_DAYS) - 1
    if row.get("release_at"):
        return last
    batch = zlib.crc32(row["code"].encode()) % last
    lapses = row.get("effective_to")
    if lapses:
        before = -int(_match(lapses)[1] or 0)
        batch = min(batch, max((i for i, days in enumerate(BATCH_DAYS) if days > before), default=0))
    # A script is written when its event begins.
    issued = row.get("effective_from") if row["type"] == "script" else row.get("issued_on")
    if issued:
        before = -int(_match(issued)[1] or 0)
        batch = max(batch, min((i for i, days in enumerate(BATCH_DAYS) if days <= before), default=last))
    superseded = row.get("supersedes")
    return max(batch, placed[superseded] + 1) if superseded else batch


def _dated(row: dict[str, Any], today: date) -> dict[str, Any]:
    changes: dict[str, str] = {}
    for key in DATES:
        text = row.get(key)
        if text:
            value = instant(text, today) if key == "release_at" else day(text, today)
            changes[key] = value.isoformat()
    return row | changes
