"""Acceptance formats: the upload rules of a city, beside the format of our own. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ingestion import cells
from ingestion.cells import BadCell
from ingestion.drafting import Names, ParsedRow, parse_row
from ingestion.mapping import ColumnMatcher
from ingestion.readers.table import RawRow
from kb_service.core.errors import Invalid

_SOURCE = "（来源）"
_OTHER_SEPARATORS = re.compile("[、;；|\n]")


@dataclass(frozen=True)
class Acceptance:
    """`mapping` gives the column by header; `kinds` the type of knowledge by the city's word for it.

    `body` names the header whose column depends on the type.
    """

    key: str
    name: str
    rows: int
    mapping: Mapping[str, str]
    kinds: Mapping[str, str]
    kind: str
    body: str
    bodies: Mapping[str, str]

    def parse(self, raw: RawRow, names: Names, defaults: Mapping[str, str]) -> ParsedRow:
        """Like `parse_row`, and by the city's own rules; each violation is told of its cell."""
        word = _text(raw.cells.get(self.kind))
        kind = self.kinds.get(word, "")
        mapping = dict(self.mapping) | {self.body: self.bodies.get(kind, self.mapping[self.body])}
        issuer = _text(raw.cells.get(_header(mapping, "unit")))
        known = dict(raw.cells) | {self.kind: kind or None, _SOURCE: f"{issuer}（{word}）"}
        matcher = ColumnMatcher(mapping | {_SOURCE: "source"}, exact=True)
        row = parse_row(RawRow(raw.number, known, raw.faults, raw.evidence), matcher, names, defaults)
        row.raw = raw
        if word and not kind:
            row.problems = [each for each in row.problems if each.column != "type"]
            names_known = "、".join(self.kinds)
            row.report("type", "unknown_type", f"没有“{word[:30]}”这种{self.kind}，只能是{names_known}")
        self._report(row, raw, mapping, defaults)
        if row.wrong:
            row.draft = None
        return row

    def _report(
        self, row: ParsedRow, raw: RawRow, mapping: Mapping[str, str], defaults: Mapping[str, str]
    ) -> None:
        for header, key in mapping.items():
            empty = cells.is_empty(raw.cells.get(header)) and cells.is_empty(defaults.get(key))
            if empty and not row.has_problem_in(key):
                row.headers = {**row.headers, key: header}
                row.report(key, "missing", f"请填写{header}")
        self._report_path(row, raw, mapping)
        self._report_keywords(row, raw, mapping)

    def _report_path(self, row: ParsedRow, raw: RawRow, mapping: Mapping[str, str]) -> None:
        path = _text(raw.cells.get(_header(mapping, "category")))
        if path and "/" not in path and not row.has_problem_in("category"):
            row.report("category", "not_a_path", "请写明从上级到末级的完整类目，用 / 隔开")

    def _report_keywords(self, row: ParsedRow, raw: RawRow, mapping: Mapping[str, str]) -> None:
        text = _text(raw.cells.get(_header(mapping, "keywords")))
        if found := _OTHER_SEPARATORS.search(text):
            shown = "换行" if found[0] == "\n" else f"“{found[0]}”"
            row.report("keywords", "not_commas", f"关键字之间只能用逗号隔开，不能用{shown}")
        words = [word.strip() for word in re.split("[,，]", text)]
        for at, word in enumerate(words, 1):
            if len(word) > 20 and not row.has_problem_in("keywords"):
                row.report("keywords", "string_too_long", f"第 {at} 个关键字“{word[:20]}”超过 20 个字")
            if word and word == row.title:
                row.report("keywords", "same_as_title", f"第 {at} 个关键字与标题相同，请换用其他关键字")


def _header(mapping: Mapping[str, str], key: str) -> str:
    return next(header for header, each in mapping.items() if each == key)


def _text(value: object) -> str:
    try:
        return cells.text_of(value)
    except BadCell:
        return ""


XINYANG: Final = Acceptance(
    key="xinyang",
    name="信阳市知识导入格式",
    rows=1_000,
    mapping={
        "类目": "category",
        "标题": "title",
        "内容": "answer",
        "发文单位": "unit",
        "材料性质": "type",
        "关键字": "keywords",
    },
    kinds={
        "办事指南": "faq",
        "法律法规": "policy",
        "热点问答": "faq",
        "日常咨询类": "faq",
        "通知公告": "policy",
        "业务指引": "faq",
        "审批": "faq",
    },
    kind="材料性质",
    body="内容",
    bodies={"policy": "full_text"},
)
ACCEPTANCES: Final[Mapping[str, Acceptance]] = {each.key: each for each in (XINYANG,)}


def acceptance(key: str) -> Acceptance | None:
    """None for the format of our own, whose key is empty."""
    if not key:
        return None
    if key not in ACCEPTANCES:
        known = "、".join(ACCEPTANCES)
        raise Invalid(f"没有“{key}”这种导入格式，可选：{known}；不填为本系统的格式。", code="unknown_profile")
    return ACCEPTANCES[key]
