"""`kb simulate`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from kb_service.cli.output import Json, report

LARGEST_FILE = 10_000_000


def simulate(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="PROFILE… SCENARIO.json",
            help="规则档案的编号或文件（.yaml），最后是模拟输入文件；只给文件时用其中写明的档案",
        ),
    ],
    compare: Annotated[bool, typer.Option("--compare", help="同一工单在几份规则档案下并列")] = False,
    as_json: Json = False,
) -> None:
    """按规则档案回放一件工单的经过，给出状态、期限、亮牌、视同发生的事、被拒绝的事件和现在可做的事。"""
    from kb_service.core.errors import Invalid
    from kb_service.tickets.service import simulating

    *profiles, file = what
    chosen = [id_or_file(each) for each in profiles]
    content = _read(Path(file))
    if compare:
        found = simulating.compare(content, chosen)
        report(found, as_json, [line for each in found["compared"] for line in _lines(each)])
        return
    if len(chosen) > 1:
        raise Invalid("一次只按一份规则档案模拟；要比较几份，请加 --compare。", code="too_many_profiles")
    one = simulating.simulate(content, chosen[0] if chosen else "")
    report(one, as_json, _lines(one))


def id_or_file(name: str) -> str | Path:
    """A profile as it is named on the command line."""
    return Path(name) if name.endswith((".yaml", ".yml")) else name


def _read(file: Path) -> Any:
    from kb_service.core.errors import Invalid, NotFound

    if not file.is_file():
        raise NotFound(f"没有找到文件 {file.name}。", code="scenario_not_found")
    if file.stat().st_size > LARGEST_FILE:
        raise Invalid(f"{file.name} 超过 10 MB，不像是模拟输入。", code="bad_scenario")
    try:
        return json.loads(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Invalid(f"{file.name} 不是 UTF-8 编码，请另存为 UTF-8 后再试。", code="bad_scenario") from error
    except json.JSONDecodeError as error:
        where = f"第 {error.lineno} 行第 {error.colno} 列"
        raise Invalid(f"{file.name} 不是有效的 JSON，{where}写法不对。", code="bad_scenario") from error
    except RecursionError as error:
        raise Invalid(f"{file.name} 套了太多层，不是模拟输入。", code="bad_scenario") from error


def _lines(found: dict[str, Any]) -> list[str]:
    unit = f"，承办单位 {found['unit']}" if found["unit"] else ""
    lines = [f"{found['profile']}：{found['label']}{unit}（{found['now'][:16].replace('T', ' ')}）"]
    lines += [
        f"  期限  {each['label']}：{each['shown']}，{_STATUS[each['status']]}（{each['clause']}）{each['why']}"
        for each in found["clocks"]
    ]
    lines += [f"  亮牌  {each['label']}：{each['clock']}（{each['clause']}）" for each in found["cards"]]
    lines += [f"  生效  {each['day']} {each['label']}：{each['reason']}" for each in found["effects"]]
    lines += [
        f"  拒绝  第 {each['event'] + 1} 个事件 {each['type']}（{each['code']}，{each['clause']}）：{each['reason']}"
        for each in found["refused"]
    ]
    may = [each["label"] for each in found["allowed"] if each["ok"]]
    lines.append(f"  现在可以：{'、'.join(may) or '无'}")
    lines += [
        f"  现在不能  {each['label']}（{each['clause']}）：{each['reason']}"
        for each in found["allowed"]
        if not each["ok"] and each["code"] not in {"wrong_state", "not_in_profile", "wrong_role"}
    ]
    return lines


_STATUS = {"running": "计时中", "met": "已按时完成", "overdue": "逾期", "stopped": "已停止"}
