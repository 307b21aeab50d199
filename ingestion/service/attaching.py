"""Files that the rows of a zip name as attachments: stored while the rows are read, before anything is written."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ingestion.drafting import WARNING, ParsedRow
from ingestion.readers.zip_file import Bundle
from kb_service.core.errors import KbError
from kb_service.knowledge.attachments.rules import safe_name
from kb_service.knowledge.attachments.service import MOST
from kb_service.knowledge.attachments.store import AttachmentStore
from kb_service.knowledge.incoming.attaching import ReadyFile

COLUMN: Final = "attachments"


class Attacher:
    """Finds what rows name in the bundle they came in, and stores it."""

    def __init__(self, bundle: Bundle | None, store: AttachmentStore | None, now: datetime) -> None:
        self._bundle, self._store, self._now = bundle, store, now

    def __call__(self, row: ParsedRow) -> ParsedRow:
        if row.attachments:
            if self._bundle is None or self._store is None:
                _tell_apart(row)
            elif not _too_many(row):
                self._attach(row, self._bundle, self._store)
        return row

    def _attach(self, row: ParsedRow, bundle: Bundle, store: AttachmentStore) -> None:
        for wanted in dict.fromkeys(row.attachments):
            member = bundle.find(wanted)
            if member is None:
                _tell_missing(row, wanted)
                continue
            try:
                with bundle.open(member) as file:
                    kept = store.put(file, safe_name(wanted), self._now)
            except KbError as error:
                row.report(COLUMN, error.code, error.detail.rstrip("。"))
            else:
                row.files.append(ReadyFile(safe_name(wanted), kept.sha256, kept.size, kept.media_type))


def again(row: ParsedRow, kept: Sequence[ReadyFile], *, zipped: bool) -> ParsedRow:
    """Gives a row that is read from what was staged the files it had; those that it never had are missed again."""
    if not row.attachments:
        return row
    if not zipped:
        _tell_apart(row)
    elif not _too_many(row):
        left = list(kept)
        for wanted in dict.fromkeys(row.attachments):
            mine = next((each for each in left if each.name == safe_name(wanted)), None)
            if mine is None:
                _tell_missing(row, wanted)
            else:
                left.remove(mine)
                row.files.append(mine)
    return row


def _tell_apart(row: ParsedRow) -> None:
    if row.has_problem_in(COLUMN):
        return
    named = "、".join(row.attachments[:3])
    detail = (
        f"附件“{named}”不在文件中，未导入；请把表格和附件压缩成一个 .zip 导入，或在写入后到该版本的页面上传"
    )
    row.report(COLUMN, "attachments_apart", detail, WARNING)


def _tell_missing(row: ParsedRow, wanted: str) -> None:
    detail = (
        f"压缩包里没有可用的附件“{wanted[:60]}”，或有几个文件叫这个名字。"
        "请放进表格所在的压缩包，有重名时写明所在的文件夹，再重新导入"
    )
    row.report(COLUMN, "attachment_missing", detail)


def _too_many(row: ParsedRow) -> bool:
    if len(row.attachments) <= MOST:
        return False
    row.report(COLUMN, "too_many_attachments", f"有 {len(row.attachments)} 个附件，一个版本最多 {MOST} 个")
    return True
