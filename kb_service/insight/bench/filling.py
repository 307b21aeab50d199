"""Filling a base with simulated lives, and with copies of them shifted in time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import repeat
from multiprocessing import get_context
from typing import Any, Final

from sqlalchemy import insert, select, text

from kb_service.core.clock import local_day
from kb_service.core.context import SYSTEM, Context
from kb_service.core.db import Base, Database, WriteSession
from kb_service.core.runtime import Runtime
from kb_service.identity.model import Unit
from kb_service.identity.schemas import RegionIn, UnitIn
from kb_service.identity.service import people
from kb_service.insight.bench.lives import Life, Lives
from kb_service.insight.statistics.facts import facts
from kb_service.insight.statistics.model import TicketFact, TicketMark
from kb_service.insight.statistics.service.keeping import fact_row, mark_rows
from kb_service.regulations import service as regulations
from kb_service.regulations.calendar import WorkingCalendar
from kb_service.regulations.schema import Profile
from kb_service.tickets.model import Ticket, TicketEvent
from kb_service.tickets.rules.life import Rules, settle
from kb_service.tickets.service import projecting

REGIONS, UNITS, SEED = 12, 300, 7
CHUNK: Final = 2_000
# Between a life and its copies: small, so that each is in time or late as the life itself was.
SHIFT_S: Final = 37
CITY: Final = "shaoguan-2022"
_OPEN_DAYS, _YEAR_DAYS = 20, 364
_LONG: Final = date(2099, 12, 31)


@dataclass(frozen=True)
class Plan:
    """How many open and finished tickets, and how many lives are simulated for them."""

    open: int
    finished: int
    simulated: int

    @property
    def copies(self) -> int:
        """How often each life stands in the base, itself included."""
        return max(1, round((self.open + self.finished) / self.simulated))

    @property
    def lives(self) -> tuple[int, int]:
        """Of how many the open ones and the finished ones are made."""
        return self.open // self.copies, self.finished // self.copies


@dataclass(frozen=True)
class _Given:
    """What a process that makes lives needs to know."""

    profile: Profile
    revision: str
    units: Mapping[str, int]
    regions: Sequence[str]
    now: datetime


def fill(parts: Runtime, plan: Plan, now: datetime, say: Callable[[str], None]) -> None:
    """An empty base gets units, regions and tickets as they stand at `now`."""
    given = _found(parts, now)
    chunks = _chunks(plan)
    made = 0
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for rows in pool.map(_make, chunks, repeat(given)):
            _insert(parts.database, rows)
            made += len(rows[0])
            if made % (20 * CHUNK) < CHUNK:
                say(f"模拟 {made} 件")
    for nth in range(1, plan.copies):
        _copy(parts.database, nth)
        say(f"平移复制第 {nth} 遍")
    if parts.database.dialect_name == "postgresql":
        with parts.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _found(parts: Runtime, now: datetime) -> _Given:
    ctx = Context(SYSTEM, now)
    with parts.database.write() as session:
        _places(session, ctx)
        # Its cards and rating windows give the sweep more to do than other cities' rules.
        regulations.record_continuation(session, ctx, CITY, _LONG, "测量用", "测量用")
        profile = regulations.current_profile(session, ctx, CITY)
        revision = regulations.pin_profile(session, ctx, profile)
        units = dict(session.execute(select(Unit.code, Unit.id)).tuples().all())
    handling = {code: key for code, key in units.items() if code.startswith("U-0")}
    regions = [f"9911{number:02d}" for number in range(1, REGIONS + 1)]
    return _Given(profile, revision, handling, regions, now)


def _places(session: WriteSession, ctx: Context) -> None:
    people.add_region(session, ctx, RegionIn(code="991100", name="测量市", level="city"))
    for number in range(1, REGIONS + 1):
        region = RegionIn(
            code=f"9911{number:02d}", name=f"第{number}区", level="county", parent_code="991100"
        )
        people.add_region(session, ctx, region)
    for number in range(UNITS):
        people.save_unit(
            session,
            ctx,
            UnitIn(
                code=f"U-{number:04d}",
                name=f"第{number}承办单位",
                short_name=f"{number}单位",
                region_code=f"9911{number % REGIONS + 1:02d}",
                level=2,
                kind="department",
            ),
        )


@dataclass(frozen=True)
class _Chunk:
    number: int
    first_id: int
    lives: int
    finished: bool


def _chunks(plan: Plan) -> list[_Chunk]:
    found: list[_Chunk] = []
    next_id = 1
    for lives, finished in zip(plan.lives, (False, True), strict=True):
        for start in range(0, lives, CHUNK):
            size = min(CHUNK, lives - start)
            found.append(_Chunk(len(found), next_id, size, finished))
            next_id += size
    return found


Rows = tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]
_TABLES: tuple[type[Base], ...] = (Ticket, TicketEvent, TicketFact, TicketMark)


def _make(chunk: _Chunk, given: _Given) -> Rows:
    """The rows of a chunk of lives: tickets, events, facts, marks. Runs in a process of its own."""
    rules = Rules(given.profile, WorkingCalendar(), None, _LONG)
    lives = Lives(rules, sorted(given.units), given.regions, SEED * 100_003 + chunk.number)
    rows: Rows = ([], [], [], [])
    for ticket_id in range(chunk.first_id, chunk.first_id + chunk.lives):
        life = lives.life(_begins(chunk, ticket_id, given.now), given.now, finished=chunk.finished)
        _add(rows, ticket_id, life, rules, given)
    return rows


def _begins(chunk: _Chunk, ticket_id: int, now: datetime) -> datetime:
    """Spread over the last days for open ones, over the year before them for those that are finished."""
    days = _YEAR_DAYS - _OPEN_DAYS if chunk.finished else _OPEN_DAYS
    # A step that shares no factor with the seconds of a day, so that all hours come.
    ago = timedelta(seconds=ticket_id * 7_919 % (days * 86_400) + 600)
    return now - ago - (timedelta(days=_OPEN_DAYS) if chunk.finished else timedelta(0))


def _add(rows: Rows, ticket_id: int, life: Life, rules: Rules, given: _Given) -> None:
    registered = life.events[0].at
    ticket = {
        "id": ticket_id, "code": f"{local_day(registered):%Y%m%d}-{ticket_id:08d}",
        "request_class": life.request_class, "channel": life.channel, "region_code": life.region,
        "title": life.title, "text": "-", "field": life.field, "category_code": None, "matter_code": None,
        "confidential": False, "sudden": False, "profile_id": given.profile.id,
        "profile_revision": given.revision, "registered_at": registered, "registered_by": "bench",
        "derived_at": given.now, "last_seq": len(life.events),
        "unit_id": given.units.get(_unit(life)),
    } | projecting.columns(rules, settle(rules, life.state, given.now), given.now)  # fmt: skip
    rows[0].append(ticket)
    for seq, each in enumerate(life.events, 1):
        rows[1].append(
            {
                "ticket_id": ticket_id, "seq": seq, "type": each.type, "at": each.at, "by": str(each.by),
                "event_id": "", "words": "", "actor": "bench", "data": each.data,
            }
        )  # fmt: skip
    found, row = facts(rules, life.events, given.now), Ticket(**ticket)
    rows[2].append(fact_row(row, found, given.units, given.now))
    rows[3].extend(mark_rows(row, found, given.units))


def _unit(life: Life) -> str:
    leg = life.state.leg
    return leg.unit if leg is not None and leg.left_at is None else ""


def _insert(database: Database, rows: Rows) -> None:
    with database.write() as session:
        for table, found in zip(_TABLES, rows, strict=True):
            for start in range(0, len(found), CHUNK):
                session.execute(insert(table), found[start : start + CHUNK])


def _copy(database: Database, nth: int) -> None:
    """Every life once more, a little later, under other numbers."""
    with database.write() as session:
        count = session.execute(text("SELECT max(id) FROM tickets_ticket")).scalar_one() // nth
        sqlite = database.dialect_name == "sqlite"
        for statement in _copies(nth, count, sqlite=sqlite):
            session.execute(text(statement))


def _copies(nth: int, count: int, *, sqlite: bool) -> Iterator[str]:
    """In SQL, for what stands in the first `count` numbers."""
    by, key = nth * SHIFT_S, {Ticket: "id", TicketEvent: "ticket_id"}
    for table in _TABLES:
        own = key.get(table, "ticket_id")
        made = []
        for column in table.__table__.columns:
            name, kind = column.name, str(column.type)
            if name == own:
                made.append((name, f"{own} + {nth * count}"))
            elif name == "id":
                continue
            elif name == "code":
                made.append((name, f"substr(code, 1, 9) || {_padded(nth * count, sqlite=sqlite)}"))
            elif kind == "DATETIME":
                made.append((name, _later(name, by, sqlite=sqlite)))
            else:
                made.append((name, f'"{name}"'))
        names = ", ".join(f'"{name}"' for name, _ in made)
        values = ", ".join(value for _, value in made)
        where = f"{own} <= {count}"
        yield f"INSERT INTO {table.__tablename__} ({names}) SELECT {values} FROM {table.__tablename__} WHERE {where}"  # noqa: S608


def _later(name: str, by: int, *, sqlite: bool) -> str:
    if sqlite:
        return f"strftime('%Y-%m-%d %H:%M:%f000', {name}, '+{by} seconds')"
    return f"{name} + interval '{by} seconds'"


def _padded(more: int, *, sqlite: bool) -> str:
    return f"printf('%08d', id + {more})" if sqlite else f"lpad((id + {more})::text, 8, '0')"
