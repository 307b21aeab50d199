"""How each person wants to be told: outlets, kinds, digests, quiet hours."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, insert, select

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.crypto import FieldCipher
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Forbidden, Invalid, NotFound, Pointer
from kb_service.notices.model import KindRule, Patience, Preference
from kb_service.notices.rules import DAY_MINUTES, KINDS, OTHER, Kind

OUTLETS: Mapping[str, str] = {"log": "本机提醒记录", "mail": "邮件", "sms": "短信", "wecom": "企业微信"}
MODES: Mapping[str, str] = {"now": "立即发送", "digest": "每日汇总", "off": "不发送"}
DIGEST_MINUTE = 8 * 60 + 30
_ADDRESS = {
    "mail": (re.compile(r"[^@\s,;<>]{1,64}@[^@\s,;<>]{1,190}"), "邮箱地址格式不符"),
    "sms": (re.compile(r"1[3-9]\d{9}"), "应为 11 位手机号码"),
    "wecom": (re.compile(r"[A-Za-z0-9_.@-]{1,64}"), "应为企业微信的成员账号"),
}


@dataclass(frozen=True)
class Wishes:
    """`modes` holds what was chosen by (kind, outlet); what is not in it follows the kind."""

    digest_minute: int = DIGEST_MINUTE
    working_days_only: bool = False
    quiet_from: int | None = None
    quiet_to: int | None = None
    addresses: Mapping[str, str] = field(default_factory=dict)
    modes: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def reachable(self, outlet: str) -> bool:
        return outlet == "log" or outlet in self.addresses


def kinds() -> Sequence[Kind]:
    return (*KINDS, OTHER)


def wishes(session: ReadSession, account_ids: Collection[int]) -> dict[int, Wishes]:
    """Of each account, stored or standard; `addresses` are still encrypted."""
    stored = select(Preference).where(Preference.account_id.in_(account_ids))
    rows = {row.account_id: row for row in session.execute(stored).scalars()}
    modes: dict[int, dict[tuple[str, str], str]] = {}
    for rule in session.execute(select(KindRule).where(KindRule.account_id.in_(account_ids))).scalars():
        modes.setdefault(rule.account_id, {})[rule.kind, rule.outlet] = rule.mode
    return {each: _wishes(rows.get(each), modes.get(each, {})) for each in account_ids}


def _wishes(row: Preference | None, modes: Mapping[tuple[str, str], str]) -> Wishes:
    if row is None:
        return Wishes(modes=modes)
    return Wishes(
        row.digest_minute, row.working_days_only, row.quiet_from, row.quiet_to, row.addresses, modes
    )


def of_actor(session: ReadSession, ctx: Context, cipher: FieldCipher) -> Wishes:
    """The actor's own, with addresses in clear."""
    account_id = _own(ctx)
    found = wishes(session, [account_id])[account_id]
    opened = {
        outlet: open_address(cipher, account_id, outlet, text) for outlet, text in found.addresses.items()
    }
    return Wishes(
        found.digest_minute, found.working_days_only, found.quiet_from, found.quiet_to, opened, found.modes
    )


def open_address(cipher: FieldCipher, account_id: int, outlet: str, sealed: str) -> str:
    return cipher.decrypt(sealed, _about(account_id, outlet))


def _about(account_id: int, outlet: str) -> str:
    return f"notices/{account_id}/{outlet}"


def _own(ctx: Context) -> int:
    if ctx.actor.account_id is None:
        raise Forbidden("提醒设置属于个人，请以个人账号登录。", code="account_required")
    return ctx.actor.account_id


def save(session: WriteSession, ctx: Context, cipher: FieldCipher, given: Wishes) -> None:
    """Stores the actor's wishes; `addresses` in clear. What a regulation makes due cannot be switched off."""
    account_id = _own(ctx)
    wrong = _wrong(given)
    if wrong:
        raise Invalid(
            "提醒设置有不符合要求之处：" + "；".join(each["detail"] for each in wrong) + "。",
            code="bad_preference", pointers=wrong,
        )  # fmt: skip
    sealed = {
        outlet: cipher.encrypt(address, _about(account_id, outlet))
        for outlet, address in given.addresses.items()
        if address
    }
    session.merge(
        Preference(
            account_id=account_id, digest_minute=given.digest_minute,
            working_days_only=given.working_days_only, quiet_from=given.quiet_from, quiet_to=given.quiet_to,
            addresses=sealed, changed_at=ctx.now,
        )
    )  # fmt: skip
    session.execute(delete(KindRule).where(KindRule.account_id == account_id))
    rows = [
        {"account_id": account_id, "kind": kind, "outlet": outlet, "mode": mode}
        for (kind, outlet), mode in given.modes.items()
    ]
    if rows:
        session.execute(insert(KindRule), rows)
    after = {"digest_minute": given.digest_minute, "outlets": sorted(sealed), "rules": len(rows)}
    audit.record(session, ctx, "notices.preferred", f"account:{account_id}", after=after)


def _wrong(given: Wishes) -> list[Pointer]:
    found: list[Pointer] = []
    if not 0 <= given.digest_minute < DAY_MINUTES:
        found.append({"pointer": "/digest_at", "detail": "汇总时间应如 08:30"})
    quiet = (given.quiet_from, given.quiet_to)
    if (quiet[0] is None) != (quiet[1] is None):
        found.append({"pointer": "/quiet_to", "detail": "免打扰的开始和结束时间须同时填写"})
    found += [
        {"pointer": f"/addresses/{outlet}", "detail": _ADDRESS[outlet][1]}
        for outlet, address in given.addresses.items()
        if address and outlet in _ADDRESS and not _ADDRESS[outlet][0].fullmatch(address)
    ]
    known = {kind.code: kind for kind in kinds()}
    for (code, outlet), mode in given.modes.items():
        kind = known.get(code)
        pointer = f"/modes/{code}/{outlet}"
        if kind is None or outlet not in OUTLETS or mode not in MODES:
            found.append(
                {"pointer": pointer, "detail": f"没有“{code}”这类提醒、“{outlet}”这个渠道或这种方式"}
            )
        elif mode == "off" and kind.statutory:
            detail = f"“{kind.name}”有法定时限，不能关闭，可改为每日汇总"
            found.append({"pointer": pointer, "detail": detail})
    return found


def patience(session: ReadSession) -> dict[str, int]:
    """Hours after which what is to be done goes to the unit's leader, by kind; 0 is never."""
    own = {kind.code: kind.patience_hours for kind in KINDS if kind.patience_hours is not None}
    stored = session.execute(select(Patience.kind, Patience.hours)).tuples()
    return own | {kind: hours for kind, hours in stored if kind in own}


def set_patience(session: WriteSession, ctx: Context, kind: str, hours: int) -> None:
    ctx.actor.require("roster.manage")
    before = patience(session)
    if kind not in before:
        raise NotFound(f"“{kind}”不是须办理的提醒，没有升级时限。", code="unknown_kind")
    session.merge(Patience(kind=kind, hours=hours))
    audit.record(
        session, ctx, "notices.patience_set", f"kind:{kind}",
        before={"hours": before[kind]}, after={"hours": hours},
    )  # fmt: skip
