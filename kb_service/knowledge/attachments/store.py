"""The folder of attached files: each is kept once, under the hash of its content."""

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

from kb_service.core.errors import Invalid, NotFound, TooLarge
from kb_service.core.settings import Settings
from kb_service.knowledge.attachments.sniffing import media_type

_PIECE = 2**20


@dataclass(frozen=True)
class Kept:
    sha256: str
    size: int
    media_type: str


class AttachmentStore:
    """Files lie at `ab/abcdef…`; those being written have names that begin with a dot.

    Times of files are instants of the service's clock, by which what nobody refers to is cleared away.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit

    @classmethod
    def of(cls, settings: Settings) -> "AttachmentStore":
        return cls(settings.var_dir / "attachments", settings.attachment_limit_mb * 2**20)

    def put(self, data: BinaryIO, name: str, now: datetime) -> Kept:
        """Streams to a temporary file beside its place. Raises TooLarge, or Invalid for what is not allowed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        descriptor, written = tempfile.mkstemp(prefix=".", suffix=".part", dir=self._folder)
        part = Path(written)
        try:
            with os.fdopen(descriptor, "w+b") as file:
                sha256, size = self._copy(data, file, name)
                found = media_type(cast("BinaryIO", file), name)
                file.flush()
                os.fsync(file.fileno())
            self._move(part, sha256, now)
        finally:
            part.unlink(missing_ok=True)
        return Kept(sha256, size, found)

    def _copy(self, data: BinaryIO, file: BinaryIO, name: str) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        while piece := data.read(_PIECE):
            size += len(piece)
            if size > self._limit:
                raise TooLarge(
                    f"附件“{name}”超过 {self._limit // 2**20} MB 的上限，请压缩或拆分后再上传。",
                    code="attachment_too_large",
                )
            digest.update(piece)
            file.write(piece)
        if not size:
            raise Invalid(f"附件“{name}”是空的，没有任何内容。", code="empty_file")
        return digest.hexdigest(), size

    def _move(self, part: Path, sha256: str, now: datetime) -> None:
        """The time is renewed also of a file that is there: somebody is about to refer to it."""
        place = self._place(sha256)
        place.parent.mkdir(exist_ok=True)
        with self._locked():
            if not place.exists():
                part.rename(place)
            os.utime(place, (now.timestamp(), now.timestamp()))

    def open(self, sha256: str) -> BinaryIO:
        try:
            return self._place(sha256).open("rb")
        except FileNotFoundError:
            raise NotFound("附件的文件不在存储中，请联系系统管理员。", code="file_missing") from None

    def has(self, sha256: str) -> bool:
        return self._place(sha256).exists()

    def remove(self, sha256: str, *, unless_touched_since: datetime | None = None) -> bool:
        place = self._place(sha256)
        with self._locked():
            if not place.exists():
                return False
            if unless_touched_since and place.stat().st_mtime >= unless_touched_since.timestamp():
                return False
            place.unlink()
        return True

    def older_than(self, instant: datetime) -> Iterator[str]:
        """Hashes of the files that nobody has stored since."""
        for place in sorted(self._folder.glob("[0-9a-f][0-9a-f]/*")):
            if place.stat().st_mtime < instant.timestamp():
                yield place.name

    def _place(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Between looking at a file and moving or removing it no other process comes in."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
