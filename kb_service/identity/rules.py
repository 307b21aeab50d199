"""Who reaches which rows: the one place that decides it. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

Key = TypeVar("Key", str, int)

PERMISSIONS: Mapping[str, str] = {
    "inbox.use": "查看待办与提醒",
    "search.use": "检索知识",
    "knowledge.read": "查看公开知识",
    "knowledge.read_internal": "查看内部知识",
    "knowledge.edit": "编写和送审知识",
    "knowledge.import": "批量导入知识",
    "knowledge.move_in": "移入和确认其他系统的知识",
    "knowledge.review_unit": "单位审核",
    "knowledge.review_region": "区域审核",
    "knowledge.review_centre": "中心审核",
    "review.manage": "设置审核流程、调配审核任务",
    "knowledge.withdraw": "下架知识",
    "knowledge.check": "处理质检发现",
    "supervision.read": "查看督办",
    "supervision.manage": "发起和处理督办",
    "supervision.reply": "回复督办",
    "correction.verify": "核实纠错",
    "recall.manage": "召回误导答复",
    "recall.contact": "重新联系被误导的诉求人",
    "knowledge.verify": "核验本单位知识",
    "knowledge.audit": "抽查知识",
    "duty.read": "查看单位履责情况",
    "duty.appeal": "对履责记录提出申诉",
    "duty.manage": "管理履责考核和申诉",
    "feed.use": "报送和接收分中心数据",
    "feed.read": "查看分中心数据状态",
    "feed.manage": "管理分中心数据通道",
    "candidate.manage": "为待确认知识指定单位",
    "export.request": "申请导出知识",
    "export.grant": "授权导出本单位知识",
    "export.consent": "同意导出知识",
    "catalogue.manage": "维护类目、事项和词典",
    "search.manage": "维护检索词库、实验室和检验用例",
    "decision.make": "生成处置决定",
    "ticket.register": "登记工单",
    "ticket.read": "查看工单",
    "ticket.dispatch": "转派工单",
    "ticket.handle": "承办工单",
    "ticket.review": "审核办结",
    "ticket.refuse": "作出不予受理",
    "ticket.callback": "回访",
    "ticket.confidential": "办理保密工单",
    "requester.reveal": "查看诉求人信息",
    "requester.erase": "清除诉求人信息",
    "ticket.import": "接收其他平台的工单",
    "ticket.export": "导出工单清单",
    "ticket.templates": "维护答复模板",
    "webhook.manage": "管理向其他系统的推送",
    "stats.read": "查看统计",
    "insight.manage": "管理热点事项、会商和知识缺口",
    "warning.handle": "处置风险预警、提出会商意见",
    "bulletin.edit": "起草通报",
    "bulletin.issue": "签发通报",
    "roster.manage": "维护值班表",
    "identity.manage": "管理单位和账号",
    "roles.manage": "管理角色权限",
    "tokens.manage": "管理接口令牌",
    "system.manage": "系统运行管理",
    "index.manage": "重建索引",
    "audit.read": "查看审计日志",
}


def to_grant(shipped: Iterable[str], held: Collection[str], given_before: Collection[str]) -> list[str]:
    """What a shipped role is to be given now: what it has not got, and was never given before."""
    return sorted(set(shipped) - set(held) - set(given_before))


@dataclass(frozen=True)
class UnitNode:
    id: int
    parent_id: int | None
    region_code: str


def descendants(roots: Iterable[Key], parents: Mapping[Key, Key | None]) -> frozenset[Key]:
    """The roots and everything below them; a cycle in the tree ends the walk."""
    children: dict[Key, list[Key]] = {}
    for child, parent in parents.items():
        if parent is not None:
            children.setdefault(parent, []).append(child)
    found: set[Key] = set()
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += children.get(node, [])
    return frozenset(found)


def ancestors(code: str, parents: Mapping[str, str | None]) -> tuple[str, ...]:
    """The code itself, then its parents up to the root."""
    path: list[str] = []
    node: str | None = code
    while node is not None and node not in path:
        path.append(node)
        node = parents.get(node)
    return tuple(path)


def unit_scope(
    reaches: Iterable[str], own: UnitNode, units: Iterable[UnitNode], region_parents: Mapping[str, str | None]
) -> frozenset[int] | None:
    """Ids of the units whose rows a holder of roles with these reaches works on; None means all."""
    wanted = set(reaches)
    if "all" in wanted:
        return None
    nodes = list(units)
    scope: set[int] = set()
    if "own" in wanted:
        scope |= descendants([own.id], {node.id: node.parent_id for node in nodes})
    if "region" in wanted:
        inside = descendants([own.region_code], region_parents)
        scope |= {node.id for node in nodes if node.region_code in inside}
    return frozenset(scope)


def with_merged(scope: frozenset[int] | None, merged: Iterable[tuple[int, int]]) -> frozenset[int] | None:
    """The same with the units that are no more and were merged, one after the other, into one of these."""
    return None if scope is None else descendants(scope, dict(merged))


def region_scope(
    reaches: Iterable[str], own_region: str, region_parents: Mapping[str, str | None]
) -> frozenset[str] | None:
    wanted = set(reaches)
    if "all" in wanted:
        return None
    return descendants([own_region], region_parents)
