"""Telephone numbers that cannot exist, or do not belong into public knowledge. Pure; texts in normal form."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Trouble = Literal["phone_impossible", "phone_personal", "phone_internal"]

_TALK = r"(?:电话|热线|咨询|拨打|联系|致电|专线|传真|总机|座机|手机|号码|值班室|tel)"
# What stands after such a word and looks like a number, however odd.
_AFTER_TALK: Final = re.compile(rf"{_TALK}[一-鿿]{{0,6}}\s*[::]?\s*(\+?[\d(][\d\-()—– ]{{1,22}}\d)")
_MORE: Final = re.compile(r"\s*[、,/或]\s*(\+?[\d(][\d\-()—– ]{1,22}\d)")
_WITH_AREA: Final = re.compile(r"(?<![\d.\-])(?:\(0\d{2,3}\)|0\d{2,3}[-—– ])\s*\d{3,9}(?![\d.])")
_MOBILE: Final = re.compile(r"(?<![\d.])1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)")
_INTERNAL: Final = re.compile(r"(?:内线|分机|短号|内部电话|内部号码)(?:号码?)?\s*[::]?\s*(\d{2,8})(?!\d)")
_SHORT: Final = re.compile(
    r"1[12]\d|12\d{3}|123\d{2}|95\d{3,4}|96\d{3,4}|100\d{2}|1[68]\d{3}|11\d{3}|118\d{2}|[48]00\d{7}"
)
_TWO_DIGIT_AREAS: Final = frozenset({"10", *(f"2{digit}" for digit in "012345789")})


@dataclass(frozen=True)
class PhoneTrouble:
    trouble: Trouble
    detail: str
    start: int
    end: int


def phone_troubles(text: str, *, public: bool) -> list[PhoneTrouble]:
    """From left to right, each place once."""
    found: list[PhoneTrouble] = []
    for start, end in _spans(text):
        why = impossible(text[start:end])
        if why:
            found.append(PhoneTrouble("phone_impossible", why, start, end))
    if public:
        found += [
            PhoneTrouble("phone_personal", "个人手机号码不宜公开，请改用单位电话", *match.span())
            for match in _MOBILE.finditer(text)
        ]
        found += [
            PhoneTrouble("phone_internal", "市民打不通内线，请写能直拨的号码", *match.span(1))
            for match in _INTERNAL.finditer(text)
        ]
    return sorted(found, key=lambda each: (each.start, each.trouble))


def _spans(text: str) -> Iterator[tuple[int, int]]:
    seen: set[int] = set()
    for match in _AFTER_TALK.finditer(text):
        start, end = match.span(1)
        while True:
            if start not in seen and not _goes_on(text, end):
                seen.add(start)
                yield _trimmed(text, start, end)
            more = _MORE.match(text, end)
            if more is None:
                break
            start, end = more.span(1)
    for match in _WITH_AREA.finditer(text):
        if match.start() not in seen:
            yield match.span()


def _goes_on(text: str, end: int) -> bool:
    """Whether the digits are of an hour, a date, an amount or a decimal, and no telephone number."""
    return (
        re.match(
            r"\d|[.:%]\d|\s*(?:元|人|个|天|日|月|年|小时|分钟|次|时|点|号楼|楼|层|室|%|周|倍|名|家|万)",
            text[end:],
        )
        is not None
    )


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Two numbers with a blank between them are looked at one by one, the first here."""
    parts = re.split(r"\s+(?=\d{7,})", text[start:end])
    return start, start + len(parts[0])


def impossible(shown: str) -> str | None:
    """Why nobody can be reached under this number; None where it is in order or no telephone number at all."""
    main = re.split(r"(?:转|[-—–])(?=\d{1,4}$)", shown)[0] if len(re.sub(r"\D", "", shown)) > 10 else shown
    digits = re.sub(r"\D", "", main)
    if digits.startswith("86") and len(digits) > 11:
        digits = digits[2:]
    if len(digits) < 5 or _SHORT.fullmatch(digits):
        return None
    if len(set(digits)) == 1:
        return "全是同一个数字，像是占位的号码"
    if digits[0] in "01":
        return _landline(digits, main) if digits[0] == "0" else _mobile(digits)
    return _plain(digits)


def _plain(digits: str) -> str | None:
    if len(digits) in {7, 8}:
        return None if digits[0] in "2345678" else f"固定电话不会以 {digits[0]} 开头"
    if len(digits) in {5, 6}:
        return None if digits[0] == "9" else f"只有 {len(digits)} 位，固定电话应为 7 或 8 位"
    if digits.startswith(("400", "800")):
        return f"400 号码应为 10 位，这里是 {len(digits)} 位"
    return None if len(digits) > 12 else f"有 {len(digits)} 位，不是固定电话，也不是手机号码"


def _mobile(digits: str) -> str | None:
    if len(digits) == 11:
        return None if digits[1] in "3456789" else f"手机号码不会以 {digits[:2]} 开头"
    if 9 <= len(digits) <= 12 and digits[1] in "3456789":
        return f"手机号码应为 11 位，这里是 {len(digits)} 位"
    return "固定电话不会以 1 开头" if len(digits) in {7, 8} else None


def _landline(digits: str, shown: str) -> str | None:
    written = re.match(r"\(?0(\d{2,3})\)?[-—– )]", shown)
    area = written.group(1) if written else (digits[1:3] if digits[1:3] in _TWO_DIGIT_AREAS else digits[1:4])
    local = digits[1 + len(area) :]
    if _SHORT.fullmatch(local):
        return None
    if len(area) == 2 and area not in _TWO_DIGIT_AREAS:
        return f"没有 0{area} 这个区号"
    if len(area) == 3 and area[0] in "012":
        return f"没有 0{area} 这个区号"
    if len(local) not in {7, 8}:
        return f"区号后应为 7 或 8 位，这里是 {len(local)} 位"
    if local[0] not in "2345678":
        return f"固定电话不会以 {local[0]} 开头"
    return None
