"""Charts that an office program draws itself and lets people edit, from the numbers alone."""

from collections.abc import Sequence
from typing import Final

from kb_service.insight.bulletins.content import Chart
from kb_service.insight.bulletins.paper.xml import BODY, HEAD, LATIN, text

_SPACES: Final = (
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
)
# Chart lengths are in 914400ths of an inch.
WIDTH, HEIGHT = 5_580_000, 2_700_000
_COLOURS: Final = ("1F4E79", "C55A11", "548235")


def chart_part(chart: Chart) -> str:
    """The part of one chart. Its title stands beneath it, in the text."""
    kind = _bars(chart) if chart.kind == "bar" else _lines(chart)
    return (
        f'{HEAD}<c:chartSpace {_SPACES}><c:roundedCorners val="0"/><c:chart><c:autoTitleDeleted val="1"/>'
        f'<c:plotArea><c:layout/>{kind}{_axes()}</c:plotArea><c:plotVisOnly val="1"/>'
        '<c:dispBlanksAs val="gap"/></c:chart>'
        '<c:spPr><a:solidFill><a:srgbClr val="FFFFFF"/></a:solidFill><a:ln><a:noFill/></a:ln></c:spPr>'
        f'<c:txPr><a:bodyPr/><a:p><a:pPr><a:defRPr sz="1000">{_font()}</a:defRPr></a:pPr>'
        '<a:endParaRPr lang="zh-CN"/></a:p></c:txPr></c:chartSpace>'
    )


def _font() -> str:
    return f'<a:latin typeface="{LATIN}"/><a:ea typeface="{BODY}"/>'


def _bars(chart: Chart) -> str:
    return (
        '<c:barChart><c:barDir val="col"/><c:grouping val="clustered"/><c:varyColors val="0"/>'
        f'{_series(chart)}<c:gapWidth val="80"/><c:axId val="1"/><c:axId val="2"/></c:barChart>'
    )


def _lines(chart: Chart) -> str:
    return (
        '<c:lineChart><c:grouping val="standard"/><c:varyColors val="0"/>'
        f'{_series(chart)}<c:marker val="1"/><c:axId val="1"/><c:axId val="2"/></c:lineChart>'
    )


def _series(chart: Chart) -> str:
    count = len(chart.categories)
    names = _points(chart.categories)
    bar = chart.kind == "bar"
    found = []
    for at, each in enumerate(chart.series):
        fill = f'<a:solidFill><a:srgbClr val="{_COLOURS[at % len(_COLOURS)]}"/></a:solidFill>'
        look = f"<c:spPr>{fill}</c:spPr>" if bar else f'<c:spPr><a:ln w="22225">{fill}</a:ln></c:spPr>'
        mark = "" if bar else '<c:marker><c:symbol val="circle"/><c:size val="5"/></c:marker>'
        cells = (
            _strings("tx", "S!$B$1", 1, _points([each.name])),
            _strings("cat", f"S!$A$2:$A${count + 1}", count, names),
            _numbers(f"S!$B$2:$B${count + 1}", count, _points(each.values)),
        )
        found.append(
            f'<c:ser><c:idx val="{at}"/><c:order val="{at}"/>{cells[0]}{look}{mark}'
            + ('<c:invertIfNegative val="0"/>' if bar else "")
            + _labels("outEnd" if bar else "t")
            + f"{cells[1]}{cells[2]}"
            + ("" if bar else '<c:smooth val="0"/>')
            + "</c:ser>"
        )
    return "".join(found)


def _points(values: Sequence[object]) -> str:
    return "".join(f'<c:pt idx="{at}"><c:v>{text(value)}</c:v></c:pt>' for at, value in enumerate(values))


def _strings(name: str, cells: str, count: int, points: str) -> str:
    cache = f'<c:strCache><c:ptCount val="{count}"/>{points}</c:strCache>'
    return f"<c:{name}><c:strRef><c:f>{cells}</c:f>{cache}</c:strRef></c:{name}>"


def _numbers(cells: str, count: int, points: str) -> str:
    cache = f'<c:formatCode>General</c:formatCode><c:ptCount val="{count}"/>{points}'
    return f"<c:val><c:numRef><c:f>{cells}</c:f><c:numCache>{cache}</c:numCache></c:numRef></c:val>"


def _labels(place: str) -> str:
    shown = {"LegendKey": 0, "Val": 1, "CatName": 0, "SerName": 0, "Percent": 0, "BubbleSize": 0}
    switches = "".join(f'<c:show{name} val="{on}"/>' for name, on in shown.items())
    small = f'<c:txPr><a:bodyPr/><a:p><a:pPr><a:defRPr sz="800">{_font()}</a:defRPr></a:pPr></a:p></c:txPr>'
    return f'<c:dLbls>{small}<c:dLblPos val="{place}"/>{switches}</c:dLbls>'


def _stroke(colour: str) -> str:
    fill = f'<a:solidFill><a:srgbClr val="{colour}"/></a:solidFill>'
    return f'<c:spPr><a:ln w="6350">{fill}</a:ln></c:spPr>'


def _axes() -> str:
    line, grid = _stroke("7F7F7F"), f"<c:majorGridlines>{_stroke('E0E0E0')}</c:majorGridlines>"
    return (
        '<c:catAx><c:axId val="1"/><c:scaling><c:orientation val="minMax"/></c:scaling><c:delete val="0"/>'
        f'<c:axPos val="b"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/>{line}'
        '<c:crossAx val="2"/><c:crosses val="autoZero"/><c:auto val="1"/><c:lblAlgn val="ctr"/><c:lblOffset val="100"/></c:catAx>'
        '<c:valAx><c:axId val="2"/><c:scaling><c:orientation val="minMax"/><c:min val="0"/></c:scaling><c:delete val="0"/>'
        f'<c:axPos val="l"/>{grid}<c:numFmt formatCode="#,##0" sourceLinked="0"/><c:majorTickMark val="none"/>'
        '<c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/><c:crossAx val="1"/><c:crosses val="autoZero"/></c:valAx>'
    )


def drawing(number: int, title: str) -> str:
    """The place of a chart in the text; `rId` numbers are those of the document's relations."""
    return (
        '<w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
        f'distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{WIDTH}" cy="{HEIGHT}"/>'
        f'<wp:docPr id="{number}" name="图{number}" descr="{text(title)}"/>'
        '<a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
        '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/chart">'
        f'<c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" r:id="rIdChart{number}"/>'
        "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )
