"""A zip of tables, documents and attachments, also a folder handed in as one: every member looked at before it is read."""

import posixpath
import re
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, Final, cast

from ingestion.mapping import ColumnMatcher
from ingestion.readers.archive import (
    LARGEST_EXPANSION,
    MOST_MEMBERS,
    damaged,
    expands,
    is_link,
    opened,
)
from ingestion.readers.documents import read_document, rows_of
from ingestion.readers.sniffing import CONVERTIBLE, DOCUMENTS, FORMATS, TABLES, format_of, size_of
from ingestion.readers.table import Fault, Limits, RawRow, Table, printable, too_many_rows
from kb_service.core.errors import Invalid, KbError
from kb_service.core.file_kinds import UNREADABLE

DEEPEST: Final = 2
IN_MEMORY: Final = 8 * 2**20
ATTACHMENTS: Final = "attachments"
_UTF8_NAME = 0x800
_UNICODE_PATH = 0x7075
_DRIVE = re.compile(r"[A-Za-z]:")
_LITTER = re.compile(r"(?:^|/)(?:__MACOSX/|\.|~\$|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)


@dataclass
class _Budget:
    """What all the archives of one file may come to, one inside the other."""

    members: int = MOST_MEMBERS
    bytes: int = LARGEST_EXPANSION

    def take(self, members: list[zipfile.ZipInfo], what: str) -> None:
        self.members -= len(members)
        self.bytes -= sum(member.file_size for member in members)
        if self.members < 0 or self.bytes < 0:
            raise expands(what, LARGEST_EXPANSION - self.bytes, MOST_MEMBERS - self.members)


@dataclass
class Bundle:
    """The members of an archive by their names as people see them; nested archives are opened in place."""

    file: BinaryIO
    limits: Limits
    depth: int = 1
    budget: _Budget = field(default_factory=_Budget)
    within: str = ""
    matcher: ColumnMatcher = field(default_factory=ColumnMatcher)

    def __post_init__(self) -> None:
        self.what = f"压缩包“{self.within}”" if self.within else "压缩包"
        with opened(self.file, self.what) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
        self.budget.take(infos, self.what)
        named = {name_of(info): info for info in infos}
        for name, info in named.items():
            _refuse_unsafe(name, info, self.what)
        self.members = {name: info for name, info in named.items() if not _LITTER.search(name)}
        if not self.members:
            raise Invalid(f"{self.what}里没有文件。", code="empty_file")

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """A member as a file of its own, on disk where it is large."""
        with SpooledTemporaryFile(IN_MEMORY) as copy:
            try:
                with zipfile.ZipFile(self.file) as archive, archive.open(self.members[name]) as source:
                    shutil.copyfileobj(source, copy)
            except UNREADABLE as error:
                raise damaged(f"{self.what}里的“{name}”") from error
            copy.seek(0)
            yield cast("BinaryIO", copy)

    def find(self, wanted: str) -> str | None:
        """The member that a row means: its whole name, or the last part where only one member has it."""
        wanted = wanted.strip().replace("\\", "/")
        if wanted in self.members:
            return wanted
        found = [name for name in self.members if PurePosixPath(name).name == PurePosixPath(wanted).name]
        return found[0] if len(found) == 1 else None

    def rows(self) -> Iterator[RawRow]:
        """Rows of tables first, since they name the members that are attachments and not content."""
        named: set[str] = set()
        number = 0
        for name in self._of(TABLES):
            for row in self._table(name):
                for wanted in self._wanted(row):
                    named.add(self.find(wanted) or "")
                number += 1
                yield replace(row, number=number)
        for name in [each for each in self._of(DOCUMENTS | {"zip"}) if each not in named]:
            for row in self._document(name):
                number += 1
                if number > self.limits.rows:
                    raise too_many_rows(self.limits)
                yield replace(row, number=number)
        for name in self.members:
            if name not in named and PurePosixPath(name).suffix.lower() in CONVERTIBLE:
                number += 1
                yield self._refused(name, number)

    def _of(self, kinds: frozenset[str]) -> list[str]:
        return sorted(
            name for name in self.members if FORMATS.get(PurePosixPath(name).suffix.lower()) in kinds
        )

    def _wanted(self, row: RawRow) -> list[str]:
        cells = [value for header, value in row.cells.items() if self.matcher.key(header) == ATTACHMENTS]
        return [each for cell in cells for each in re.split(r"[\n|｜;；]", str(cell or "")) if each.strip()]

    def _table(self, name: str) -> Iterator[RawRow]:
        from ingestion.readers import open_table

        with self.open(name) as file:
            try:
                table = open_table(file, name, self.limits)
                for row in table.rows:
                    fault = tuple(replace(each, detail=f"{name}：{each.detail}") for each in row.faults)
                    yield replace(row, faults=fault)
            except KbError as error:
                yield _wrong(name, error)

    def _document(self, name: str) -> Iterator[RawRow]:
        shown = f"{self.within}/{name}" if self.within else name
        try:
            with self.open(name) as file:
                kind = format_of(file, name, replace(self.limits, bytes=max(size_of(file), 1)))
                if kind == "zip":
                    yield from self._nested(file, shown)
                elif kind == "text" and (table := _as_table(file, self.limits)):
                    yield from table.rows
                else:
                    yield from rows_of(read_document(file, PurePosixPath(name).name, kind), within=shown)
        except KbError as error:
            if error.code in {"expands_too_much", "unsafe_path", "nested_too_deep", "too_many_rows"}:
                raise
            yield _wrong(shown, error)

    def _nested(self, file: BinaryIO, shown: str) -> Iterator[RawRow]:
        if self.depth >= DEEPEST:
            raise Invalid(
                f"压缩包“{shown}”套在压缩包里的层数太多，最多 {DEEPEST} 层。请解压后再导入。",
                code="nested_too_deep",
            )
        inner = Bundle(file, self.limits, self.depth + 1, self.budget, shown, self.matcher)
        yield from inner.rows()

    def _refused(self, name: str, number: int) -> RawRow:
        try:
            with self.open(name) as file:
                format_of(file, name, self.limits)
        except KbError as error:
            return replace(_wrong(name, error), number=number)
        return RawRow(number, {}, (Fault("", "unknown_format", f"{name}：不能读取"),))


def read_zip(file: BinaryIO, limits: Limits) -> Table:
    bundle = Bundle(file, limits)
    readable = sum(PurePosixPath(name).suffix.lower() in FORMATS for name in bundle.members)
    if not readable and not any(PurePosixPath(name).suffix.lower() in CONVERTIBLE for name in bundle.members):
        known = "、".join(sorted({f".{kind}" for kind in ("docx", "pdf", "html", "md", "xlsx", "csv")}))
        raise Invalid(f"压缩包里没有能读取的文件。可以导入的有 {known} 等。", code="no_rows")
    return Table("zip", bundle.rows(), notes=[f"压缩包内有 {len(bundle.members)} 个文件"], bundle=bundle)


def _as_table(file: BinaryIO, limits: Limits) -> Table | None:
    from ingestion.readers import text_table

    return text_table(file, limits)


def _wrong(name: str, error: KbError) -> RawRow:
    detail = error.detail if name in error.detail else f"{name}：{error.detail}"
    return RawRow(0, {}, (Fault("", error.code, printable(detail)),))


def name_of(info: zipfile.ZipInfo) -> str:
    """The name as it was given: zips made on Chinese systems often say GBK without saying so."""
    if info.flag_bits & _UTF8_NAME:
        return printable(info.filename)
    extra = info.extra
    while len(extra) >= 4:
        kind, length = int.from_bytes(extra[:2], "little"), int.from_bytes(extra[2:4], "little")
        if kind == _UNICODE_PATH and length > 5:
            return printable(extra[9 : 4 + length].decode("utf-8", "replace"))
        extra = extra[4 + length :]
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return printable(info.filename)
    names = [info.filename]
    for encoding in ("gb18030", "utf-8"):
        with suppress(UnicodeDecodeError):
            names.append(raw.decode(encoding))
    # Some bytes can be read as either; the reading with Chinese in it is meant.
    return printable(max(reversed(names), key=_chinese))


def _chinese(name: str) -> int:
    return sum("\u4e00" <= char <= "\u9fff" for char in name)


def _refuse_unsafe(name: str, info: zipfile.ZipInfo, what: str) -> None:
    parts = name.replace("\\", "/")
    escapes = parts.startswith("/") or ".." in parts.split("/") or _DRIVE.match(parts)
    if escapes or is_link(info) or "\0" in name or posixpath.normpath(parts).startswith("../"):
        raise Invalid(
            f"{what}里有指向包外的文件名“{name[:80]}”，不予读取。请确认来源可靠，重新压缩后再导入。",
            code="unsafe_path",
        )
