"""Brings the demo city into an empty base, through the same doors as a user's files."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

import ingestion.service
from kb_service.core.clock import CITY, local_day
from kb_service.core.context import SYSTEM, Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict
from kb_service.core.runtime import Runtime
from kb_service.demo import files, office, past
from kb_service.identity.model import Unit
from kb_service.identity.schemas import AccountIn, RegionIn, UnitIn
from kb_service.identity.service import actors, logins, people, shipped
from kb_service.knowledge import indexing
from kb_service.knowledge.handover import staff
from kb_service.knowledge.service import catalogue, review, review_queue, words
from kb_service.knowledge.service.lookups import Directory
from kb_service.notices import roster
from kb_service.notices.roster_import import span_of
from kb_service.notices.rules import SHIFT_NAMES
from kb_service.tickets import schemas as ticket_schemas
from kb_service.tickets.service import acting, registering

# Known to everybody: `kb serve` keeps a base with demo accounts to this machine.
DEMO_PASSWORD = "yunxi-12345"  # noqa: S105
FOUNDED_DAYS = 250
IMPORTER = "zszhuguan01"
REVIEWERS = ("knowledge.review_unit", "knowledge.review_region", "knowledge.review_centre")
# Revisions filed on this day before today stay unreviewed, so that each reviewer finds something to do.
WAITING_DAYS = 2
EDITORS = frozenset({"unit_editor", "sub_centre", "knowledge_manager"})
ROSTER_DAYS = 14
TICKET_KEYS = ("class", "channel", "region", "title", "text", "matter", "unit", "sudden", "confidential")

Say = Callable[[str], None]


@dataclass(frozen=True)
class DemoAccount:
    login: str
    name: str
    unit: str
    roles: str


def load_demo_city(parts: Runtime, say: Say, *, with_past: bool = True) -> dict[str, Any]:
    """Returns how many of each were loaded. Raises Conflict where the base is not empty.

    Without its past the city has the tickets of `tickets.jsonl` alone, and nothing to count or compare.
    """
    today = local_day(parts.clock.now())
    with parts.database.read() as session:
        if session.execute(select(Unit.id).limit(1)).first() is not None:
            raise Conflict("库中已有单位，演示城市只能装入空库。", code="base_not_empty")
    say("正在装入演示城市“云溪市”…")
    counts = _found(parts, today)
    say(f"  单位 {counts['units']} 个，类目 {counts['categories']} 个，事项 {counts['matters']} 个")
    counts["points"] = _fill(parts, today, say)
    counts["tickets"] = past.fill(parts, today) if with_past else 0
    counts["tickets"] += _register(parts, today)
    if with_past:
        office.furnish(parts, today)
    counts["shifts"] = _set_roster(parts, today)
    say(f"  工单 {counts['tickets']} 件")
    while indexing.drain(parts.database, parts.engine, parts.clock):
        pass
    say("  检索索引已建立")
    return counts


def demo_accounts(session: ReadSession) -> list[DemoAccount]:
    """One active demo account for each set of roles."""
    accounts = [account for account in people.accounts(session, demo=True, limit=100).items if account.active]
    codes = people.role_codes(session, [account.id for account in accounts])
    names = {role.code: role.name for role in people.roles(session)}
    units = {unit.id: unit.short_name or unit.name for unit in people.all_units(session)}
    shown: dict[str, DemoAccount] = {}
    for account in accounts:
        roles = "、".join(names[code] for code in codes.get(account.id, []))
        shown.setdefault(roles, DemoAccount(account.login, account.name, units[account.unit_id], roles))
    return list(shown.values())


def _at(today: date, days_before: int, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(today - timedelta(days=days_before), time(hour, minute), CITY)


def _context(session: ReadSession, login: str, at: datetime) -> Context:
    return Context(actors.of_account(session, people.account_by_login(session, login), "session"), at)


def _found(parts: Runtime, today: date) -> dict[str, Any]:
    """Regions, units, catalogue and accounts, in one transaction."""
    ctx = Context(SYSTEM, _at(today, FOUNDED_DAYS, 9))
    counts: dict[str, Any] = {}
    with parts.database.write() as session:
        shipped.ensure_roles(session, ctx)
        for counts["regions"], row in enumerate(files.table("regions"), 1):
            parent = row.pop("parent") or None
            people.add_region(session, ctx, RegionIn.model_validate(row | {"parent_code": parent}))
        for counts["units"], row in enumerate(files.table("units"), 1):
            people.save_unit(session, ctx, _unit(row))
        parents: dict[str, str] = {}
        for counts["categories"], row in enumerate(files.table("categories"), 1):
            above, _, name = row["path"].rpartition("/")
            data = catalogue.CategoryIn(
                code=row["code"], name=name, parent=parents.get(above), units=files.listed(row["units"])
            )
            parents[row["path"]] = catalogue.save_category(session, ctx, data).code
        for counts["matters"], row in enumerate(files.table("matters"), 1):
            catalogue.save_matter(session, ctx, _matter(row, parents))
        counts["words"] = words.add_words(session, ctx, files.words())
        password_hash = logins.hash_password(DEMO_PASSWORD)
        for counts["accounts"], row in enumerate(files.table("accounts"), 1):
            account = AccountIn(
                login=row["login"], name=row["name"], unit_code=row["unit"], roles=files.listed(row["roles"]),
                password=DEMO_PASSWORD,
            )  # fmt: skip
            people.add_account(session, ctx, account, demo=True, password_hash=password_hash)
        counts["keepers"] = _name_keepers(session, ctx)
    return counts


def _name_keepers(session: WriteSession, ctx: Context) -> int:
    """The first editor of each unit keeps its knowledge, as it filed and the office acknowledged."""
    keepers: dict[str, str] = {}
    for row in files.table("accounts"):
        if EDITORS & set(files.listed(row["roles"])):
            keepers.setdefault(row["unit"], row["login"])
    for unit, login in keepers.items():
        filed = staff.file_change(
            session, ctx, unit_code=unit, post="keeper", effective_on=local_day(ctx.now), login=login
        )
        staff.acknowledge(session, ctx, filed.id)
    return len(keepers)


def _set_roster(parts: Runtime, today: date) -> int:
    """Two weeks in which the centre's reviewers take turns, by day and by night."""
    monday = today - timedelta(days=today.weekday())
    # The night into the first Monday belongs to the Sunday before.
    shifts = [monday + timedelta(days=at) for at in range(-1, ROSTER_DAYS)]
    with parts.database.write() as session:
        ctx = Context(SYSTEM, parts.clock.now())
        people_on = [each.id for each in actors.holders(session, "knowledge.review_centre")]
        for at, day in enumerate(shifts):
            for turn, name in enumerate(("白班", "夜班")):
                starts_at, ends_at = span_of(day, SHIFT_NAMES[name])
                account_id = people_on[(at + turn) % len(people_on)]
                roster.assign(
                    session, ctx, duty="script_review", account_id=account_id, starts_at=starts_at,
                    ends_at=ends_at,
                )  # fmt: skip
    return 2 * len(shifts)


