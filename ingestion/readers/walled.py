"""Asks the process that reads what libraries outside Python parse, and believes nothing of how it ends."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

from kb_service.core.errors import Invalid, TooLarge

LONGEST_ANSWER: Final = 64 * 2**20
_WORKER = Path(__file__).with_name("wall_worker.py")


def ask(file: BinaryIO, kind: str, argument: str, what: str) -> Iterator[Any]:
    """What the process tells, one value after the other; `what` names the file in Chinese.

    Raises Invalid for a damaged or locked file, and for one on which the process used up what it was given.
    """
    file.seek(0)
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(file, copy)
        copy.seek(0)
        process = subprocess.Popen(  # noqa: S603 - our own script, the file only as its input
            [sys.executable, "-I", str(_WORKER), kind, argument],
            stdin=copy, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    assert process.stdout is not None
    try:
        while line := process.stdout.readline(LONGEST_ANSWER):
            yield _told(line, what)
        if process.wait() != 0:
            raise _broken(what)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _told(line: bytes, what: str) -> Any:
    try:
        told = json.loads(line)
    except ValueError as error:
        raise _broken(what) from error
    match told:
        case {"problem": "password"}:
            raise Invalid(
                f"{what}设有打开密码，无法读取。请取消密码、另存一份后再导入。", code="password_protected"
            )
        case {"problem": "memory"}:
            raise TooLarge(
                f"{what}展开后过大，不予读取。请拆分，或另存一份后再导入。", code="expands_too_much"
            )
        case {"problem": _}:
            raise _broken(what)
    return told


def _broken(what: str) -> Invalid:
    return Invalid(
        f"{what}已损坏，或复杂得无法读取。请用原来的软件打开，另存一份后再导入。", code="damaged_file"
    )
