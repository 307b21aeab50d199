"""Procedures and agencies, told by the labels that guides and directories use. Pure."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ingestion.recognising.labels import Labelled, Labels
from ingestion.recognising.values import Block, Found, shortened

PROCEDURE: Final = Labels(
    {
        "item": ("事项名称", "办理事项", "服务事项名称", "业务名称", "办事事项", "实施事项名称"),
        "who": ("办理对象", "服务对象", "申请对象", "适用对象", "受理对象", "适用人群", "补贴对象", "申请人", "申办对象"),
        "conditions": ("办理条件", "申请条件", "受理条件", "申办条件", "审批条件", "准予批准的条件", "领取条件", "申领条件"),
        "materials": ("申请材料", "办理材料", "所需材料", "申报材料", "提交材料", "材料清单", "需要材料", "应提交材料",
                      "申办材料", "需提交材料", "所需资料", "申请资料", "提交资料"),
        "steps": ("办理流程", "办理程序", "办理步骤", "申请流程", "申办流程", "办事流程", "流程", "申请程序", "办理环节"),
        "time": ("办理时限", "承诺时限", "办结时限", "办理期限", "承诺办结时限", "法定办结时限", "法定时限", "审批时限"),
        "fee": ("收费标准", "收费情况", "是否收费", "收费", "费用", "办理费用", "收费依据及标准", "收费标准及依据"),
        "places": ("办理地点", "受理地点", "办公地点", "办理窗口", "窗口地址", "办理地址", "受理窗口", "地点", "地址"),
        "channels": ("办理渠道", "办理方式", "申请方式", "申请渠道", "网上办理", "线上办理", "办理形式", "申办方式"),
        "basis": ("法律依据", "设定依据", "办理依据", "政策依据", "依据", "法定依据"),
        "phone": ("咨询电话", "联系电话", "咨询方式", "电话", "咨询热线", "监督电话"),
        "hours": ("办公时间", "办理时间", "工作时间", "受理时间", "窗口时间"),
    }
)  # fmt: skip
AGENCY: Final = Labels(
    {
        "name": ("机构名称", "单位名称", "部门名称", "名称", "机构全称", "服务机构", "网点名称"),
        "functions": ("机构职能", "主要职能", "主要职责", "职能职责", "工作职责", "部门职责", "单位职责", "机构职责",
                      "职能", "职责"),
        "power_list": ("权责清单", "权力清单", "责任清单"),
        "service_items": ("服务事项", "服务项目", "办理业务", "业务范围", "服务内容"),
        "address": ("地址", "办公地址", "办公地点", "单位地址", "联系地址", "详细地址", "机构地址"),
        "phone": ("联系电话", "电话", "办公电话", "咨询电话", "联系方式", "值班电话", "电话号码", "服务电话"),
        "hours": ("办公时间", "工作时间", "上班时间", "对外服务时间", "服务时间", "开放时间"),
    }
)  # fmt: skip
_LISTS = {"materials", "steps", "places", "service_items"}
_GUIDE = re.compile(r"(?:的)?(?:办事指南|办理指南|服务指南|办理流程|申请指南|申报指南|办事流程)$")
_TELLING = {"conditions", "materials", "steps"}
LEAST = 3
LONGEST_TITLE = 128


def procedures_of(blocks: Sequence[Block]) -> list[list[Labelled]]:
    """The labelled values of each procedure, where three kinds of label at least tell that it is one."""
    parts = _parts(PROCEDURE.find(blocks), "item")
    return [part for part in parts if len(keys := {each.key for each in part}) >= LEAST and keys & _TELLING]


def agencies_of(blocks: Sequence[Block]) -> list[list[Labelled]]:
    parts = _parts(AGENCY.find(blocks), "name")
    return [part for part in parts if _is_agency({each.key for each in part})]


def _is_agency(keys: set[str]) -> bool:
    return len(keys & {"functions", "address", "phone", "hours"}) >= 2 and bool(keys & {"address", "phone"})


def _parts(found: Iterator[Labelled], first: str) -> list[list[Labelled]]:
    """A new piece begins with each row of a table, and where the label of the name comes again."""
    parts: list[list[Labelled]] = []
    for each in found:
        part = parts[-1] if parts else []
        again = each.key == first and any(known.key == first for known in part)
        if not parts or again or (part and part[-1].group != each.group):
            parts.append([])
        parts[-1].append(each)
    return parts


def procedure_found(part: Sequence[Labelled], title: str, source: str) -> Found:
    found = Found("procedure")
    item = next((each for each in part if each.key == "item" and each.text), None)
    name = item.text.split("\n")[0] if item else _GUIDE.sub("", title)
    guessed = "" if item else "没有“事项名称”，用了文件的标题"
    place = item.place if item else part[0].place
    found.put("title", shortened(name, LONGEST_TITLE), place, doubt=guessed)
    found.put("item", name[:300], place, doubt=guessed)
    _put_all(found, part, {"item"}, {"phone": "咨询电话", "hours": "办理时间"}, "channels")
    found.put("source", source, "")
    return found


def agency_found(part: Sequence[Labelled], title: str, source: str) -> Found:
    found = Found("agency")
    name = next((each for each in part if each.key == "name" and each.text), None)
    guessed = "" if name else "没有机构名称，用了文件的标题"
    place = name.place if name else part[0].place
    found.put("title", shortened(name.text if name else title, LONGEST_TITLE), place, doubt=guessed)
    _put_all(found, part, {"name"}, {}, "")
    found.put("source", source, "")
    return found


def _put_all(
    found: Found, part: Sequence[Labelled], named: set[str], moved: dict[str, str], into: str
) -> None:
    """Values by key; `moved` are kinds that the type has no column for, told by name in the column `into`."""
    values: dict[str, list[Labelled]] = {}
    for each in part:
        if each.text and each.key not in named:
            values.setdefault(into if each.key in moved else each.key, []).append(each)
    for key, several in values.items():
        lines = [line for each in several for line in _lines(each, key, moved)]
        doubt = f"有 {len(several)} 处“{several[0].label}”，已合在一起" if _twice(several) else ""
        separator = "\n"
        found.put(key, separator.join(lines), several[0].place, several[0].text, doubt)


def _twice(several: Sequence[Labelled]) -> bool:
    kinds = [each.key for each in several]
    return len(kinds) != len(set(kinds))


def _lines(each: Labelled, key: str, moved: dict[str, str]) -> list[str]:
    lines = [line.strip() for line in each.lines if line.strip()]
    if each.key in moved:
        return [f"{moved[each.key]}：{'；'.join(lines)}"]
    if key not in _LISTS or len(lines) > 1:
        return [_unnumbered(line) if key in _LISTS else line for line in lines]
    parts = re.split(r"(?<=[；;])|(?=[（(]\d{1,2}[）)])|(?=(?<![\d.])\d{1,2}[.、．](?!\d))", lines[0])
    cut = [_unnumbered(part.strip(" ；;。")) for part in parts if part.strip(" ；;。")]
    return cut if len(cut) > 1 else lines


def _unnumbered(line: str) -> str:
    return re.sub(r"^(?:\d{1,2}[.、．]|[（(]\d{1,2}[）)])\s*", "", line).rstrip("；;") or line
