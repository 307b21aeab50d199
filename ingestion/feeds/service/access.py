"""Whose feed it is that a caller speaks for."""

from dataclasses import dataclass

from sqlalchemy import Select, select

from ingestion.feeds.model import Feed, FeedSigner
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Forbidden, Invalid, NotFound, Unauthenticated
from kb_service.identity.model import Account, ApiToken, Unit
from kb_service.identity.service import actors

SUB_CENTRE = "sub_centre"


@dataclass(frozen=True)
class OwnFeed:
    feed: Feed
    account: Account
    unit: Unit


def own_feed(session: ReadSession, ctx: Context, wanted: str = "", *, lock: bool = False) -> OwnFeed:
    """The feed of the caller's unit; `wanted` names it where the unit has several."""
    ctx.actor.require("feed.use")
    statement = select_feeds().where(
        Unit.id == ctx.actor.unit_id, Unit.kind == SUB_CENTRE, Feed.active.is_(True)
    )
    if wanted:
        statement = statement.where(Feed.code == wanted)
    if lock:
        # Two pushes of one feed follow each other, or each would miss what the other takes.
        statement = statement.with_for_update(of=Feed)
    found = session.execute(statement).all()
    if not found:
        raise Forbidden("本单位没有在用的分中心数据通道，请联系热线中心登记。", code="no_feed")
    if len(found) > 1:
        known = "、".join(feed.code for feed, _, _ in found)
        raise Invalid(f"本单位有多个数据通道，请用 feed 参数指明：{known}。", code="feed_required")
    return OwnFeed(*found[0])


def select_feeds() -> Select[tuple[Feed, Account, Unit]]:
    return (
        select(Feed, Account, Unit)
        .join(Account, Account.id == Feed.account_id)
        .join(Unit, Unit.id == Account.unit_id)
        .order_by(Feed.code)
        # A long stream must see today's feed, not the one it began with.
        .execution_options(populate_existing=True)
    )


def feed_by_code(session: WriteSession, code: str) -> OwnFeed:
    found = session.execute(select_feeds().where(Feed.code == code).with_for_update(of=Feed)).one_or_none()
    if found is None:
        raise NotFound(f"没有编码为“{code}”的数据通道。", code="unknown_feed")
    return OwnFeed(*found)


def require_token(ctx: Context) -> None:
    """What a feed tells bears the name of its account, so no person may speak through it."""
    if not ctx.actor.via.startswith("token:"):
        raise Forbidden("数据须由分中心系统以接口令牌报送。", code="token_required")


def require_standing(session: ReadSession, ctx: Context) -> None:
    """Ends a stream whose token was revoked or ran out since it began."""
    kind, _, number = ctx.actor.via.partition(":")
    if kind != "token":
        return
    token = session.get(ApiToken, int(number), populate_existing=True)
    if token is None or token.revoked_at or (token.expires_at and token.expires_at <= ctx.now):
        raise Unauthenticated("接口令牌无效、已过期或已撤销。", code="bad_token")


def speaking(session: ReadSession, ctx: Context, own: OwnFeed) -> Context:
    """The context in which the feed's account writes what came."""
    actor = actors.of_account(session, own.account, f"feed:{own.feed.code}")
    return Context(actor, ctx.now, ctx.request_id, ctx.source)


def signers(session: ReadSession, own: OwnFeed) -> dict[str, int]:
    """Who may sign off today: active accounts of the feed's unit that review for it, by name there."""
    able = {each.id for each in actors.holders(session, "knowledge.review_unit", [own.unit.id])}
    rows = select(FeedSigner.signer, FeedSigner.account_id).where(FeedSigner.feed_id == own.feed.id)
    return {name: account for name, account in session.execute(rows) if account in able}
