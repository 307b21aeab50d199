"""Finds what says nearly the same as a new text, among any number of points, without comparing with each.

Signatures of points are kept in the database and made by a job, so that an import only reads them. Looking up goes
by bands: texts that are alike share at least one, and the places of a band lie together in a sorted list.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, delete, func, insert, or_, select

from kb_service.core.db import Database, ReadSession
from kb_service.knowledge.checks.similar import PERMUTATIONS, ROWS_OF_BAND, bands_of, fingerprint
from kb_service.knowledge.content import Content, PointDraft
from kb_service.knowledge.incoming.model import PointSignature
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.rules import Status
from kb_service.knowledge.service.views import CONTENT

Signatures = NDArray[np.uint32]
AT_ONCE = 250
# A band that so many share is boilerplate; the first of them stand for all.
MOST_OF_A_BAND = 8
_BYTES = 4 * PERMUTATIONS
_BANDS = PERMUTATIONS // ROWS_OF_BAND


def text_of(draft: PointDraft) -> str:
    return words_of(draft.title, draft.content)


def words_of(title: str, content: Content) -> str:
    return "\n".join((title, *(text for _, text in content.sections())))


def signatures_of(texts: Sequence[str]) -> Signatures:
    """One row a text."""
    return np.array([fingerprint(text) for text in texts], dtype=np.uint32).reshape(-1, PERMUTATIONS)


class Lookup:
    """Signatures with a number each, sorted by bands."""

    def __init__(self, numbers: NDArray[np.int64], signatures: Signatures) -> None:
        self.numbers = numbers
        self.signatures = signatures
        bands = bands_of(signatures).ravel() if len(signatures) else np.zeros(0, dtype=np.int64)
        order = np.argsort(bands, kind="stable")
        self._bands = bands[order]
        self._places = (order // _BANDS).astype(np.int32)

    def __len__(self) -> int:
        return len(self.numbers)

    def joined(self, other: "Lookup") -> "Lookup":
        return Lookup(
            np.concatenate([self.numbers, other.numbers]), np.concatenate([self.signatures, other.signatures])
        )

    def near(self, wanted: Signatures, at_least: float) -> list[list[tuple[int, float]]]:
        """For each signature the numbers of those at least so alike, the likest first."""
        found: list[list[tuple[int, float]]] = [[] for _ in range(len(wanted))]
        if not len(self) or not len(wanted):
            return found
        asking, places = self._pairs(bands_of(wanted))
        shares = (wanted[asking] == self.signatures[places]).mean(axis=1)
        for at in np.flatnonzero(shares >= at_least):
            found[asking[at]].append((int(self.numbers[places[at]]), float(shares[at])))
        return [sorted(each, key=lambda one: (-one[1], one[0])) for each in found]

    def _pairs(self, bands: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        flat = bands.ravel()
        first = np.searchsorted(self._bands, flat, side="left")
        last = np.searchsorted(self._bands, flat, side="right")
        pairs = [np.zeros(0, dtype=np.int64)]
        for step in range(MOST_OF_A_BAND):
            there = np.flatnonzero(first + step < last)
            if not len(there):
                break
            pairs.append((there // _BANDS) * len(self) + self._places[first[there] + step])
        both = np.unique(np.concatenate(pairs))
        return both // len(self), both % len(self)


def of_points(session: ReadSession) -> Lookup:
    """All points that have a signature, by their ids."""
    found = select(PointSignature.point_id, PointSignature.signature)
    rows = session.execute(found.where(func.length(PointSignature.signature) == _BYTES)).all()
    numbers = np.fromiter((row[0] for row in rows), dtype=np.int64, count=len(rows))
    joined = b"".join(row[1] for row in rows)
    return Lookup(numbers, np.frombuffer(joined, dtype="<u4").reshape(len(rows), PERMUTATIONS))


def renew(database: Database, limit: int = AT_ONCE) -> int:
    """Makes the signatures that are missing or of an older version; returns how many."""
    with database.read() as session:
        rows = session.execute(_stale(limit)).all()
    if not rows:
        return 0
    texts = [words_of(row.title, CONTENT.validate_python(row.content)) for row in rows]
    made = [
        {"point_id": row.id, "number": row.latest, "signature": signature.astype("<u4").tobytes()}
        for row, signature in zip(rows, signatures_of(texts), strict=True)
    ]
    with database.write() as session:
        session.execute(delete(PointSignature).where(PointSignature.point_id.in_([row.id for row in rows])))
        session.execute(insert(PointSignature), made)
    return len(made)


def _stale(limit: int) -> Select[Any]:
    return (
        select(Point.id, Point.latest, Version.title, Version.content)
        .join(Version, (Version.point_id == Point.id) & (Version.number == Point.latest))
        .outerjoin(PointSignature, PointSignature.point_id == Point.id)
        .where(
            Version.status != Status.DISCARDED,
            or_(
                PointSignature.point_id.is_(None),
                PointSignature.number != Point.latest,
                func.length(PointSignature.signature) != _BYTES,
            ),
        )
        .order_by(Point.id)
        .limit(limit)
    )
