"""What an entry of the lexicon must be, and how it is written in a table. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from search.analysis.normalise import squeeze
from search.lexicon.lexicon import GAP, LEAST_WEIGHT, LONGEST, MOST_WEIGHT, SHORTEST, Entry

COLUMNS: Final[Sequence[str]] = ("spoken", "official", "weight", "field", "active")
HEADERS: Final[Mapping[str, str]] = {
    "口语说法": "spoken",
    "规范用语": "official",
    "权重": "weight",
    "领域": "field",
    "启用": "active",
}
MOST_OFFICIAL: Final = 8
LONGEST_OFFICIAL: Final = 40
LONGEST_FIELD: Final = 20
MOST_ROWS: Final = 20_000
_NO: Final = frozenset({"否", "停用", "0", "false", "no", "off"})
_YES: Final = frozenset({"", "是", "启用", "1", "true", "yes", "on"})


def plain(spoken: str) -> str:
    """A wording as it is kept: normal form, with its gap as it is written."""
    return GAP.join(squeeze(part) for part in spoken.replace("...", GAP).split(GAP))


def terms(official: Iterable[str] | str) -> tuple[str, ...]:
    """Official terms from a list or from one text with `;` between them."""
    parts = official.replace("；", ";").split(";") if isinstance(official, str) else official
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def problems(entry: Entry) -> list[tuple[str, str]]:
    """Field and what is wrong with it."""
    found = []
    if not SHORTEST <= len(entry.spoken) <= LONGEST or entry.spoken.count(GAP) > 1 or _bare(entry.spoken):
        found.append(
            ("spoken", f"口语说法须为 {SHORTEST} 到 {LONGEST} 个字，至多有一处“{GAP}”，两边都要有字")
        )
    if not 1 <= len(entry.official) <= MOST_OFFICIAL:
        found.append(("official", f"请填写 1 到 {MOST_OFFICIAL} 个规范用语，用分号隔开"))
    elif any(not 2 <= len(term) <= LONGEST_OFFICIAL for term in entry.official):
        found.append(("official", f"规范用语须为 2 到 {LONGEST_OFFICIAL} 个字"))
    if not LEAST_WEIGHT <= entry.weight <= MOST_WEIGHT:
        found.append(("weight", f"权重须在 {LEAST_WEIGHT} 到 {MOST_WEIGHT} 之间"))
    if len(entry.field) > LONGEST_FIELD:
        found.append(("field", f"领域不超过 {LONGEST_FIELD} 个字"))
    return found


def _bare(spoken: str) -> bool:
    return GAP in spoken and not all(spoken.split(GAP))


def columns_of(header: Sequence[str]) -> dict[str, int] | None:
    """Where each column stands, by its Chinese or English name; None where one that is needed is not there."""
    names = [HEADERS.get(cell.strip(), cell.strip()) for cell in header]
    found = {name: names.index(name) for name in COLUMNS if name in names}
    return found if {"spoken", "official"} <= found.keys() else None


def active_of(cell: str) -> bool | None:
    """None for what says neither yes nor no."""
    said = cell.strip().lower()
    return False if said in _NO else True if said in _YES else None
