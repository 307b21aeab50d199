"""Another system that takes webhooks: a real server on this machine that answers as it is told."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)["data"]
        return found

    @property
    def type(self) -> str:
        return str(json.loads(self.body)["type"])


@dataclass
class Receiver:
    """`answers` are the statuses of the next requests, 200 after them; `hang`: nothing is answered at all."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    location: str = ""
    hang: threading.Event | None = None
    got: list[Received] = field(default_factory=list)
    seen_while: Callable[[], None] | None = None

    def kinds(self) -> list[str]:
        return [each.type for each in self.got]


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if receiver.hang is not None:
                receiver.hang.wait()
                return
            if receiver.seen_while is not None:
                receiver.seen_while()
            status = receiver.answers.pop(0) if receiver.answers else 200
            receiver.got.append(Received({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(status)
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    return Handler


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(receiver))
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook?from=kb"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        if receiver.hang is not None:
            receiver.hang.set()
        server.shutdown()
        server.server_close()
        thread.join()


def genuine(secret: str, received: Received, now: float, tolerance_s: int = 300) -> bool:
    """What the guide tells the other side to check, written anew here."""
    at = received.headers["webhook-timestamp"]
    if abs(now - int(at)) > tolerance_s:
        return False
    signed = f"{received.headers['webhook-id']}.{at}.".encode() + received.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    sent = [each.partition(",")[2] for each in received.headers["webhook-signature"].split()]
    return any(hmac.compare_digest(expected, each) for each in sent)
