"""The log of a generation: one frame a batch, saying what the batch put where.

A frame is length and CRC-32 (4 bytes each, little endian) and JSON. Which frames count is decided elsewhere:
by the number of the last batch that tantivy has committed.
"""

import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from search.engines.embedded.files import Reader
from search.engines.embedded.records import Strings
from search.engines.errors import IndexDamagedError

_HEADER = struct.Struct("<II")


@dataclass(frozen=True, slots=True)
class StoredPoint:
    """A point's documents are `count` rows from `first`; none is a tombstone."""

    code: str
    seq: int
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Batch:
    """`rows` and `record_bytes` are the sizes of the files after the batch, `strings` the new facet values."""

    number: int
    rows: int
    record_bytes: int
    strings: tuple[str, ...]
    points: tuple[StoredPoint, ...]


def encode_batch(batch: Batch) -> bytes:
    payload = json.dumps(
        {
            "number": batch.number,
            "rows": batch.rows,
            "record_bytes": batch.record_bytes,
            "strings": batch.strings,
            "points": [(point.code, point.seq, point.first, point.count) for point in batch.points],
        },
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode("utf-8", "surrogatepass")
    return _HEADER.pack(len(payload), zlib.crc32(payload)) + payload


class LogState:
    """What the log says up to the last batch that counts; `batch` is that one without what is taken in."""

    def __init__(self, path: Path) -> None:
        self._reader = Reader(path)
        self.points: dict[str, StoredPoint] = {}
        self.strings = Strings()
        self.batch = Batch(0, 0, 0, (), ())
        self.end = 0
        self.newest_seq = 0
        self.live_points = 0

    def read(self, committed: int) -> Iterator[tuple[StoredPoint | None, StoredPoint]]:
        """Take in the batches up to the committed one; gives each point as it was and as it became."""
        for batch, end in _read_batches(self._reader, self.end, self.batch.number, committed):
            self.strings.extend(batch.strings)
            self.batch, self.end = replace(batch, strings=(), points=()), end
            for point in batch.points:
                before = self.points.get(point.code)
                self.points[point.code] = point
                self.newest_seq = max(self.newest_seq, point.seq)
                self.live_points += bool(point.count) - bool(before is not None and before.count)
                yield before, point


def _read_batches(reader: Reader, offset: int, after: int, upto: int) -> Iterator[tuple[Batch, int]]:
    """Batches numbered `after` + 1 to `upto` from `offset` on, each with where it ends.

    Raises `IndexDamagedError` where one of them is missing or broken.
    """
    for number in range(after + 1, upto + 1):
        header = reader.read(offset, _HEADER.size)
        if len(header) < _HEADER.size:
            raise IndexDamagedError(f"日志缺少第 {number} 批")
        size, checksum = _HEADER.unpack(header)
        payload = reader.read(offset + _HEADER.size, size)
        if len(payload) < size or zlib.crc32(payload) != checksum:
            raise IndexDamagedError(f"日志第 {number} 批已损坏")
        offset += _HEADER.size + size
        yield _decode(payload, number), offset


def _decode(payload: bytes, number: int) -> Batch:
    fields = json.loads(payload.decode("utf-8", "surrogatepass"))
    if fields["number"] != number:
        raise IndexDamagedError(f"日志第 {number} 批序号不符")
    return Batch(
        number=number,
        rows=fields["rows"],
        record_bytes=fields["record_bytes"],
        strings=tuple(fields["strings"]),
        points=tuple(StoredPoint(*point) for point in fields["points"]),
    )
