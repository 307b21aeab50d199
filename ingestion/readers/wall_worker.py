"""Run as a process of its own: reads a PDF, a page or an old workbook from its input, and tells it as lines of JSON.

The libraries that parse these are not in Python; here a hostile file can take no more than this process has,
and if one breaks, the service goes on. Imports nothing of ours, so that it starts fast.
"""

import datetime as dt
import io
import json
import runpy
import sys
from pathlib import Path
from typing import Any

try:
    import resource
except ImportError:  # On Windows nothing limits a process this way.
    resource = None  # type: ignore[assignment]

MEMORY = 1280 * 2**20
SECONDS = 60
# The longest page that is read takes a second; one that takes so many is made to.
PAGE_SECONDS = 5
MOST_CHARACTERS = 200_000


def main() -> None:
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        seconds = PAGE_SECONDS if sys.argv[1] == "html" else SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    data = sys.stdin.buffer.read()
    try:
        match sys.argv[1]:
            case "pdf":
                _pdf(data, int(sys.argv[2]))
            case "html":
                _html(data)
            case _:
                _sheet(data, sys.argv[2])
    except MemoryError:
        tell({"problem": "memory"})


def tell(value: object) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=True) + "\n")


def _html(data: bytes) -> None:
    walk = runpy.run_path(str(Path(__file__).with_name("html_walk.py")))
    for each in walk["told"](data.decode("utf-8", "replace")):
        tell(each)


def _pdf(data: bytes, most: int) -> None:
    import pypdfium2
    from pypdfium2 import raw

    try:
        document = pypdfium2.PdfDocument(data)
        count = len(document)
    except pypdfium2.PdfiumError:
        locked = raw.FPDF_GetLastError() == raw.FPDF_ERR_PASSWORD
        tell({"problem": "password" if locked else "damaged"})
        return
    tell({"pages": count})
    for number in range(min(count, most)):
        try:
            tell(_page(document[number]))
        except pypdfium2.PdfiumError:
            tell({"lines": [], "image": 0.0, "broken": True})


def _page(page: Any) -> dict[str, Any]:
    from pypdfium2 import raw

    width, height = page.get_size()
    text = page.get_textpage()
    lines = _lines(text, min(text.count_chars(), MOST_CHARACTERS))
    area = max(width * height, 1.0)
    largest = 0.0
    for found in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = found.get_bounds()
        largest = max(largest, abs((right - left) * (top - bottom)) / area)
    text.close()
    page.close()
    return {"lines": lines, "image": round(largest, 3)}


def _lines(text: Any, count: int) -> list[list[Any]]:
    """Each line: its words, left, right, bottom and top."""
    from pypdfium2 import raw

    lines: list[list[Any]] = []
    chars: list[str] = []
    ends: list[int] = []
    for index in range(count + 1):
        code = raw.FPDFText_GetUnicode(text, index) if index < count else 10
        if code in {10, 13}:
            if ends:
                left, bottom, _, top = text.get_charbox(ends[0], loose=True)
                right = text.get_charbox(ends[-1], loose=True)[2]
                lines.append(["".join(chars).strip(), *(round(x, 1) for x in (left, right, bottom, top))])
            chars, ends = [], []
            continue
        if code == 0 or 0xD800 <= code <= 0xDFFF:
            code = 0xFFFD
        char = chr(code)
        chars.append(char)
        if not char.isspace():
            ends.append(index)
    return lines


def _sheet(data: bytes, wanted: str) -> None:
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    except python_calamine.PasswordError:
        tell({"problem": "password"})
        return
    except (python_calamine.CalamineError, OSError, ValueError):
        tell({"problem": "damaged"})
        return
    sheets: list[tuple[str, bool]] = [
        (meta.name, meta.visible == python_calamine.SheetVisibleEnum.Visible)
        for meta in book.sheets_metadata
        if meta.typ == python_calamine.SheetTypeEnum.WorkSheet
    ]
    chosen = next((name for name, visible in sheets if (name == wanted if wanted else visible)), None)
    tell({"sheets": sheets, "chosen": chosen})
    if chosen is None:
        return
    try:
        sheet = book.get_sheet_by_name(chosen)
        merged = sheet.merged_cell_ranges or []
        tell({"merged": [[*start, *end] for start, end in merged[:1000]], "columns": sheet.total_width})
        for number, row in enumerate(sheet.to_python(skip_empty_area=False), 1):
            tell([number, [_cell(value) for value in row]])
    except (python_calamine.CalamineError, OSError, ValueError):
        tell({"problem": "damaged"})


def _cell(value: object) -> object:
    match value:
        case dt.datetime():
            midnight = value.time() == dt.time.min
            return value.date().isoformat() if midnight else value.strftime("%Y-%m-%d %H:%M")
        case dt.date() | dt.time():
            return value.isoformat()
        case dt.timedelta():
            return str(value)
        case _:
            return value


if __name__ == "__main__":
    main()
