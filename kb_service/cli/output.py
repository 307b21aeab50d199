"""How commands report: words for people on standard error, one JSON object for programs on standard output."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn

import typer

from kb_service.core.errors import KbError

Json = Annotated[bool, typer.Option("--json", help="在标准输出上只打印一个 JSON 对象")]


def report(data: dict[str, Any], as_json: bool, lines: list[str] | None = None) -> None:
    if as_json:
        sys.stdout.write(json.dumps(data, ensure_ascii=False, default=str) + "\n")
        return
    for line in lines if lines is not None else [f"{key}: {value}" for key, value in data.items()]:
        typer.echo(line)


def say(text: str) -> None:
    typer.echo(text, err=True)


def fail(error: KbError, as_json: bool) -> NoReturn:
    if as_json:
        sys.stdout.write(json.dumps(error.problem(), ensure_ascii=False) + "\n")
    else:
        say(f"错误（{error.code}）：{error.detail}")
        for pointer in error.pointers[:20]:
            say(f"  {pointer['pointer']}：{pointer['detail']}")
    raise SystemExit(1)


@contextmanager
def timed(label: str) -> Iterator[None]:
    """Says what is being done, and how long it took when that was noticeable."""
    begun = time.monotonic()
    say(f"{label}…")
    yield
    took = time.monotonic() - begun
    if took >= 1:
        say(f"{label}完成，用时 {took:.1f} 秒")
