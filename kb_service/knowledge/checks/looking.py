"""What a check finds in one version by itself. Pure."""

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from kb_service.knowledge.checks.phones import phone_troubles
from kb_service.knowledge.content import AgencyContent, Content, PolicyContent, ProcedureContent
from search.analysis.normalise import Positions, normalise, squeeze

_SHOWN: Final = 60
_URL: Final = re.compile(r"https?://[A-Za-z0-9._~:/?#\[\]@!$&'*+,;=%-]+")
_DAY: Final = re.compile(r"(?<![\d.])(?:((?:19|20)\d\d)年)?(\d{1,2})月(\d{1,2})日")
_PLACE: Final = re.compile(
    r"\d+号|[路街道巷里弄村镇乡]|大道|大厦|广场|中心|楼|层|室|栋|园区|大院|之家|旁|对面|交叉口|以[东西南北]"
)
_LABELS: Final = {
    "time": "办理时限", "fee": "收费", "basis": "法律依据", "issuer": "发文机关", "document_number": "文号",
    "issued_on": "成文日期", "functions": "机构职能", "power_list": "权责清单", "service_items": "服务事项",
    "address": "办公地址", "phone": "联系电话", "hours": "办公时间",
}  # fmt: skip
_EXPECTED: Final = {
    ProcedureContent: ("time", "fee", "basis"),
    PolicyContent: ("issuer", "document_number", "issued_on"),
    AgencyContent: ("functions", "power_list", "service_items", "address", "phone", "hours"),
}


@dataclass(frozen=True)
class Version:
    """A live version as the checks of one version see it."""

    title: str
    content: Content
    keywords: Sequence[str]
    public: bool
    effective_from: date | None = None
    effective_to: date | None = None


@dataclass(frozen=True)
class Problem:
    """`about` tells problems of one check apart; `marks` are places in `text`, which is of the field `label`."""

    check_id: str
    about: str
    detail: str
    label: str = ""
    text: str = ""
    marks: tuple[tuple[int, int], ...] = ()


def look(version: Version) -> list[Problem]:
    """Each problem once, in the order of reading."""
    found = [
        *_empty(version.content),
        *_dates(version),
        *_keywords(version),
        *_address(version.content),
        *(
            problem
            for label, text in version.content.sections()
            for problem in _in_text(label, text, version)
        ),
    ]
    return list({(each.check_id, each.about): each for each in found}.values())


def _empty(content: Content) -> Iterator[Problem]:
    missing = {
        field: f"没有填写{_LABELS[field]}"
        for field in _EXPECTED.get(type(content), ())
        if not getattr(content, field)
    }
    for field, detail in (dict(content.lacks()) | missing).items():
        yield Problem("field_empty", field, detail, _LABELS.get(field, ""))


def _dates(version: Version) -> Iterator[Problem]:
    begins, ends = version.effective_from, version.effective_to
    if begins and ends and begins > ends:
        yield Problem("dates_broken", "window", f"生效日期 {begins} 晚于失效日期 {ends}")
    issued = version.content.issued_on if isinstance(version.content, PolicyContent) else None
    if issued and ends and issued > ends:
        yield Problem("dates_broken", "issued", f"成文日期 {issued} 晚于失效日期 {ends}")


def _keywords(version: Version) -> Iterator[Problem]:
    for keyword in version.keywords:
        if squeeze(keyword) == squeeze(version.title):
            yield Problem("keyword_is_title", "", f"关键词“{keyword}”与标题相同", "关键词", keyword)


def _address(content: Content) -> Iterator[Problem]:
    if isinstance(content, AgencyContent) and content.address and not _PLACE.search(content.address):
        detail = "写不清在哪里：没有路名、门牌，也没有楼宇"
        yield Problem("address_vague", "", detail, "办公地址", content.address)


def _in_text(label: str, text: str, version: Version) -> Iterator[Problem]:
    normal = normalise(text)
    positions = Positions(text, normal)
    for each in phone_troubles(normal, public=version.public):
        span = positions.original((each.start, each.end))
        yield _marked(each.trouble, each.detail, label, text, span)
    for match in _DAY.finditer(normal):
        why = _no_such_day(*match.groups())
        if why:
            yield _marked("dates_broken", why, label, text, positions.original(match.span()))


def _no_such_day(year: str | None, month: str, day: str) -> str | None:
    if not 1 <= int(month) <= 12:
        return f"没有 {month} 月"
    # Without a year the longest February is allowed.
    longest = monthrange(int(year or 2000), int(month))[1]
    return None if 1 <= int(day) <= longest else f"{month} 月没有 {day} 日"


def _marked(check_id: str, detail: str, label: str, text: str, span: tuple[int, int]) -> Problem:
    excerpt, mark = excerpt_of(text, span)
    return Problem(check_id, text[slice(*span)], detail, label, excerpt, (mark,))


def excerpt_of(text: str, span: tuple[int, int]) -> tuple[str, tuple[int, int]]:
    """The surroundings of a place, and where it lies in them."""
    start, end = max(0, span[0] - _SHOWN), min(len(text), span[1] + _SHOWN)
    head, tail = "…" if start else "", "…" if end < len(text) else ""
    shift = len(head) - start
    return f"{head}{text[start:end]}{tail}", (span[0] + shift, span[1] + shift)


def urls(content: Content) -> list[str]:
    text = "\n".join(text for _, text in content.sections())
    return list(dict.fromkeys(url.rstrip(".,;:!?'") for url in _URL.findall(text)))
