"""What is told to whom, how it is signed, when it is tried again, where it may go. Pure."""

import base64
import hashlib
import hmac
import ipaddress
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from kb_service.core import outside

MARK: Final = "whsec_"
KEY_BYTES: Final = 32
# A message is tried for some 32 hours before it is given up.
PAUSES: Final = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=8),
    timedelta(hours=16),
)
MOST_ATTEMPTS: Final = len(PAUSES) + 1
LONGEST_REST: Final = timedelta(minutes=5)
TEST: Final = "webhook.test"
_PATTERN: Final = re.compile(r"[a-z_]+\.(\*|[a-z_]+)")

_types: dict[str, str] = {TEST: "测试"}


def declare(types: Mapping[str, str]) -> None:
    """Whoever tells of something names the types here, with Chinese words for people."""
    _types.update(types)


def types() -> Mapping[str, str]:
    return dict(sorted(_types.items()))


def unknown_patterns(patterns: Iterable[str]) -> list[str]:
    """Those that are neither a declared type nor the family of one."""
    families = {f"{each.partition('.')[0]}.*" for each in _types}
    return [each for each in patterns if not _PATTERN.fullmatch(each) or each not in families | set(_types)]


def wants(patterns: Iterable[str], kind: str) -> bool:
    """A test concerns every subscription."""
    return kind == TEST or bool({kind, f"{kind.partition('.')[0]}.*"} & set(patterns))


def signature(secret: str, key: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the Base64 of HMAC-SHA256 over `id.timestamp.body`, as Standard Webhooks has it."""
    raw = base64.b64decode(secret.removeprefix(MARK))
    signed = b".".join((key.encode(), str(timestamp).encode(), body))
    return f"v1,{base64.b64encode(hmac.new(raw, signed, hashlib.sha256).digest()).decode()}"


def secret_of(raw: bytes) -> str:
    return MARK + base64.b64encode(raw).decode()


def again_at(now: datetime, attempts: int) -> datetime | None:
    """When to try again after so many failed attempts; None: give up."""
    return None if attempts >= MOST_ATTEMPTS else now + PAUSES[attempts - 1]


def rest_until(now: datetime, failures: int) -> datetime:
    """Until when an address that failed so many times in a row is left alone, whatever waits for it."""
    return now + min(PAUSES[min(failures, len(PAUSES)) - 1], LONGEST_REST)


def complaint_about(url: str, setting: str) -> str:
    """What is wrong with an address before anybody looks its name up; empty: nothing."""
    try:
        parts = urlsplit(url)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        return "不是网址"
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or not host or not port_is_fine:
        return "须以 https:// 开头，写明主机"
    if parts.username is not None or parts.fragment or not url.isascii() or re.search(r"\s", url):
        return "不能带用户名、# 或空白、汉字"
    allowed = outside.inside_allowed(setting)
    literal = _literal(host)
    known = allowed(host, literal) if literal else allowed(host, "0.0.0.0")  # noqa: S104 - stands for no address
    if parts.scheme == "http" and not known:
        return "须用 https；内部网络的主机列入 KB_WEBHOOK_PRIVATE_HOSTS 后可以用 http"
    return ""


def _literal(host: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return ""
