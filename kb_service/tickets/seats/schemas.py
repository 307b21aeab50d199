"""What goes out of the routes of leaders' days and special seats."""

from datetime import datetime

from pydantic import BaseModel


class SeatOut(BaseModel):
    """`duty` is under what the rota keeps it, where there is one; `mine`: whether the actor sits there now."""

    id: str
    label: str
    clause: str
    article: str
    duty: str
    sitting: list[str]
    mine: bool
    waiting: int


class SeatCallOut(BaseModel):
    """A call is followed until its ticket is done and what came of it is told."""

    code: str
    title: str
    seat: str
    seat_label: str
    sitting: str
    taken_at: datetime
    status: str
    status_label: str
    unit_name: str
    due_at: datetime | None
    result: str
    followed: bool
