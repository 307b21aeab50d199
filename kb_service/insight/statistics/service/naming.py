"""What the keys of a table are called."""

from collections.abc import Mapping

from kb_service.core.db import ReadSession
from kb_service.identity.service import people
from kb_service.regulations.words import CLASS_NAMES, WORDS

Key = str | int | None
_NONE = {
    "field": "未分领域",
    "unit": "没有转派给单位",
    "class": "未分类型",
    "region": "未分区域",
    "channel": "未分渠道",
}


def names(session: ReadSession, dimension: str) -> Mapping[Key, tuple[str, str]]:
    """Code and name, by what a fact carries."""
    if dimension == "unit":
        return {unit.id: (unit.code, unit.name) for unit in people.all_units(session)}
    if dimension == "region":
        return {region.code: (region.code, region.name) for region in people.regions(session)}
    fixed = CLASS_NAMES if dimension == "class" else WORDS if dimension == "channel" else {}
    return {key: (key, name) for key, name in fixed.items()}


def told(known: Mapping[Key, tuple[str, str]], dimension: str, key: Key) -> tuple[str, str]:
    if key is None or key == "":
        return "", _NONE[dimension]
    return known.get(key, (str(key), str(key)))
