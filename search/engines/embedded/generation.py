"""One generation of the index: a folder that only grows, until a rebuild puts another in its place.

What counts is what tantivy has committed: its marker names the last batch, the log says how far the other
files reach with that batch, and whatever lies behind is left over from an interrupted writer.
"""

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from search.embedding.ports import Encoder
from search.engines.embedded import files
from search.engines.embedded.eligible import Eligibility
from search.engines.embedded.keywords import KeywordIndex, create_index, open_index
from search.engines.embedded.log import Batch, LogState, StoredPoint
from search.engines.embedded.records import ROW, Records, Rows
from search.engines.embedded.vectors import VectorIndex, row_type, sign_words
from search.engines.errors import IndexDamagedError
from search.ports import Document

FORMAT = 1
DATA_FILES = ("rows.bin", "records.bin", "vectors.bin", "signs.bin", "log.bin")


@dataclass(frozen=True, slots=True)
class Manifest:
    encoder: str
    dimensions: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The index as of one commit; stays whole while newer ones are made."""

    keywords: KeywordIndex
    rows: Rows
    alive: NDArray[np.bool_]
    eligibility: Eligibility
    vectors: VectorIndex
    average_length: float
    records: Records
    points: int
    newest_seq: int
    stored: Mapping[str, StoredPoint]

    @property
    def documents(self) -> int:
        return int(np.count_nonzero(self.alive))

    def texts(self, ordinals: NDArray[np.int64]) -> list[bytes]:
        """The candidates' texts in the form that is ranked."""
        offsets, sizes = self.rows["offset"][ordinals].tolist(), self.rows["text_size"][ordinals].tolist()
        return list(map(self.records.text, offsets, sizes))

    def ordinals_of(self, codes: Iterable[str], mask: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The documents of these points that the mask leaves, in the order of the codes."""
        found: list[int] = []
        for code in codes:
            point = self.stored.get(code)
            # What is stored may have moved on behind this snapshot.
            if point is not None and point.first + point.count <= len(mask):
                found.extend(range(point.first, point.first + point.count))
        ordinals = np.array(found, dtype=np.int64)
        return ordinals[mask[ordinals]]

    def numbers_of(self, codes: Iterable[str]) -> dict[int, str]:
        """The codes by the numbers that stand for points in the rows."""
        return {self.stored[code].first: code for code in codes if code in self.stored}

    def document(self, ordinal: int) -> Document:
        row = self.rows[ordinal]
        return self.records.document(int(row["offset"]) + int(row["text_size"]), int(row["document_size"]))


class Generation:
    """Read by any number of threads, written by one at a time (the writer's lock is its owner's)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._meta = folder / "tantivy" / "meta.json"
        self._lock = threading.Lock()
        self.manifest = _read_manifest(folder)
        try:
            self.index = open_index(folder / "tantivy")
            self.log = LogState(folder / "log.bin")
            self._records = Records(folder / "records.bin")
        except (ValueError, OSError) as error:
            raise IndexDamagedError(str(error)) from error
        self._rows = np.zeros(0, dtype=ROW)
        self._alive = np.zeros(0, dtype=bool)
        self._signs = np.zeros((sign_words(self.manifest.dimensions), 0), dtype=np.uint64)
        self._stamp: tuple[int, int, int] | None = None
        self.snapshot = self._take()

    @classmethod
    def create(cls, folder: Path, encoder: Encoder | None) -> "Generation":
        create_index(folder / "tantivy")
        for name in DATA_FILES:
            files.append(folder / name, b"", 0)
        manifest = {
            "format": FORMAT,
            "encoder": encoder.name if encoder else "",
            "dimensions": encoder.dimensions if encoder else 0,
        }
        files.replace(folder / "manifest.json", json.dumps(manifest).encode())
        return cls(folder)

    @property
    def garbage(self) -> float:
        return 1 - self.snapshot.documents / len(self._alive) if len(self._alive) else 0.0

    def changed(self) -> bool:
        """Whether tantivy has committed since the snapshot was taken: one look at a file."""
        try:
            return self._stamp != self._current_stamp()
        except FileNotFoundError:
            return True

    def refresh(self) -> None:
        with self._lock:
            self.index.reload()
            self.snapshot = self._take()

    def _current_stamp(self) -> tuple[int, int, int]:
        status = self._meta.stat()
        return status.st_mtime_ns, status.st_ino, status.st_size

    def _take(self) -> Snapshot:
        stamp = self._current_stamp()
        keywords = KeywordIndex(self.index.schema, self.index.searcher())
        before = self.log.batch
        changed = list(self.log.read(keywords.batch))
        self._read_files(before, changed)
        sizes = self._rows["text_size"][self._alive]
        snapshot = Snapshot(
            keywords=keywords,
            rows=self._rows,
            alive=self._alive,
            eligibility=Eligibility(self._rows, self._alive, self.log.strings.copy()),
            vectors=self._vectors(),
            average_length=float(sizes.mean()) / 2 if len(sizes) else 1.0,
            records=self._records,
            points=self.log.live_points,
            newest_seq=self.log.newest_seq,
            stored=self.log.points,
        )
        self._stamp = stamp
        return snapshot

    def _read_files(self, before: Batch, changed: Sequence[tuple[StoredPoint | None, StoredPoint]]) -> None:
        count = self.log.batch.rows - before.rows
        width = sign_words(self.manifest.dimensions)
        rows = self._read_new("rows.bin", ROW.itemsize, before.rows, count)
        signs = self._read_new("signs.bin", width * 8, before.rows, count)
        if (self.folder / "records.bin").stat().st_size < self.log.batch.record_bytes:
            raise IndexDamagedError("records.bin 不完整")
        if count:
            self._rows = np.concatenate((self._rows, np.frombuffer(rows, dtype=ROW)))
            new_signs = np.frombuffer(signs, dtype="<u8").reshape(count, width).T
            self._signs = np.ascontiguousarray(np.concatenate((self._signs, new_signs), axis=1))
        alive = np.concatenate((self._alive, np.zeros(count, dtype=bool)))
        for old, new in changed:
            if old is not None:
                alive[old.first : old.first + old.count] = False
            alive[new.first : new.first + new.count] = True
        self._alive = alive

    def _read_new(self, name: str, size: int, first: int, count: int) -> bytes:
        data = files.Reader(self.folder / name).read(first * size, count * size) if count * size else b""
        if len(data) < count * size:
            raise IndexDamagedError(f"{name} 不完整")
        return data

    def _vectors(self) -> VectorIndex:
        kind = row_type(self.manifest.dimensions)
        count = len(self._rows)
        if not count or not self.manifest.dimensions:
            return VectorIndex(np.zeros(count, dtype=kind), tuple(self._signs))
        path = self.folder / "vectors.bin"
        if path.stat().st_size < count * kind.itemsize:
            raise IndexDamagedError("vectors.bin 不完整")
        mapped = np.memmap(path, dtype=kind, mode="r", shape=(count,))
        # As a plain array, whose indexing costs less.
        return VectorIndex(mapped.view(np.ndarray), tuple(self._signs))


def _read_manifest(folder: Path) -> Manifest:
    try:
        fields = json.loads((folder / "manifest.json").read_bytes())
    except (OSError, ValueError) as error:
        raise IndexDamagedError("缺少 manifest.json") from error
    if fields.get("format") != FORMAT:
        raise IndexDamagedError(f"格式 {fields.get('format')} 与程序不符")
    return Manifest(fields["encoder"], fields["dimensions"])
