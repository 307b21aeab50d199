"""Finds and masks personal data in free text: the one detector for questions, tickets and knowledge."""

import re
from dataclasses import dataclass
from typing import Final

from stdnum import luhn
from stdnum.cn import ric


@dataclass(frozen=True)
class Span:
    """`kind`: phone, id_card, bank_card, plate or email; `start` and `end` count characters."""

    kind: str
    start: int
    end: int


_DIGIT_BEFORE, _DIGIT_AFTER = r"(?<![0-9A-Za-z])", r"(?![0-9A-Za-z])"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PATTERNS: Final = (
    ("id_card", re.compile(rf"{_DIGIT_BEFORE}[1-9]\d{{16}}[\dXx]{_DIGIT_AFTER}")),
    (
        "bank_card",
        re.compile(rf"{_DIGIT_BEFORE}\d{{4}}(?:[ -]?\d{{4}}){{2,3}}(?:[ -]?\d{{1,4}})?{_DIGIT_AFTER}"),
    ),
    ("phone", re.compile(rf"{_DIGIT_BEFORE}(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{{4}}[ -]?\d{{4}}{_DIGIT_AFTER}")),
    ("plate", re.compile(rf"[{_PROVINCES}][A-HJ-NP-Z][·• ]?[A-HJ-NP-Z0-9]{{5,6}}(?![A-Za-z0-9])")),
    (
        "email",
        re.compile(
            r"(?<![A-Za-z0-9_.])[A-Za-z0-9_.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}"
        ),
    ),
)
_KEEP: Final = {"phone": (3, 4), "id_card": (6, 0), "bank_card": (0, 4), "plate": (2, 0), "email": (1, 0)}


def _plausible(kind: str, text: str) -> bool:
    if kind == "id_card":
        return bool(ric.is_valid(text.upper())) or text[-1] in "Xx"
    if kind == "bank_card":
        digits = re.sub(r"\D", "", text)
        return 15 <= len(digits) <= 19 and bool(luhn.is_valid(digits))
    return True


def find_personal(text: str) -> list[Span]:
    """Spans from left to right, none overlapping; of two kinds at one place the stricter wins."""
    spans: list[Span] = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            taken = any(span.start < match.end() and match.start() < span.end for span in spans)
            if not taken and _plausible(kind, match.group()):
                spans.append(Span(kind, match.start(), match.end()))
    return sorted(spans, key=lambda span: span.start)


def mask(text: str) -> str:
    """The text with personal values starred out, all but what is needed to recognise them."""
    out, at = [], 0
    for span in find_personal(text):
        value = text[span.start : span.end]
        head, tail = _KEEP[span.kind]
        stars = "*" * (len(value) - head - tail)
        out += [text[at : span.start], value[:head], stars, value[len(value) - tail :]]
        at = span.end
    return "".join([*out, text[at:]])


def mask_name(name: str) -> str:
    return name[:1] + "*" * (len(name) - 1)
