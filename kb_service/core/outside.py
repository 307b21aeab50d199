"""Requests to addresses that others chose: never into one's own network unasked, and never without end."""

import http.client
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

TIMEOUT_S: Final = 5.0
# Whoever answers byte by byte is left after so many times the timeout.
PATIENCE: Final = 3
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")

Judge = Callable[[str], bool]


class Refused(Exception):
    """An address that is not asked."""


@dataclass(frozen=True)
class Reply:
    """`location` is where the other side points to; nobody goes there unasked."""

    status: int
    location: str | None


def ask(
    method: str,
    url: str,
    judge: Judge,
    *,
    headers: Mapping[str, str],
    body: bytes | None = None,
    timeout: float = TIMEOUT_S,
) -> Reply:
    """One request; raises Refused, OSError, http.client.HTTPException or ValueError.

    The name is looked up once and the connection goes to the very address that was judged, so that a name
    which answers differently the second time opens nothing.
    """
    parts = web_address(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    connection.sock = _connect(host, port, judge, timeout)
    try:
        if parts.scheme == "https":
            context = ssl.create_default_context()
            connection.sock = context.wrap_socket(connection.sock, server_hostname=host)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        with _no_longer_than(connection.sock, timeout * PATIENCE):
            connection.request(method, target, body, {"Host": parts.netloc, **headers})
            response = connection.getresponse()
        return Reply(response.status, response.getheader("Location"))
    finally:
        connection.close()


def web_address(url: str) -> SplitResult:
    """Raises Refused for what is no plain web address."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise Refused("不是可以公开访问的网址")
    return parts


def _connect(host: str, port: int, judge: Judge, timeout: float) -> socket.socket:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(judge(address) for address in addresses):
        raise Refused("指向内部网络，不予访问")
    return socket.create_connection((addresses[0], port), timeout=timeout)


@contextmanager
def _no_longer_than(sock: socket.socket, seconds: float) -> Iterator[None]:
    def end() -> None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


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


Inside = Callable[[str, str], bool]


def inside_allowed(setting: str) -> Inside:
    """Whether (host, address) of one's own network may be called: names, addresses and networks of a setting.

    Raises ValueError for what is none of them.
    """
    named = [each.strip().lower() for each in setting.split(",") if each.strip()]
    networks = [ipaddress.ip_network(each, strict=False) for each in named if _is_network(each)]
    hosts = {each for each in named if not _is_network(each)}
    if wrong := [each for each in hosts if not re.fullmatch(r"[a-z0-9.-]{1,253}", each)]:
        raise ValueError(f"{wrong[0]} is neither a host nor a network")

    def allowed(host: str, address: str) -> bool:
        ip = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
        return host.lower() in hosts or any(ip in each for each in networks)

    return allowed


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def told(trouble: Exception) -> str:
    """What went wrong, in words that name no address."""
    if isinstance(trouble, Refused):
        return str(trouble)
    if isinstance(trouble, TimeoutError):
        return "没有应答"
    if isinstance(trouble, socket.gaierror):
        return "域名不存在"
    if isinstance(trouble, ssl.SSLError):
        return "安全证书有误"
    return "连接失败" if isinstance(trouble, OSError) else "应答有误"
