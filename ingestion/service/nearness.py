"""New rows that say nearly what a point, or an earlier row of the same file, says already."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import select

from ingestion.rules import RowStatus
from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.knowledge.content import PointDraft
from kb_service.knowledge.incoming import signatures
from kb_service.knowledge.incoming.signatures import Lookup, Signatures
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.service.lookups import access_tokens, works_on

if TYPE_CHECKING:
    from ingestion.service.checking import Checked

# From here on two texts are the same but for a few words.
NEAR = 0.8
SHOWN = 5


@dataclass(frozen=True)
class Near:
    """The likest one: a point by its code, or a row of the file by its number."""

    code: str | None
    other_row: int | None
    title: str
    share: float

    def values(self, batch_id: str, row: int) -> dict[str, Any]:
        return {
            "batch_id": batch_id,
            "row": row,
            "code": self.code,
            "other_row": self.other_row,
            "title": self.title,
            "share": round(self.share, 3),
        }


class Nearness:
    """Remembers the rows of one file; the points of the base are read when first needed."""

    def __init__(self) -> None:
        self._points: Lookup | None = None
        self._own: list[Lookup] = []
        self._titles: dict[int, str] = {}
        self._waiting: list[tuple[int, str]] = []

    def remember(self, number: int, draft: PointDraft) -> None:
        self._titles[number] = draft.title
        self._waiting.append((number, signatures.text_of(draft)))

    def tell(self, session: ReadSession, ctx: Context, checked: Sequence["Checked"]) -> list["Checked"]:
        """The same rows, those that are new with what they come near to."""
        if self._waiting:
            self._add([number for number, _ in self._waiting], [text for _, text in self._waiting])
            self._waiting = []
        fresh = [each for each in checked if each.status == RowStatus.NEW]
        if not fresh:
            return list(checked)
        if self._points is None:
            self._points = signatures.of_points(session)
        numbers = [each.row.raw.number for each in fresh]
        made = self._add(numbers, [self._text(each) for each in fresh])
        points = self._points.near(made, NEAR)
        rows = self._rows_near(made)
        shown = _shown(session, ctx, {point for found in points for point, _ in found[:SHOWN]})
        near: dict[int, Near] = {}
        for number, of_base, of_file in zip(numbers, points, rows, strict=True):
            best = _best(number, of_base, of_file, shown, self._titles)
            if best is not None:
                near[number] = best
        return [replace(each, near=near.get(each.row.raw.number)) for each in checked]

    def _text(self, checked: "Checked") -> str:
        draft = checked.row.draft
        assert draft is not None
        self._titles[checked.row.raw.number] = draft.title
        return signatures.text_of(draft)

    def _add(self, numbers: Sequence[int], texts: Sequence[str]) -> Signatures:
        """Lists of like size are made one, so that a row is sorted again only a few times."""
        made = signatures.signatures_of(texts)
        added = Lookup(np.array(numbers, dtype=np.int64), made)
        while self._own and len(self._own[-1]) <= 2 * len(added):
            added = self._own.pop().joined(added)
        self._own.append(added)
        return made

    def _rows_near(self, made: Signatures) -> list[list[tuple[int, float]]]:
        found: list[list[tuple[int, float]]] = [[] for _ in range(len(made))]
        for own in self._own:
            for place, near in enumerate(own.near(made, NEAR)):
                found[place] += near
        return found


def _best(
    number: int,
    points: Sequence[tuple[int, float]],
    rows: Sequence[tuple[int, float]],
    shown: dict[int, tuple[str, str]],
    titles: dict[int, str],
) -> Near | None:
    of_base = next(((point, share) for point, share in points[:SHOWN] if point in shown), None)
    if of_base is not None:
        code, title = shown[of_base[0]]
        return Near(code, None, title, of_base[1])
    earlier = [(share, -row) for row, share in rows if row < number]
    if not earlier:
        return None
    share, row = max(earlier)
    return Near(None, -row, titles[-row], share)


def _shown(session: ReadSession, ctx: Context, point_ids: set[int]) -> dict[int, tuple[str, str]]:
    """Codes and titles of those points that the importer may see anyway."""
    if not point_ids:
        return {}
    tokens = access_tokens(ctx.actor)
    rows = (
        select(Point.id, Point.code, Point.unit_id, Version.title, Version.access, Version.live_from)
        .join(Version, (Version.point_id == Point.id) & (Version.number == Point.latest))
        .where(Point.id.in_(point_ids))
    )
    found = {}
    for row in session.execute(rows):
        live = row.live_from is not None and row.live_from <= ctx.now
        if works_on(ctx.actor, row.unit_id) or (live and any(f"|{each}|" in row.access for each in tokens)):
            found[row.id] = (row.code, row.title)
    return found
