"""Measures the sweep, the list pages and the statistics on a filled base, each through the code that serves."""

import os
import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from statistics import quantiles
from typing import Any

from sqlalchemy import func, select

from kb_service.core.clock import FixedClock, day_start, local_day
from kb_service.core.context import SYSTEM, Context
from kb_service.core.runtime import Runtime
from kb_service.insight.bench.filling import REGIONS, SEED, UNITS, Plan, fill
from kb_service.insight.bench.lives import MATTERS, PLACES
from kb_service.insight.evaluation.service import scoring
from kb_service.insight.statistics import periods
from kb_service.insight.statistics.model import TicketFact, TicketMark
from kb_service.insight.statistics.rules import Scope
from kb_service.insight.statistics.service import figures
from kb_service.tickets import jobs
from kb_service.tickets.model import Ticket, TicketEvent
from kb_service.tickets.rules.life.words import OPEN
from kb_service.tickets.service import listing
from kb_service.tickets.service.listing import TicketFilter

LOOKS = 100
_MS = 1_000


def bench_tickets(parts: Runtime, plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """Seconds of a sweep, milliseconds of list pages, seconds of the statistics of a year, on an empty base.

    The sweep is that of a midnight at which limits run out: the base stands as at eight in the evening of the
    day before, and all that came due until a minute past midnight is settled.
    """
    evening = day_start(local_day(parts.clock.now())) + timedelta(hours=20)
    begun = time.perf_counter()
    fill(parts, plan, evening, say)
    filled = time.perf_counter() - begun
    held = _held(parts)
    say(f"装入 {held['tickets']} 件，用时 {filled:.0f} 秒")
    lists = _lists(parts, evening)
    say("列表已测")
    counted = _statistics(parts, evening)
    say("统计已测")
    return {
        "database": parts.database.dialect_name,
        "cpus": os.cpu_count(),
        "method": f"按固定种子以工单引擎模拟 {sum(plan.lives)} 件的经过，其余为这些工单平移 37 秒的整数倍的复制",
        **held,
        "filled_s": round(filled, 1),
        "lists_ms": lists,
        "statistics_s": counted,
        "sweep": _sweep(parts, evening),
    }


def _held(parts: Runtime) -> dict[str, int]:
    with parts.database.read() as session:
        tables = {"tickets": Ticket, "events": TicketEvent, "facts": TicketFact, "marks": TicketMark}
        found = {
            name: session.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in tables.items()
        }
        still = select(func.count(Ticket.id)).where(Ticket.status.in_(sorted(OPEN)))
        return found | {"open": session.execute(still).scalar_one()}


def _lists(parts: Runtime, now: datetime) -> dict[str, dict[str, float]]:
    pick = random.Random(SEED)  # noqa: S311
    words = [word for each in MATTERS.values() for word in each] + list(PLACES)
    pages: dict[str, Callable[[], TicketFilter]] = {
        "queue": lambda: TicketFilter(status=pick.choice(("pending", "dispatched", "signed", "open"))),
        "overdue": lambda: TicketFilter(overdue=True, region=_region(pick)),
        "unit": lambda: TicketFilter(unit=f"U-{pick.randrange(UNITS):04d}", status="open"),
        "search": lambda: TicketFilter(q=pick.choice(words)),
        "search_two": lambda: TicketFilter(q=f"{pick.choice(PLACES)}{pick.randrange(1, 400)}号"),
        "code": lambda: TicketFilter(q=f"{local_day(now - timedelta(days=pick.randrange(300))):%Y%m%d}-0000"),
    }
    return {name: _looked(parts, now, made) for name, made in pages.items()}


def _region(pick: random.Random) -> str:
    return f"9911{pick.randrange(1, REGIONS + 1):02d}"


def _looked(parts: Runtime, now: datetime, wanted: Callable[[], TicketFilter]) -> dict[str, float]:
    """A first page, and where there is one the page after it, so many times."""
    ctx, took = Context(SYSTEM, now), []
    for _ in range(LOOKS):
        asked = wanted()
        cursor: str | None = ""
        for _ in range(2):
            begun = time.perf_counter()
            with parts.database.read() as session:
                cursor = listing.list_tickets(session, ctx, asked, cursor or "").next
            took.append((time.perf_counter() - begun) * _MS)
            if cursor is None:
                break
    return _told(took)


def _told(took: list[float]) -> dict[str, float]:
    cut = quantiles(took, n=20)
    return {"p50": round(cut[9], 1), "p95": round(cut[18], 1), "max": round(max(took), 1)}


def _statistics(parts: Runtime, now: datetime) -> dict[str, float]:
    """Of the year that ends now, with its comparisons and tables."""
    last = local_day(now)
    year = periods.Period(last - timedelta(days=364), last)
    ctx = Context(SYSTEM, now)
    asked: dict[str, Callable[..., object]] = {
        "city": lambda session: figures(session, ctx, year, Scope()),
        "region": lambda session: figures(session, ctx, year, Scope(region="991101")),
        "unit": lambda session: figures(session, ctx, year, Scope(unit="U-0001")),
        "month": lambda session: figures(session, ctx, periods.month(last.year, last.month), Scope()),
        "scores": lambda session: scoring.ranking(session, ctx, year),
    }
    found = {}
    for name, ask in asked.items():
        begun = time.perf_counter()
        with parts.database.read() as session:
            ask(session)
        found[name] = round(time.perf_counter() - begun, 2)
    return found


def _sweep(parts: Runtime, evening: datetime) -> dict[str, float]:
    """All that comes due until a minute past midnight, and a look when there is nothing."""
    midnight = replace(parts, clock=FixedClock(day_start(local_day(evening) + timedelta(days=1, minutes=1))))
    settled, begun = 0, time.perf_counter()
    while done := jobs.sweep(midnight):
        settled += done
    took = time.perf_counter() - begun
    begun = time.perf_counter()
    jobs.sweep(midnight)
    return {
        "settled": settled,
        "seconds": round(took, 2),
        "per_ticket_ms": round(took / settled * _MS, 2) if settled else 0.0,
        "nothing_due_ms": round((time.perf_counter() - begun) * _MS, 1),
    }
