"""Documents for tests of imports, made byte by byte where no library of ours writes the format."""

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence

from ingestion.readers import open_table
from ingestion.readers.table import Limits, RawRow
from kb_service.core.errors import KbError
from tools.making_documents import docx, package

NOTICE = [
    "青江市人力资源和社会保障局文件",
    "青人社规〔2025〕3号",
    "青江市人力资源和社会保障局关于印发青江市失业补助金发放办法的通知",
    "各区县人力资源和社会保障局：",
    "现将《青江市失业补助金发放办法》印发给你们，请认真贯彻执行。",
    "青江市人力资源和社会保障局",
    "2025年4月18日",
    "青江市失业补助金发放办法",
    "第一条 为了保障失业人员基本生活，根据《失业保险条例》和《某省失业保险规定》（某府〔2020〕9号），制定本办法。",
    "第二条 本办法适用于本市行政区域内参加失业保险的人员。",
    "第三条 失业补助金按月发放，发放期限最长不超过六个月。",
    "第四条 本办法自2025年5月1日起施行，有效期3年。",
]


def rows(content: bytes, filename: str, **limits: int) -> list[RawRow]:
    return list(open_table(io.BytesIO(content), filename, Limits(**limits)).rows)


def cells(content: bytes, filename: str) -> list[dict[str, object]]:
    return [row.cells for row in rows(content, filename)]


def refusal(content: bytes, filename: str) -> KbError:
    """The error with which a file as a whole is refused."""
    try:
        rows(content, filename)
    except KbError as error:
        return error
    raise AssertionError("the file was read")


def notice_docx() -> bytes:
    return docx(NOTICE)


def zipped(members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def pdf(pages: Sequence[Sequence[str]], *, scanned: Sequence[int] = (), locked: bool = False) -> bytes:
    """Pages of lines in a font that every reader has; `scanned` pages hold a picture instead, counted from 1."""
    objects: list[bytes] = [b"", b"", _FONT, _DESCENDANT, _DESCRIPTOR, _PICTURE]
    kids = []
    for number, lines in enumerate(pages, 1):
        if number in scanned:
            content = b"q 500 0 0 700 50 70 cm /I Do Q"
        else:
            content = b"\n".join(
                b"BT /F 12 Tf 72 %d Td <%s> Tj ET" % (760 - 20 * at, line.encode("utf-16-be").hex().encode())
                for at, line in enumerate(lines)
            )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F 3 0 R >> /XObject << /I 6 0 R >> >> >>" % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R >>"
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids))
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    lock = b" /Encrypt << /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >> /ID [<00> <00>]" % (
        b"41" * 32,
        b"42" * 32,
    )
    return out + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R%s >>\nstartxref\n%d\n%%%%EOF" % (
        len(objects) + 1, table, len(objects) + 1, lock if locked else b"", start,
    )  # fmt: skip


_FONT = b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [4 0 R] >>"
_DESCENDANT = (
    b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 /FontDescriptor 5 0 R "
    b"/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> >>"
)
_DESCRIPTOR = (
    b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 "
    b"/Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>"
)
_PICTURE = (
    b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 "
    b"/Length 1 >>\nstream\n\x80\nendstream"
)


def ofd(pages: Sequence[Sequence[str]], *, pictures: Sequence[int] = ()) -> bytes:
    space = 'xmlns:ofd="http://www.ofdspec.org/2016"'
    parts = {
        "OFD.xml": f"<ofd:OFD {space}><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"<ofd:Document {space}><ofd:Pages>"
        + "".join(
            f'<ofd:Page ID="{number}" BaseLoc="Pages/Page_{number}/Content.xml"/>'
            for number in range(len(pages))
        )
        + "</ofd:Pages></ofd:Document>",
    }
    for number, lines in enumerate(pages):
        objects = "".join(
            f'<ofd:TextObject Boundary="20 {20 + 8 * at} 210 6" Size="5"><ofd:TextCode X="0" Y="5">{line}</ofd:TextCode>'
            "</ofd:TextObject>"
            for at, line in enumerate(lines)
        )
        if number + 1 in pictures:
            objects = '<ofd:ImageObject Boundary="0 0 210 297"/>'
        parts[f"Doc_0/Pages/Page_{number}/Content.xml"] = (
            f"<ofd:Page {space}><ofd:Content>{objects}</ofd:Content></ofd:Page>"
        )
    return package(parts)


def xls(table: Sequence[Sequence[str]]) -> bytes:
    """A workbook of the old kind: one sheet of texts, in the container that old Office files have."""
    bound_at = len(_record(0x0809, _BOF_BOOK))
    name = "知识"
    bound = struct.pack("<IBBBB", 0, 0, 0, len(name), 1) + name.encode("utf-16-le")
    book = _record(0x0809, _BOF_BOOK) + _record(0x0085, bound) + _record(0x000A, b"")
    sheet = _record(0x0809, _BOF_SHEET)
    for row, texts in enumerate(table):
        for column, text in enumerate(texts):
            label = struct.pack("<HHHHB", row, column, 0, len(text), 1) + text.encode("utf-16-le")
            sheet += _record(0x0204, label)
    sheet += _record(0x000A, b"")
    patched = book[: bound_at + 4] + struct.pack("<I", len(book)) + book[bound_at + 8 :]
    return _container((patched + sheet).ljust(4096, b"\0"))


_BOF_BOOK = struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 6)
_BOF_SHEET = struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0, 6)


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _container(stream: bytes) -> bytes:
    """Sector 0 is the allocation table, 1 the directory, the stream follows."""
    stream += bytes(-len(stream) % 512)
    sectors = len(stream) // 512
    last, free, own = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    chain = [own, last, *range(3, 2 + sectors), last]
    table = struct.pack("<128I", *chain, *[free] * (128 - len(chain)))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, last, 0, last, 0)
    header += struct.pack("<109I", 0, *[free] * 108)
    directory = _entry("Root Entry", 5, last, 0, child=1) + _entry("Workbook", 2, 2, len(stream)) + bytes(256)
    return header + table + directory + stream


def _entry(name: str, kind: int, start: int, size: int, child: int = 0xFFFFFFFF) -> bytes:
    none = 0xFFFFFFFF
    text = name.encode("utf-16-le")
    return (
        text.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(text) + 2, kind, 1, none, none, child)
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )
