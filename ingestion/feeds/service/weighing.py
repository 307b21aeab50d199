"""Which item of each external id is taken, and what it is to do here; by waves, as the newest may be wrong."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, select

from ingestion.feeds import rules
from ingestion.feeds.model import FeedPoint, PointChange
from ingestion.feeds.rules import Taken, against, newest, words_hash
from ingestion.feeds.schemas import PutIn, WithdrawIn
from ingestion.feeds.service.access import OwnFeed
from ingestion.feeds.service.reading import Item
from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.core.errors import Pointer
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.rules import Status
from kb_service.knowledge.service.checks import BulkRow, RowProblem, check_rows
from kb_service.knowledge.service.facts import PointFacts, points
from kb_service.knowledge.service.lookups import access_tokens

Kind = Literal["write", "link", "withdraw"]


@dataclass(frozen=True)
class Plan:
    """`code`: the point to write on, to link to or to withdraw. `leaves`: a point the external id had before."""

    item: Item
    kind: Kind
    before: FeedPoint | None
    code: str | None = None
    leaves: str | None = None


def weigh(
    session: ReadSession, ctx: Context, own: OwnFeed, items: Sequence[Item], signers: Mapping[str, int]
) -> list[Plan]:
    """Settles what is refused or needs nothing; gives what is to be done for the others.

    `ctx` is the feed's own (see `speaking`).
    """
    waiting = [item for item in items if not item.settled]
    known = _known(session, own, {item.external_id or "" for item in waiting})
    for item in waiting:
        _compare(item, known.get(item.external_id or ""))
    plans: list[Plan] = []
    while waiting := [item for item in items if not item.settled]:
        by_place = {item.at: item for item in waiting}
        wave = [by_place[told.at] for told in newest(item.told for item in waiting if item.told).values()]
        wave.sort(key=lambda item: item.at)
        taken = _plan(session, ctx, own, wave, known, signers)
        plans += taken
        for plan in taken:
            _overtake(plan.item, waiting)
        # Whoever has a plan is settled when it is carried out.
        items = [item for item in items if all(item is not plan.item for plan in taken)]
    return plans


def _known(session: ReadSession, own: OwnFeed, ids: Collection[str]) -> dict[str, FeedPoint]:
    rows = select(FeedPoint).where(FeedPoint.feed_id == own.feed.id, FeedPoint.external_id.in_(ids))
    return {row.external_id: row for row in session.execute(rows).scalars()}


def _compare(item: Item, before: FeedPoint | None) -> None:
    assert item.told is not None, "what could not be read is settled"
    standing = against(item.told, Taken(before.revision, before.payload_hash) if before else None)
    if before is None or standing == "candidate":
        return
    if standing == "repeated":
        item.settle("repeated", before.point_code, before.number)
        return
    where: list[Pointer] = [{"pointer": "/revision", "detail": f"已有修订 {before.revision}"}]
    if standing == "stale":
        detail = f"修订 {item.told.revision} 已过时，此前已接收修订 {before.revision}。"
        item.refuse("stale_revision", detail, where)
    else:
        detail = f"修订 {item.told.revision} 此前以另外的内容报送过，内容改变须用更大的修订号。"
        item.refuse("revision_reused", detail, where)


def _overtake(taken: Item, waiting: Sequence[Item]) -> None:
    """What the same batch says of the same id in an older revision needs nothing more."""
    for each in waiting:
        if each is taken or each.settled or each.external_id != taken.external_id:
            continue
        same = each.revision == taken.revision
        if same and each.payload_hash != taken.payload_hash:
            detail = f"同一批中修订 {each.revision} 有两种内容，只接收了前一种。"
            each.refuse("revision_reused", detail, [{"pointer": "/revision", "detail": "与同批的另一条重复"}])
        else:
            each.settle("repeated" if same else "overtaken")


def _plan(
    session: ReadSession,
    ctx: Context,
    own: OwnFeed,
    wave: Sequence[Item],
    known: Mapping[str, FeedPoint],
    signers: Mapping[str, int],
) -> list[Plan]:
    """Plans for those of a wave in which nothing is wrong; refuses the others."""
    targets = _targets(wave, known)
    facts = points(session, {code for code in targets.values() if code})
    claimed = _claimed(session, [code for code in targets.values() if code])
    elsewhere = _said_elsewhere(session, ctx, own, wave)
    plans: list[Plan] = []
    for item in wave:
        before, code = known.get(item.external_id or ""), targets[item.at]
        if _not_ours(item, own, facts.get(code or ""), code, claimed):
            continue
        point = facts.get(code or "")
        if isinstance(item.data, WithdrawIn):
            plans.append(Plan(item, "withdraw", before, code))
        elif isinstance(item.data, PutIn):
            plans.append(_put_plan(item, item.data, before, point, elsewhere))
    return _checked(session, ctx, own, plans, signers)


def _targets(wave: Sequence[Item], known: Mapping[str, FeedPoint]) -> dict[int, str | None]:
    """The point each item is about by now, or claims."""
    found: dict[int, str | None] = {}
    for item in wave:
        before = known.get(item.external_id or "")
        claim = item.data.code if isinstance(item.data, PutIn) else None
        own = before.point_code if before is not None and before.state != "linked" else None
        found[item.at] = own or claim
    return found


def _claimed(session: ReadSession, codes: Collection[str]) -> dict[str, set[tuple[int, str]]]:
    rows = select(FeedPoint).where(FeedPoint.point_code.in_(codes), FeedPoint.state != "linked")
    found: dict[str, set[tuple[int, str]]] = {}
    for row in session.execute(rows).scalars():
        found.setdefault(row.point_code or "", set()).add((row.feed_id, row.external_id))
    return found


def _not_ours(
    item: Item,
    own: OwnFeed,
    point: PointFacts | None,
    code: str | None,
    claimed: Mapping[str, set[tuple[int, str]]],
) -> bool:
    """Refuses what would write on a point of another unit, or of another id."""
    if code is None:
        return False
    if point is None:
        item.refuse("unknown_point", f"没有编码为 {code} 的知识点。", [_at_code("没有这个知识点")])
    elif point.unit_id != own.unit.id:
        detail = f"知识点 {code} 属于其他单位（可能已移交），分中心不能再修改或下架，请按变更接口同步。"
        item.refuse("not_owner", detail, [_at_code("属于其他单位")])
    elif claimed.get(code, set()) - {(own.feed.id, item.external_id or "")}:
        detail = f"知识点 {code} 已对应另一个分中心编号。"
        item.refuse("already_claimed", detail, [_at_code("已对应另一个分中心编号")])
    return item.settled


def _at_code(detail: str) -> Pointer:
    return {"pointer": "/code", "detail": detail}


def _said_elsewhere(session: ReadSession, ctx: Context, own: OwnFeed, wave: Sequence[Item]) -> dict[str, str]:
    """Points of other units that say the very same and that the feed may see, by the hash of their words."""
    hashes = {
        words_hash(item.data.point.title, item.data.point.content)
        for item in wave
        if isinstance(item.data, PutIn)
    }
    rows = (
        select(PointChange.words, PointChange.code, PointChange.seen)
        .join(Point, Point.id == PointChange.point_id)
        .where(PointChange.words.in_(hashes), PointChange.number.is_not(None), Point.unit_id != own.unit.id)
        .order_by(PointChange.point_id.desc())
    )
    viewer = access_tokens(ctx.actor)
    return {row.words: row.code for row in session.execute(rows) if viewer & set(row.seen)}


def _put_plan(
    item: Item, data: PutIn, before: FeedPoint | None, point: PointFacts | None, elsewhere: Mapping[str, str]
) -> Plan:
    linked = elsewhere.get(words_hash(data.point.title, data.point.content))
    if linked is not None:
        return Plan(item, "link", before, linked, leaves=point.code if point else None)
    if point is not None and point.type != data.point.content.type:
        # A point keeps its type for ever: of another type it is another point, in the place of this one.
        return Plan(item, "write", before, None, leaves=point.code)
    return Plan(item, "write", before, point.code if point else None)


def _checked(
    session: ReadSession,
    ctx: Context,
    own: OwnFeed,
    plans: Sequence[Plan],
    signers: Mapping[str, int],
) -> list[Plan]:
    """Refuses what lacks something, or a sign-off that counts."""
    writing = [plan for plan in plans if plan.kind == "write"]
    ours = _open_by(session, [plan.code for plan in plans if plan.code], own.account.id)
    rows = [BulkRow(own.unit.code, _data(plan).point, plan.code) for plan in writing]
    wrong: dict[int, list[RowProblem]] = {}
    for problem in check_rows(session, ctx, rows):
        wrong.setdefault(problem.row, []).append(problem)
    for at, plan in enumerate(writing):
        found: list[Pointer] = [
            {
                "pointer": each.pointer if each.pointer == "/code" else f"/point{each.pointer}",
                "detail": each.detail,
            }
            for each in wrong.get(at, [])
            if not (each.pointer == "/code" and plan.code in ours)
        ]
        found += _sign(plan.item, _data(plan), ctx, signers)
        if found:
            places = "；".join(each["detail"] for each in found[:3])
            plan.item.refuse("invalid", f"有 {len(found)} 处不符合要求：{places}。", found)
    return [plan for plan in plans if not plan.item.settled]


def _data(plan: Plan) -> PutIn:
    assert isinstance(plan.item.data, PutIn), "only what puts a point is written"
    return plan.item.data


def _open_by(session: ReadSession, codes: Sequence[str], account_id: int) -> set[str]:
    """Those points whose open version the feed itself wrote: the next one takes its place."""
    rows = (
        select(Point.code)
        .join(Version, Version.point_id == Point.id)
        .where(
            Point.code.in_(codes),
            Version.author_id == account_id,
            Version.status.in_([Status.UNIT_REVIEW, Status.REGION_REVIEW, Status.CENTRE_REVIEW]),
        )
    )
    return set(session.execute(rows).scalars())


def _sign(item: Item, data: PutIn, ctx: Context, signers: Mapping[str, int]) -> list[Pointer]:
    if data.signed is None:
        return []
    item.signer_id = signers.get(data.signed.by)
    return rules.sign_problems(
        written_by=data.written_by,
        signed_by=data.signed.by,
        signed_at=data.signed.at,
        known=item.signer_id is not None,
        now=ctx.now,
    )


def held_back(session: ReadSession, plans: Sequence[Plan]) -> set[str]:
    """Points whose last approved version was withdrawn here, though the feed still holds it to be live."""
    codes = [
        plan.code for plan in plans if plan.code and not (plan.before and plan.before.state == "withdrawn")
    ]
    last = (
        select(Version.point_id, func.max(Version.number).label("number"))
        .join(Point, Point.id == Version.point_id)
        .where(Version.status == Status.APPROVED, Point.code.in_(codes))
        .group_by(Version.point_id)
        .subquery()
    )
    rows = (
        select(Point.code)
        .join(last, last.c.point_id == Point.id)
        .join(Version, (Version.point_id == Point.id) & (Version.number == last.c.number))
        .where(Version.withdrawn_at.is_not(None))
    )
    return set(session.execute(rows).scalars())
