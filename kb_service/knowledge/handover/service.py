"""Handing everything over in one step, and closing an account that has nothing left in hand."""

from dataclasses import asdict

from sqlalchemy import select

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid
from kb_service.identity.model import Account
from kb_service.identity.service import people
from kb_service.knowledge.handover.parts import PARTS, OpenItem

SHOWN = 5


def open_work(session: ReadSession, ctx: Context, login: str) -> list[OpenItem]:
    """What an account still has in hand. For the account itself, its unit, and who manages accounts."""
    account = people.account_by_login(session, login)
    _require(ctx, account)
    return _open(session, ctx, account)


def _open(session: ReadSession, ctx: Context, account: Account) -> list[OpenItem]:
    return [
        OpenItem(part.code, part.name, *item) for part in PARTS for item in part.items(session, ctx, account)
    ]


def _require(ctx: Context, account: Account) -> None:
    own = ctx.actor.account_id == account.id
    leads = ctx.actor.may("knowledge.review_unit") and ctx.actor.in_scope(account.unit_id)
    if not (own or leads or ctx.actor.may("identity.manage")):
        raise Forbidden("只能交接本人或本单位人员的工作。", code="not_yours")


def hand_over(
    session: WriteSession, ctx: Context, login: str, to_login: str, *, reason: str, close: bool = False
) -> dict[str, int]:
    """Everything an account has in hand goes to another, all or nothing; with `close` the account is closed.

    Gives how many things of each part moved.
    """
    leaving, to = people.account_by_login(session, login), people.account_by_login(session, to_login)
    _require(ctx, leaving)
    both = sorted((leaving.id, to.id))
    session.execute(select(Account.id).where(Account.id.in_(both)).order_by(Account.id).with_for_update())
    if leaving.id == to.id:
        raise Invalid("不能交接给本人。", code="same_account")
    if not to.active:
        raise Invalid(f"{to.name}的账号已停用，请另选接手人。", code="account_closed")
    if len(reason.strip()) < 2:
        raise Invalid("请写明交接原因。", code="reason_required", pointers=[
            {"pointer": "/reason", "detail": "请写明交接原因"}
        ])  # fmt: skip
    moved = {part.code: part.move(session, ctx, leaving, to) for part in PARTS}
    audit.record(
        session, ctx, "work.handed_over", f"account:{leaving.id}", after={"to": to.id, **moved},
        reason=reason.strip(),
    )  # fmt: skip
    if close:
        ctx.actor.require("identity.manage")
        people.set_active(session, ctx, login, False)
    return moved


def set_active(session: WriteSession, ctx: Context, login: str, active: bool) -> Account:
    """Opens or closes an account; one that still has work in hand is not closed, and its work is told."""
    if not active:
        left = _open(session, ctx, people.account_by_login(session, login))
        if left:
            told = "、".join(f"{item.part_name}“{item.title}”" for item in left[:SHOWN])
            raise Conflict(
                f"该账号还有 {len(left)} 件事未交接：{told}{'等' if len(left) > SHOWN else ''}。"
                "请先交接给他人，再停用。",
                code="open_work", extra={"open": [asdict(item) for item in left]},
            )  # fmt: skip
    return people.set_active(session, ctx, login, active)
