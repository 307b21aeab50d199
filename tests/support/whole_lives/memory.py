"""What a life remembers by itself: the versions as they were first seen, who was to read early, what was live when."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, select

from kb_service.core.clock import day_start, local_day
from kb_service.core.db import ReadSession
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.supersession.model import Supersession
from tests.support.simulated import Published, simulate

HEARD = {
    "public": {"public"},
    "agent": {"public", "agents"},
    "confidant": {"public", "agents", "restricted"},
    "gaj_editor": {"public", "agents"},
    "rsj_editor": {"public", "agents"},
}
_COLUMNS = (
    Version.id, Point.code, Version.number, Version.status, Version.title, Version.audience,
    Version.release_at, Version.effective_from, Version.effective_to, Version.supersedes_code,
    Version.filed_at, Version.approved_at, Version.live_from, Version.withdrawn_at, Point.unit_id,
)  # fmt: skip


@dataclass
class Known:
    """A version of which the test knows what may be told to whom."""

    id: int
    code: str
    number: int
    title: str
    audience: str
    release_at: datetime | None
    effective_to: date | None
    status: str
    unit_id: int
    published: Published | None = None
    readers: set[str] = field(default_factory=set)

    @property
    def key(self) -> tuple[str, int]:
        return self.code, self.number


class Memory:
    """Learns what was done by looking at the tables after each act; what follows from it, it works out itself."""

    def __init__(self) -> None:
        self.known: dict[int, Known] = {}
        self.said: list[tuple[datetime, dict[str, int]]] = []

    @property
    def published(self) -> list[Published]:
        return [each.published for each in self.known.values() if each.published]

    def learn(self, session: ReadSession, now: datetime) -> None:
        rows = session.execute(select(*_COLUMNS).join(Point, Point.id == Version.point_id)).all()
        for row in rows:
            each = self.known.get(row.id)
            if each is None or each.status == "draft":
                readers = each.readers if each else set()
                each = self.known[row.id] = _known(row)
                each.readers = readers
            each.status, each.unit_id = row.status, row.unit_id
            if row.approved_at is not None and each.published is None:
                assert row.approved_at == now, "approved by nobody"
                each.published = _published(session, row, now)
            if row.withdrawn_at is not None and each.published and each.published.withdrawn_at is None:
                assert row.withdrawn_at == now
                each.published.withdrawn_at = now

    def of(self, code: str, number: int) -> Known:
        return next(each for each in self.known.values() if each.key == (code, number))

    def live(self, now: datetime) -> dict[str, Known]:
        return {code: self.of(code, each.number) for code, each in simulate(self.published, now).items()}

    def heard(self, viewer: str, now: datetime, *, lapsed: bool) -> dict[str, int]:
        """What somebody who works on none of them may be told."""
        return {
            code: each.number
            for code, each in self.live(now).items()
            if each.audience in HEARD[viewer] and (lapsed or not _over(each, now))
        }

    def was_live(self, each: Known, now: datetime) -> bool:
        """Whether a version has been live at some instant up to now."""
        moments = [at for at, said in self.said if said.get(each.code) == each.number]
        return bool(moments) or self.live(now).get(each.code) is each


def _over(each: Known, now: datetime) -> bool:
    return each.effective_to is not None and local_day(now) > each.effective_to


def _known(row: Row[Any]) -> Known:
    return Known(
        row.id, row.code, row.number, row.title, row.audience, row.release_at, row.effective_to,
        row.status, row.unit_id,
    )  # fmt: skip


def _published(session: ReadSession, row: Row[Any], now: datetime) -> Published:
    went_live = max(now, row.release_at) if row.release_at else now
    assert row.live_from == went_live
    whole = select(Supersession.replaced_code).where(
        Supersession.version_id == row.id, Supersession.whole.is_(True)
    )
    begins = row.effective_from
    return Published(
        row.code,
        row.number,
        now,
        went_live,
        row.supersedes_code,
        row.audience,
        row.effective_to,
        replaces=tuple(session.execute(whole).scalars()),
        takes_over=max(went_live, day_start(begins)) if begins else went_live,
    )
