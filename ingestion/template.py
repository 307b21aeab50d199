"""Templates to fill in: for each type of knowledge its columns, with an example row."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ingestion.columns import ORIGIN, Column, Kind, columns_of
from ingestion.drafting import cells_of
from kb_service.core.errors import Invalid
from kb_service.knowledge.content import AUDIENCES, TYPE_NAMES, PointDraft

UNIT: Final = "（请填写本单位名称）"
CATEGORY: Final = "（请填写类目，如 社会保障/养老保险）"

_HINTS: Final[Mapping[Kind, str]] = {
    Kind.TEXT: "文字",
    Kind.LIST: "多项时每项一行（单元格内按 Alt+Enter 换行），或用 | 隔开",
    Kind.KEYWORDS: "多个时用逗号、顿号或分号隔开，每个不超过 20 个字，不能与标题相同",
    Kind.ROLES: "使用范围为“限定”时必填，多个角色用分号隔开",
    Kind.REPLACES: "被替代的知识编码，只替代部分条文时后面写条文，如 K000012 第三条、第五条；多个时用分号隔开或每行一个",
    Kind.DATE: "日期，如 2026-01-31",
    Kind.INSTANT: "时间，如 2026-01-31 09:00；在此之前不对外显示，不填为审核通过后立即发布",
    Kind.TYPE: "、".join(TYPE_NAMES.values()),
    Kind.AUDIENCE: f"{'、'.join(AUDIENCES.values())}；不填为公开",
    Kind.UNIT: "单位全称或编码",
    Kind.REGION: "行政区划名称或编码；不填为承办单位所在区划",
    Kind.CATEGORY: "从上级到末级，用 / 隔开；须是本单位可以编写的末级类目",
}
_OWN_HINTS: Final[Mapping[str, str]] = {
    "code": "修改已有知识时填写它的编码；新增时不填，由系统编号",
    "title": "不超过 128 个字",
    "matter": "事项编码，可不填",
    "effective_to": "日期，如 2026-12-31，当天仍有效；长期有效不填",
    "supersedes": "本条取代的知识的编码，可不填",
    "similar_questions": "群众的各种问法，每行一个或用 | 隔开，最多 200 个",
    "note": "这次修改了什么，供审核人员参考，可不填",
}
_EXAMPLES: Final[Mapping[str, dict[str, Any]]] = {
    "faq": {
        "title": "（示例，请删去本行）怎样查询社保缴费记录",
        "source": "本单位办事指南",
        "keywords": ["缴费明细", "参保证明"],
        "content": {
            "question": "在哪里可以查到我的社保缴费记录？",
            "similar_questions": ["社保交了多少年怎么看", "个人社保明细在哪打印"],
            "answer": "可以在政务服务网“社保查询”栏目查询和打印，也可持身份证到社保窗口办理。",
        },
    },
    "procedure": {
        "title": "（示例，请删去本行）就业失业登记",
        "source": "本单位办事指南",
        "content": {
            "item": "就业失业登记",
            "who": "法定劳动年龄内有劳动能力和就业要求的人员",
            "conditions": "常住地在本市",
            "materials": ["居民身份证", "就业失业登记申请表"],
            "steps": ["提交申请", "工作人员核对", "当场登记"],
            "time": "即时办结",
            "fee": "不收费",
            "places": ["就近的街道（乡镇）便民服务中心"],
            "channels": ["窗口", "政务服务网"],
            "similar_questions": ["失业了去哪里登记"],
        },
    },
    "policy": {
        "title": "（示例，请删去本行）关于做好清明节假期服务工作的通知",
        "content": {
            "document_number": "示发〔2026〕1号",
            "issuer": "示例单位",
            "issued_on": "2026-03-20",
            "full_text": "各有关单位：\n一、合理安排窗口人员。\n二、公布假期咨询电话。",
            "interpretation": "假期期间窗口照常受理预约业务。",
        },
    },
    "agency": {
        "title": "（示例，请删去本行）示例单位",
        "content": {
            "functions": "负责本领域的政策制定、审批和监督。",
            "power_list": "行政许可 3 项，行政处罚 12 项，见本单位权责清单。",
            "service_items": ["就业登记", "技能补贴申领"],
            "address": "市民之家三楼",
            "phone": "0000-0000000",
            "hours": "工作日 8:30—12:00，14:30—17:30",
        },
    },
    "script": {
        "title": "（示例，请删去本行）某路段停水应答口径",
        "audience": "agents",
        "content": {
            "event": "某路段水管抢修停水",
            "text": "因水管抢修，该路段预计今晚恢复供水，请市民做好储水。",
        },
    },
}


def example(kind: str) -> dict[str, str]:
    """The cells of the example row, by key. Its unit and category must be replaced before it can be imported."""
    words = _EXAMPLES[kind]
    content = words["content"] | {"type": kind}
    draft = PointDraft.model_validate({"category": "-", **words, "content": content})
    return cells_of(draft, unit=UNIT) | {"category": CATEGORY}


def template_csv(kind: str) -> bytes:
    """UTF-8 with a mark, so that spreadsheets show Chinese as it is."""
    columns = _columns(kind)
    filled = example(kind)
    out = io.StringIO()
    csv.writer(out).writerows(
        [[column.header for column in columns], [filled.get(column.key, "") for column in columns]]
    )
    return out.getvalue().encode("utf-8-sig")


def template_xlsx(kind: str, choices: Mapping[Kind, Sequence[str]] | None = None) -> bytes:
    """One sheet to fill in, and one that explains the columns.

    `choices` are what its user may choose from, by the kind of column: the categories they may write to and their
    units. They lie in a hidden sheet, as no list in a cell's rule may be longer than 255 characters.
    """
    from ingestion.template_book import template_book

    columns = _columns(kind)
    hints = [_OWN_HINTS.get(column.key, _HINTS[column.kind]) for column in columns]
    return template_book(columns, example(kind), hints, choices or {})


def _columns(kind: str) -> Sequence[Column]:
    if kind not in TYPE_NAMES:
        raise Invalid(f"没有“{kind}”这种知识类型，只能是 {'、'.join(TYPE_NAMES)}。", code="unknown_type")
    return [column for column in columns_of(kind) if column.key not in {*ORIGIN, "attachments"}]
