"""Requesters' identity: written encrypted, read back only with a reason, which is recorded."""

from collections.abc import Mapping

from sqlalchemy import select

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.crypto import FieldCipher
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Invalid, NotFound
from kb_service.core.ids import new_id
from kb_service.identity.model import Requester

FIELDS = ("name", "phone", "address")


def add(session: WriteSession, ctx: Context, cipher: FieldCipher, values: Mapping[str, str]) -> str:
    """Stores the given fields and returns the requester's id; unknown fields are refused."""
    unknown = sorted(set(values) - set(FIELDS))
    if unknown:
        raise Invalid(f"诉求人信息中没有这些项：{'、'.join(unknown)}。", code="unknown_field")
    requester_id = new_id()
    sealed = {key: cipher.encrypt(value, f"{requester_id}/{key}") for key, value in values.items() if value}
    phone = normal_phone(values.get("phone", ""))
    session.add(
        Requester(
            id=requester_id,
            phone_fingerprint=cipher.fingerprint(phone) if phone else None,
            values=sealed,
            created_at=ctx.now,
        )
    )
    session.flush()
    audit.record(
        session, ctx, "requester.added", f"requester:{requester_id}", after={"fields": sorted(sealed)}
    )
    return requester_id


def reveal(
    session: WriteSession, ctx: Context, cipher: FieldCipher, requester_id: str, reason: str
) -> dict[str, str]:
    """The values in clear. Needs a permission and a reason; both are in the audit log before anyone sees them."""
    ctx.actor.require("requester.reveal")
    if len(reason.strip()) < 2:
        raise Invalid("查看诉求人信息须写明原因。", code="reason_required")
    requester = session.get(Requester, requester_id)
    if requester is None:
        raise NotFound("没有这位诉求人的信息。")
    audit.record(session, ctx, "requester.revealed", f"requester:{requester_id}", reason=reason.strip())
    return {key: cipher.decrypt(text, f"{requester_id}/{key}") for key, text in requester.values.items()}


def erase(session: WriteSession, ctx: Context, requester_id: str, reason: str) -> None:
    """Destroys what is known of a requester; that there was one, and why it is gone, stays."""
    requester = session.get(Requester, requester_id)
    if requester is None or requester.erased_at is not None:
        return
    fields = sorted(requester.values)
    requester.values, requester.phone_fingerprint, requester.erased_at = {}, None, ctx.now
    session.flush()
    audit.record(
        session,
        ctx,
        "requester.erased",
        f"requester:{requester_id}",
        before={"fields": fields},
        reason=reason,
    )


def phone_of(session: ReadSession, cipher: FieldCipher, requester_id: str) -> str:
    """The digits of the number somebody gave, to compare with and never to show; empty where there is none."""
    requester = session.get(Requester, requester_id)
    sealed = requester.values.get("phone") if requester is not None else None
    return normal_phone(cipher.decrypt(sealed, f"{requester_id}/phone")) if sealed else ""


def same_phone(session: ReadSession, cipher: FieldCipher, phone: str) -> list[str]:
    """Ids of the requesters who gave this phone number."""
    rows = select(Requester.id).where(Requester.phone_fingerprint == cipher.fingerprint(normal_phone(phone)))
    return list(session.execute(rows).scalars())


def normal_phone(phone: str) -> str:
    return "".join(character for character in phone if character.isdigit()).removeprefix("86")
