"""What ought to be live, told by walking through the events in the order of time; knows nothing of windows."""

from dataclasses import dataclass
from datetime import date, datetime

LONG_AGO = datetime.fromisoformat("2000-01-01T00:00:00+08:00")


@dataclass
class Published:
    """An approved version, as the simulation knows it."""

    code: str
    number: int
    approved_at: datetime
    live_from: datetime
    supersedes: str | None
    audience: str
    effective_to: date | None
    withdrawn_at: datetime | None = None


def simulate(published: list[Published], now: datetime) -> dict[str, Published]:
    """The version of each point that is live at an instant: events played in their order."""
    live: dict[str, Published] = {}
    replaced: dict[str, datetime] = {}
    starts = [(each.live_from, 1, each) for each in published]
    stops = [(each.withdrawn_at, 0, each) for each in published if each.withdrawn_at]
    for at, begins, each in sorted(starts + stops, key=lambda event: event[:2]):
        if at > now:
            break
        if not begins:
            if live.get(each.code) is each:
                del live[each.code]
            continue
        withdrawn_before = each.withdrawn_at is not None and each.withdrawn_at <= at
        if withdrawn_before or replaced.get(each.code, LONG_AGO) >= each.approved_at:
            continue
        live[each.code] = each
        if each.supersedes:
            live.pop(each.supersedes, None)
            replaced[each.supersedes] = at
    return live
