"""Writing one batch into a generation: its files first, tantivy's commit last."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np
import tantivy
from numpy.typing import NDArray

from search.embedding.passages import embed_passages
from search.embedding.ports import Encoder
from search.engines.embedded import files
from search.engines.embedded.generation import Generation
from search.engines.embedded.helpers import Helpers
from search.engines.embedded.keywords import make_document, mark_batch
from search.engines.embedded.log import Batch, StoredPoint, encode_batch
from search.engines.embedded.preparing import Prepared
from search.engines.embedded.records import ROW, make_row, pack_fields
from search.engines.embedded.vectors import pack_rows, pack_signs
from search.ports import Change

# Prepared at once; as many changes as a group become searchable together, so that what is urgent waits for no more.
_CHUNK = 64
_GROUP = 512


@dataclass(frozen=True, slots=True)
class Group:
    """Changes with what is written of their documents; `encoder` is None where there are no vectors."""

    changes: list[Change]
    prepared: list[Prepared]
    vectors: NDArray[np.float32] | None
    encoder: Encoder | None


def groups(changes: Iterable[Change], encoder: Encoder | None, helpers: Helpers) -> Iterator[Group]:
    """Prepared in the order of the changes; needs no lock."""
    ready = helpers.prepared(_chunks(iter(changes)), encoder)
    while some := list(islice(ready, _GROUP // _CHUNK)):
        wanted = [change for chunk, _ in some for change in chunk]
        prepared = [each for _, each in some]
        yield Group(wanted, prepared, _vectors(wanted, prepared, encoder), encoder)


def _vectors(
    changes: Sequence[Change], prepared: Sequence[Prepared], encoder: Encoder | None
) -> NDArray[np.float32] | None:
    if encoder is None:
        return None
    made = [each.vectors for each in prepared if each.vectors is not None]
    if len(made) == len(prepared):
        return np.concatenate(made)
    return embed_passages([document for change in changes for document in change.documents], encoder)


def write_batch(
    generation: Generation,
    writer: tantivy.IndexWriter,
    wanted: Iterable[Group],
    *,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Commit those of the changes that are news as one batch; gives their number.

    The caller holds the writer's lock and has refreshed the generation under it. An exception (from the
    groups) leaves the index as it was.
    """
    batch = _Batch(generation)
    try:
        for group in wanted:
            batch.append(group, writer)
            if progress is not None:
                progress(batch.written)
        if batch.written:
            batch.commit(writer)
            generation.refresh()
    finally:
        batch.close()
    return batch.written


class _Batch:
    def __init__(self, generation: Generation) -> None:
        self.written = 0
        self._folder = generation.folder
        self._manifest = generation.manifest
        self._log = generation.log
        self._rows = self._log.batch.rows
        self._record_bytes = self._log.batch.record_bytes
        self._strings = self._log.strings.copy()
        self._points: dict[str, StoredPoint] = {}
        self._tails: dict[str, files.Tail] = {}

    def append(self, group: Group, writer: tantivy.IndexWriter) -> None:
        first, start = self._rows, self._record_bytes
        taken: list[bool] = []
        records: list[bytes] = []
        rows: list[tuple[int, ...]] = []
        made = chain.from_iterable(
            zip(each.fields, each.texts, each.wholes, strict=True) for each in group.prepared
        )
        for change in group.changes:
            parts = list(zip(change.documents, made, strict=False))
            news = self._take(change, writer)
            taken += [news] * len(parts)
            if not news:
                continue
            point = self._rows
            for document, (fields, text, whole) in parts:
                sizes = (len(text), len(whole))
                offset, self._record_bytes = self._record_bytes, self._record_bytes + sum(sizes)
                rows.append(make_row(document, self._strings, point=point, offset=offset, sizes=sizes))
                records += (text, whole)
                writer.add_document(make_document(document, fields, self._rows))
                self._rows += 1
        self._append_files(first, start, b"".join(records), pack_fields(rows), self._vectors(group, taken))

    def _take(self, change: Change, writer: tantivy.IndexWriter) -> bool:
        """Whether the change is news, and then what was there before is gone."""
        known = self._points.get(change.code) or self._log.points.get(change.code)
        if known is not None:
            if change.seq <= known.seq:
                return False
            writer.delete_documents_by_term("code", change.code)
        self._points[change.code] = StoredPoint(change.code, change.seq, self._rows, len(change.documents))
        self.written += 1
        return True

    def _vectors(self, group: Group, taken: Sequence[bool]) -> NDArray[np.float32]:
        if group.vectors is None:
            return np.zeros((sum(taken), self._manifest.dimensions), dtype=np.float32)
        return np.compress(taken, group.vectors, axis=0)

    def _append_files(
        self, first: int, start: int, records: bytes, rows: bytes, vectors: NDArray[np.float32]
    ) -> None:
        packed, signs = pack_rows(vectors), pack_signs(vectors)
        for name, data, at in (
            ("records.bin", records, start),
            ("vectors.bin", packed.tobytes(), first * packed.dtype.itemsize),
            ("signs.bin", signs.tobytes(), first * signs.shape[1] * signs.itemsize),
            ("rows.bin", rows, first * ROW.itemsize),
        ):
            if name not in self._tails:
                self._tails[name] = files.Tail(self._folder / name, at)
            self._tails[name].write(data)

    def close(self) -> None:
        """What was not committed does not count."""
        for tail in self._tails.values():
            tail.close(durable=False)

    def commit(self, writer: tantivy.IndexWriter) -> None:
        batch = Batch(
            number=self._log.batch.number + 1,
            rows=self._rows,
            record_bytes=self._record_bytes,
            strings=tuple(self._strings.values[len(self._log.strings.values) :]),
            points=tuple(self._points.values()),
        )
        for tail in self._tails.values():
            tail.close()
        files.append(self._folder / "log.bin", encode_batch(batch), self._log.end)
        mark_batch(writer, batch.number)
        writer.commit()


def _chunks(changes: Iterator[Change]) -> Iterator[list[Change]]:
    while chunk := list(islice(changes, _CHUNK)):
        yield chunk
