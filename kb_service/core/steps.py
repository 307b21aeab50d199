"""Steps of a case as they are kept: numbered from 1, who did what and when, in which words. Never changed."""

from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.context import Context
from kb_service.core.db import Base, BigInt


class Step(Base):
    """Columns of a step; its table adds the case, in which each number stands once."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(BigInt)
    actor: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    data: Mapped[dict[str, Any]]


Kept = TypeVar("Kept", bound=Step)


def step(
    ctx: Context, table: type[Kept], seq: int, kind: str, text: str, data: dict[str, Any], **case: int
) -> Kept:
    """What the actor does now; `case` names the table's column of the case and gives its id."""
    return table(
        seq=seq,
        kind=kind,
        at=ctx.now,
        account_id=ctx.actor.account_id,
        actor=ctx.actor.name,
        text=text,
        data=data,
        **case,
    )
