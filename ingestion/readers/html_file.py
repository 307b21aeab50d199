"""HTML: the article of a page, parsed in a process of its own."""

import io
from typing import Any, Final

from ingestion.readers.walled import ask
from ingestion.recognising.values import Block, Document
from kb_service.core.errors import TooLarge

LARGEST: Final = 10 * 2**20


def read_html(text: str, name: str) -> Document:
    if len(text) > LARGEST:
        raise TooLarge(
            f"文件“{name}”超过 {LARGEST // 2**20} MB，不像一篇文章。请只保存文章后再导入。",
            code="file_too_large",
        )
    file = io.BytesIO(text.encode("utf-8", "replace"))
    told = ask(file, "html", "", f"文件“{name}”")
    about: dict[str, Any] = next(told, {"title": "", "facts": {}})
    blocks = [
        Block(kind, words, _place(at, table), tuple(cells), table)
        for at, (kind, words, cells, table) in enumerate(told, 1)
    ]
    return Document(name, blocks, about["title"], about["facts"])


def _place(at: int, table: int) -> str:
    return f"第 {table} 个表格" if table else f"第 {at} 段"
