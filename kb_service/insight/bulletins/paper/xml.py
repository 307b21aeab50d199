"""WordprocessingML from values: every text goes through `text`, so that nothing typed becomes markup."""

from typing import Final
from xml.sax.saxutils import escape

from kb_service.core.workbooks import printable

HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
W: Final = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
R: Final = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'

BODY: Final = "仿宋_GB2312"
KAI: Final = "楷体_GB2312"
HEI: Final = "黑体"
TITLE: Final = "方正小标宋简体"
LATIN: Final = "Times New Roman"
# Half points: 三号, 二号, 四号, 小四, 五号.
SAN, ER, SI, XIAOSI, WU = 32, 44, 28, 24, 21
# GB/T 9704: 22 lines in 225 mm.
LINE: Final = 579


def text(value: object) -> str:
    return escape(printable(str(value)))


def run(value: object, *, font: str = BODY, size: int = SAN, colour: str = "", bold: bool = False) -> str:
    look = f'<w:rFonts w:ascii="{LATIN}" w:hAnsi="{LATIN}" w:eastAsia="{font}" w:cs="{LATIN}"/>'
    look += "<w:b/>" if bold else ""
    look += f'<w:color w:val="{colour}"/>' if colour else ""
    look += f'<w:sz w:val="{size}"/><w:szCs w:val="{size}"/>'
    return f'<w:r><w:rPr>{look}</w:rPr><w:t xml:space="preserve">{text(value)}</w:t></w:r>'


def paragraph(
    runs: str,
    *,
    align: str = "both",
    indent: int = 0,
    right: int = 0,
    before: int = 0,
    after: int = 0,
    line: int = LINE,
    extra: str = "",
    keep: bool = False,
) -> str:
    """`indent` of the first line in hundredths of a character, `right` likewise; `line` 0 is as high as it needs."""
    spacing = f'<w:spacing w:before="{before}" w:after="{after}"'
    spacing += f' w:line="{line}" w:lineRule="exact"/>' if line else ' w:line="240" w:lineRule="auto"/>'
    inside = "<w:keepNext/><w:keepLines/>" if keep else ""
    inside += extra + spacing
    if indent or right:
        first = f'w:firstLineChars="{indent}" w:firstLine="{indent * 32 // 10}"'
        inside += f'<w:ind {first} w:rightChars="{right}" w:right="{right * 32 // 10}"/>'
    return f'<w:p><w:pPr>{inside}<w:jc w:val="{align}"/></w:pPr>{runs}</w:p>'


def border(side: str, colour: str, width: int) -> str:
    return f'<w:pBdr><w:{side} w:val="single" w:sz="{width}" w:space="1" w:color="{colour}"/></w:pBdr>'
