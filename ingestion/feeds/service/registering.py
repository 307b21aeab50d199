"""Setting feeds up: the account they write as, what is agreed with them, who signs off there."""

import secrets
from collections.abc import Mapping

from sqlalchemy import delete, insert, select

from ingestion.feeds.model import Feed, FeedSigner
from ingestion.feeds.schemas import FeedIn, FeedPatch
from ingestion.feeds.service.access import SUB_CENTRE, feed_by_code
from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import WriteSession
from kb_service.core.errors import Conflict, Invalid, Pointer
from kb_service.identity.model import Account
from kb_service.identity.schemas import AccountIn
from kb_service.identity.service import actors, people

MANAGE = "feed.manage"


def register(session: WriteSession, ctx: Context, data: FeedIn) -> Feed:
    """Makes a feed and the account it writes as, into which nobody can log in."""
    ctx.actor.require(MANAGE)
    unit = people.unit_by_code(session, data.unit)
    if unit.kind != SUB_CENTRE:
        raise Invalid(f"“{unit.name}”不是分中心，不能登记数据通道。", code="not_a_sub_centre")
    if session.execute(select(Feed.id).where(Feed.code == data.code)).scalar() is not None:
        raise Conflict(f"数据通道编码 {data.code} 已存在。", code="duplicate_code")
    account = people.add_account(
        session,
        ctx,
        AccountIn(
            login=f"feed.{data.code.lower()}"[:40],
            name=f"{data.name}（数据通道）"[:40],
            unit_code=data.unit,
            roles=[SUB_CENTRE],
            password=secrets.token_urlsafe(48),
        ),
    )
    feed = Feed(
        account_id=account.id, active=True, created_at=ctx.now,
        **data.model_dump(exclude={"unit"}),
    )  # fmt: skip
    session.add(feed)
    session.flush()
    audit.record(session, ctx, "feed.registered", f"feed:{data.code}", after=data.model_dump())
    return feed


def change(session: WriteSession, ctx: Context, code: str, data: FeedPatch) -> Feed:
    ctx.actor.require(MANAGE)
    feed = feed_by_code(session, code).feed
    wanted = data.model_dump(exclude_none=True)
    before = {key: getattr(feed, key) for key in wanted}
    for key, value in wanted.items():
        setattr(feed, key, value)
    session.flush()
    audit.record(session, ctx, "feed.changed", f"feed:{code}", before=before, after=wanted)
    return feed


def set_signers(session: WriteSession, ctx: Context, code: str, wanted: Mapping[str, str]) -> None:
    """`wanted`: names at the sub-centre and the logins of its reviewers here."""
    ctx.actor.require(MANAGE)
    own = feed_by_code(session, code)
    able = {each.login: each.id for each in actors.holders(session, "knowledge.review_unit", [own.unit.id])}
    wrong: list[Pointer] = [
        {
            "pointer": f"/signers/{name}",
            "detail": f"“{login}”不是“{own.unit.name}”有单位审核权限的在用账号",
        }
        for name, login in sorted(wanted.items())
        if able.get(login, own.account.id) == own.account.id
    ]
    if wrong:
        raise Invalid("；".join(each["detail"] for each in wrong[:3]) + "。", pointers=wrong)
    mine = FeedSigner.feed_id == own.feed.id
    known = select(FeedSigner.signer, Account.login).join(Account, Account.id == FeedSigner.account_id)
    before = dict(session.execute(known.where(mine)).tuples().all())
    session.execute(delete(FeedSigner).where(mine))
    rows = [
        {"feed_id": own.feed.id, "signer": name, "account_id": able[login]} for name, login in wanted.items()
    ]
    if rows:
        session.execute(insert(FeedSigner), rows)
    audit.record(
        session,
        ctx,
        "feed.signers",
        f"feed:{code}",
        before={"signers": before},
        after={"signers": dict(wanted)},
    )
