"""Carrying out what was planned: versions written and released, links made, points taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from ingestion.feeds.model import FeedPoint
from ingestion.feeds.rules import way
from ingestion.feeds.schemas import PutIn, WithdrawIn
from ingestion.feeds.service.access import OwnFeed
from ingestion.feeds.service.weighing import Plan, held_back
from kb_service.core.clock import CITY
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.knowledge.content import content_hash
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.rules import IN_REVIEW, Status
from kb_service.knowledge.service.bulk import insert_checked, resolved
from kb_service.knowledge.service.checks import BulkRow
from kb_service.knowledge.service.drafts import discard_versions
from kb_service.knowledge.service.facts import (
    VersionFacts,
    locked_by_targets,
    locked_versions,
)
from kb_service.knowledge.service.filing import file_versions
from kb_service.knowledge.service.lookups import Directory
from kb_service.knowledge.service.release import withdraw_versions
from kb_service.knowledge.service.signed import SignOff, release_signed
from kb_service.knowledge.service.staff import Staff

PASSED = "分中心知识点实时归集：分中心已签发，按约定即时上线"
REPLACED = "分中心以新的修订取代"


@dataclass(frozen=True)
class Newest:
    number: int
    status: str
    content_hash: str
    release: object
    withdrawn: bool


def carry_out(session: WriteSession, ctx: Context, own: OwnFeed, plans: Sequence[Plan]) -> None:
    """`ctx` is the feed's own. Settles every item that has a plan."""
    directory = Directory.load(session)
    held = held_back(session, plans)
    _leave(session, ctx, own, plans)
    writing: list[Plan] = []
    newest = _newest(session, [plan.code for plan in plans if plan.code and plan.kind == "write"])
    for plan in plans:
        if plan.kind == "withdraw":
            plan.item.settle("withdrawn", plan.code, plan.before.number if plan.before else None)
        elif plan.kind == "link":
            plan.item.settle("linked", plan.code)
        elif _says_the_same(directory, own, plan, newest.get(plan.code or "")):
            plan.item.settle("unchanged", plan.code, newest[plan.code or ""].number)
        else:
            writing.append(plan)
    _write(session, ctx, own, directory, writing, held)
    _remember(session, ctx, own, plans)


def _leave(session: WriteSession, ctx: Context, own: OwnFeed, plans: Sequence[Plan]) -> None:
    """Takes back what is withdrawn, and what an external id no longer means; each with its reason."""
    reasons: dict[str, str] = {}
    for plan in plans:
        if isinstance(plan.item.data, WithdrawIn) and plan.code:
            reasons[plan.code] = f"分中心下架：{plan.item.data.reason}"
        if plan.leaves:
            reasons[plan.leaves] = REPLACED
    for code, reason in sorted(reasons.items()):
        versions = locked_versions(session, Point.code == code)
        mine = [each for each in versions if each.status in IN_REVIEW and each.author_id == own.account.id]
        if mine:
            discard_versions(session, ctx, mine, reason)
        withdraw_versions(session, ctx, [each for each in versions if each.status == Status.APPROVED], reason)


def _newest(session: ReadSession, codes: Sequence[str]) -> Mapping[str, Newest]:
    rows = (
        select(
            Point.code, Version.number, Version.status, Version.content_hash, Version.release_at,
            Version.withdrawn_at,
        )
        .join(Version, (Version.point_id == Point.id) & (Version.number == Point.latest))
        .where(Point.code.in_(codes))
    )  # fmt: skip
    return {
        row.code: Newest(
            row.number, row.status, row.content_hash, row.release_at, row.withdrawn_at is not None
        )
        for row in session.execute(rows)
    }


def _put(plan: Plan) -> PutIn:
    assert isinstance(plan.item.data, PutIn), "only what puts a point is written"
    return plan.item.data


def _says_the_same(directory: Directory, own: OwnFeed, plan: Plan, newest: Newest | None) -> bool:
    """Whether the newest version is still the one this id was taken as, stands, and says these words."""
    if newest is None or plan.before is None or plan.before.state != "taken" or newest.withdrawn:
        return False
    if newest.number != plan.before.number or newest.status not in {Status.APPROVED, *IN_REVIEW}:
        return False
    draft = resolved(directory.unit(own.unit.code), _put(plan).point)
    # What waits for a review gains by a sign-off that came later.
    signed_now = newest.status in IN_REVIEW and _put(plan).signed is not None
    return (
        content_hash(draft) == newest.content_hash and draft.release_at == newest.release and not signed_now
    )


def _write(
    session: WriteSession,
    ctx: Context,
    own: OwnFeed,
    directory: Directory,
    plans: Sequence[Plan],
    held: set[str],
) -> None:
    if not plans:
        return
    _make_room(session, ctx, own, [plan.code for plan in plans if plan.code])
    rows = [BulkRow(own.unit.code, _put(plan).point, plan.code) for plan in plans]
    made = insert_checked(session, ctx, directory, rows, batch_id=None, submit=False)
    drafts = {(each.code, each.number) for each in made}
    facts = {(each.code, each.number): each for each in locked_by_targets(session, sorted(drafts))}
    staff = Staff(session, directory)
    signed: list[SignOff] = []
    unsigned: list[VersionFacts] = []
    for plan, one in zip(plans, made, strict=True):
        goes = way(release=own.feed.release, signed=plan.item.signer_id is not None, held=one.code in held)
        version = facts[one.code, one.number]
        plan.item.settle("live" if goes == "at_once" else "review", one.code, one.number)
        if goes == "chain" or plan.item.signer_id is None:
            unsigned.append(version)
        else:
            signed.append(SignOff(version, plan.item.signer_id, _evidence(own, plan), goes == "centre"))
    file_versions(session, ctx, staff, unsigned)
    release_signed(session, ctx, directory, staff, signed, PASSED)


def _make_room(session: WriteSession, ctx: Context, own: OwnFeed, codes: Sequence[str]) -> None:
    """Takes the feed's own older versions back from review: the newer one goes in their place."""
    found = locked_versions(
        session,
        Point.code.in_(codes),
        Version.status.in_(IN_REVIEW),
        Version.author_id == own.account.id,
    )
    if found:
        discard_versions(session, ctx, found, REPLACED)


def _evidence(own: OwnFeed, plan: Plan) -> str:
    signed = _put(plan).signed
    assert signed is not None, "only what was signed has evidence of it"
    at = f"{signed.at.astimezone(CITY):%Y-%m-%d %H:%M}"
    return (
        f"分中心签发：{signed.by}，{at}（{own.feed.name}，编号 {plan.item.external_id}，"
        f"修订 {plan.item.revision}）"
    )


def _remember(session: WriteSession, ctx: Context, own: OwnFeed, plans: Sequence[Plan]) -> None:
    states = {"withdraw": "withdrawn", "link": "linked", "write": "taken"}
    for plan in plans:
        item = plan.item
        row = plan.before
        if row is None:
            row = FeedPoint(feed_id=own.feed.id, external_id=item.external_id or "")
            session.add(row)
        row.revision = item.revision or 0
        row.payload_hash = item.payload_hash
        row.state = states[plan.kind]
        row.point_code, row.number, row.at = item.code, item.number, ctx.now
    session.flush()