def _unit(row: dict[str, str]) -> UnitIn:
    former = files.listed(row["former_names"])
    values: dict[str, Any] = {key: row[key] for key in ("code", "name", "short_name", "kind", "phone")}
    values |= {"parent_code": row["parent"] or None, "region_code": row["region"], "level": int(row["level"])}
    return UnitIn.model_validate(values | {"former_names": former})


def _matter(row: dict[str, str], categories: dict[str, str]) -> catalogue.MatterIn:
    regional = dict(pair.split(":", 1) for pair in files.listed(row["region_units"]))
    return catalogue.MatterIn.model_validate(
        {
            "code": row["code"],
            "name": row["name"],
            "category": categories[row["category"]],
            "unit": row["unit"],
            "region_units": regional,
            "keywords": files.listed(row["keywords"]),
            "risk": row["risk"],
        }
    )


def _fill(parts: Runtime, today: date, say: Say) -> int:
    """Imports each batch on its day and has it reviewed the days after, but not the last one."""
    total = 0
    for days, rows in zip(files.BATCH_DAYS, files.points(today), strict=True):
        _review(parts, _import(parts, today, days, rows), today, days)
        total += len(rows)
        say(f"  知识点 {total} 条")
    _import(parts, today, WAITING_DAYS, files.waiting(today))
    return total


