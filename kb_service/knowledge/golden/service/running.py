"""Runs of all cases, kept; what held before and fails now alarms those who look after search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from kb_service import __version__
from kb_service.core import live, paging
from kb_service.core.context import Context
from kb_service.core.db import Database, ReadSession, WriteSession
from kb_service.core.errors import NotFound
from kb_service.core.paging import Page
from kb_service.identity.service import actors
from kb_service.knowledge.golden import rules
from kb_service.knowledge.golden.model import GoldenCase, GoldenResult, GoldenRun
from kb_service.knowledge.golden.service import trying
from kb_service.knowledge.golden.service.trying import Outcome
from kb_service.knowledge.guiding.service import ranking
from kb_service.knowledge.guiding.service.guides import LIVE as GUIDANCE
from kb_service.knowledge.lexicon.service.entries import LIVE as LEXICON
from kb_service.knowledge.service.words import MARK as WORDS
from kb_service.notices import service as notices
from search.ports import SearchEngine
from search.ranking.confidence import ranking_mark
from search.ranking.model import RankingModel

KIND = "search.regression"
ADMINISTERS = "search.manage"


@dataclass(frozen=True)
class Failure:
    case_id: int
    query: str
    problem: str
    regressed: bool
    found: Sequence[str]


@dataclass(frozen=True)
class RunView:
    """`failures`: what does not hold, regressions first."""

    id: int
    at: datetime
    cause: str
    setup: Mapping[str, Any]
    cases: int
    passed: int
    good: bool
    baseline_id: int | None
    failures: Sequence[Failure] = ()


def run(database: Database, ctx: Context, engine: SearchEngine, cause: str) -> RunView:
    """Tries every case as it is served now, and keeps what came out. The cases are read in a session of their own,
    so that nobody waits for them to write."""
    with database.read() as session:
        setup = _setup(session, engine)
        outcomes = trying.try_all(session, ctx.now, engine, trying.standing(session))
    with database.write() as session:
        return keep(session, ctx, cause, setup, outcomes)


def _setup(session: ReadSession, engine: SearchEngine) -> dict[str, Any]:
    health = engine.health()
    marks = live.marks(session)
    return {
        "version": __version__,
        "engine": health.engine,
        "encoder": health.encoder if health.vectors else "",
        "generation": health.generation,
        "ranking": ranking_mark(ranking.LIVE.of(session, marks) or RankingModel()),
        "lexicon": marks.get(LEXICON.name, ""),
        "words": marks.get(WORDS, ""),
        "guidance": marks.get(GUIDANCE.name, ""),
    }


def keep(
    session: WriteSession, ctx: Context, cause: str, setup: dict[str, Any], outcomes: Sequence[Outcome]
) -> RunView:
    """Keeps a run; alarms where something regressed."""
    baseline = last_good(session)
    failing = [each.case_id for each in outcomes if not each.ok]
    worse = set(rules.regressed(failing, _held_in(session, baseline)))
    row = GoldenRun(
        at=ctx.now, cause=cause, setup=setup, cases=len(outcomes), passed=len(outcomes) - len(failing),
        good=not worse, baseline_id=baseline,
    )  # fmt: skip
    session.add(row)
    session.flush()
    results = [
        {
            "run_id": row.id, "case_id": each.case_id, "ok": each.ok, "regressed": each.case_id in worse,
            "found": list(each.found), "problem": each.problem[:300],
        }
        for each in outcomes
    ]  # fmt: skip
    if results:
        session.execute(insert(GoldenResult), results)
    subject = "golden"
    if worse:
        _alarm(session, ctx, row, [each for each in outcomes if each.case_id in worse])
    else:
        notices.settle(session, ctx, subject, KIND)
    return read(session, row.id)


def _alarm(session: WriteSession, ctx: Context, row: GoldenRun, worse: Sequence[Outcome]) -> None:
    first = "、".join(f"“{each.query[:20]}”" for each in worse[:3])
    title = f"检索检验有 {len(worse)} 个用例退步：{first}"
    notices.notify_again(
        session, ctx, administrators(session), KIND, title, f"/golden/runs/{row.id}", "golden"
    )


def administrators(session: ReadSession) -> list[int]:
    """Accounts of people who look after search."""
    return [account.id for account in actors.holders(session, ADMINISTERS)]


def last_good(session: ReadSession) -> int | None:
    good = select(GoldenRun.id).where(GoldenRun.good).order_by(GoldenRun.id.desc()).limit(1)
    return session.execute(good).scalar_one_or_none()


def held_in_last_good(session: ReadSession) -> dict[int, bool]:
    """Whether each case held when all was last well."""
    return _held_in(session, last_good(session))


def _held_in(session: ReadSession, run_id: int | None) -> dict[int, bool]:
    if run_id is None:
        return {}
    rows = select(GoldenResult.case_id, GoldenResult.ok).where(GoldenResult.run_id == run_id)
    return dict(session.execute(rows).tuples().all())


def read(session: ReadSession, number: int) -> RunView:
    row = session.get(GoldenRun, number)
    if row is None:
        raise NotFound("没有这次检验。", code="unknown_run")
    rows = (
        select(GoldenResult, GoldenCase.query)
        .join(GoldenCase, GoldenCase.id == GoldenResult.case_id)
        .where(GoldenResult.run_id == number, ~GoldenResult.ok)
        .order_by(GoldenResult.regressed.desc(), GoldenResult.case_id)
    )
    failures = [
        Failure(result.case_id, query, result.problem, result.regressed, result.found)
        for result, query in session.execute(rows).tuples()
    ]
    return _view(row, failures)


def runs(session: ReadSession, ctx: Context, *, cursor: str = "", limit: int = 20) -> Page[RunView]:
    ctx.actor.require("knowledge.read_internal")
    rows = select(GoldenRun).order_by(GoldenRun.id.desc())
    if cursor:
        rows = rows.where(GoldenRun.id < paging.decode_cursor(cursor, [int])[0])
    page = paging.page_of(session.execute(rows.limit(limit + 1)).scalars().all(), limit, lambda row: [row.id])
    return Page([_view(row, ()) for row in page.items], page.next)


def _view(row: GoldenRun, failures: Sequence[Failure]) -> RunView:
    return RunView(
        row.id, row.at, row.cause, row.setup, row.cases, row.passed, row.good, row.baseline_id, failures
    )
