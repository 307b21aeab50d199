"""Files for tests of imports, good ones and all kinds of wrong ones."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from openpyxl import Workbook
from sqlalchemy import select

import ingestion.service as imports
from ingestion.views import BatchView
from kb_service.core.outbox import OutboxRow
from kb_service.knowledge.model import Point, Review, Version
from kb_service.knowledge.service import reading, review
from kb_service.notices.model import Notice
from tests.support.knowledge import World

HEADERS = ["知识编码", "知识类型", "标题", "类目", "承办单位", "问题", "答案"]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def row(title: str = "怎样办理退休", **cells: object) -> dict[str, object]:
    """The cells of a good question of the human resources bureau, by header."""
    good = {
        "知识类型": "常见问题",
        "标题": title,
        "类目": "社会保障/养老保险",
        "承办单位": "市人力资源和社会保障局",
        "问题": f"{title}？",
        "答案": "本人到市民之家三楼办理。",
    }
    return good | cells


def jsonl(*rows: Mapping[str, object]) -> bytes:
    return "\n".join(json.dumps(each, ensure_ascii=False) for each in rows).encode()


def csv_file(*rows: Mapping[str, object], encoding: str = "utf-8") -> bytes:
    headers = list(dict.fromkeys(header for each in rows for header in each))
    out = io.StringIO()
    writer = csv.DictWriter(out, headers)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def table(*rows: Mapping[str, object]) -> list[list[Any]]:
    headers = list(dict.fromkeys(header for each in rows for header in each))
    return [headers, *([each.get(header) for header in headers] for each in rows)]


def xlsx(
    rows: Iterable[Sequence[Any]],
    *,
    merges: Sequence[str] = (),
    title: str = "知识",
    hidden: Sequence[str] = (),
) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for cells in rows:
        sheet.append(list(cells))
    for reference in merges:
        sheet.merge_cells(reference)
    for name in hidden:
        book.create_sheet(name, 0).sheet_state = "hidden"
    return _bytes(book)


def _bytes(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_part(package: bytes, name: str, content: bytes) -> bytes:
    """The same package with a part added or replaced."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(package)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for each in old.namelist():
            if each != name:
                new.writestr(each, old.read(each))
        new.writestr(name, content)
    return out.getvalue()


def part(package: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(package)) as opened:
        return opened.read(name)


_SHARED = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"


def with_shared_strings(package: bytes, sheet: str = "xl/worksheets/sheet1.xml") -> bytes:
    """The same workbook as Excel writes it: texts in a table of their own, cells naming them by number."""
    texts: list[bytes] = []

    def numbered(found: re.Match[bytes]) -> bytes:
        texts.append(found[1])
        return b't="s"><v>%d</v>' % (len(texts) - 1)

    cells = re.sub(rb't="inlineStr"><is>(.*?)</is>', numbered, part(package, sheet))
    strings = b'<sst xmlns="%s">%s</sst>' % (
        _MAIN.encode(),
        b"".join(b"<si>%s</si>" % text for text in texts),
    )
    kinds = part(package, "[Content_Types].xml").replace(
        b"</Types>", f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_SHARED}"/></Types>'.encode()
    )
    relations = part(package, "xl/_rels/workbook.xml.rels").replace(
        b"</Relationships>",
        f'<Relationship Id="rIdS" Type="{_RELATION}" Target="sharedStrings.xml"/></Relationships>'.encode(),
    )
    for name, content in (
        (sheet, cells),
        ("xl/sharedStrings.xml", strings),
        ("[Content_Types].xml", kinds),
        ("xl/_rels/workbook.xml.rels", relations),
    ):
        package = with_part(package, name, content)
    return package


def bomb() -> bytes:
    """A workbook of some kilobytes that would take 300 MB."""
    return with_part(xlsx(table(row())), "xl/worksheets/sheet1.xml", b" " * (300 * 2**20))


def encrypted() -> bytes:
    """What Office makes of a workbook with a password to open: its old container around a part of this name."""
    return OLE + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(600)


def stage(
    world: World, content: bytes, filename: str = "导入.jsonl", *, by: str = "rsj_editor", **how: Any
) -> BatchView:
    return imports.stage(world.database, world.as_(by), io.BytesIO(content), filename, **how)


def bring_in(world: World, content: bytes, filename: str = "导入.jsonl", **how: Any) -> BatchView:
    staged = stage(world, content, filename, **how)
    imports.apply(world.database, world.as_(how.get("by", "rsj_editor")), staged.id)
    return staged


def found(world: World, batch_id: str, only: str = "", *, by: str = "rsj_editor") -> list[imports.RowView]:
    with world.database.read() as session:
        return imports.preview(session, world.as_(by), batch_id, only=only, limit=100).items


def apply(world: World, batch_id: str, *, by: str = "rsj_editor", partial: bool = False) -> imports.Applied:
    return imports.apply(world.database, world.as_(by), batch_id, allow_partial=partial)


def undo(
    world: World, batch_id: str, reason: str = "导错了文件", *, by: str = "rsj_editor"
) -> imports.Undone:
    with world.database.write() as session:
        return imports.undo(session, world.as_(by), batch_id, reason)


def approve(world: World, batch_id: str) -> None:
    for reviewer in ("rsj_reviewer", "zx_reviewer"):
        review.decide_batch(world.database, world.as_(reviewer), batch_id, "approve")


def batch(world: World, batch_id: str, *, by: str = "rsj_editor") -> imports.BatchView:
    with world.database.read() as session:
        return imports.batch(session, world.as_(by), batch_id)


def answers(world: World) -> dict[str, str]:
    """The newest words of every point."""
    with world.database.read() as session:
        codes = session.execute(select(Point.code)).scalars().all()
        return {code: reading.newest_view(session, world.clock.now(), code).answer for code in codes}


def contents(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of knowledge and of the index's work, for comparing the base with itself."""
    tables = [each.__table__ for each in (Point, Version, Review, OutboxRow, Notice)]
    with world.database.read() as session:
        return {str(each): [tuple(found) for found in session.execute(select(each))] for each in tables}
