"""When knowledge may leave the service for another use, and what a file of it looks like. Pure."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from kb_service.core.clauses import rule

Format = Literal["csv", "xlsx", "jsonl"]
Basis = Literal["authorised", "own"]
FORMATS: Final = ("csv", "xlsx", "jsonl")
BASES: Final = {"authorised": "授权使用", "own": "本单位维护"}
DECISIONS: Final = {"": "待决定", "granted": "同意", "refused": "不同意"}
STATES: Final = {
    "asked": "待授权",
    "refused": "未获同意",
    "early": "未到期限",
    "in_force": "可以导出",
    "expired": "已过期",
    "revoked": "已撤销",
}
# What may ever leave: never what is for certain roles only.
AUDIENCES: Final = ("public", "agents")
LONGEST_TERM: Final = timedelta(days=366)
MOST_POINTS: Final = 100_000
AT_ONCE: Final = 500
LONGEST_CELL: Final = 32_000
OWNERSHIP: Final = (
    "知识库信息归12345热线和成员单位所有，未经所属单位授权和热线管理机构同意，不得用作其他用途。"
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff￾￿]")


@rule("SG-30", neutral=True)
def granted(decisions: Collection[str]) -> bool:
    """Whether every unit whose knowledge it is has said yes."""
    return bool(decisions) and all(each == "granted" for each in decisions)


@rule("SG-30", neutral=True)
def consented(consent: str) -> bool:
    """Whether the hotline's own administration has said yes beside them."""
    return consent == "granted"


@rule("SG-30", neutral=False)
def same_person(account_id: int, others: Collection[int | None]) -> bool:
    """Whether somebody would decide who has asked, or has decided in another's name already."""
    return account_id in others


def state(
    decisions: Collection[str],
    consent: str,
    *,
    valid_from: datetime,
    valid_to: datetime,
    revoked_at: datetime | None,
    now: datetime,
) -> str:
    """One of STATES; only `in_force` lets anything out."""
    if revoked_at is not None:
        return "revoked"
    if consent == "refused" or "refused" in decisions:
        return "refused"
    if now >= valid_to:
        return "expired"
    if not (granted(decisions) and consented(consent)):
        return "asked"
    return "early" if now < valid_from else "in_force"


@rule("SG-30", neutral=True)
def own_use(account_unit: int, unit_ids: Collection[int]) -> bool:
    """A unit's use of what is its own, and of nothing else, asks nobody."""
    return set(unit_ids) == {account_unit}


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula, without what no spreadsheet can hold."""
    seen = _UNSEEN.sub("", text)
    return f"'{seen}" if seen.startswith(_FORMULA) else seen


def cut(text: str) -> str:
    """What fits into a cell; what does not says where the rest is."""
    if len(text) <= LONGEST_CELL:
        return text
    return f"{text[:LONGEST_CELL]}……（过长，全文见 JSONL 格式）"


def columns() -> Sequence[str]:
    return (
        "编码", "版本", "类型", "标题", "内容", "相似问法", "类目", "单位", "区划", "使用范围", "关键词", "来源",
        "生效日期", "失效日期", "上传时间", "纠错提示", "文件编号",
    )  # fmt: skip
