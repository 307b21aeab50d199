"""One case tried through the same door as every search."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from kb_service.core.context import Actor, Context
from kb_service.core.db import ReadSession
from kb_service.knowledge.golden import rules
from kb_service.knowledge.golden.model import GoldenCase
from kb_service.knowledge.service.reading import live_versions
from kb_service.knowledge.service.searching import PointHits, Reshape, SearchParams, search_points
from search.ports import Mode, SearchEngine


@dataclass(frozen=True)
class Outcome:
    """`found` are the codes of the first hits; `problem` is empty where the case holds."""

    case_id: int
    query: str
    found: tuple[str, ...]
    problem: str
    degraded: str | None

    @property
    def ok(self) -> bool:
        return not self.problem


def standing(session: ReadSession) -> Sequence[GoldenCase]:
    """Cases that were not retired, in the order in which they were made."""
    statement = select(GoldenCase).where(GoldenCase.retired_at.is_(None)).order_by(GoldenCase.id)
    return session.execute(statement).scalars().all()


def actor_of(audience: str) -> Actor:
    """Somebody of the audience who may search and nothing else."""
    inside = frozenset({"knowledge.read_internal"}) if audience != rules.PUBLIC else frozenset[str]()
    roles = frozenset[str]() if audience in {rules.PUBLIC, rules.AGENTS} else frozenset({audience})
    return Actor(
        account_id=None,
        name=audience,
        roles=roles,
        permissions=frozenset({"search.use", "knowledge.read"}) | inside,
        via="golden",
    )


def ask(
    session: ReadSession,
    now: datetime,
    engine: SearchEngine,
    case: GoldenCase,
    reshape: Reshape | None = None,
    mode: Mode = "hybrid",
) -> PointHits:
    params = SearchParams(case.query, limit=case.first, region=case.region_code, mode=mode)
    return search_points(session, Context(actor_of(case.audience), now), engine, params, reshape)


def try_case(
    session: ReadSession,
    now: datetime,
    engine: SearchEngine,
    case: GoldenCase,
    reshape: Reshape | None = None,
) -> Outcome:
    found = ask(session, now, engine, case, reshape)
    codes = tuple(hit.code for hit in found.hits)
    live = live_versions(session, case.must, now)
    unlive = [code for code in case.must if code not in live]
    problem = rules.problem_of(rules.Expected(case.must, case.must_not, case.first), codes, unlive)
    return Outcome(case.id, case.query, codes, problem, found.degraded)


def try_all(
    session: ReadSession,
    now: datetime,
    engine: SearchEngine,
    cases: Iterable[GoldenCase],
    reshape: Reshape | None = None,
) -> list[Outcome]:
    return [try_case(session, now, engine, case, reshape) for case in cases]
