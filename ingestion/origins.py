"""What a row that moves in says of where it comes from. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ingestion.drafting import ParsedRow
from kb_service.core.context import Context
from kb_service.knowledge.moving_in.rules import OriginFacts, origin_problems
from kb_service.knowledge.moving_in.service import PERMISSION

_TIMES = ("uploaded_at", "filed_at", "approved_at")


def facts_of(origin: Mapping[str, Any]) -> OriginFacts:
    return OriginFacts(
        system=str(origin.get("origin_system", ""))[:60],
        origin_id=str(origin.get("origin_id", ""))[:100],
        uploaded_at=origin.get("uploaded_at"),
        filed_at=origin.get("filed_at"),
        approved_by=str(origin.get("approved_by", ""))[:100],
        approved_at=origin.get("approved_at"),
    )


def report_origin(ctx: Context, row: ParsedRow, *, known: bool, submit: bool) -> None:
    """`known`: the point is there already; what moves in is new."""
    if not row.origin:
        return
    if not ctx.actor.may(PERMISSION):
        for key in row.origin:
            row.report(key, "move_in_forbidden", "您没有移入知识的权限，请删去这一列，或请有权限的人移入")
        return
    for key, words in origin_problems(facts_of(row.origin), ctx.now):
        row.report(key, "bad_origin", words)
    if known:
        row.report("code", "not_new", f"知识点 {row.code} 已经存在，只有新的知识点可以移入")
    if not submit:
        row.report("origin_system", "not_submitted", "移入的知识须送审，不能存为草稿")


def kept_origin(origin: Mapping[str, Any]) -> dict[str, str] | None:
    """As it lies with a staged row."""
    texts = {
        key: value.isoformat() if isinstance(value, datetime) else str(value) for key, value in origin.items()
    }
    return texts or None


def restored_origin(kept: Mapping[str, str] | None) -> dict[str, Any]:
    return {
        key: datetime.fromisoformat(text) if key in _TIMES else text for key, text in (kept or {}).items()
    }
