"""Articles by their names, and the documents that a text rests on. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from search.analysis.passages import number_of

MOST_CITATIONS: Final = 200
LONGEST: Final = 128
_NUMERAL = "[〇零一二三四五六七八九十百千两0-9０-９]{1,9}"
_ARTICLE = re.compile(rf"第({_NUMERAL})条(之[一二三四五六七八九十])?")
# The name of the series may be cut too early, never too late: what is looked for is the end of what stands here.
_NUMBER = re.compile(
    r"([\u4e00-\u9fffA-Za-z]{1,12})[〔\[【（(［]\s*((?:19|20)\d{2})\s*[〕\]】）)］]\s*第?\s*(\d{1,4})\s*号"
)
_TITLE = re.compile(r"《([^《》\n]{2,100})》")
_CODE = re.compile(r"(?<![A-Za-z0-9_-])[A-Z][A-Z0-9_-]{2,30}\d(?![A-Za-z0-9_-])")
_EDITION = re.compile(r"[（(][^（）()]*(?:修正|修订|试行|暂行|年)[^（）()]*[）)]$")
_SPACES = re.compile(r"\s+")

Citations = frozenset[tuple[str, str]]


def articles_in(text: str) -> tuple[str, ...]:
    """The articles that a text names, as written, each once: 第三条、第五条之一."""
    return tuple(dict.fromkeys(match.group(0) for match in _ARTICLE.finditer(_SPACES.sub("", text))))


def same_article(one: str, other: str) -> bool:
    """第三条 and 第3条 are the same."""
    return bool(one) and bool(other) and _article_key(one) == _article_key(other)


def _article_key(text: str) -> tuple[int, str] | str:
    match = _ARTICLE.match(text.strip())
    return (number_of(match.group(1)), match.group(2) or "") if match else text.strip()


def is_article(text: str) -> bool:
    return _ARTICLE.match(text.strip()) is not None


def citations(content: Mapping[str, Any]) -> Citations:
    """Documents named in the words of a version: numbers, titles and codes of points; its own number is none."""
    own = _normal_number(str(content.get("document_number") or ""))
    found: dict[tuple[str, str], None] = {}
    for text in _texts(
        {key: value for key, value in content.items() if key not in {"document_number", "type"}}
    ):
        for each in _cited(text):
            number = each[0] == "number"
            if not (number and own and each[1].endswith(own)):
                found[each] = None
            if len(found) >= MOST_CITATIONS:
                return frozenset(found)
    return frozenset(found)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, Iterable):
        for each in value:
            yield from _texts(each)


def _cited(text: str) -> Iterator[tuple[str, str]]:
    # The search for a number begins anew at every character, so it is made where there can be one.
    for match in _NUMBER.finditer(text) if "号" in text else ():
        yield "number", f"{match.group(1)}〔{match.group(2)}〕{int(match.group(3))}号"
    for match in _TITLE.finditer(text):
        yield "title", normal_title(match.group(1))
    for match in _CODE.finditer(text):
        yield "code", match.group(0)


def _normal_number(text: str) -> str:
    match = _NUMBER.search(_SPACES.sub("", text))
    return f"{match.group(1)}〔{match.group(2)}〕{int(match.group(3))}号" if match else ""


def normal_title(title: str) -> str:
    """Without spaces and without an edition in brackets at its end: 办法（2024年修订） is 办法."""
    plain = _SPACES.sub("", title).strip("《》")
    return (_EDITION.sub("", plain) or plain)[:LONGEST]


def names_of(code: str, title: str, content: Mapping[str, Any]) -> Citations:
    """By what others cite a point: its code, its title, what its title encloses, its document number."""
    titles = {normal_title(title), *(normal_title(match.group(1)) for match in _TITLE.finditer(title))}
    number = _normal_number(str(content.get("document_number") or ""))
    return frozenset(
        [("code", code), *(("title", each) for each in titles if len(each) >= 2)]
        + ([("number", number)] if number else [])
    )


def place_of(content: Mapping[str, Any], names: Citations) -> str:
    """The piece of text around the first citation of one of these names, as evidence."""
    wanted = [name for _, name in names]
    for text in _texts(content):
        plain = _SPACES.sub("", text).replace("[", "〔").replace("]", "〕").replace("（20", "〔20")
        for name in wanted:
            at = plain.find(name)
            if at >= 0:
                return plain[max(0, at - 40) : at + len(name) + 40]
    return ""
