"""Runs the main job on the outside data and prints what came out, for docs/real-input.md.

    KB_DATA=… .venv/bin/python -m tools.real_input [--json]

A fresh base in a temporary folder: the demo city with its units and catalogue, then the documents,
items, questions and policy passages of the outside data, imported from files, reviewed in bulk,
published, searched with the dev questions; last, real messages taken through the decision.
"""

import gzip
import io
import json
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ingestion.service
from kb_service import app
from kb_service.answering import schemas
from kb_service.answering.service import deciding
from kb_service.core.context import Context
from kb_service.core.runtime import Runtime
from kb_service.core.settings import get_settings
from kb_service.demo import loader
from kb_service.identity.service import actors, people
from kb_service.knowledge import indexing
from kb_service.knowledge.service import review
from kb_service.knowledge.service.searching import SearchParams, search_points
from search.evaluation.metrics import recall_at, reciprocal_rank
from search.ports import Mode

MANAGER, REVIEWER = "zszhuguan01", "zsshenhe01"
CATEGORY, UNIT = "热线服务/热线受理规则", "U-RX"
MESSAGES = 20
MODES: tuple[Mode, ...] = ("keyword", "hybrid")
SECTIONS = {"谁能办": "who", "要什么条件": "conditions", "怎么办": "steps", "交什么材料": "materials"}
Row = dict[str, Any]


@dataclass
class Report:
    lines: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    def say(self, line: str) -> None:
        self.lines.append(line)
        sys.stderr.write(line + "\n")


def rows_of(path: Path) -> Iterator[Row]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def documents(data: Path) -> Iterator[Row]:
    for number, row in enumerate(rows_of(data / "seed_kb/gz_documents.jsonl"), 1):
        yield {
            "code": f"DOC-{number:02}",
            "type": "policy",
            "title": row["title"][:128],
            "document_number": row["doc_no"],
            "issuer": row["source"],
            "issued_on": row["publish_date"],
            "full_text": row["original_text"],
            "source": row["source_url"],
        }


def items(data: Path) -> Iterator[Row]:
    """Scenario items: one text with labelled sections becomes a procedure."""
    for number, row in enumerate(rows_of(data / "seed_kb/gz_knowledge_items.jsonl"), 1):
        parts = re.split(rf"({'|'.join(SECTIONS)}|注意)：", row["plain_answer"])
        sections = dict(zip(parts[1::2], parts[2::2], strict=False))
        point: Row = {SECTIONS[name]: text.strip() for name, text in sections.items() if name in SECTIONS}
        yield point | {
            "code": f"ITEM-{number:02}",
            "type": "procedure",
            "title": row["title"],
            "item": row["title"],
            "keywords": [word[:20] for word in row["keywords"] if word != row["title"]],
            "places": [row["venue"]] if row["venue"] else [],
            "channels": [row["phone"]] if row["phone"] else [],
        }


def questions(data: Path) -> Iterator[Row]:
    for number, row in enumerate(rows_of(data / "seed_kb/gz_faq_pairs.jsonl"), 1):
        question = row["question"].strip()
        yield {
            "code": f"FAQ-{number:02}",
            "type": "faq",
            "title": question[:128],
            "question": question,
            "answer": row["answer"],
        }


def passages(data: Path) -> Iterator[Row]:
    for number, row in enumerate(rows_of(data / "policy_retrieval/corpus.jsonl.gz"), 1):
        yield {
            "code": f"P-{number:05}",
            "type": "policy",
            "title": row["title"][:128] or row["text"][:40],
            "issuer": row["source"],
            "document_number": "无",
            "full_text": row["text"],
            "source": row["pid"],
        }


def context(parts: Runtime, login: str) -> Context:
    with parts.database.read() as session:
        actor = actors.of_account(session, people.account_by_login(session, login), "session")
    return Context(actor, parts.clock.now())


