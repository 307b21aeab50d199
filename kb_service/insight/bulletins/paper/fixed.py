"""Parts of a DOCX that hardly depend on what is in it."""

from typing import Final

from kb_service.insight.bulletins.paper.xml import BODY, HEAD, HEI, KAI, LATIN, SAN, TITLE, W, run

_TYPES: Final = "application/vnd.openxmlformats-officedocument"
_RELATION: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"

ROOT_RELATIONS: Final = (
    f'{HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_RELATION}/officeDocument" Target="word/document.xml"/></Relationships>'
)


def content_types(charts: int) -> str:
    parts = {
        "/word/document.xml": "wordprocessingml.document.main",
        "/word/styles.xml": "wordprocessingml.styles",
        "/word/settings.xml": "wordprocessingml.settings",
        "/word/fontTable.xml": "wordprocessingml.fontTable",
        "/word/footer1.xml": "wordprocessingml.footer",
        "/word/footer2.xml": "wordprocessingml.footer",
    } | {f"/word/charts/chart{at}.xml": "drawingml.chart" for at in range(1, charts + 1)}
    named = "".join(
        f'<Override PartName="{name}" ContentType="{_TYPES}.{kind}+xml"/>' for name, kind in parts.items()
    )
    return (
        f'{HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{named}</Types>'
    )


def relations(charts: int) -> str:
    parts = [
        ("rIdStyles", "styles", "styles.xml"),
        ("rIdSettings", "settings", "settings.xml"),
        ("rIdFonts", "fontTable", "fontTable.xml"),
        ("rIdFooter1", "footer", "footer1.xml"),
        ("rIdFooter2", "footer", "footer2.xml"),
        *((f"rIdChart{at}", "chart", f"charts/chart{at}.xml") for at in range(1, charts + 1)),
    ]
    named = "".join(
        f'<Relationship Id="{name}" Type="{_RELATION}/{kind}" Target="{target}"/>'
        for name, kind, target in parts
    )
    return f'{HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{named}</Relationships>'


STYLES: Final = (
    f"{HEAD}<w:styles {W}><w:docDefaults><w:rPrDefault><w:rPr>"
    f'<w:rFonts w:ascii="{LATIN}" w:hAnsi="{LATIN}" w:eastAsia="{BODY}" w:cs="{LATIN}"/>'
    f'<w:sz w:val="{SAN}"/><w:szCs w:val="{SAN}"/><w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault>'
    '<w:pPrDefault><w:pPr><w:widowControl w:val="0"/></w:pPr></w:pPrDefault></w:docDefaults>'
    '<w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/></w:style>'
    '<w:style w:type="table" w:default="1" w:styleId="t"><w:name w:val="Normal Table"/></w:style></w:styles>'
)
SETTINGS: Final = (
    f'{HEAD}<w:settings {W}><w:evenAndOddHeaders/><w:characterSpacingControl w:val="compressPunctuation"/>'
    '<w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>'
    "</w:settings>"
)


def _font(name: str, instead: str) -> str:
    return f'<w:font w:name="{name}"><w:altName w:val="{instead}"/><w:charset w:val="86"/></w:font>'


# What a machine without the fonts of official papers shows instead.
FONTS: Final = (
    f"{HEAD}<w:fonts {W}>{_font(BODY, '仿宋')}{_font(KAI, '楷体')}{_font(HEI, 'SimHei')}"
    f"{_font(TITLE, '宋体')}</w:fonts>"
)


def footer(align: str) -> str:
    """`— 1 —` at the outer side, one character in (GB/T 9704)."""
    field = (
        '<w:r><w:rPr><w:sz w:val="28"/></w:rPr><w:fldChar w:fldCharType="begin"/></w:r>'
        '<w:r><w:rPr><w:sz w:val="28"/></w:rPr><w:instrText xml:space="preserve"> PAGE </w:instrText></w:r>'
        '<w:r><w:rPr><w:sz w:val="28"/></w:rPr><w:fldChar w:fldCharType="separate"/></w:r>'
        '<w:r><w:rPr><w:sz w:val="28"/></w:rPr><w:t>1</w:t></w:r>'
        '<w:r><w:rPr><w:sz w:val="28"/></w:rPr><w:fldChar w:fldCharType="end"/></w:r>'
    )
    dash = run("— ", font="宋体", size=28), run(" —", font="宋体", size=28)
    side = f'<w:ind w:{align}Chars="100" w:{align}="280"/>'
    return f'{HEAD}<w:ftr {W}><w:p><w:pPr>{side}<w:jc w:val="{align}"/></w:pPr>{dash[0]}{field}{dash[1]}</w:p></w:ftr>'
