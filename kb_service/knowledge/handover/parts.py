"""What somebody who leaves may still have in hand, and how each of it goes to another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.orm import aliased

from kb_service.core.clock import CITY, local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession, affected
from kb_service.core.errors import Conflict, Invalid, KbError
from kb_service.identity.model import Account, Unit
from kb_service.identity.service import actors
from kb_service.knowledge.handover import staff
from kb_service.knowledge.handover.model import Post
from kb_service.knowledge.handover.rules import POST_NAMES
from kb_service.knowledge.model import Point, Version, VersionAuthor
from kb_service.knowledge.rules import IN_REVIEW, STAGE_PERMISSIONS, Status
from kb_service.knowledge.service.lookups import chunks
from kb_service.knowledge.verification.model import AuditItem
from kb_service.knowledge.verification.service import audits
from kb_service.notices import absence, roster
from kb_service.notices.model import Absence, Notice, Shift
from kb_service.notices.rules import kind_of


@dataclass(frozen=True)
class OpenItem:
    """One thing in hand: `part` is the code of what kind of thing it is."""

    part: str
    part_name: str
    subject: str
    title: str
    link: str


@dataclass(frozen=True)
class Part:
    code: str
    name: str
    items: Callable[[ReadSession, Context, Account], Sequence[tuple[str, str, str]]]
    move: Callable[[WriteSession, Context, Account, Account], int]


Found = list[tuple[str, str, str]]


_WAITING = (Status.DRAFT, Status.RETURNED)


def _written(
    session: ReadSession, account: Account, statuses: Sequence[Status] = _WAITING
) -> list[tuple[int, str, int, str, str, int]]:
    """Drafts of the account, and what it filed with nobody else to go on with it."""
    other = aliased(Account)
    continued = exists().where(
        VersionAuthor.version_id == Version.id, VersionAuthor.account_id == other.id,
        other.id != account.id, other.active.is_(True),
    )  # fmt: skip
    rows = (
        select(Version.id, Point.code, Version.number, Version.status, Version.title, Point.unit_id)
        .join(Point, Point.id == Version.point_id)
        .where(
            Version.author_id == account.id, Version.number == Point.latest,
            Version.status.in_(statuses), or_(Version.status == Status.DRAFT, ~continued),
        )
        .order_by(Version.id)
    )  # fmt: skip
    return list(session.execute(rows).tuples())


def _drafts(session: ReadSession, _: Context, account: Account) -> Found:
    return [
        (f"point:{code}", title, f"/knowledge/{code}?version={number}")
        for _id, code, number, _status, title, _unit in _written(session, account)
    ]


def _move_drafts(session: WriteSession, _: Context, leaving: Account, to: Account) -> int:
    """A draft gets a new author; what was filed keeps its own, and the other may go on with it.

    Whoever wrote on it stays an author, and so never reviews it.
    """
    found = _written(session, leaving, (*_WAITING, *IN_REVIEW))
    actor = actors.of_account(session, to, "session")
    foreign = [code for _id, code, _n, _s, _t, unit_id in found if not actor.in_scope(unit_id)]
    if found and (not actor.may("knowledge.edit") or foreign):
        raise Invalid(
            f"{to.name}不能编辑这些知识，不能接手。请选择本单位的知识编辑。", code="recipient_cannot_edit"
        )
    reviews = any(actor.may(permission) for permission in STAGE_PERMISSIONS.values())
    for version_id, _code, _number, status, _title, _unit in found:
        draft = status == Status.DRAFT
        if draft:
            session.execute(update(Version).where(Version.id == version_id).values(author_id=to.id))
        elif status in IN_REVIEW and reviews:
            # Named as an author, a reviewer could no longer decide on it.
            continue
        wrote = leaving.id if draft else to.id
        if session.get(VersionAuthor, (version_id, wrote)) is None:
            session.add(VersionAuthor(version_id=version_id, account_id=wrote))
        if draft:
            same = (VersionAuthor.version_id == version_id, VersionAuthor.account_id == to.id)
            session.execute(delete(VersionAuthor).where(*same))
    session.flush()
    return len(found)


def _notices(session: ReadSession, _: Context, account: Account) -> Found:
    """Those that ask for something; what only tells goes along, but holds nobody up."""
    unread = select(Notice).where(Notice.account_id == account.id, Notice.read_at.is_(None))
    return [
        (each.subject, each.title, each.link)
        for each in session.execute(unread.order_by(Notice.id)).scalars()
        if kind_of(each.kind).asks
    ]


def _move_notices(session: WriteSession, ctx: Context, leaving: Account, to: Account) -> int:
    """The unread ones; what the other was told as well is not told twice."""
    told = aliased(Notice)
    twice = (
        select(Notice.id)
        .join(told, (told.subject == Notice.subject) & (told.kind == Notice.kind))
        .where(
            Notice.account_id == leaving.id, Notice.read_at.is_(None), told.account_id == to.id,
            told.read_at.is_(None),
        )
    )  # fmt: skip
    known = list(session.execute(twice).scalars())
    for part in chunks(known):
        session.execute(update(Notice).where(Notice.id.in_(part)).values(read_at=ctx.now))
    mine = (Notice.account_id == leaving.id, Notice.read_at.is_(None))
    return len(known) + affected(session, update(Notice).where(*mine).values(account_id=to.id))


def _standing(session: ReadSession, ctx: Context, account: Account) -> list[Absence]:
    rows = select(Absence).where(
        Absence.stand_in_id == account.id, Absence.cancelled_at.is_(None), Absence.ends_at > ctx.now
    )
    return list(session.execute(rows.order_by(Absence.id)).scalars())


def _delegations(session: ReadSession, ctx: Context, account: Account) -> Found:
    found: Found = []
    for each in _standing(session, ctx, account):
        absent = session.get_one(Account, each.account_id)
        found.append((f"absence:{each.id}", f"代{absent.name}办理", "/inbox/settings"))
    return found


def _move_delegations(session: WriteSession, ctx: Context, leaving: Account, to: Account) -> int:
    found = _standing(session, ctx, leaving)
    for each in found:
        absence.require_fit(session, each.account_id, to.id, max(each.starts_at, ctx.now), each.ends_at)
        each.stand_in_id = to.id
    session.flush()
    return len(found)


def _coming(session: ReadSession, ctx: Context, account: Account) -> list[Shift]:
    rows = select(Shift).where(
        Shift.account_id == account.id, Shift.cancelled_at.is_(None), Shift.ends_at > ctx.now
    )
    return list(session.execute(rows.order_by(Shift.starts_at)).scalars())


def _shifts(session: ReadSession, ctx: Context, account: Account) -> Found:
    return [
        (
            f"shift:{each.id}",
            f"{roster.duty_name(session, each.duty)} {each.starts_at.astimezone(CITY):%m月%d日 %H:%M}",
            f"/roster?duty={each.duty}&since={local_day(each.starts_at)}",
        )
        for each in _coming(session, ctx, account)
    ]


def _move_shifts(session: WriteSession, ctx: Context, leaving: Account, to: Account) -> int:
    found = _coming(session, ctx, leaving)
    for each in found:
        roster.reassign(session, ctx, each, to.id, note=f"由{leaving.name}交接")
    return len(found)


def _drawn(session: ReadSession, account: Account) -> list[tuple[int, int, str, str]]:
    rows = (
        select(AuditItem.id, AuditItem.version_id, Point.code, Version.title)
        .join(Point, Point.id == AuditItem.point_id)
        .join(Version, Version.id == AuditItem.version_id)
        .where(AuditItem.auditor_id == account.id, AuditItem.result.is_(None))
    )
    return list(session.execute(rows.order_by(AuditItem.id)).tuples())


def _audits(session: ReadSession, _: Context, account: Account) -> Found:
    return [(f"point:{code}", title, "/audits") for _id, _version, code, title in _drawn(session, account)]


def _move_audits(session: WriteSession, _: Context, leaving: Account, to: Account) -> int:
    """What the other wrote or reviewed becomes anybody's."""
    found = _drawn(session, leaving)
    if found and not actors.of_account(session, to, "session").may(audits.PERMISSION):
        raise Invalid(f"{to.name}没有抽查知识的权限，不能接手待抽查的知识。", code="recipient_cannot_audit")
    barred = audits.barred_from(session, [version_id for _id, version_id, _code, _title in found])
    for item_id, version_id, _code, _title in found:
        auditor = None if to.id in barred[version_id] else to.id
        session.execute(update(AuditItem).where(AuditItem.id == item_id).values(auditor_id=auditor))
    return len(found)


