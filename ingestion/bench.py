"""How fast a file becomes knowledge that can be found: read, checked, staged, applied, approved, indexed."""

import io
import json
import resource
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from typing import Any

from ingestion.bench_others import Others
from ingestion.service import apply, stage
from kb_service.core import outbox
from kb_service.core.clock import Clock
from kb_service.core.context import SYSTEM, Context
from kb_service.core.db import Database
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job, Worker
from kb_service.identity.schemas import AccountIn, RegionIn, UnitIn
from kb_service.identity.service import actors, people, shipped
from kb_service.knowledge import jobs
from kb_service.knowledge.service import catalogue, review
from kb_service.knowledge.service.release import TOPIC
from search.bench.corpus import make_documents
from search.ports import Document

LOOK_S = 0.05
FILE_ROWS = 20_000
REGION, UNIT, CATEGORY = "990000", "U-BENCH", "C-BENCH"
WRITER, UNIT_REVIEWER, CENTRE_REVIEWER = "bench.editor", "bench.unit", "bench.centre"
ROLES = {WRITER: "knowledge_manager", UNIT_REVIEWER: "unit_reviewer", CENTRE_REVIEWER: "centre_reviewer"}


def bench_import(parts: Runtime, rows: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Seconds and processor seconds of each step on an empty base, with points of the size of `kb bench search`.

    `points_per_s` counts reading, checking, staging, applying and indexing with vectors; what reviewers'
    decisions cost is given apart. Meanwhile another writer writes a little and scripts are published:
    `longest_wait_s` tells by step how long a write of theirs took at most, `searchable_s` how long after its
    publication a script was found.
    """
    _found(parts)
    content = "\n".join(json.dumps(row, ensure_ascii=False) for row in _rows(rows)).encode()
    say(f"{rows} 行，{len(content) / 2**20:.1f} MB")
    steps: dict[str, dict[str, float]] = {}
    children_before = _children_s()
    ctx = _as(parts.database, parts.clock, WRITER)
    decided = threading.Event()
    worker = Worker(parts, list(_indexing(decided)))
    worker.start()
    others = Others(parts, {login: _as(parts.database, parts.clock, login) for login in ROLES})
    with others, _timed(steps, "stage", others):
        batch = stage(parts.database, ctx, io.BytesIO(content), "bench.jsonl")
    with others, _timed(steps, "apply", others):
        apply(parts.database, ctx, batch.id)
    with others, _timed(steps, "review", others):
        for reviewer in (UNIT_REVIEWER, CENTRE_REVIEWER):
            _approve(parts, reviewer, batch.id)
    decided.set()
    with others, _timed(steps, "index", others):
        while _waiting(parts):
            time.sleep(LOOK_S)
    worker.stop()
    indexed = parts.engine.health().points
    parts.engine.close()
    # Processes that helped with the index are counted once they have ended.
    steps["index"]["cpu_s"] = round(steps["index"]["cpu_s"] + _children_s() - children_before, 2)
    counted = [steps[name] for name in ("stage", "apply", "index")]
    return {
        "rows": rows,
        "new": batch.counts.new,
        "database": parts.database.dialect_name,
        "points_per_s": round(rows / sum(step["s"] for step in counted)),
        "points_per_cpu_s": round(rows / sum(step["cpu_s"] for step in counted)),
        "steps": steps,
        "indexed": indexed,
    }


def fill(parts: Runtime, rows: int) -> None:
    """An empty base with so many points, all of them live; in files no larger than may be imported."""
    _found(parts)
    lines = (json.dumps(row, ensure_ascii=False) for row in _rows(rows))
    while some := list(islice(lines, FILE_ROWS)):
        ctx = _as(parts.database, parts.clock, WRITER)
        batch = stage(parts.database, ctx, io.BytesIO("\n".join(some).encode()), "bench.jsonl")
        apply(parts.database, ctx, batch.id)
        for reviewer in (UNIT_REVIEWER, CENTRE_REVIEWER):
            _approve(parts, reviewer, batch.id)


def _indexing(decided: threading.Event) -> Iterator[Job]:
    """The jobs of the index; batches wait until all is decided, so that each step is measured by itself."""

    def batches(parts: Runtime) -> int:
        return jobs.drain_batches(parts) if decided.is_set() else 0

    for job in jobs.JOBS:
        if job.run is jobs.drain_batches:
            yield replace(job, run=batches)
        elif job.name.startswith("index."):
            yield job


def _approve(parts: Runtime, reviewer: str, batch_id: str) -> None:
    ctx = _as(parts.database, parts.clock, reviewer)
    review.decide_batch(parts.database, ctx, batch_id, "approve")


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _waiting(parts: Runtime) -> bool:
    with parts.database.read() as session:
        return bool(outbox.waiting(session, TOPIC, 1))


@contextmanager
def _timed(steps: dict[str, dict[str, float]], name: str, others: Others) -> Iterator[None]:
    others.forget()
    begun, worked = time.perf_counter(), time.process_time()
    yield
    steps[name] = {
        "s": round(time.perf_counter() - begun, 2),
        "cpu_s": round(time.process_time() - worked, 2),
        **others.told(),
    }


def _found(parts: Runtime) -> None:
    """A city of one unit, its category, and who writes and reviews."""
    ctx = Context(SYSTEM, parts.clock.now())
    with parts.database.write() as session:
        shipped.ensure_roles(session, ctx)
        people.add_region(session, ctx, RegionIn(code=REGION, name="测试市", level="city"))
        unit = UnitIn(code=UNIT, name="测试中心", region_code=REGION, level=1, kind="centre")
        people.save_unit(session, ctx, unit)
        category = catalogue.CategoryIn(code=CATEGORY, name="测试类目", units=[UNIT])
        catalogue.save_category(session, ctx, category)
        for login, role in ROLES.items():
            data = AccountIn(login=login, name=login, unit_code=UNIT, roles=[role], password="-" * 12)
            people.add_account(session, ctx, data, password_hash="-")  # noqa: S106 - nobody logs in here


def _as(database: Database, clock: Clock, login: str) -> Context:
    with database.read() as session:
        account = people.account_by_login(session, login)
        return Context(actors.of_account(session, account, "cli"), clock.now())


def _rows(count: int) -> Iterator[dict[str, object]]:
    for number in range(count):
        documents = make_documents(number)
        first = documents[0]
        yield {
            "code": f"B-{number:06d}",
            "title": f"{first.title}（{number}）",
            "category": CATEGORY,
            "unit": UNIT,
            "keywords": list(dict.fromkeys(first.keywords)),
            "source": "测试",
            "similar_questions": list(first.questions),
            **_content(first, documents),
        }


def _content(first: Document, documents: tuple[Document, ...]) -> dict[str, object]:
    match first.type:
        case "policy":
            text = "\n".join(f"{document.article} {document.body}" for document in documents)
            return {"type": "policy", "issuer": "测试中心", "full_text": text}
        case "procedure":
            return {"type": "procedure", "item": first.title, "conditions": first.body, "channels": ["窗口"]}
        case "agency":
            return {"type": "agency", "functions": first.body, "phone": "0000-0000000"}
        case "script":
            return {"type": "script", "event": first.title, "text": first.body}
        case _:
            return {"type": "faq", "question": first.questions[0], "answer": first.body}
