"""Numbers as people write them: 15, 1,200, 3.5万, 二十, 百分之九十, 半. Texts are in normal form. Pure."""

from decimal import Decimal
from typing import Final

DIGITS: Final = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
STEPS: Final = {"十": 10, "百": 100, "千": 1_000}
LARGE: Final = {"万": 10_000, "亿": 100_000_000}

ARABIC: Final = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
CHINESE: Final = "[零〇一二两三四五六七八九十百千万亿]+"
NUMBER: Final = rf"(?:{ARABIC}[百千万亿]{{0,2}}|{CHINESE}|半)"


def value_of(numeral: str) -> Decimal:
    """The value of a text that `NUMBER` matches."""
    if numeral == "半":
        return Decimal("0.5")
    head = numeral.rstrip("百千万亿")
    if head and head[-1].isdecimal():
        value = Decimal(head.replace(",", ""))
        for char in numeral[len(head) :]:
            value *= STEPS.get(char) or LARGE[char]
        return value
    return Decimal(_chinese(numeral))


def _chinese(numeral: str) -> int:
    if not any(char in STEPS or char in LARGE for char in numeral):
        return int("".join(str(DIGITS[char]) for char in numeral))
    total = section = digit = 0
    for char in numeral:
        if char in DIGITS:
            digit = DIGITS[char]
        elif char in STEPS:
            section += (digit or 1) * STEPS[char]
            digit = 0
        else:
            total = (total + section + digit or 1) * LARGE[char]
            section = digit = 0
    return total + section + digit


def plain(value: Decimal) -> str:
    """A number without trailing zeros and exponents, so that equal values are equal texts."""
    text = format(value.normalize(), "f")
    return text or "0"
