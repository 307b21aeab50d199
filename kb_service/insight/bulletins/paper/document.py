"""The bulletin as DOCX: masthead, number, title, addressee, sections, signature, date, page numbers."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from kb_service.core.clock import local_day
from kb_service.insight.bulletins.content import Cell, Content, Section, Table
from kb_service.insight.bulletins.paper import chart, fixed, xml
from kb_service.insight.bulletins.paper.packing import packed
from kb_service.insight.bulletins.paper.xml import HEAD, LINE, R, W, border, paragraph, run

RED: Final = "D40000"
# Twentieths of a point: 156 mm of text, page and margins of GB/T 9704 (37, 26, 35, 28 mm).
WIDTH: Final = 8844
_PAGE: Final = (
    '<w:pgSz w:w="11906" w:h="16838"/>'
    '<w:pgMar w:top="2098" w:right="1474" w:bottom="1985" w:left="1588" w:header="851" w:footer="1400" w:gutter="0"/>'
)
# The space beside what stands in a cell, and how long that may be to stand in the middle.
_PADDING: Final = 57
_NARROW: Final = 6.0
_CHINESE: Final = "一二三四五六七八九十"


def document(content: Content) -> bytes:
    """Raises nothing: whatever was typed is printed as text."""
    charts = [each for section in content.sections for each in section.charts]
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": fixed.content_types(len(charts)),
        "_rels/.rels": fixed.ROOT_RELATIONS,
        "word/document.xml": _body(content),
        "word/_rels/document.xml.rels": fixed.relations(len(charts)),
        "word/styles.xml": fixed.STYLES,
        "word/settings.xml": fixed.SETTINGS,
        "word/fontTable.xml": fixed.FONTS,
        "word/footer1.xml": fixed.footer("right"),
        "word/footer2.xml": fixed.footer("left"),
    }
    parts |= {f"word/charts/chart{at}.xml": chart.chart_part(each) for at, each in enumerate(charts, 1)}
    return packed(parts)


def _body(content: Content) -> str:
    section = (
        f'<w:sectPr {R}><w:footerReference w:type="default" r:id="rIdFooter1"/>'
        f'<w:footerReference w:type="even" r:id="rIdFooter2"/>{_PAGE}</w:sectPr>'
    )
    return f"{HEAD}<w:document {W} {R}><w:body>{''.join(_blocks(content))}{section}</w:body></w:document>"


def _blocks(content: Content) -> Iterator[str]:
    yield from _masthead(content)
    yield paragraph(
        run(content.title, font=xml.TITLE, size=xml.ER), align="center", before=LINE, after=LINE, line=0
    )
    yield paragraph(run(f"{content.addressee}："), line=LINE)
    numbers = _Numbers()
    for at, section in enumerate(content.sections):
        yield from _section(section, _CHINESE[at], numbers)
    yield from _signature(content)
    yield _note(content)


def _masthead(content: Content) -> Iterator[str]:
    # As large as one line allows.
    size = min(72, int(WIDTH / 12 / max(1.0, _length(content.masthead))))
    yield paragraph(
        run(content.masthead, font=xml.TITLE, size=size, colour=RED),
        align="center",
        before=200,
        after=240,
        line=0,
    )
    number = f"〔{content.year}〕第{content.number}期" if content.number else "（送审稿）"
    yield paragraph(run(number), align="center")
    dated = chinese_date(content.issued_on) if content.issued_on else ""
    tab = f'<w:tabs><w:tab w:val="right" w:pos="{WIDTH}"/></w:tabs>'
    runs = run(content.signed) + "<w:r><w:tab/></w:r>" + run(dated)
    # The order of properties is the schema's: borders stand before tabs.
    yield paragraph(runs, align="left", extra=border("bottom", RED, 18) + tab)


class _Numbers:
    """Tables and charts are counted through the whole paper."""

    def __init__(self) -> None:
        self.tables = self.charts = 0


def _section(section: Section, number: str, numbers: _Numbers) -> Iterator[str]:
    yield paragraph(run(f"{number}、{section.title}", font=xml.HEI), indent=200, keep=True)
    for line in section.said:
        font = xml.KAI if line.startswith("（") and len(line) < 40 else xml.BODY
        yield paragraph(run(line.strip(), font=font), indent=200)
    for table in section.tables:
        numbers.tables += 1
        yield paragraph(
            run(f"表{numbers.tables}　{table.title}", font=xml.HEI, size=xml.SI),
            align="center",
            before=160,
            keep=True,
        )
        yield _table(table)
        yield paragraph("", line=240)
    for each in section.charts:
        numbers.charts += 1
        yield paragraph(
            chart.drawing(numbers.charts, each.title), align="center", before=120, line=0, keep=True
        )
        yield paragraph(
            run(f"图{numbers.charts}　{each.title}", font=xml.HEI, size=xml.SI), align="center", after=120
        )


def _table(table: Table) -> str:
    size = _size(table)
    widths = _widths(table, size)
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    sides = "".join(
        f'<w:{side} w:val="single" w:sz="{size}" w:space="0" w:color="000000"/>'
        for side, size in (
            ("top", 8),
            ("left", 4),
            ("bottom", 8),
            ("right", 4),
            ("insideH", 4),
            ("insideV", 4),
        )
    )
    look = (
        f'<w:tblPr><w:tblW w:w="{WIDTH}" w:type="dxa"/><w:jc w:val="center"/><w:tblBorders>{sides}</w:tblBorders>'
        f'<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="{_PADDING}" w:type="dxa"/>'
        f'<w:right w:w="{_PADDING}" w:type="dxa"/></w:tblCellMar></w:tblPr>'
    )
    left = [_wordy(table, at) for at in range(len(table.head))]
    head = _row(list(table.head), widths, [False] * len(left), size, head=True)
    rows = "".join(_row(row, widths, left, size) for row in table.rows)
    return f"<w:tbl>{look}<w:tblGrid>{grid}</w:tblGrid>{head}{rows}</w:tbl>"


def _row(cells: list[Cell], widths: list[int], left: list[bool], size: int, *, head: bool = False) -> str:
    repeated = "<w:tblHeader/>" if head else ""
    found = []
    for cell, width, at_left in zip(cells, widths, left, strict=True):
        said = run(_words(cell), font=xml.HEI if head else xml.BODY, size=size)
        align = "left" if at_left else "center"
        found.append(
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>'
            f"{paragraph(said, align=align, line=0, before=40, after=40)}</w:tc>"
        )
    return f"<w:tr><w:trPr><w:cantSplit/>{repeated}</w:trPr>{''.join(found)}</w:tr>"


def _words(cell: Cell) -> str:
    if cell is None:
        return "—"
    return f"{cell:,}" if isinstance(cell, int) else cell


def _wordy(table: Table, column: int) -> bool:
    """Whether names stand in the column, which begin at the left and may go on in a second line."""
    return any(_length(row[column]) > _NARROW for row in table.rows)


def _widths(table: Table, size: int) -> list[int]:
    """Columns of numbers are as wide as they must be; those of names share what is left."""
    columns = range(len(table.head))
    needed = [_needed(table, at, size) for at in columns]
    wordy = [at for at in columns if _wordy(table, at)] or list(columns)
    left = WIDTH - sum(needed[at] for at in columns if at not in wordy)
    share = left / sum(needed[at] for at in wordy)
    widths = [int(needed[at] * share) if at in wordy else int(needed[at]) for at in columns]
    widths[wordy[0]] += WIDTH - sum(widths)
    return widths


def _needed(table: Table, column: int, size: int) -> float:
    rows: list[list[Cell]] = [list(table.head), *table.rows]
    return max(_length(row[column]) for row in rows) * size * 10 + 2 * _PADDING + 40


def _size(table: Table) -> int:
    """Smaller letters where the table would not fit otherwise."""
    whole = sum(_needed(table, at, xml.XIAOSI) for at in range(len(table.head)))
    return xml.XIAOSI if whole <= WIDTH else xml.WU


def _length(cell: Cell) -> float:
    """In whole characters; letters and digits are half as wide."""
    return sum(1.0 if each > "ÿ" else 0.65 for each in _words(cell))


def _signature(content: Content) -> Iterator[str]:
    yield paragraph("", line=LINE)
    yield paragraph("", line=LINE)
    yield paragraph(run(content.signed), align="right", right=400, keep=True)
    dated = chinese_date(content.issued_on) if content.issued_on else "　　年　　月　　日"
    yield paragraph(run(dated), align="right", right=400)


def _note(content: Content) -> str:
    known = chinese_date(local_day(content.known_at))
    said = f"注：数据截至{known}；环比为与上期相比，同比为与上年同期相比。"
    line = border("top", "000000", 6)
    return paragraph(run(said, size=xml.SI), before=LINE, extra=f"<w:keepLines/>{line}")


def chinese_date(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
