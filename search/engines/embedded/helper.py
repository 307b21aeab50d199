"""Run as a process of its own: prepares documents for whoever holds its other end, and ends with it.

Speaks in frames over its input and output: a length of 4 bytes and a pickle. Both ends are the same program.
"""

import os
import pickle
import signal
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any

from search.ports import Document

_LENGTH = struct.Struct("<I")


@dataclass(frozen=True)
class Order:
    """`words` are the city's; `builtin`: with vectors of the encoder that ships."""

    documents: Sequence[Document]
    words: tuple[str, ...]
    builtin: bool


def send(stream: IO[bytes], value: object) -> None:
    data = pickle.dumps(value, protocol=5)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Raises EOFError where the other end is gone."""
    header = stream.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        raise EOFError
    (size,) = _LENGTH.unpack(header)
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return pickle.loads(data)  # noqa: S301 - from our own process


def main() -> None:
    # Whoever started us ends us; the terminal's interrupt is for them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # What a library prints must not get between the frames.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    orders = sys.stdin.buffer
    while True:
        try:
            order = receive(orders)
        except EOFError:
            return
        try:
            answer: object = _prepared(order)
        except Exception as error:  # noqa: BLE001 - whoever asked does it again and meets it there
            answer = repr(error)
        try:
            send(answers, answer)
        except BrokenPipeError:
            return


def _prepared(order: Order) -> object:
    from search.analysis.words import cutter, install_words
    from search.embedding.builtin import load_builtin
    from search.engines.embedded.preparing import prepare

    if cutter().words != order.words:
        install_words(order.words)
    return prepare(order.documents, load_builtin() if order.builtin else None)
