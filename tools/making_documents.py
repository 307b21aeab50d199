"""Makes DOCX, HTML and PDF files out of lines of text, as offices make them: for measuring and for tests."""

import io
import re
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from html import escape

_ARTICLE = re.compile(r"^第([一二三四五六七八九十百零]+)条[ 　]+(.+)$", re.DOTALL)
_CENTRED = 45
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
Cells = Sequence[str]
Line = str | Cells


Printer = Callable[[str], bytes]


def docx(lines: Iterable[Line], *, numbered: bool = False, extra: dict[str, bytes] | None = None) -> bytes:
    """A sequence of cells is a row of a table. `numbered` leaves 第…条 to Word's own numbering, as many do."""
    body: list[str] = []
    rows: list[str] = []
    for line in lines:
        if isinstance(line, str):
            body += _table(rows)
            rows = []
            body.append(_paragraph(line, numbered))
        else:
            cells = "".join(f"<w:tc>{_paragraph(cell, False)}</w:tc>" for cell in line)
            rows.append(f"<w:tr>{cells}</w:tr>")
    body += _table(rows)
    document = f'<w:document xmlns:w="{_W}"><w:body>{"".join(body)}<w:sectPr/></w:body></w:document>'
    return package(
        {
            "[Content_Types].xml": _content_types(),
            "_rels/.rels": f'<Relationships xmlns="{_RELS}"><Relationship Id="r1" Type="{_OFFICE}/officeDocument" '
            'Target="word/document.xml"/></Relationships>',
            "word/document.xml": document,
            "word/numbering.xml": _numbering(),
        },
        extra,
    )


def package(parts: dict[str, str], extra: dict[str, bytes] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
        for name, data in (extra or {}).items():
            archive.writestr(name, data)
    return out.getvalue()


def _content_types() -> str:
    return (
        f'<Types xmlns="{_TYPES}"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{_WORD}.document.main+xml"/>'
        f'<Override PartName="/word/numbering.xml" ContentType="{_WORD}.numbering+xml"/></Types>'
    )


def _numbering() -> str:
    return (
        f'<w:numbering xmlns:w="{_W}"><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/>'
        '<w:numFmt w:val="chineseCountingThousand"/><w:lvlText w:val="第%1条"/></w:lvl></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )


def _paragraph(text: str, numbered: bool) -> str:
    properties = ""
    if numbered and (article := _ARTICLE.match(text)):
        properties = '<w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>'
        text = article[2]
    # Word cuts a paragraph into runs as it likes.
    pieces = [text[at : at + 37] for at in range(0, len(text), 37)] or [""]
    runs = "".join(f'<w:r><w:t xml:space="preserve">{escape(piece)}</w:t></w:r>' for piece in pieces)
    return f"<w:p>{properties}{runs}</w:p>"


def _table(rows: Sequence[str]) -> list[str]:
    return [f"<w:tbl>{''.join(rows)}</w:tbl>"] if rows else []


def html(lines: Iterable[Line], *, title: str = "", around: bool = True) -> str:
    """A page with a menu above and a foot below it, as sites have; `around` False: the text alone, to be printed."""
    body = "\n".join(_element(line, at == 0) for at, line in enumerate(lines))
    above = (
        '<nav><a href="/">首页</a> <a href="/zwgk">政务公开</a></nav><script>var 关于 = "第一条";</script>'
        if around
        else ""
    )
    below = "<footer>主办单位：某市人民政府办公室 网站标识码 0000000000</footer>" if around else ""
    style = (
        "body{font-family:'Noto Serif CJK SC',serif;font-size:12pt;line-height:1.6}"
        "p{text-indent:2em;margin:0}.mid{text-align:center;text-indent:0}"
    )
    return (
        f'<!DOCTYPE html><html lang="zh"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{style}</style></head><body>{above}<div class='content'>{body}</div>{below}</body></html>"
    )


def _element(line: Line, first: bool) -> str:
    if not isinstance(line, str):
        return f"<table><tr>{''.join(f'<td>{escape(cell)}</td>' for cell in line)}</tr></table>"
    middle = first or (len(line) < _CENTRED and not re.search(r"[。；：，]", line))
    return f"<p{' class=mid' if middle else ''}>{escape(line)}</p>"


@contextmanager
def printer() -> Iterator[Printer]:
    """Prints pages to PDF by Chromium, on A4 with page numbers."""
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome")
    executable = next((path for name in names if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_page()

        def to_pdf(content: str) -> bytes:
            page.set_content(content)
            foot = '<div style="font-size:9px;width:100%;text-align:center">- <span class="pageNumber"></span> -</div>'
            return page.pdf(
                format="A4",
                display_header_footer=True,
                header_template="<span></span>",
                footer_template=foot,
                margin={"top": "25mm", "bottom": "25mm", "left": "26mm", "right": "26mm"},
            )

        yield to_pdf
        browser.close()
