"""The article of a page and what its meta tags say, by Lexbor: run inside the walled-off process.

Pages exist that cost a parser time and memory without end; so nothing here runs in the service itself. Imports
nothing of ours, for the process to start fast.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

_UNREAD = (
    "script,style,noscript,template,iframe,object,embed,svg,canvas,nav,footer,aside,form,select,button,"
    "[hidden],[aria-hidden=true],.breadcrumb,.crumbs,.share,.footer,.nav,.pagination"
)
# Where the editors of government sites put their article, the most telling first.
_ARTICLES = (
    "#UCAP-CONTENT", ".TRS_Editor", ".TRS_UEDITOR", "#zoomcon", "#zoom", ".article-content", ".article_content",
    "article", "main", "#content", ".content",
)  # fmt: skip
_LEAST_SHARE = 0.4
_BLOCKS: Final = {
    "address", "article", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset", "figure", "h1", "h2",
    "h3", "h4", "h5", "h6", "header", "hr", "html", "li", "main", "ol", "p", "pre", "section", "table", "tbody",
    "thead", "tr", "ul", "caption",
}  # fmt: skip
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_FACTS: Final = {"articletitle": "title", "pubdate": "published", "contentsource": "source"}


def told(text: str) -> Iterator[Any]:
    """First what the page says of itself, then each block: kind, words, cells, number of its table."""
    tree = LexborHTMLParser(text)
    facts = _facts(tree)
    title = facts.get("title") or _text(tree.css_first("h1")) or _text(tree.css_first("title"))
    yield {"title": title, "facts": facts}
    body = tree.body
    if body is None:
        return
    for unread in body.css(_UNREAD):
        unread.decompose()
    article = _article(body)
    walk = _Walk()
    if article is not body and title:
        walk.blocks.append(["heading", title, [], 0])
    walk.through(article)
    yield from walk.blocks


def _facts(tree: LexborHTMLParser) -> dict[str, str]:
    facts: dict[str, str] = {}
    for meta in tree.css("meta[name][content]"):
        key = _FACTS.get((meta.attributes.get("name") or "").lower())
        content = (meta.attributes.get("content") or "").strip()
        if key and content:
            facts.setdefault(key, content[:300])
    return facts


def _text(node: LexborNode | None) -> str:
    return " ".join(node.text(deep=True).split())[:300] if node is not None else ""


def _article(body: LexborNode) -> LexborNode:
    whole = len(body.text(deep=True))
    for selector in _ARTICLES:
        found = body.css_first(selector)
        if found is not None and len(found.text(deep=True)) >= _LEAST_SHARE * whole:
            return found
    return body


class _Walk:
    def __init__(self) -> None:
        self.blocks: list[list[Any]] = []
        self._words: list[str] = []
        self._kind: list[str] = []
        self._tables = 0

    def through(self, root: LexborNode) -> None:
        """Over the tree without recursion, since a page may be nested as deep as its maker likes."""
        for node, leaving in _steps(root):
            tag = node.tag or ""
            if tag == "-text" and not leaving:
                self._words.append(re.sub(r"\s+", " ", node.text_content or ""))
            elif tag == "br":
                self._flush()
            elif tag == "table" and not leaving:
                self._flush()
                self._tables += 1
            elif tag == "tr" and not leaving:
                self._flush()
                self._row(node)
            elif tag in _BLOCKS:
                self._flush()
                if not leaving:
                    self._kind.append(tag)
                elif self._kind:
                    self._kind.pop()
        self._flush()

    def _flush(self) -> None:
        text = "".join(self._words).replace("\xa0", " ").strip()
        self._words = []
        if text:
            last = self._kind[-1] if self._kind else ""
            self._add("heading" if last in _HEADINGS else "item" if last == "li" else "paragraph", text)

    def _add(self, kind: str, text: str) -> None:
        self.blocks.append([kind, text, [], 0])

    def _row(self, row: LexborNode) -> None:
        cells = []
        for cell in row.iter():
            if cell.tag in {"td", "th"}:
                lines = (" ".join(line.split()) for line in cell.text(deep=True, separator="\n").split("\n"))
                cells.append("\n".join(filter(None, lines)))
        if len(cells) == 1:
            for line in cells[0].split("\n"):
                if line:
                    self._add("paragraph", line)
        elif any(cells):
            self.blocks.append(["row", " ".join(filter(None, cells)), cells, self._tables])


def _steps(root: LexborNode) -> Iterator[tuple[LexborNode, bool]]:
    """Each node as it is entered and as it is left; rows of tables are not entered, they are read as a whole."""
    stack: list[tuple[LexborNode, bool]] = [(root, False)]
    while stack:
        node, leaving = stack.pop()
        yield node, leaving
        if leaving or node.tag == "tr":
            continue
        if node.is_element_node and _HIDDEN.search(node.attributes.get("style") or ""):
            continue
        stack.append((node, True))
        children = []
        child = node.child
        while child is not None:
            children.append(child)
            child = child.next
        stack.extend((each, False) for each in reversed(children))
