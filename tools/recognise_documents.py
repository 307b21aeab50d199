"""Measures what the recogniser finds in official documents and laws, for docs/reference/recognition.md.

    KB_DATA=… .venv/bin/python -m tools.recognise_documents [--json] [--misses] [--form text --form pdf …]

Documents of the outside data, each as it is and made into DOCX, HTML and PDF, go through the readers and the
recogniser. What each states was read from its head and its end and is kept by document id in
tests/data/recognition_truth.jsonl: nothing where the text states nothing, `unclear` where it may be read in two
ways, which is left out of the count. The recogniser was mended while looking at the first set of a hundred; the
second set was drawn by the same hash of the ids when its rules stood. Articles are the labels at the beginning
of the lines of the text as it is.
"""

import argparse
import gzip
import io
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingestion.readers.documents import read_document
from ingestion.recognising.recogniser import recognise
from ingestion.recognising.values import Found
from kb_service.core.settings import get_settings
from search.analysis.passages import cut_passages
from tools.making_documents import Printer, docx, html, printer

TRUTH = Path("tests/data/recognition_truth.jsonl")
FIELDS = ("document_number", "issuer", "issued_on", "effective_from", "effective_to")
FORMS = ("text", "docx", "html", "pdf")
SUFFIXES = {"text": "txt", "docx": "docx", "html": "html", "pdf": "pdf"}
UNCLEAR = "unclear"
_ARTICLE = re.compile(r"^(第[一二三四五六七八九十百零]+条(?:之[一二三四五])?)", re.MULTILINE)


@dataclass
class Score:
    """What was found and right, found and wrong, stated and not found."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)

    def count(self, key: str, wanted: set[str], found: set[str], where: str) -> None:
        self.right[key] += len(wanted & found)
        self.wrong[key] += len(found - wanted)
        self.missed[key] += len(wanted - found)
        if wanted != found:
            told = f"{'、'.join(sorted(wanted - found)[:5])} ≠ {'、'.join(sorted(found - wanted)[:5])}"
            self.misses.append(f"{where} {key}: {told}")

    def row(self, key: str) -> dict[str, float | int]:
        right, wrong, missed = self.right[key], self.wrong[key], self.missed[key]
        return {
            "stated": right + missed,
            "precision": round(right / (right + wrong), 3) if right + wrong else 1.0,
            "recall": round(right / (right + missed), 3) if right + missed else 1.0,
        }


def documents(data: Path) -> Iterator[tuple[str, str, str]]:
    """Id, title and text of the policy documents and of the laws."""
    with (data / "seed_kb" / "gz_documents.jsonl").open(encoding="utf-8") as file:
        for row in map(json.loads, file):
            yield row["id"], row["title"], row["original_text"]
    with gzip.open(data / "load" / "law_documents.jsonl.gz", "rt", encoding="utf-8") as packed:
        for row in map(json.loads, packed):
            yield row["id"], row["title"], row["text"]


def made(form: str, title: str, text: str, to_pdf: Printer | None) -> bytes:
    lines = [line for line in text.split("\n") if line.strip()]
    match form:
        case "docx":
            return docx(lines, numbered=_counts_up(text))
        case "html":
            return html(lines, title=title).encode()
        case "pdf":
            assert to_pdf is not None
            return to_pdf(html(lines, title=title, around=False))
        case _:
            return text.encode()


def _counts_up(text: str) -> bool:
    """Whether Word's own numbering would give the articles the numbers that they have."""
    labels = _ARTICLE.findall(text)
    return (
        bool(labels) and len(set(labels)) == len(labels) and labels[0] == "第一条" and "之" not in str(labels)
    )


def measure(score: Score, truth: dict[str, Any], text: str, form: str, found: list[Found]) -> None:
    where = f"{truth['id']}.{form}"
    cells = found[0].cells if found and found[0].type == "policy" else {}
    for key in FIELDS:
        if truth.get(key) != UNCLEAR:
            score.count(key, _parts(key, truth.get(key, "")), _parts(key, cells.get(key, "")), where)
    wanted = {*_ARTICLE.findall(text), *truth.get("more_articles", ())}
    passages = cut_passages(cells.get("full_text", ""), by_article=True)
    labels = {passage.article for passage in passages if _ARTICLE.match(passage.article)}
    score.count("articles", wanted, labels, where)


def _parts(key: str, value: str) -> set[str]:
    return {part for part in value.split("、") if part} if key == "issuer" else {value} - {""}


def run(data: Path, forms: list[str], which: str, to_pdf: Printer | None) -> dict[str, Any]:
    rows = map(json.loads, TRUTH.read_text(encoding="utf-8").splitlines())
    truths = {row["id"]: row for row in rows if row["set"] == which}
    scores = {form: Score() for form in forms}
    types: Counter[str] = Counter()
    for code, title, text in documents(data):
        if code not in truths:
            continue
        for form in forms:
            content = made(form, title, text, to_pdf)
            document = read_document(io.BytesIO(content), f"{title}.{SUFFIXES[form]}", form)
            found = list(recognise(document))
            measure(scores[form], truths[code], text, form, found)
            types[f"{form}:{found[0].type}"] += 1
    keys = (*FIELDS, "articles")
    return {
        "documents": len(truths),
        "scores": {form: {key: score.row(key) for key in keys} for form, score in scores.items()},
        "types": dict(types),
        "misses": [miss for score in scores.values() for miss in score.misses],
    }


def table(report: dict[str, Any]) -> Iterator[str]:
    yield "| form | field | stated | precision | recall |"
    yield "|---|---|---|---|---|"
    for form, rows in report["scores"].items():
        for key, row in rows.items():
            yield f"| {form} | {key} | {row['stated']} | {row['precision']:.3f} | {row['recall']:.3f} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--misses", action="store_true")
    parser.add_argument("--set", choices=("first", "second"), default="first")
    parser.add_argument("--form", action="append", choices=FORMS)
    chosen = parser.parse_args()
    data = get_settings().data
    if data is None:
        sys.exit("KB_DATA names no folder of outside data.")
    forms = chosen.form or list(FORMS)
    report = _with_printer(lambda to_pdf: run(data, forms, chosen.set, to_pdf), forms)
    if chosen.json:
        print(json.dumps(report, ensure_ascii=False, indent=1))
        return
    print("\n".join(table(report)))
    print(f"{report['documents']} documents; {report['types']}")
    if chosen.misses:
        print("\n".join(report["misses"]))


def _with_printer(work: Callable[[Printer | None], dict[str, Any]], forms: list[str]) -> dict[str, Any]:
    if "pdf" not in forms:
        return work(None)
    with printer() as to_pdf:
        return work(to_pdf)


if __name__ == "__main__":
    main()
