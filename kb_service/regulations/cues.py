"""Recognising a case in what a requester says, by the phrases a profile lists. Pure."""

import re
import unicodedata
from functools import lru_cache

from kb_service.regulations.schema.parts import Recognised

_GAP = "[^。！？!?；;\n]{0,10}?"
_SPACE = re.compile(r"\s+")
_CLAUSE_END = re.compile("[，,。！？!?；;：:\n]")


@lru_cache(maxsize=256)
def plain(text: str) -> str:
    """Full-width and capital letters made plain, spaces removed."""
    return _SPACE.sub("", unicodedata.normalize("NFKC", text)).casefold()


def matched_cue(
    case: Recognised, text: str, supposed: tuple[str, ...] = (), look_at: int | None = None
) -> str | None:
    """The first cue of the case that a text holds.

    None where a phrase that excludes the case is found. A cue is passed over where one of `supposed`
    (如果, 经常, 去年 …) stands shortly before it in the same clause. `look_at` limits the search to
    the first so many characters.
    """
    said = plain(text)
    if any(_pattern(each).search(said) for each in case.unless):
        return None
    begun = said[:look_at]
    return next((cue for cue in case.cues if _stated(cue, begun, supposed)), None)


def _stated(cue: str, said: str, supposed: tuple[str, ...]) -> bool:
    doubt = _any_of(supposed)
    return any(
        doubt is None
        or not doubt.search(_CLAUSE_END.split(said[max(0, found.start() - 10) : found.start()])[-1])
        for found in _pattern(cue).finditer(said)
    )


@lru_cache(maxsize=4096)
def _pattern(phrase: str) -> re.Pattern[str]:
    parts = (re.escape(plain(part)) for part in phrase.replace("...", "…").split("…"))
    return re.compile(_GAP.join(parts))


@lru_cache(maxsize=64)
def _any_of(phrases: tuple[str, ...]) -> re.Pattern[str] | None:
    return re.compile("|".join(map(re.escape, phrases))) if phrases else None
