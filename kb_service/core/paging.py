"""Keyset pages: a page begins after the last row of the one before, however the table grew meanwhile."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from kb_service.core.errors import Invalid

MAX_LIMIT = 100
T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    items: list[T]
    next: str | None


def encode_cursor(keys: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(list(keys)).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, kinds: Sequence[type]) -> list[Any]:
    """The keys a cursor was made of; raises Invalid for anything this service did not hand out."""
    try:
        keys = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        keys = None
    good = isinstance(keys, list) and len(keys) == len(kinds)
    if not good or not all(type(key) is kind for key, kind in zip(keys, kinds, strict=True)):
        raise Invalid("翻页位置（cursor）无效，请从第一页重新查询。", code="bad_cursor")
    return list(keys)


def page_of(rows: Sequence[T], limit: int, key: Callable[[T], Sequence[Any]]) -> Page[T]:
    """A page from up to `limit + 1` rows: the extra one tells that there is more."""
    items = list(rows[:limit])
    more = len(rows) > limit
    return Page(items=items, next=encode_cursor(key(items[-1])) if more else None)