def _held(session: ReadSession, ctx: Context, account: Account) -> list[tuple[Post, Unit]]:
    rows = (
        select(Post, Unit)
        .join(Unit, Unit.id == Post.unit_id)
        .where(Post.account_id == account.id)
        .where(or_(Post.until_day.is_(None), Post.until_day > local_day(ctx.now)))
    )
    return list(session.execute(rows).tuples())


def _posts(session: ReadSession, ctx: Context, account: Account) -> Found:
    return [
        (f"unit:{unit.code}", f"{unit.name}{POST_NAMES[post.post]}", "/staff")
        for post, unit in _held(session, ctx, account)
    ]


def _move_posts(session: WriteSession, ctx: Context, leaving: Account, to: Account) -> int:
    """Each is a change of staff like any other, filed with the office."""
    found = _held(session, ctx, leaving)
    today = local_day(ctx.now)
    for post, unit in found:
        try:
            staff.file_change(
                session, ctx, unit_code=unit.code, post=post.post, effective_on=max(today, post.from_day),
                login=to.login, former_login=leaving.login, note="离任交接",
            )  # fmt: skip
        except KbError as error:
            if error.code != "holds_post":
                raise Conflict(
                    f"{POST_NAMES[post.post]}一职不能交给{to.name}：{error.detail}", code="post_not_taken"
                ) from error
            post.until_day = max(today, post.from_day)
    session.flush()
    return len(found)


PARTS: Sequence[Part] = (
    Part("drafts", "草稿和退回的版本", _drafts, _move_drafts),
    Part("posts", "岗位", _posts, _move_posts),
    Part("audits", "待抽查的知识", _audits, _move_audits),
    Part("shifts", "值班", _shifts, _move_shifts),
    Part("delegations", "代办", _delegations, _move_delegations),
    Part("notices", "未读提醒和待办", _notices, _move_notices),
)
