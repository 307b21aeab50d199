"""Comparing what was looked at with all that it may have to do with."""

from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from kb_service.core.db import ReadSession
from kb_service.knowledge.checks import pairing, similar
from kb_service.knowledge.checks.contradictions import Contradiction
from kb_service.knowledge.checks.facts import KIND_NAMES, Fact
from kb_service.knowledge.checks.model import Print
from kb_service.knowledge.checks.service import seeing
from kb_service.knowledge.checks.service.keeping import Found, Side
from kb_service.knowledge.checks.service.seeing import Seen
from kb_service.knowledge.service.compare import word_diff
from search.analysis.passages import cut_passages

PAIRS_AT_ONCE = 200
KEPT_IN_MEMORY = 400
# Differences shown of one kind between two points; the first few tell what is wrong.
MOST_SHOWN = 5
_PASSAGES = 8


@dataclass(frozen=True)
class _Part:
    """Of some prints: the bands of each, which have words, and the keys of all with how many each has."""

    bands: NDArray[np.int64]
    worded: NDArray[np.bool_]
    keys: NDArray[np.int64]
    counts: NDArray[np.int64]


class KnownPrints:
    """The keys of all prints in memory, for the time of a run: about a kilobyte for each."""

    def __init__(self) -> None:
        self._ids: list[int] = []
        self._parts: list[_Part] = []
        self._index = pairing.Index()
        self._place: dict[int, int] = {}
        self._bands = np.empty((0, 0), dtype=np.int64)
        self._keys = np.empty(0, dtype=np.int64)
        self._ends = np.zeros(1, dtype=np.int64)

    def load(self, session: ReadSession, after: int, limit: int) -> int:
        """Takes in the next prints; gives the last one's version, 0 at the end."""
        rows = session.execute(
            select(Print.version_id, Print.signature, Print.keys)
            .where(Print.version_id > after)
            .order_by(Print.version_id)
            .limit(limit)
        ).all()
        if not rows:
            return 0
        self._ids += [row.version_id for row in rows]
        # Signatures are five times as long as what is kept of them: only so many are in memory at once.
        signatures = np.frombuffer(b"".join(row.signature for row in rows), dtype="<u4").reshape(
            len(rows), -1
        )
        keys = np.frombuffer(b"".join(row.keys for row in rows), dtype="<i8")
        counts = np.array([len(row.keys) // keys.itemsize for row in rows])
        self._parts.append(_Part(similar.bands_of(signatures), similar.has_words(signatures), keys, counts))
        return int(rows[-1].version_id)

    def arrange(self) -> Iterator[None]:
        """Sorts the keys, a run at a time."""
        self._place = {version_id: place for place, version_id in enumerate(self._ids)}
        if not self._ids:
            return
        self._bands = np.concatenate([part.bands for part in self._parts])
        worded = np.flatnonzero(np.concatenate([part.worded for part in self._parts]))
        self._keys = np.concatenate([part.keys for part in self._parts])
        counts = np.concatenate([part.counts for part in self._parts])
        self._ends = np.r_[0, np.cumsum(counts)]
        self._parts.clear()
        yield
        for column in self._bands.T:
            self._index.add(column[worded], worded)
            yield
        self._index.add(self._keys, np.repeat(np.arange(len(counts)), counts))
        yield

    def partners(self, version_id: int) -> list[int]:
        """Versions worth comparing with this one, in ascending order."""
        place = self._place.get(version_id)
        if place is None:
            return []
        keys = self._keys[self._ends[place] : self._ends[place + 1]]
        found = self._index.sharing([*self._bands[place][:, None], keys])
        return sorted(self._ids[each] for each in found if each != place)


class Cache:
    """Versions lately compared, so that neighbours do not read them again and again."""

    def __init__(self) -> None:
        self._seen: OrderedDict[int, Seen] = OrderedDict()

    def load(self, session: ReadSession, version_ids: Collection[int]) -> None:
        for each in version_ids:
            if each in self._seen:
                self._seen.move_to_end(each)
        missing = [each for each in version_ids if each not in self._seen]
        self._seen |= seeing.seen(session, missing)
        while len(self._seen) > max(KEPT_IN_MEMORY, len(version_ids)):
            self._seen.popitem(last=False)

    def findings(self, one: int, other: int) -> list[Found]:
        left, right = self._seen[one], self._seen[other]
        judgement = pairing.judge(left.subject, right.subject)
        found = _contradicting(left.side, right.side, judgement.contradictions)
        return [*found, _near(left, right, judgement.near)] if judgement.near else found


def _contradicting(left: Side, right: Side, found: Sequence[Contradiction]) -> list[Found]:
    """One finding for each kind of value, with the sentences that differ."""
    kinds = dict.fromkeys(each.kind for each in found)
    return [_of_kind(left, right, kind, [each for each in found if each.kind == kind]) for kind in kinds]


def _of_kind(left: Side, right: Side, kind: str, found: Sequence[Contradiction]) -> Found:
    first = found[0]
    values = "；".join(f"{each.left.shown} / {each.right.shown}" for each in found[:MOST_SHOWN])
    evidence = {
        "kind": kind,
        "detail": f"{KIND_NAMES[kind]}不一致：{values}",
        "score": round(first.score, 3),
        "sides": [_sentence(left, first.left), _sentence(right, first.right)],
        "more": [[_sentence(left, each.left), _sentence(right, each.right)] for each in found[1:MOST_SHOWN]],
    }
    words = sorted(f"{fact.sentence}\x1f{fact.shown}" for each in found for fact in (each.left, each.right))
    return Found("contradiction", (left, right), kind, words, evidence)


def _sentence(side: Side, fact: Fact) -> dict[str, Any]:
    return side.shown(fact.sentence, [(fact.start, fact.end)], fact.label)


def _near(left: Seen, right: Seen, near: pairing.Near) -> Found:
    one, other = _most_alike(left.subject.body, right.subject.body)
    segments = word_diff(one, other)
    detail = f"共同的字句占两者合计的 {near.common:.0%}，较短的一篇有 {near.contained:.0%} 见于另一篇"
    evidence = {
        "detail": detail,
        "sides": [
            left.side.shown(one, _places(segments, "removed")),
            right.side.shown(other, _places(segments, "added")),
        ],
    }
    words = sorted((left.subject.body, right.subject.body))
    return Found("near_duplicate", (left.side, right.side), "", words, evidence)


def _most_alike(left: str, right: str) -> tuple[str, str]:
    """The passages that have most in common, as evidence."""
    ours, theirs = (
        [each.text for each in cut_passages(text, by_article=False)[:_PASSAGES]] for text in (left, right)
    )
    return max(
        ((one, other) for one in ours for other in theirs),
        key=lambda pair: similar.overlap(*pair)[0],
        default=(left, right),
    )


def _places(segments: Sequence[Any], op: str) -> list[tuple[int, int]]:
    """Where, on one side of a diff, the words are that the other side has not."""
    marks, at = [], 0
    for segment in segments:
        if segment.op == op:
            marks.append((at, at + len(segment.text)))
        if segment.op in ("same", op):
            at += len(segment.text)
    return marks
