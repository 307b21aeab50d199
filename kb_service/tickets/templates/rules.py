"""Templates of replies: what they must leave room for, how they are filled in, what is still blank. Pure."""

import re
from collections.abc import Mapping
from typing import Final

from kb_service.core.errors import Invalid
from kb_service.regulations import rules as regulation
from kb_service.regulations.schema import Profile
from kb_service.regulations.schema.parts import Need
from kb_service.regulations.words import WORDS

# What the service fills in by itself.
KNOWN: Final = ("工单号", "标题", "登记日期", "承办单位", "今天")
_BLANK: Final = re.compile(r"\{([^{}\n]{1,20})\}")
_OPEN: Final = re.compile(r"［待填：([^［］\n]{1,20})］")


def required(profile: Profile, request_class: str) -> dict[str, str]:
    """Names of the blanks that a reply of the class must have by the city's rules, with the clause of each."""
    found: dict[str, str] = {}
    reply = regulation.request_class_of(profile, request_class).reply
    for rule in (reply, profile.completion.content):
        if rule is not None:
            clause, _ = regulation.cited(rule)
            needs: tuple[Need, ...] = rule.needs
            found |= {WORDS[need]: clause for need in needs if WORDS[need] not in found}
    return found


def check(profile: Profile, request_class: str, text: str) -> None:
    """Raises Invalid for a blank nobody could fill, and for one that the class needs and is not there."""
    needed = required(profile, request_class)
    blanks = set(_BLANK.findall(text))
    unknown = sorted(blanks - set(KNOWN) - set(WORDS.values()))
    if unknown:
        known = "、".join((*KNOWN, *needed))
        raise Invalid(
            f"没有“{{{unknown[0]}}}”这一项，可用：{known}。",
            code="unknown_blank",
            pointers=[{"pointer": "/text", "detail": f"没有“{unknown[0]}”这一项"}],
        )
    missing = [name for name in needed if name not in blanks]
    if missing:
        named = "、".join(f"{{{name}}}" for name in missing)
        raise Invalid(
            f"这类诉求的答复须写明{'、'.join(missing)}，模板中请加上 {named}。",
            code="blank_missing",
            pointers=[{"pointer": "/text", "detail": f"缺少 {named}"}],
            extra={"clause": needed[missing[0]]},
        )


def filled(text: str, values: Mapping[str, str]) -> str:
    """What is known stands in its place; what the unit writes is marked."""
    return _BLANK.sub(lambda found: values.get(found[1]) or f"［待填：{found[1]}］", text)


def left_blank(text: str) -> list[str]:
    """What somebody forgot to fill in."""
    return list(dict.fromkeys(_OPEN.findall(text)))
