"""The ranking and the ledgers as a workbook."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from kb_service.core.clock import CITY
from kb_service.core.workbooks import LIST_WIDTHS, Book
from kb_service.knowledge.duties.rules import MEASURES, STATES
from kb_service.knowledge.duties.service.scoring import Standing

_LEDGER_HEADS = ("单位编码", "单位", "项目", "条款", "事项", "起算", "最晚", "实际", "结果", "申诉")


def workbook(standings: Sequence[Standing]) -> bytes:
    """A sheet with the scores and one with every entry they rest on."""
    book = Book()
    names = [name for name, _ in MEASURES.values()]
    scores = book.sheet("得分", widths=LIST_WIDTHS, heads=["单位编码", "单位", "得分", *names, "依据校验码"])
    scores.rows(map(_scores, standings))
    ledgers = book.sheet("台账", widths=LIST_WIDTHS, heads=_LEDGER_HEADS)
    ledgers.rows(line for each in standings for line in _entries(each))
    return book.content()


def _scores(each: Standing) -> list[Any]:
    percents = [_number(measure.percent) for measure in each.score.measures]
    return [each.unit_code, each.unit_name, _number(each.score.value), *percents, each.score.inputs]


def _entries(each: Standing) -> Iterable[list[Any]]:
    appeals = {"": "", "open": "待决定", "approved": "成立", "rejected": "不成立"}
    for entry, state in each.entries:
        yield [
            each.unit_code, each.unit_name, MEASURES[entry.measure][0], "、".join(entry.clauses), entry.title,
            _time(entry.began_at), _time(entry.due_at), _time(entry.done_at), STATES[state],
            appeals[entry.appeal],
        ]  # fmt: skip


def _number(text: str | None) -> float | None:
    return float(text) if text is not None else None


def _time(at: datetime | None) -> str:
    return at.astimezone(CITY).strftime("%Y-%m-%d %H:%M") if at is not None else ""
