"""The cells of a row of an import as fields of a form."""

from dataclasses import dataclass

from ingestion.columns import COLUMNS, Column, Kind, columns_of
from ingestion.service import RowDetail

ASIDE = {"code", "attachments"}
LONG = {"answer", "full_text", "conditions", "basis", "functions", "power_list", "interpretation", "text"}
SHORT_ROWS, LONG_ROWS = 3, 12


@dataclass(frozen=True)
class CellField:
    """A column with its text; `rows` is how high its field is, 0 for a single line."""

    key: str
    label: str
    text: str
    rows: int


def row_cells(detail: RowDetail) -> list[CellField]:
    """The columns of the row's type, what its version says of itself last; without a type all that have a text."""
    columns = (
        columns_of(detail.row.type)
        if detail.row.type
        else [column for column in COLUMNS.values() if not column.types or column.key in detail.cells]
    )
    ordered = sorted(columns, key=lambda column: (not column.types, column.key != "title"))
    first = [column for column in ordered if column.key in {"type", "title", "category", "unit"}]
    rest = [column for column in ordered if column not in first and column.key not in ASIDE]
    return [
        CellField(column.key, column.header, detail.cells.get(column.key, ""), _rows(column))
        for column in [*first, *rest]
    ]


def _rows(column: Column) -> int:
    if column.key in LONG:
        return LONG_ROWS
    return SHORT_ROWS if column.kind == Kind.LIST or column.key == "question" else 0