def bring_in(parts: Runtime, report: Report, name: str, rows: Iterable[Row]) -> None:
    """Import, review in bulk, publish, index: with the time of each."""
    shared = {"unit": UNIT, "category": CATEGORY}
    lines = [json.dumps(row | shared, ensure_ascii=False) for row in rows]
    begun = time.monotonic()
    ctx = context(parts, MANAGER)
    file = io.BytesIO("\n".join(lines).encode())
    batch = ingestion.service.stage(parts.database, ctx, file, f"{name}.jsonl", name=name)
    staged = time.monotonic()
    with parts.database.read() as session:
        wrong = ingestion.service.preview(session, ctx, batch.id, only="error", limit=5).items
    for row in wrong:
        report.say(f"    第 {row.row} 行：{'；'.join(problem.detail for problem in row.problems)}")
    applied = ingestion.service.apply(parts.database, ctx, batch.id, allow_partial=bool(wrong))
    written = time.monotonic()
    reviewed = review.decide_batch(parts.database, context(parts, REVIEWER), batch.id, "approve")
    approved = time.monotonic()
    while indexing.drain(parts.database, parts.engine, parts.clock):
        pass
    done = time.monotonic()
    report.figures[name] = {
        "rows": len(lines), "errors": batch.counts.error, "written": applied.written, "approved": reviewed.done,
        "stage_s": round(staged - begun, 1), "apply_s": round(written - staged, 1),
        "review_s": round(approved - written, 1), "index_s": round(done - approved, 1),
        "points_per_s": round(applied.written / (done - begun)),
    }  # fmt: skip
    report.say(f"{name}: {report.figures[name]}")


def searched(
    parts: Runtime, report: Report, name: str, asked: list[tuple[str, set[str]]], mode: Mode
) -> None:
    ctx = context(parts, "huawu01")
    ranks, times = [], []
    with parts.database.read() as session:
        for text, gold in asked:
            found = search_points(session, ctx, parts.engine, SearchParams(q=text, limit=10, mode=mode))
            ranks.append(([hit.code for hit in found.hits], gold))
            times.append(found.took_ms)
    figures = {
        f"R@{k}": round(sum(recall_at(got, gold, k) for got, gold in ranks) / len(ranks), 3)
        for k in (1, 5, 10)
    }
    figures["MRR@10"] = round(sum(reciprocal_rank(got, gold, 10) for got, gold in ranks) / len(ranks), 3)
    figures["p50_ms"] = round(sorted(times)[len(times) // 2], 1)
    report.figures[f"{name} {mode}"] = figures
    report.say(f"{name} {mode}: {figures}")


def policy_questions(data: Path) -> list[tuple[str, set[str]]]:
    number_of = {row["source"]: row["code"] for row in passages(data)}
    return [
        (row["query"], {number_of[pid] for pid in row["gold_pids"]})
        for row in rows_of(data / "policy_retrieval/queries_dev.jsonl")
    ]


def item_questions(data: Path) -> list[tuple[str, set[str]]]:
    """The answer stands in the item of that name or in the document behind it."""
    documents_of = {
        row["title"]: row["doc_ids"] for row in rows_of(data / "seed_kb/gz_knowledge_items.jsonl")
    }
    codes = {row["title"]: row["code"] for row in items(data)}
    asked = [(row["question"], {row["code"]}) for row in questions(data)]
    for title, ids in documents_of.items():
        asked.append((title, {codes[title], *(f"DOC-{int(each.split('_')[1]):02}" for each in ids)}))
    return asked


def messages(data: Path) -> list[Row]:
    """Every so many of the messages that no measurement uses, from one end to the other."""
    free = [row for row in rows_of(data / "load/citizen_messages.jsonl.gz") if not row["overlaps_eval"]]
    return free[:: len(free) // MESSAGES][:MESSAGES]


def decided(parts: Runtime, report: Report, data: Path) -> None:
    ctx = context(parts, "huawu01")
    for row in messages(data):
        asked = schemas.DecisionIn(question=f"{row['title']} {row['text']}"[:2000], channel="phone")
        with parts.database.write() as session:
            out = deciding.decide(session, ctx, parts, asked)
        units = "、".join(f"{unit.name} {unit.confidence:.0%}" for unit in out.units)
        due = "、".join(f"{each.label} {each.shown}" for each in out.due)
        cited = "、".join(cited.title for cited in out.citations)
        report.say(
            f"{row['id']} | {row['title']} | {out.decision} {out.confidence:.2f} | {out.request_class} | {out.field} | "
            f"{units} | {due} | {cited}"
        )


def main() -> None:
    data = get_settings().data
    if data is None:
        raise SystemExit("KB_DATA 未设置：请指向外部数据的文件夹。")
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        settings = get_settings().model_copy(update={"var_dir": Path(folder), "worker": False})
        parts = app.build_runtime(settings)
        app.prepare_database(parts)
        loader.load_demo_city(parts, report.say, with_past=False)
        for name, rows in (
            ("documents", documents),
            ("items", items),
            ("questions", questions),
            ("passages", passages),
        ):
            bring_in(parts, report, name, rows(data))
        for mode in MODES:
            searched(parts, report, "policy questions", policy_questions(data), mode)
            searched(parts, report, "items and FAQ by their own titles", item_questions(data), mode)
        decided(parts, report, data)
        parts.engine.close()
        parts.database.dispose()
    if "--json" in sys.argv:
        sys.stdout.write(json.dumps(report.figures, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
