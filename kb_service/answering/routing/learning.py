"""Past requests: taken from the outbox, compared with new ones, given out as rows to train on."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from math import log, sqrt
from typing import Any, Final, Literal
from weakref import WeakKeyDictionary

from sqlalchemy import delete, insert, select

from kb_service.answering.model import Decision
from kb_service.answering.routing import rules
from kb_service.answering.routing.model import PastRequest
from kb_service.core import outbox
from kb_service.core.context import Context
from kb_service.core.db import Database, ReadSession, WriteSession
from kb_service.identity.model import Unit

TOPIC: Final = "request.settled"
AT_ONCE: Final = 500
# The newest so many are compared with; older ones tell of units as they were.
COMPARED: Final = 5_000
ALIKE: Final = 0.3
NEAREST: Final = 20
LONGEST: Final = 500
# A pair of characters that every so many requests hold tells nothing, and would make the comparison slow.
COMMON: Final = 0.1
MANY: Final = 200
# Among few requests a pair that several hold may be rare all the same: so many without it are imagined.
IMAGINED: Final = 100
Label = Literal["field", "class", "unit"]


@dataclass(frozen=True)
class Settled:
    """What a ticket tells of itself once a unit has handled it. `title` has personal data masked."""

    title: str
    request_class: str
    field: str | None
    matter_code: str | None
    region_code: str
    unit_id: int
    decision_id: str | None


def publish(session: WriteSession, ctx: Context, ticket_code: str, settled: Settled) -> None:
    outbox.publish(session, ctx, TOPIC, ticket_code, payload=asdict(settled))


def drain(session: WriteSession, now: datetime) -> int:
    """Takes in what waits; a ticket that was settled again replaces what it said before."""
    rows = outbox.waiting(session, TOPIC, AT_ONCE)
    if not rows:
        return 0
    newest: dict[str, Mapping[str, Any]] = {}
    for row in sorted(rows, key=lambda each: each.id):
        newest[row.key] = (row.payload or {}) | {"settled_at": row.created_at}
    session.execute(delete(PastRequest).where(PastRequest.ticket_code.in_(newest)))
    session.execute(insert(PastRequest), [{"ticket_code": code, **said} for code, said in newest.items()])
    outbox.mark_drained(session, [row.id for row in rows], now)
    return len(rows)


@dataclass(frozen=True)
class Alike:
    """`share` is the part of all likeness that falls to the unit, `number` how many requests speak for it."""

    unit_id: int
    share: float
    number: int


class _Compared:
    """Past requests by their character pairs, read on from the last one that is known."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.last = 0
        self.forget()

    def forget(self) -> None:
        self.units: list[int] = []
        self.sizes: list[int] = []
        self.place_of: dict[str, int] = {}
        self.holders: dict[str, list[int]] = {}

    def read_on(self, session: ReadSession) -> None:
        fresh = select(PastRequest.id, PastRequest.ticket_code, PastRequest.title, PastRequest.unit_id)
        if len(self.units) > 2 * COMPARED:
            self.forget()
            self.last = 0
        rows = session.execute(
            fresh.where(PastRequest.id > self.last).order_by(PastRequest.id.desc()).limit(COMPARED)
        ).all()
        for number, code, title, unit_id in reversed(rows):
            self.last = max(self.last, number)
            before = self.place_of.get(code)
            if before is not None:
                self.units[before] = 0
            held = rules.pairs(title)
            place = self.place_of[code] = len(self.units)
            self.units.append(unit_id)
            self.sizes.append(len(held))
            for pair in held:
                self.holders.setdefault(pair, []).append(place)

    def nearest(self, text: str) -> list[tuple[int, float]]:
        """Unit and likeness of the requests that share rare pairs with the text, likest first."""
        said = rules.pairs(text[:LONGEST])
        known = len(self.units)
        scores: dict[int, float] = {}
        for pair in sorted(said):
            holders = self.holders.get(pair, ())
            if not holders or (known > MANY and len(holders) > COMMON * known):
                continue
            rarity = log(1 + (known + IMAGINED) / len(holders)) / log(1 + known + IMAGINED)
            for place in holders:
                scores[place] = scores.get(place, 0.0) + rarity
        # The text may be a whole letter, a title is a line: what counts is how much of the title is in the text.
        like = [
            (min(1.0, score / sqrt(self.sizes[place] * max(1, min(self.sizes[place], len(said))))), place)
            for place, score in scores.items()
            if self.units[place] and self.sizes[place]
        ]
        like.sort(key=lambda pair: (-pair[0], pair[1]))
        return [(self.units[place], score) for score, place in like[:NEAREST] if score >= ALIKE]


_COMPARED: WeakKeyDictionary[Database, _Compared] = WeakKeyDictionary()


def alike(database: Database, session: ReadSession, text: str) -> list[Alike]:
    """The units that handled requests like this one, most first."""
    compared = _COMPARED.setdefault(database, _Compared())
    with compared.lock:
        compared.read_on(session)
        near = compared.nearest(text)
    whole = sum(score for _, score in near)
    found = [
        Alike(unit, sum(score for each, score in near if each == unit) / whole, _count(near, unit))
        for unit in dict.fromkeys(each for each, _ in near)
    ]
    return sorted(found, key=lambda each: (-each.share, each.unit_id))


def _count(near: Sequence[tuple[int, float]], unit: int) -> int:
    return sum(each == unit for each, _ in near)


def rows_to_train_on(session: ReadSession, label: Label) -> Iterator[tuple[str, str]]:
    """Text and label of each past request; the text is its title with what was first said of it, masked."""
    columns = {"field": PastRequest.field, "class": PastRequest.request_class, "unit": Unit.code}
    statement = (
        select(PastRequest.title, Decision.question, columns[label])
        .join(Unit, Unit.id == PastRequest.unit_id)
        .outerjoin(Decision, Decision.id == PastRequest.decision_id)
        .order_by(PastRequest.id)
    )
    for title, question, found in session.execute(statement):
        if found:
            yield f"{title} {question or ''}".strip(), found
