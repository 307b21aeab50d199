"""Names and contents of files that people attach."""

import io
import zipfile
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.core.clock import CITY
from kb_service.core.errors import Invalid
from kb_service.knowledge.attachments.rules import LONGEST_NAME, refusal, safe_name
from kb_service.knowledge.attachments.sniffing import media_type
from kb_service.knowledge.rules import Status

PDF = b"%PDF-1.7\n%%EOF\n"


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/通知.pdf", "通知.pdf"),
        ("C:\\公文\\通知.pdf", "通知.pdf"),
        ("通知\u202efdp.exe", "通知fdp.exe"),
        ('a"b\r\nSet-Cookie: x.pdf', "a_bSet-Cookie_ x.pdf"),
        ("...", "附件"),
        ("", "附件"),
    ],
)
def test_a_name_is_made_safe(given_name: str, kept: str) -> None:
    assert safe_name(given_name) == kept


@given(st.text(max_size=300))
def test_no_name_leads_anywhere_or_breaks_a_header(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert len(safe) <= LONGEST_NAME
    assert not set(safe) & set('/\\"\r\n\0<>|?*:')
    assert safe not in {".", ".."}


def test_a_very_long_name_keeps_its_extension() -> None:
    safe = safe_name("长" * 400 + ".pdf")
    assert len(safe) == LONGEST_NAME
    assert safe.endswith(".pdf")


def package(*parts: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for part in parts:
            archive.writestr(part, "x")
    return held.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", PDF),
        ("a.docx", package("[Content_Types].xml", "word/document.xml")),
        ("a.xlsx", package("[Content_Types].xml", "xl/workbook.xml")),
        ("a.ofd", package("OFD.xml")),
        ("a.png", b"\x89PNG\r\n\x1a\n...."),
        ("a.JPG", b"\xff\xd8\xff\xe0"),
        ("a.txt", "文字".encode("gb18030")),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
    ],
)
def test_what_is_what_its_name_says_is_taken(name: str, content: bytes) -> None:
    assert media_type(io.BytesIO(content), name)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.exe", b"MZ\x90", "attachment_type_refused"),
        ("a.html", b"<script>", "attachment_type_refused"),
        ("a.svg", b"<svg/>", "attachment_type_refused"),
        ("a.zip", package("x"), "attachment_type_refused"),
        ("a.pdf", b"MZ\x90", "content_mismatch"),
        ("a.pdf", package("word/document.xml"), "content_mismatch"),
        ("a.docx", package("[Content_Types].xml", "xl/workbook.xml"), "content_mismatch"),
        ("a.pdf", b"MZ\x90..%PDF-1.7", "content_mismatch"),
        ("a.pdf", b"<p>%PDF-1.7", "content_mismatch"),
        ("a.docx", b"PK\x03\x04broken", "content_mismatch"),
        ("a.txt", b"MZ\x90\x00\x03", "content_mismatch"),
        ("a.docx", package("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "macro_file"),
        (
            "a.doc",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "_VBA_PROJECT".encode("utf-16-le"),
            "macro_file",
        ),
    ],
)
def test_what_could_do_harm_is_refused(name: str, content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        media_type(io.BytesIO(content), name)
    assert refused.value.code == code


RELEASE = datetime(2026, 11, 27, 9, tzinfo=CITY)


@pytest.mark.clause("SG-28.2")
@pytest.mark.parametrize(
    ("status", "kind", "now", "code"),
    [
        (Status.DRAFT, "other", RELEASE - timedelta(days=9), None),
        (Status.CENTRE_REVIEW, "other", RELEASE, "version_filed"),
        (Status.CENTRE_REVIEW, "official_document", RELEASE, "not_approved"),
        (Status.APPROVED, "other", RELEASE, "version_filed"),
        (Status.APPROVED, "official_document", RELEASE - timedelta(hours=10), "too_early"),
        (Status.APPROVED, "official_document", RELEASE - timedelta(hours=9), None),
        (Status.APPROVED, "official_document", RELEASE + timedelta(days=3), None),
    ],
)
def test_the_official_document_alone_may_come_once_a_version_was_filed(
    status: Status, kind: str, now: datetime, code: str | None
) -> None:
    found = refusal(status, RELEASE, kind, now, gone=False)  # type: ignore[arg-type]
    assert (found[0] if found else None) == code
