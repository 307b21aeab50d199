"""Rows to learn fields from that are the project's own: the demo city's catalogue and points, and the spoken lexicon."""

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from search.lexicon.lexicon import GAP, read_entries
from search.training.routing import Example

# Fields of the lexicon by the root of the catalogue they belong to; those that belong to several are left out.
FIELD_OF: Final[Mapping[str, str]] = {
    "劳动就业": "就业与劳动",
    "社保": "社会保障",
    "教育": "教育",
    "医保": "医疗保障",
    "住房": "住房与建设",
    "户籍证件": "公安政务",
    "城管市容": "城市管理",
    "养老助残": "民政与救助",
    "市场监管": "市场监管",
    "环保噪声": "生态环境",
    "水电气暖": "公用事业",
    "农业农村": "农业农村",
    "消费维权": "市场监管",
    "民政救助": "民政与救助",
    "医疗卫生": "卫生健康",
    "不动产": "自然资源",
    "物业小区": "住房与建设",
    "司法法律": "法律服务",
    "金融诈骗": "公安政务",
    "食品药品": "市场监管",
    "税务": "税务",
    "文旅体育": "文旅体育",
    "公交地铁": "交通出行",
    "征地拆迁": "自然资源",
    "退役军人": "民政与救助",
    "殡葬": "民政与救助",
    "公积金": "住房与建设",
    "出入境": "公安政务",
    "疫情防控": "卫生健康",
}
_ABOUT_UNITS: Final = "agency"
_DUTIES: Final = ("functions", "power_list")
_TEXTS: Final = ("question", "answer", "item", "who", "conditions", "interpretation", "event", "text")
_LISTS: Final = ("similar_questions", "materials", "steps")
_LONGEST: Final = 400
_MOSTLY: Final = 0.75


def own_examples(city: Path) -> list[Example]:
    """`city` is a folder with `matters.csv`, `tickets.jsonl` and `points/*.jsonl` in the form of imports."""
    return [
        *_of_matters(city / "matters.csv"),
        *_of_tickets(city / "tickets.jsonl"),
        *_of_points(city),
        *_spoken(),
    ]


def _of_matters(path: Path) -> Iterator[Example]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            field = _root(row["category"])
            yield Example(row["name"], field)
            yield Example(f"{row['name']} {row['keywords'].replace(';', ' ')}", field)


def _of_tickets(path: Path) -> Iterator[Example]:
    for row in _rows(path):
        if row.get("category"):
            yield Example(f"{row['title']} {row['text']}", _root(row["category"]))


def _of_points(city: Path) -> Iterator[Example]:
    fields = _fields_of_units(city / "matters.csv")
    for path in sorted((city / "points").glob("*.jsonl")):
        for row in _rows(path):
            if row["type"] != _ABOUT_UNITS:
                yield from _of_point(row, _root(row["category"]))
            elif row["unit"] in fields:
                # A directory of units is filed under one category, whatever the units do.
                yield from _of_duties(row, fields[row["unit"]])


def _fields_of_units(path: Path) -> dict[str, str]:
    """The field of most of a unit's matters, for units that nearly all of them belong to one."""
    held: dict[str, Counter[str]] = defaultdict(Counter)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            held[row["unit"]][_root(row["category"])] += 1
    tops = {unit: fields.most_common(1)[0] for unit, fields in held.items()}
    return {unit: field for unit, (field, number) in tops.items() if number >= _MOSTLY * held[unit].total()}


def _of_duties(row: Mapping[str, Any], field: str) -> Iterator[Example]:
    for said in (*(row.get(name) or "" for name in _DUTIES), *row.get("service_items", ())):
        if said:
            yield Example(said[:_LONGEST], field)


def _of_point(row: Mapping[str, Any], field: str) -> Iterator[Example]:
    yield Example(row["title"], field)
    for question in row.get("similar_questions", ()):
        yield Example(question, field)
    said = [str(row.get(name) or "") for name in _TEXTS]
    said += [" ".join(row.get(name) or ()) for name in _LISTS[1:]]
    body = " ".join(part for part in said if part)
    yield Example(f"{row['title']} {body[:_LONGEST]}", field)


def _spoken() -> Iterator[Example]:
    for entry in read_entries():
        field = FIELD_OF.get(entry.field)
        if field is not None:
            yield Example(f"{entry.spoken.replace(GAP, '')} {' '.join(entry.official)}", field)


def _root(path: str) -> str:
    return path.split("/", maxsplit=1)[0]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text("utf-8").splitlines():
        if line.strip():
            yield json.loads(line)
