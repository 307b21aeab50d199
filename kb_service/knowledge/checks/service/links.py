"""Asking for the addresses in live knowledge. Off unless the setting says so: the service then calls outside."""

import hashlib
import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urljoin, urlsplit

from sqlalchemy import exists, insert, or_, select, update

from kb_service.core.db import ReadSession, WriteSession
from kb_service.knowledge.checks.model import Link, LinkUse
from kb_service.knowledge.service.lookups import chunks

ASKED_AT_ONCE: Final = 20
AT_A_TIME: Final = 8
PAUSE_S: Final = 0.05
EVERY: Final = timedelta(hours=20)
TIMEOUT_S: Final = 5.0
MOST_REDIRECTS: Final = 4
LONGEST: Final = 2_000
# Servers that know no HEAD, or want to know who asks, are there all the same.
_THERE: Final = frozenset({401, 403, 405, 406, 429, 501})
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_AGENT: Final = "kb-service link check"


@dataclass(frozen=True)
class Answer:
    """`status` None: nobody answered, for the reason `trouble`."""

    status: int | None
    trouble: str = ""

    @property
    def there(self) -> bool:
        return self.status is not None and (self.status < 400 or self.status in _THERE)


class Refused(Exception):
    """An address that is not asked for."""


def note_uses(session: WriteSession, urls: Mapping[int, Sequence[str]]) -> None:
    """Writes down the addresses of versions that were looked at."""
    marks = {url: _fingerprint(url) for each in urls.values() for url in each if len(url) <= LONGEST}
    known: set[str] = set()
    for part in chunks(sorted(marks.values())):
        known |= set(session.execute(select(Link.fingerprint).where(Link.fingerprint.in_(part))).scalars())
    fresh = [
        {"fingerprint": mark, "url": url, "failures": 0, "trouble": ""}
        for url, mark in marks.items()
        if mark not in known
    ]
    if fresh:
        session.execute(insert(Link), fresh)
    uses = [
        {"version_id": version_id, "fingerprint": mark}
        for version_id, each in urls.items()
        for mark in dict.fromkeys(marks[url] for url in each if url in marks)
    ]
    if uses:
        session.execute(insert(LinkUse), uses)


def _fingerprint(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()


def due(session: ReadSession, now: datetime) -> list[tuple[str, str]]:
    """Addresses in use that were not asked for today: fingerprint and address."""
    rows = (
        select(Link.fingerprint, Link.url)
        .where(
            or_(Link.asked_at.is_(None), Link.asked_at < now - EVERY),
            exists().where(LinkUse.fingerprint == Link.fingerprint),
        )
        .order_by(Link.fingerprint)
        .limit(ASKED_AT_ONCE)
    )
    return list(session.execute(rows).tuples())


def note(session: WriteSession, answers: Mapping[str, Answer], now: datetime) -> None:
    for fingerprint, answer in answers.items():
        failures = 0 if answer.there else Link.failures + 1
        session.execute(
            update(Link)
            .where(Link.fingerprint == fingerprint)
            .values(asked_at=now, status=answer.status, trouble=answer.trouble, failures=failures)
        )


def ask_all(urls: Mapping[str, str], ask_one: Callable[[str], Answer]) -> Iterator[dict[str, Answer] | None]:
    """Yields None while answers are awaited, so that other work goes on, and at last the answers."""
    with ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="links") as pool:
        asked = {mark: pool.submit(ask_one, url) for mark, url in urls.items()}
        while wait(asked.values(), timeout=PAUSE_S).not_done:
            yield None
        yield {mark: answer.result() for mark, answer in asked.items()}


def ask(url: str, *, allow: Callable[[str], bool] | None = None) -> Answer:
    """What an address answers to HEAD, after some redirects. Never asks inside the own network.

    The name is looked up once and the connection goes to the very address that was judged, so that a name
    which answers differently the second time opens nothing. `allow` judges an address instead.
    """
    judge = allow or is_public
    for _ in range(MOST_REDIRECTS + 1):
        try:
            answer, onward = _head(url, judge)
        except Refused as refusal:
            return Answer(None, str(refusal))
        except (OSError, http.client.HTTPException, ValueError) as trouble:
            return Answer(None, _told(trouble))
        if onward is None:
            return answer
        url = urljoin(url, onward)
    return Answer(None, "转向次数过多")


def _head(url: str, judge: Callable[[str], bool]) -> tuple[Answer, str | None]:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise Refused("不是可以公开访问的网址")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    connection = http.client.HTTPConnection(parts.hostname, port, timeout=TIMEOUT_S)
    connection.sock = _connect(parts.hostname, port, judge)
    try:
        if parts.scheme == "https":
            connection.sock = ssl.create_default_context().wrap_socket(
                connection.sock, server_hostname=parts.hostname
            )
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("HEAD", target, headers={"User-Agent": _AGENT, "Host": parts.netloc})
        response = connection.getresponse()
        onward = response.getheader("Location") if response.status in {301, 302, 303, 307, 308} else None
        return Answer(response.status), onward
    finally:
        connection.close()


def _connect(host: str, port: int, judge: Callable[[str], bool]) -> socket.socket:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(judge(address) for address in addresses):
        raise Refused("指向内部网络，不予访问")
    return socket.create_connection((addresses[0], port), timeout=TIMEOUT_S)


def is_public(address: str) -> bool:
    """Whether an address lies in the open internet; one that wraps another is judged by what it wraps."""
    ip = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def _told(trouble: Exception) -> str:
    if isinstance(trouble, TimeoutError):
        return "没有应答"
    if isinstance(trouble, socket.gaierror):
        return "域名不存在"
    if isinstance(trouble, ssl.SSLError):
        return "安全证书有误"
    return "连接失败" if isinstance(trouble, OSError) else "应答有误"
