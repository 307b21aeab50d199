"""Files on their way in, kept by their content until every row of them is staged."""

import contextlib
import hashlib
import os
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from kb_service.core.ids import new_id
from kb_service.core.settings import Settings
from kb_service.knowledge.attachments.store import AttachmentStore

_PIECE = 2**20
_SUFFIX = 10


# What is read within a request; a larger file is left to the worker.
LARGE = 4 * 2**20


def is_large(file: BinaryIO) -> bool:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size > LARGE


def digest_of(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    file.seek(0)
    while piece := file.read(_PIECE):
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


class FileStore:
    """One folder; a file of the same content is kept once.

    `attachments` is where the files go that rows name; without it rows come in without theirs.
    """

    def __init__(self, folder: Path, attachments: AttachmentStore | None = None) -> None:
        self._folder = folder
        self.attachments = attachments

    @classmethod
    def of(cls, settings: Settings) -> "FileStore":
        return cls(settings.import_dir, AttachmentStore.of(settings))

    def keep(self, file: BinaryIO, sha256: str, filename: str) -> str:
        """Gives the name to open it by; on disk for good when this returns."""
        name = sha256 + PurePosixPath(filename).suffix.lower()[:_SUFFIX]
        path = self._folder / name
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            unfinished = self._folder / f".{new_id()}"
            file.seek(0)
            with unfinished.open("wb") as out:
                while piece := file.read(_PIECE):
                    out.write(piece)
                out.flush()
                os.fsync(out.fileno())
            unfinished.replace(path)
        file.seek(0)
        return name

    def open(self, name: str) -> BinaryIO:
        """Raises FileNotFoundError where somebody removed it."""
        return (self._folder / name).open("rb")

    def drop(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            (self._folder / name).unlink()
