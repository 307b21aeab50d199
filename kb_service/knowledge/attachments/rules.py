"""Names that are safe to hand out, and when a version still takes an attachment. Pure."""

import re
import unicodedata
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final, Literal

from kb_service.core.clock import day_start, local_day
from kb_service.knowledge.rules import Status

Kind = Literal["official_document", "other"]
KIND_NAMES: Final = {"official_document": "正式文件", "other": "附件"}
LONGEST_NAME: Final = 150
LONGEST_SUFFIX: Final = 20
_FORBIDDEN = re.compile(r'[<>:"/\\|?*]')


def safe_name(name: str) -> str:
    """The last part of a path, without what an operating system, a header or a reader's eye could trip over.

    Control and format characters go (a right-to-left override shows `fdp.exe` as `exe.pdf`).
    """
    last = PurePosixPath(unicodedata.normalize("NFC", name).replace("\\", "/")).name
    plain = "".join(each for each in last if unicodedata.category(each) not in {"Cc", "Cf", "Cs", "Co"})
    plain = _FORBIDDEN.sub("_", plain).strip().strip(".")
    path = PurePosixPath(plain or "附件")
    if len(path.suffix) > LONGEST_SUFFIX:
        return path.name[:LONGEST_NAME].rstrip()
    return path.stem[: LONGEST_NAME - len(path.suffix)].rstrip() + path.suffix


def refusal(
    status: Status, live_from: datetime | None, kind: Kind, now: datetime, *, gone: bool
) -> tuple[str, str] | None:
    """Why a version takes no attachment of this kind now: a code and words; None when it does.

    What was filed stays as it is, but for the official document, which comes on the day of release or later.
    """
    if status == Status.DRAFT:
        return None
    if kind != "official_document":
        return "version_filed", "已报送的版本不能再增减附件，请新建下一版"
    if status != Status.APPROVED or live_from is None:
        return "not_approved", "正式文件须在审核通过后、发布当日上传；报送前可随草稿上传"
    if gone:
        return "version_gone", "该版本已停用，不能再上传正式文件"
    if now < day_start(local_day(live_from)):
        return "too_early", f"正式文件须在发布当日（{local_day(live_from)}）上传，现在还未到发布日"
    return None


DOCUMENT_TASK: Final = "official_document"


def document_subject(code: str, number: int) -> str:
    """What the task to bring the official document of a version is about."""
    return f"version:{code}/{number}"
