"""Which column of a file is which column of the format. Pure."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ingestion.columns import COLUMNS, REASON, REQUIRED, header_of
from kb_service.core.errors import Invalid

IGNORE: Final = ""
_NEAR: Final = 0.6
_ASIDE = re.compile(r"[（(\[【].*?[)）\]】]|[*＊:：\s_]")


@dataclass(frozen=True)
class MatchedColumn:
    """`key` is None for a column that is not read; `suggestions` are keys that its name comes near to."""

    header: str
    key: str | None
    suggestions: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return header_of(self.key) if self.key else "不导入"


def plain(header: str) -> str:
    """A header without what people add to it: “标题（必填）*” is 标题."""
    return _ASIDE.sub("", unicodedata.normalize("NFKC", header)).lower()


_REQUIRED: Final = {key: header_of(key) for key in REQUIRED}
_KEYS: Final = {
    plain(name): column.key for column in COLUMNS.values() for name in (column.key, column.header)
}


class ColumnMatcher:
    """Matches headers as they come; `wanted` is the user's own choice by header, "" for a column to leave out.

    `exact`: the choice is all there is, each of its headers must be there, and any other is left out.
    """

    def __init__(self, wanted: Mapping[str, str] | None = None, *, exact: bool = False) -> None:
        self._wanted = dict(wanted or {})
        self._exact = exact
        for header, key in self._wanted.items():
            if key != IGNORE and key not in COLUMNS:
                raise Invalid(
                    f"列对应关系有误：没有“{key}”这一列（对应表头“{header}”）。", code="bad_mapping"
                )
        self._keys: dict[str, str | None] = {}

    def key(self, header: str) -> str | None:
        if header not in self._keys:
            self._keys[header] = self._find(header)
        return self._keys[header]

    def _find(self, header: str) -> str | None:
        if header in self._wanted:
            return self._wanted[header] or None
        if self._exact:
            return self._exactly(header)
        return _KEYS.get(plain(header))

    def _exactly(self, header: str) -> str | None:
        """Headers still come with additions such as “标题（必填）”."""
        return next((key for wanted, key in self._wanted.items() if plain(wanted) == plain(header)), None)

    def match_all(self, headers: Sequence[str], given: Iterable[str] = ()) -> None:
        """For a file whose headers are known from the start. `given` are keys with a value for every row.

        Raises Invalid for a choice of columns that do not exist, for two columns that are the same one, and
        for required columns that are missing.
        """
        if not self._exact:
            self.refuse_strangers(headers)
        seen: dict[str, str] = {}
        for header in headers:
            key = self.key(header)
            if key is not None and seen.setdefault(key, header) != header:
                raise Invalid(
                    f"表头“{seen[key]}”和“{header}”都对应“{header_of(key)}”，请删去一列，或指明哪一列不导入。",
                    code="duplicate_column",
                )
        self._refuse_missing(headers, {*seen, *given})

    def refuse_strangers(self, headers: Iterable[str] | None = None) -> None:
        """Raises Invalid for a choice made for a header that the file does not have, or did not turn out to have."""
        if self._exact:
            return
        present = set(self._keys if headers is None else headers)
        strangers = [header for header in self._wanted if header not in present]
        if strangers:
            raise Invalid(f"列对应关系有误：文件里没有表头“{'”“'.join(strangers)}”。", code="bad_mapping")

    def _refuse_missing(self, headers: Sequence[str], present: set[str]) -> None:
        required = {key: header for header, key in self._wanted.items()} if self._exact else _REQUIRED
        missing = [key for key in required if key not in present]
        if not missing:
            return
        names = "、".join(f"“{required[key]}”" for key in missing)
        near = [column for column in self.columns(headers) if set(column.suggestions) & set(missing)]
        hints = "".join(
            f"表头“{column.header}”是不是“{header_of(column.suggestions[0])}”？" for column in near[:3]
        )
        raise Invalid(
            f"缺少必需的列：{names}。{hints}请补上这些列，或指明列的对应关系。",
            code="missing_columns",
            extra={"missing": missing, "columns": [_plain_column(each) for each in self.columns(headers)]},
        )

    def columns(self, headers: Sequence[str] | None = None) -> list[MatchedColumn]:
        """What became of each header; of all that were met, where none are given."""
        return [self._matched(header) for header in (headers if headers is not None else self._keys)]

    def _matched(self, header: str) -> MatchedColumn:
        key = self.key(header)
        left_out = self._exact or header in self._wanted or plain(header) == REASON
        return MatchedColumn(header, key, () if key or left_out else _suggestions(header))


def _suggestions(header: str) -> tuple[str, ...]:
    """The keys of the columns whose names are most like this one, the likest first."""
    name = plain(header)
    inside = [
        known for known in _KEYS if len(known) > 1 and (known in name or (len(name) > 1 and name in known))
    ]
    like = difflib.get_close_matches(name, _KEYS, n=3, cutoff=_NEAR)
    return tuple(dict.fromkeys(_KEYS[known] for known in [*like, *inside]))[:3]


def _plain_column(column: MatchedColumn) -> dict[str, object]:
    return {"header": column.header, "key": column.key, "suggestions": list(column.suggestions)}
