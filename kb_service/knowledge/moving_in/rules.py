"""What another system must say of a point that moves in. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class OriginFacts:
    """As told in a row; None where the row does not say."""

    system: str = ""
    origin_id: str = ""
    uploaded_at: datetime | None = None
    filed_at: datetime | None = None
    approved_by: str = ""
    approved_at: datetime | None = None


def origin_problems(origin: OriginFacts, now: datetime) -> Iterator[tuple[str, str]]:
    """Key of the column and words; an upload time of the past must be provable, so all must be told."""
    for key, value, words in (
        ("origin_system", origin.system, "请填写原系统的名称"),
        ("origin_id", origin.origin_id, "请填写在原系统中的编号"),
        ("uploaded_at", origin.uploaded_at, "请填写在原系统中的上传时间"),
        ("approved_by", origin.approved_by, "请填写原审核人"),
        ("approved_at", origin.approved_at, "请填写原审核时间"),
    ):
        if not value:
            yield key, words
    if origin.uploaded_at and origin.uploaded_at > now:
        yield "uploaded_at", "上传时间晚于现在"
    if origin.uploaded_at and origin.approved_at and origin.uploaded_at < origin.approved_at:
        yield "uploaded_at", "上传时间早于原审核时间"
    if origin.filed_at and origin.approved_at and origin.filed_at > origin.approved_at:
        yield "filed_at", "报送时间晚于原审核时间"


def evidence_of(origin: OriginFacts) -> str:
    """What a review record says in the place of reasons."""
    at = f"{origin.approved_at:%Y-%m-%d %H:%M}" if origin.approved_at else ""
    return f"移入：原系统审核（{origin.system}，{origin.approved_by}，{at}，编号 {origin.origin_id}）"
