"""Writing one batch into a generation: its files first, tantivy's commit last."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

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
from search.ports import Change, Document

# So little is under way when something urgent comes.
_CHUNK = 64


def write_batch(
    generation: Generation,
    writer: tantivy.IndexWriter,
    changes: Iterable[Change],
    encoder: Encoder | None,
    helpers: Helpers,
    *,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Commit those of the changes that are news as one batch; gives their number.

    The caller holds the writer's lock and has refreshed the generation under it. An exception (from the
    changes or the encoder) leaves the index as it was.
    """
    batch = _Batch(generation, encoder)
    try:
        written = 0
        for chunk, prepared in helpers.prepared(_chunks(batch.news(changes)), batch.encoder):
            batch.append(chunk, prepared, writer)
            written += len(chunk)
            if progress is not None:
                progress(written)
        if written:
            batch.commit(writer)
            generation.refresh()
    finally:
        batch.close()
    return written


class _Batch:
    def __init__(self, generation: Generation, encoder: Encoder | None) -> None:
        self._folder = generation.folder
        self._manifest = generation.manifest
        self._log = generation.log
        self.encoder = encoder if encoder and encoder.name == generation.manifest.encoder else None
        self._rows = self._log.batch.rows
        self._record_bytes = self._log.batch.record_bytes
        self._strings = self._log.strings.copy()
        self._points: dict[str, StoredPoint] = {}
        self._seqs: dict[str, int] = {}
        self._tails: dict[str, files.Tail] = {}

    def news(self, changes: Iterable[Change]) -> Iterator[Change]:
        for change in changes:
            stored = self._log.points.get(change.code)
            newest = self._seqs.get(change.code, stored.seq if stored else None)
            if newest is None or change.seq > newest:
                # Noted at once, for what is read ahead may be of the same point.
                self._seqs[change.code] = change.seq
                yield change

    def append(self, chunk: Sequence[Change], prepared: Prepared, writer: tantivy.IndexWriter) -> None:
        first, row = self._rows, self._rows
        records: list[bytes] = []
        rows: list[tuple[int, ...]] = []
        offset = self._record_bytes
        made = iter(zip(prepared.fields, prepared.texts, prepared.wholes, strict=True))
        for change in chunk:
            if change.code in self._log.points or change.code in self._points:
                writer.delete_documents_by_term("code", change.code)
            self._points[change.code] = StoredPoint(change.code, change.seq, row, len(change.documents))
            point = row
            for document, (fields, text, whole) in zip(change.documents, made, strict=False):
                sizes = (len(text), len(whole))
                rows.append(make_row(document, self._strings, point=point, offset=offset, sizes=sizes))
                records += (text, whole)
                offset += len(text) + len(whole)
                writer.add_document(make_document(document, fields, row))
                row += 1
        vectors = prepared.vectors
        if vectors is None:
            vectors = self._vectors([document for change in chunk for document in change.documents])
        self._append_files(first, b"".join(records), pack_fields(rows), vectors)
        self._rows, self._record_bytes = row, offset

    def _append_files(self, first: int, records: bytes, rows: bytes, vectors: NDArray[np.float32]) -> None:
        packed, signs = pack_rows(vectors), pack_signs(vectors)
        for name, data, at in (
            ("records.bin", records, self._record_bytes),
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

    def _vectors(self, documents: Sequence[Document]) -> NDArray[np.float32]:
        if self.encoder is None or not documents:
            return np.zeros((len(documents), self._manifest.dimensions), dtype=np.float32)
        return embed_passages(documents, self.encoder)

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
