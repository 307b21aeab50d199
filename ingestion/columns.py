"""The columns of the import format: their keys, their Chinese headers, and what a cell may hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kb_service.core.clauses import rule_value
from kb_service.knowledge.content import TYPES


class Kind(StrEnum):
    """How a cell is read."""

    TEXT = "text"
    LIST = "list"
    KEYWORDS = "keywords"
    ROLES = "roles"
    REPLACES = "replaces"
    DATE = "date"
    INSTANT = "instant"
    TYPE = "type"
    AUDIENCE = "audience"
    UNIT = "unit"
    REGION = "region"
    CATEGORY = "category"


@dataclass(frozen=True)
class Column:
    """`types` are the kinds of knowledge that have this column; empty: all, it belongs to the version."""

    key: str
    header: str
    kind: Kind = Kind.TEXT
    types: frozenset[str] = frozenset()


# What another system said of a point that moves in from it; only for those who may move a base in.
_ORIGIN: Final = {
    "origin_system": ("原系统", Kind.TEXT),
    "origin_id": ("原编号", Kind.TEXT),
    "uploaded_at": ("上传时间", Kind.INSTANT),
    "filed_at": ("报送时间", Kind.INSTANT),
    "approved_by": ("原审核人", Kind.TEXT),
    "approved_at": ("原审核时间", Kind.INSTANT),
}
ORIGIN: Final = frozenset(_ORIGIN)


def _shared() -> list[Column]:
    return [
        Column("code", "知识编码"),
        Column("type", "知识类型", Kind.TYPE),
        Column("title", "标题"),
        Column("category", "类目", Kind.CATEGORY),
        Column("unit", "承办单位", Kind.UNIT),
        Column("region", "行政区划", Kind.REGION),
        Column("matter", "事项"),
        Column("audience", "使用范围", Kind.AUDIENCE),
        Column("roles", "限定角色", Kind.ROLES),
        Column("keywords", "关键词", Kind.KEYWORDS),
        Column("source", "来源"),
        Column("effective_from", "生效日期", Kind.DATE),
        Column("effective_to", "失效日期", Kind.DATE),
        Column("release_at", "发布时间", Kind.INSTANT),
        Column("supersedes", "替代"),
        Column("replaces", "替代条文", Kind.REPLACES),
        Column("note", "修改说明"),
        Column("attachments", "附件", Kind.LIST),
        *(Column(key, header, kind) for key, (header, kind) in _ORIGIN.items()),
    ]


def _typed(kind: str, *columns: tuple[str, str] | tuple[str, str, Kind]) -> list[Column]:
    return [
        Column(key, header, rest[0] if rest else Kind.TEXT, frozenset({kind}))
        for key, header, *rest in columns
    ]


def _all() -> list[Column]:
    return [
        *_shared(),
        Column("similar_questions", "相似问题", Kind.LIST, frozenset(TYPES)),
        *_typed("faq", ("question", "问题"), ("answer", "答案")),
        *_typed(
            "procedure",
            ("item", "事项名称"),
            ("who", "办理对象"),
            ("conditions", "办理条件"),
            ("materials", "申请材料", Kind.LIST),
            ("steps", "办理步骤", Kind.LIST),
            ("time", "办理时限"),
            ("fee", "收费"),
            ("places", "办理地点", Kind.LIST),
            ("channels", "办理渠道", Kind.LIST),
            ("basis", "法律依据"),
        ),
        *_typed(
            "policy",
            ("document_number", "文号"),
            ("issuer", "发文机关"),
            ("issued_on", "成文日期", Kind.DATE),
            ("full_text", "全文"),
            ("interpretation", "政策解读"),
        ),
        *_typed(
            "agency",
            ("functions", "机构职能"),
            ("power_list", "权责清单"),
            ("service_items", "服务事项", Kind.LIST),
            ("address", "地址"),
            ("phone", "联系电话"),
            ("hours", "办公时间"),
        ),
        *_typed("script", ("event", "事件"), ("text", "口径")),
    ]


COLUMNS: Final[Mapping[str, Column]] = {column.key: column for column in _all()}
REQUIRED: Final = rule_value(
    "MZ-19.1", name="ingestion.required", value=("type", "title", "category", "unit")
)
REASON: Final = "原因"
"""Header of the column that an error file adds; a corrected error file may be imported as it is."""


def header_of(key: str) -> str:
    column = COLUMNS.get(key)
    return column.header if column else key


def columns_of(kind: str) -> list[Column]:
    """The columns of one type of knowledge, in the order of the format."""
    return [column for column in COLUMNS.values() if not column.types or kind in column.types]
