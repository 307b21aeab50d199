"""Idempotency keys: the same request sent twice is carried out once and answered alike.

The key's row is written in the request's own transaction, so a request that failed leaves no trace
and may be sent again (draft-ietf-httpapi-idempotency-key-header).
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.context import Context
from kb_service.core.crypto import FieldCipher
from kb_service.core.db import Base, WriteSession, affected
from kb_service.core.errors import Conflict, Invalid

KEEP = timedelta(days=2)
_SEALED = "sealed"


class IdempotencyRow(Base):
    __tablename__ = "core_idempotency"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    body: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]


@dataclass(frozen=True)
class Stored:
    status: int
    body: dict[str, Any] | None


def scoped(ctx: Context, key: str) -> str:
    """One caller's keys never meet another's."""
    if not 1 <= len(key) <= 200:
        raise Invalid("Idempotency-Key 的长度应为 1 到 200 个字符。", code="bad_idempotency_key")
    caller = f"{ctx.actor.via}:{ctx.actor.account_id}:{ctx.actor.name}"
    return hashlib.sha256(f"{caller}\n{key}".encode()).hexdigest()


def fingerprint(method: str, path: str, body: bytes) -> str:
    return hashlib.sha256(b"\n".join((method.encode(), path.encode(), body))).hexdigest()


def claim(session: WriteSession, ctx: Context, key: str, fingerprint: str) -> Stored | None:
    """Takes the key for this request, or returns what was answered the first time.

    A second request with the key waits at the insert until the first has committed.
    """
    insert = postgresql_insert if session.dialect_name == "postgresql" else sqlite_insert
    row = {"key": key, "fingerprint": fingerprint, "status": 0, "created_at": ctx.now}
    taken = insert(IdempotencyRow).values(row).on_conflict_do_nothing().returning(IdempotencyRow.key)
    if session.execute(taken).scalar_one_or_none() is not None:
        return None
    first = session.execute(select(IdempotencyRow).where(IdempotencyRow.key == key)).scalar_one()
    if first.fingerprint != fingerprint:
        raise Conflict(
            "同一个 Idempotency-Key 已用于另一个请求，请换用新的键。", code="idempotency_key_reused"
        )
    return Stored(first.status, first.body)


def sealed(cipher: FieldCipher, key: str, body: dict[str, Any]) -> dict[str, Any]:
    """An answer as it is kept: it may repeat what citizens told, which stands nowhere in clear."""
    return {_SEALED: cipher.encrypt(json.dumps(body, ensure_ascii=False), f"idempotency:{key}")}


def opened(cipher: FieldCipher, key: str, stored: Stored) -> dict[str, Any] | None:
    """What was answered the first time."""
    if stored.body is None or _SEALED not in stored.body:
        return stored.body
    answer: dict[str, Any] = json.loads(cipher.decrypt(stored.body[_SEALED], f"idempotency:{key}"))
    return answer


def keep(session: WriteSession, key: str, status: int, body: dict[str, Any]) -> None:
    session.execute(update(IdempotencyRow).where(IdempotencyRow.key == key).values(status=status, body=body))


def purge(session: WriteSession, now: datetime) -> int:
    return affected(session, delete(IdempotencyRow).where(IdempotencyRow.created_at < now - KEEP))
