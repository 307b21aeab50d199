"""What ought to be live, told by walking through the events in the order of time; knows nothing of windows."""

from dataclasses import dataclass
from datetime import date, datetime

LONG_AGO = datetime.fromisoformat("2000-01-01T00:00:00+08:00")
_STOPS, _STARTS, _TAKES_OVER = 0, 1, 2


@dataclass
class Published:
    """An approved version, as the simulation knows it. It replaces others from when it is also in force."""

    code: str
    number: int
    approved_at: datetime
    live_from: datetime
    supersedes: str | None
    audience: str
    effective_to: date | None
    withdrawn_at: datetime | None = None
    replaces: tuple[str, ...] = ()
    takes_over: datetime | None = None

    @property
    def replaced(self) -> set[str]:
        return {*self.replaces, *([self.supersedes] if self.supersedes else [])}


def simulate(published: list[Published], now: datetime) -> dict[str, Published]:
    """The version of each point that is live at an instant: events played in their order."""
    live: dict[str, Published] = {}
    replaced: dict[str, datetime] = {}
    ended: dict[int, datetime] = {}
    for at, kind, each in sorted(_events(published), key=lambda event: event[:2]):
        if at > now:
            break
        if kind == _STOPS:
            if live.get(each.code) is each:
                del live[each.code]
        elif kind == _STARTS:
            withdrawn_before = each.withdrawn_at is not None and each.withdrawn_at <= at
            if not withdrawn_before and replaced.get(each.code, LONG_AGO) < each.approved_at:
                live[each.code] = each
        # What is itself replaced at this very instant still replaces: all of a chain changes hands at once.
        elif live.get(each.code) is each or ended.get(id(each)) == at:
            for code in each.replaced:
                gone = live.pop(code, None)
                replaced[code] = at
                if gone is not None:
                    ended[id(gone)] = at
    return live


def _events(published: list[Published]) -> list[tuple[datetime, int, Published]]:
    starts = [(each.live_from, _STARTS, each) for each in published]
    stops = [(each.withdrawn_at, _STOPS, each) for each in published if each.withdrawn_at]
    return starts + stops + [(each.takes_over or each.live_from, _TAKES_OVER, each) for each in published]