def _import(parts: Runtime, today: date, days: int, rows: list[dict[str, Any]]) -> str:
    content = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()
    with parts.database.read() as session:
        ctx = _context(session, IMPORTER, _at(today, days, 9, 30))
    name = f"知识入库（{local_day(ctx.now):%Y年%m月%d日}）"
    staged = ingestion.service.stage(parts.database, ctx, io.BytesIO(content), f"{name}.jsonl", name=name)
    _refuse_errors(parts, ctx, staged.id, staged.counts.error)
    ingestion.service.apply(parts.database, ctx, staged.id)
    return staged.id


def _refuse_errors(parts: Runtime, ctx: Context, batch_id: str, errors: int) -> None:
    if errors:
        with parts.database.read() as session:
            rows = ingestion.service.preview(session, ctx, batch_id, only="error", limit=5).items
        told = "；".join(f"{row.code}：{problem.detail}" for row in rows for problem in row.problems)
        raise Conflict(f"演示城市的文件有 {errors} 行不符合要求：{told}", code="demo_city_damaged")


def _review(parts: Runtime, batch_id: str, today: date, days: int) -> None:
    """Every reviewer approves what awaits them, stage after stage."""
    with parts.database.read() as session:
        logins_by_stage = [
            [each.login for each in actors.holders(session, permission)] for permission in REVIEWERS
        ]
    for stage, reviewers in enumerate(logins_by_stage):
        for login in reviewers:
            with parts.database.write() as session:
                ctx = _context(session, login, _at(today, days - stage, 15, stage))
                targets = [(item.code, item.number) for item in _waiting(session, ctx, batch_id)]
                if targets:
                    review.decide_many(session, ctx, targets, "approve")


def _waiting(session: ReadSession, ctx: Context, batch_id: str) -> list[review_queue.QueueItem]:
    items: list[review_queue.QueueItem] = []
    cursor = ""
    while True:
        page = review_queue.awaiting(session, ctx, batch_id=batch_id, cursor=cursor, limit=100)
        items += page.items
        if page.next is None:
            return items
        cursor = page.next


def _register(parts: Runtime, today: date) -> int:
    """Registers each ticket at its instant and lets its events happen at theirs."""
    with parts.database.read() as session:
        directory = Directory.load(session)
    rows = list(files.lines("tickets.jsonl"))
    for row in rows:
        with parts.database.write() as session:
            ctx = _context(session, row["by"], files.instant(row["at"], today))
            code = registering.register(session, ctx, parts, _ticket(row, directory)).code
            for event in row["events"]:
                by = _context(session, event["by"], files.instant(event["at"], today))
                data = ticket_schemas.EventIn(
                    type=event["type"], data=event.get("data", {}), remark=event.get("remark", "")
                )
                acting.act(session, by, parts, code, data)
    return len(rows)


def _ticket(row: dict[str, Any], directory: Directory) -> ticket_schemas.TicketIn:
    requester = {} if row["requester"] == "anonymous" else row["requester"]
    values: dict[str, Any] = {key: row[key] for key in TICKET_KEYS if key in row}
    category = directory.category_code(row["category"]) if row.get("category") else None
    return ticket_schemas.TicketIn.model_validate(values | {"requester": requester, "category": category})
