"""What goes out of the routes of sub-tasks."""

from datetime import date, datetime

from pydantic import BaseModel


class TaskOut(BaseModel):
    """`ticket_due` is what the ticket itself is due for next."""

    ticket: str
    ticket_title: str
    id: str
    title: str
    unit: str
    unit_name: str
    opened_at: datetime
    due_day: date
    overdue: bool
    ticket_due: datetime | None
    done_at: datetime | None


class TaskCountsOut(BaseModel):
    open: int
    overdue: int
    done: int
