"""Writes every corpus and question file that docs/reference/evaluation.md has figures of.

    KB_DATA=… .venv/bin/python -m tools.evaluation_files DIR

Without KB_DATA only the demo city's files are written.
"""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kb_service.core.settings import get_settings
from kb_service.demo import files
from search.training.confidence_sets import point_item
from search.training.own import read_points
from search.training.sources import read_rows

OWN = Path(__file__).parents[1] / "tests/data"
POINTS = Path(files.__file__).parent / "points"
# The half that weights were chosen on, and the one that only the final figure is taken on.
DEMO = {"demo_dev": "demo_paraphrases", "demo_kept": "demo_paraphrases_kept"}
Row = dict[str, Any]


def write(folder: Path, data: Path | None) -> list[Path]:
    """The files written, `data` being the folder of outside data or None."""
    folder.mkdir(parents=True, exist_ok=True)
    items = list(map(point_item, read_points(POINTS)))
    made = [_lines(folder / "demo_corpus.jsonl", items)]
    made.append(_lines(folder / "demo_bare.jsonl", ({**item, "questions": []} for item in items)))
    made += [_lines(folder / f"{name}.jsonl", read_rows(OWN / f"{own}.jsonl")) for name, own in DEMO.items()]
    if data is None:
        return made
    subprocess.run([sys.executable, data / "make_eval_files.py", folder], check=True)
    entries = _city_entries(data / "seed_kb")
    made.append(
        _lines(folder / "spoken_corpus.jsonl", [*entries, *read_rows(folder / "policy_corpus.jsonl")])
    )
    made.append(_lines(folder / "spoken_queries.jsonl", read_rows(OWN / "spoken_questions.jsonl")))
    return made


def _city_entries(seed: Path) -> list[Row]:
    """The real city's items and answered questions."""
    items = read_rows(seed / "gz_knowledge_items.jsonl")
    asked = read_rows(seed / "gz_faq_pairs.jsonl")
    return [
        {"id": f"i{number:02d}", "title": row["title"], "body": row["plain_answer"], "type": "procedure"}
        for number, row in enumerate(items)
    ] + [
        {"id": f"f{number:02d}", "title": row["question"], "body": row["answer"], "type": "faq"}
        for number, row in enumerate(asked)
    ]


def _lines(file: Path, rows: Iterable[Row]) -> Path:
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return file


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for path in write(Path(sys.argv[1]), get_settings().data):
        sys.stdout.write(f"{path}\n")
