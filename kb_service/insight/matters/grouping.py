"""Groups of texts alike, by the embedding that ships, and the words that mark each. Needs no database."""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.analysis.normalise import squeeze
from search.analysis.stop_words import STOP_WORDS
from search.analysis.words import cutter
from search.embedding.builtin import load_builtin

Vectors = NDArray[np.float32]

# Chosen on real messages for the embedding that ships (decision 38): below it whole fields flow together, above it one
# matter falls apart.
ALIKE: Final = 0.54
_OPENING: Final = 150
_WORDS: Final = 5
_NAME_WORDS: Final = 3
_IN_AT_LEAST: Final = 0.3
_TOGETHER: Final = 0.7
# A longer word tells more, up to a place's name.
_LONG_ENOUGH: Final = 4
_JOINT: Final = " "
_SAYS_LITTLE: Final = frozenset(
    word
    for line in (
        "反映 投诉 咨询 建议 请求 希望 要求 求助 举报 解决 处理 影响 严重 长期 相关 部门 市民 居民 来电 来电人",
        "诉求 诉求人 网友 业主 附近 存在 一直 多次 再次 核实 回复 尽快 领导 政府 热线 认为 表示 现在 导致",
        "不合理 不满 无人 无法 是否 关于 目前 每天 今年 生活",
    )
    for word in line.split()
)


def encoder_name() -> str:
    return load_builtin().name


def vectors(texts: Sequence[tuple[str, str]]) -> Vectors:
    """One row a (title, text), of unit length; the title weighs as much as title and opening together."""
    model = load_builtin()
    titles = model.encode([title for title, _ in texts])
    both = model.encode([f"{title}。{text[:_OPENING]}" for title, text in texts])
    return unit_length(np.asarray(titles + both, dtype=np.float32))


def unit_length(rows: Vectors) -> Vectors:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    found: Vectors = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    return found


def packed(vector: NDArray[np.float32]) -> bytes:
    return vector.astype("<f2").tobytes()


def unpacked(stored: Sequence[bytes]) -> Vectors:
    """Rows of unit length from what `packed` made."""
    rows = [np.frombuffer(each, dtype="<f2").astype(np.float32) for each in stored]
    return unit_length(np.vstack(rows)) if rows else np.zeros((0, 1), dtype=np.float32)


def nearest(rows: Vectors, centres: Vectors) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Which centre each row is nearest to, and how near; -1 where none is ALIKE."""
    if len(centres) == 0 or len(rows) == 0:
        return np.full(len(rows), -1), np.zeros(len(rows), dtype=np.float32)
    near = rows @ centres.T
    best = near.argmax(axis=1)
    closeness = near[np.arange(len(rows)), best]
    return np.where(closeness >= ALIKE, best, -1), closeness


def groups(rows: Vectors, fewest: int) -> list[list[int]]:
    """Rows alike, in groups of at least `fewest`; the largest first, each row in one at most.

    In the order given each row joins the group whose mean is nearest, or begins one; then each goes once more
    to the nearest of those large enough, so that the order matters less.
    """
    first = _joined(rows)
    large = [members for members in first if len(members) >= fewest]
    if not large:
        return []
    centres = unit_length(np.vstack([rows[members].sum(axis=0) for members in large]))
    best, _ = nearest(rows, centres)
    found = [np.flatnonzero(best == at).tolist() for at in range(len(large))]
    return sorted((each for each in found if len(each) >= fewest), key=len, reverse=True)


def _joined(rows: Vectors) -> list[list[int]]:
    sums = np.zeros_like(rows)
    lengths = np.ones(len(rows), dtype=np.float32)
    members: list[list[int]] = []
    for at, row in enumerate(rows):
        if not row.any():
            continue
        count = len(members)
        near = (sums[:count] @ row) / lengths[:count]
        best = int(near.argmax()) if count else -1
        if best >= 0 and near[best] >= ALIKE:
            sums[best] += row
            members[best].append(at)
        else:
            best = count
            sums[count] = row
            members.append([at])
        lengths[best] = np.linalg.norm(sums[best])
    return members


@dataclass(frozen=True)
class Background:
    """In how many of so many texts each word stands."""

    texts: int
    words: Mapping[str, int]

    @classmethod
    def of(cls, texts: Collection[str]) -> "Background":
        return cls(len(texts), Counter(word for text in texts for word in _words(text)))

    def rarity(self, word: str) -> float:
        return math.log((self.texts + 1) / (self.words.get(word, 0) + 1))


def marking_words(texts: Sequence[str], background: Background) -> list[str]:
    """Words that stand in many of these texts and in few others, the most telling first."""
    counts = Counter(word for text in texts for word in _words(text))
    least = max(3, math.ceil(_IN_AT_LEAST * len(texts)))
    worth = {
        word: count * background.rarity(word) * min(len(word.replace(_JOINT, "")), _LONG_ENOUGH)
        for word, count in counts.items()
        if count >= least and _holds_together(word, count, counts)
    }
    ranked = sorted((word for word in worth if worth[word] > 0), key=lambda word: (-worth[word], word))
    return _without_parts(ranked)[:_WORDS]


def name_of(words: Sequence[str]) -> str:
    return "、".join(words[:_NAME_WORDS]) or "未命名的同类诉求"


def _words(text: str) -> set[str]:
    """Words, and two words that stand side by side: a dictionary cuts the names of places."""
    pieces = cutter().split(squeeze(text))
    told = [each if len(each) >= 2 and not _tells_nothing(each) else "" for each in pieces]
    pairs = {f"{one}{_JOINT}{other}" for one, other in pairwise(told) if one and other}
    return {each for each in told if each} | pairs


def _holds_together(word: str, count: int, counts: Mapping[str, int]) -> bool:
    """Whether a pair is one name: its words seldom stand without each other."""
    parts = word.split(_JOINT)
    return len(parts) == 1 or count >= _TOGETHER * max(counts[part] for part in parts)


def _tells_nothing(word: str) -> bool:
    return word in STOP_WORDS or word in _SAYS_LITTLE or not any("一" <= each <= "鿿" for each in word)


def _without_parts(words: Iterable[str]) -> list[str]:
    kept: list[str] = []
    for word in (each.replace(_JOINT, "") for each in words):
        if not any(word in other or other in word for other in kept):
            kept.append(word)
    return kept
