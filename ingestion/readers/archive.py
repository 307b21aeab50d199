"""Zip containers (DOCX, OFD, plain zips), looked at as a whole before anything in them is read."""

import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final
from xml.parsers import expat

from kb_service.core.errors import Invalid, TooLarge
from kb_service.core.file_kinds import UNREADABLE

LARGEST_EXPANSION: Final = 512 * 2**20
LARGEST_RATIO: Final = 100
LARGEST_XML: Final = 128 * 2**20
MOST_MEMBERS: Final = 5_000
DEEPEST_XML: Final = 256
# Below this size even a hundredfold expansion does no harm, and short texts do shrink that much.
WORTH_A_LOOK: Final = 2**20
_PIECE = 2**16
_ENCRYPTED = 1


@contextmanager
def opened(file: BinaryIO, what: str) -> Iterator[zipfile.ZipFile]:
    """The container, once it is neither broken nor locked nor out of all proportion; `what` names it in Chinese."""
    file.seek(0)
    try:
        archive = zipfile.ZipFile(file)
    except UNREADABLE as error:
        raise damaged(what) from error
    with archive:
        _look_through(archive.infolist(), what)
        yield archive


def _look_through(members: list[zipfile.ZipInfo], what: str) -> None:
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise Invalid(f"{what}设有密码，无法读取。请取消密码后再导入。", code="password_protected")
    total = sum(member.file_size for member in members)
    swollen = any(
        member.file_size > WORTH_A_LOOK and member.file_size > LARGEST_RATIO * max(member.compress_size, 1)
        for member in members
    )
    if total > LARGEST_EXPANSION or swollen or len(members) > MOST_MEMBERS:
        raise expands(what, total, len(members))


def expands(what: str, total: int, members: int) -> TooLarge:
    return TooLarge(
        f"{what}解压后有 {total / 2**20:.0f} MB、{members} 个部分，超过上限或与文件大小不成比例，不予读取。"
        "请确认来源可靠，只留下要导入的内容，拆分后再导入。",
        code="expands_too_much",
    )


def damaged(what: str) -> Invalid:
    return Invalid(
        f"{what}已损坏或格式不合规范，无法读取。请用原来的软件打开，另存一份后再导入。", code="damaged_file"
    )


def is_link(member: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(member.external_attr >> 16)


Opened = Callable[[str, dict[str, str]], None]


def walk_xml(
    archive: zipfile.ZipFile,
    part: str,
    what: str,
    *,
    start: Opened,
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Tells the elements of a part one by one, by their names without namespaces, and builds nothing.

    Document types are refused, and with them entities of every kind. A part that is not there tells nothing.
    """
    parser = _parser(what, start, end, text)
    try:
        member = archive.getinfo(part)
    except KeyError:
        return
    if member.file_size > LARGEST_XML:
        raise expands(what, member.file_size, 1)
    try:
        with archive.open(member) as source:
            while piece := source.read(_PIECE):
                parser.Parse(piece, False)
            parser.Parse(b"", True)
    except (*UNREADABLE, expat.ExpatError) as error:
        raise damaged(what) from error


def _parser(
    what: str, start: Opened, end: Callable[[str], None] | None, text: Callable[[str], None] | None
) -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator="}")
    depth = 0

    def opened_tag(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST_XML:
            raise damaged(what)
        start(_local(tag), {_local(name): value for name, value in attributes.items()})

    def closed_tag(tag: str) -> None:
        nonlocal depth
        depth -= 1
        if end is not None:
            end(_local(tag))

    def refuse(*_: object) -> None:
        raise Invalid(f"{what}里有不该有的文档类型声明（DOCTYPE），不予读取。", code="damaged_file")

    parser.StartElementHandler = opened_tag
    parser.EndElementHandler = closed_tag
    parser.StartDoctypeDeclHandler = refuse
    if text is not None:
        parser.buffer_text = True
        parser.CharacterDataHandler = text
    return parser


def _local(name: str) -> str:
    return name.rpartition("}")[2]
