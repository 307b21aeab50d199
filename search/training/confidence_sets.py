"""The questions that the confidence is fitted to: measuring rows, and the project's own."""

import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from search.evaluation.rows import read_queries
from search.training.confidence import LabelledSet
from search.training.own import listed, read_points, text_of_point
from search.training.sources import read_rows

# Of these sources nobody asks a city: what a hotline's base finds for them is wrong.
_STRANGE_SOURCES = ("CMRC2018-dev", "Toyhom-med:title")
_STRANGE = 280
_SHORT = 200
_EQUAL = 200
_SHORTEST_QUESTION = 6
_LONGEST = 120
Row = dict[str, Any]


def prepare_sets(
    data: Path, measuring: Path, points: Path, questions: Sequence[Path], folder: Path, seed: int = 7
) -> list[LabelledSet]:
    """Write what is made here into `folder` and name all sets.

    `measuring` holds `answerable_{policy,citizen}_{corpus,queries}.jsonl`; `questions` are query files about the
    points in `points`, half of which, by a hash, are taken out of the corpus. Raises InputError for a wrong line.
    """
    rng = random.Random(seed)
    items = [point_item(point) for point in read_points(points)]
    kept = [item for item in items if not _taken_out(item["id"])]
    known = {item["id"] for item in kept}
    asked = questions_about(items, questions)
    for row in asked:
        row["relevant"] = [code for code in row["relevant"] if code in known]
    whole, half = _write(folder / "points.jsonl", items), _write(folder / "half.jsonl", kept)
    made = [
        LabelledSet("points", half, _write(folder / "asked.jsonl", asked)),
        LabelledSet("strange", whole, _write(folder / "strange.jsonl", _strange(data, rng))),
        LabelledSet("short", whole, _write(folder / "short.jsonl", _short(points, rng))),
        LabelledSet("equal", half, _write(folder / "equal.jsonl", _equal(kept, rng))),
    ]
    found = [
        LabelledSet(
            name,
            measuring / f"answerable_{name}_corpus.jsonl",
            measuring / f"answerable_{name}_queries.jsonl",
            weight,
        )
        # Fewer questions were asked about policies, and they are no less worth being sure about.
        for name, weight in (("policy", 2), ("citizen", 1))
    ]
    return found + made


def questions_about(items: Sequence[Row], files: Sequence[Path]) -> list[Row]:
    """The rows of query files about these items. Raises InputError for a wrong line."""
    known = frozenset(item["id"] for item in items).__contains__
    return [
        {"id": asked.id, "text": asked.text, "relevant": sorted(asked.relevant)}
        for file in files
        for asked in read_queries(file, known)
    ]


def point_item(point: Row) -> Row:
    questions = listed(point.get("similar_questions"))
    if point.get("question"):
        questions.insert(0, str(point["question"]))
    return {
        "id": point["code"],
        "title": point["title"],
        "questions": questions,
        "body": text_of_point(point),
        "type": point["type"],
    }


def _taken_out(code: str) -> bool:
    return hashlib.sha1(code.encode(), usedforsecurity=False).digest()[0] % 2 == 0


def _strange(data: Path, rng: random.Random) -> list[Row]:
    """Questions about anything but a city's services; no point answers them."""
    rows = read_rows(data / "pairs/pairs_train.jsonl.gz")
    texts = sorted({row["a"][:_LONGEST] for row in rows if row["source"] in _STRANGE_SOURCES and row["open"]})
    chosen = rng.sample(texts, _STRANGE)
    return [{"id": f"strange-{number}", "text": text, "relevant": []} for number, text in enumerate(chosen)]


def _short(points: Path, rng: random.Random) -> list[Row]:
    """A keyword alone, meant for one of the points that carry it: a bare noun does not say which."""
    carriers: dict[str, list[str]] = defaultdict(list)
    for point in read_points(points):
        for keyword in listed(point.get("keywords")):
            carriers[keyword].append(point["code"])
    chosen = rng.sample(sorted(carriers), min(_SHORT, len(carriers)))
    return [
        {"id": f"short-{number}", "text": keyword, "relevant": [rng.choice(carriers[keyword])]}
        for number, keyword in enumerate(chosen)
    ]


def _equal(items: Sequence[Row], rng: random.Random) -> list[Row]:
    """A title or similar question word for word, which its point answers."""
    chosen = rng.sample(list(items), min(_EQUAL, len(items)))
    rows = []
    for number, item in enumerate(chosen):
        asked = [text for text in (item["title"], *item["questions"]) if len(text) >= _SHORTEST_QUESTION]
        if asked:
            rows.append({"id": f"equal-{number}", "text": rng.choice(asked), "relevant": [item["id"]]})
    return rows


def _write(file: Path, rows: Iterable[Row]) -> Path:
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return file
