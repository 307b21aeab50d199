"""Naming people for training on an embargoed version, and knowing them again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, or_, select

from kb_service.core import audit
from kb_service.core.context import Actor, Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Invalid, NotFound, Pointer
from kb_service.identity.model import Account, AccountRole, Role
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.rules import Status, live_state
from kb_service.knowledge.service.facts import VersionFacts, locked_version, require_scope
from kb_service.knowledge.service.lookups import chunks, require_account, works_on
from kb_service.knowledge.training.model import TrainingReader
from kb_service.notices.service import notify, settle

NOTICE = "knowledge.training"
MOST = 200


@dataclass(frozen=True)
class Readers:
    """`people` by login, `roles` by code; both with the names that people know them by."""

    people: dict[str, str]
    roles: dict[str, str]

    def __bool__(self) -> bool:
        return bool(self.people or self.roles)


def name_readers(
    session: WriteSession,
    ctx: Context,
    code: str,
    number: int,
    logins: Collection[str],
    roles: Collection[str],
) -> Readers:
    """Sets who may read the version before its release; they are told once it is approved."""
    ctx.actor.require("knowledge.edit")
    account = require_account(ctx)
    version = locked_version(session, code, number)
    require_scope(ctx, version.unit_id, code)
    _refuse_open(session, ctx, version)
    people, known = _found(session, logins, roles)
    session.execute(delete(TrainingReader).where(TrainingReader.version_id == version.id))
    common = {"version_id": version.id, "named_by": account, "named_at": ctx.now}
    rows = [{**common, "account_id": each, "role_code": None} for each in people]
    rows += [{**common, "account_id": None, "role_code": each} for each in known]
    if rows:
        session.execute(insert(TrainingReader), rows)
    after = {"number": number, "people": sorted(logins), "roles": sorted(roles)}
    audit.record(session, ctx, "training.named", f"point:{code}", after=after)
    if version.status == Status.APPROVED:
        settle(session, ctx, _subject(code, number), NOTICE)
        tell(session, ctx, [version])
    return readers_of(session, version.id)


def _refuse_open(session: ReadSession, ctx: Context, version: VersionFacts) -> None:
    columns = select(Version.live_from, Version.live_to).where(Version.id == version.id)
    live_from, live_to = session.execute(columns).one()
    if version.status in {Status.RETURNED, Status.DISCARDED} or live_state(live_from, live_to, ctx.now) in {
        "live",
        "ended",
    }:
        raise Conflict("只有尚未发布的版本可以指定培训人员。", code="not_embargoed")


def _found(
    session: ReadSession, logins: Collection[str], roles: Collection[str]
) -> tuple[list[int], list[str]]:
    if len(logins) + len(roles) > MOST:
        raise Invalid(f"培训人员和角色合计最多 {MOST} 项，人数多时请按角色指定。", code="too_many_readers")
    accounts = select(Account.login, Account.id).where(Account.login.in_(logins), Account.active.is_(True))
    people = dict(session.execute(accounts).tuples().all())
    known = set(session.execute(select(Role.code).where(Role.code.in_(roles))).scalars())
    wrong: list[Pointer] = [
        {"pointer": "/people", "detail": f"没有登录名为“{login}”的账号"}
        for login in logins
        if login not in people
    ]
    wrong += [{"pointer": "/roles", "detail": f"角色“{role}”不存在"} for role in roles if role not in known]
    if wrong:
        raise Invalid("；".join(each["detail"] for each in wrong[:3]) + "。", pointers=wrong)
    return sorted(people.values()), sorted(known)


def readers(session: ReadSession, ctx: Context, code: str, number: int) -> Readers:
    """For those who work on the point: who else may read it early is not everybody's business."""
    row = session.execute(
        select(Version.id, Point.unit_id)
        .join(Point, Point.id == Version.point_id)
        .where(Point.code == code, Version.number == number)
    ).one_or_none()
    if row is None or not works_on(ctx.actor, row.unit_id):
        raise NotFound(f"没有知识点 {code} 的第 {number} 版。", code="unknown_version")
    return readers_of(session, row.id)


def readers_of(session: ReadSession, version_id: int) -> Readers:
    people = (
        select(Account.login, Account.name)
        .join(TrainingReader, TrainingReader.account_id == Account.id)
        .where(TrainingReader.version_id == version_id)
        .order_by(Account.login)
    )
    roles = (
        select(Role.code, Role.name)
        .join(TrainingReader, TrainingReader.role_code == Role.code)
        .where(TrainingReader.version_id == version_id)
        .order_by(Role.code)
    )
    return Readers(dict(session.execute(people).tuples().all()), dict(session.execute(roles).tuples().all()))


def opened_to(session: ReadSession, actor: Actor, version_ids: Sequence[int]) -> frozenset[int]:
    """Those of the versions that the actor was named to read early; the caller checks that they wait."""
    if actor.account_id is None:
        return frozenset()
    mine = or_(TrainingReader.account_id == actor.account_id, TrainingReader.role_code.in_(actor.roles))
    found: set[int] = set()
    for part in chunks(list(version_ids)):
        rows = select(TrainingReader.version_id).where(TrainingReader.version_id.in_(part), mine)
        found |= set(session.execute(rows).scalars())
    return frozenset(found)


def tell(session: WriteSession, ctx: Context, versions: Sequence[VersionFacts]) -> None:
    """Asks the people named to read what was approved and waits for its release."""
    ids = {version.id: version for version in versions if version.release_at and version.release_at > ctx.now}
    people: dict[int, set[int]] = {version_id: set() for version_id in ids}
    for part in chunks(sorted(ids)):
        wanted = TrainingReader.version_id.in_(part)
        one = select(TrainingReader.version_id, TrainingReader.account_id).where(
            wanted, TrainingReader.account_id.is_not(None)
        )
        many = (
            select(TrainingReader.version_id, Account.id)
            .join(AccountRole, AccountRole.role_code == TrainingReader.role_code)
            .join(Account, Account.id == AccountRole.account_id)
            .where(wanted, Account.active.is_(True))
        )
        for version_id, account_id in [*session.execute(one), *session.execute(many)]:
            people[version_id].add(account_id)
    for version_id, version in ids.items():
        if people[version_id]:
            link = f"/knowledge/{version.code}?version={version.number}"
            title = f"请学习即将发布的政策（未公开）：{version.title}"
            subject = _subject(version.code, version.number)
            notify(session, ctx, people[version_id], NOTICE, title, link, subject)


def _subject(code: str, number: int) -> str:
    return f"version:{code}/{number}"
