"""Where a due time that was counted in working days comes to lie under another calendar. Pure."""

from datetime import date, datetime

from kb_service.core.clock import day_start, local_day
from kb_service.regulations.calendar import Due, Period, WorkingCalendar


def recounted(
    start: datetime, due_at: datetime, due_day: date, before: WorkingCalendar, after: WorkingCalendar
) -> Due | None:
    """As many working days from `start` as it was under `before`; None for what was not counted by that calendar."""
    number = before.working_days_between(local_day(start), due_day)
    if number < 1 or before.add_working_days(local_day(start), number) != due_day:
        return None
    return after.due(start, Period(working_days=number), due_at - day_start(due_day))
