"""What goes out of the routes of statistics."""

from datetime import date, datetime

from kb_service.identity.schemas import Out


class PeriodOut(Out):
    first: date
    last: date
    label: str


class ValueOut(Out):
    """`of` null: a count. `excluded`: left out by a rule of the city."""

    number: int
    of: int | None
    excluded: int
    percent: str | None


class FigureOut(Out):
    name: str
    label: str
    share: bool
    how: str
    better: int
    clauses: list[str]
    value: ValueOut
    before: ValueOut
    year_ago: ValueOut


class RowOut(Out):
    key: str
    label: str
    values: dict[str, ValueOut]


class TableOut(Out):
    dimension: str
    label: str
    columns: list[str]
    rows: list[RowOut]


class FiguresOut(Out):
    period: PeriodOut
    before: PeriodOut
    year_ago: PeriodOut
    unit: str | None
    region: str | None
    known_at: datetime
    over: bool
    figures: list[FigureOut]
    tables: list[TableOut]


class UnitNowOut(Out):
    unit_code: str
    unit_name: str
    open: int
    unsigned: int
    due_today: int
    overdue: int
    figures: dict[str, ValueOut]


class MonitoringOut(Out):
    now: datetime
    period: PeriodOut
    watched: list[str]
    whole: dict[str, ValueOut]
    units: list[UnitNowOut]
