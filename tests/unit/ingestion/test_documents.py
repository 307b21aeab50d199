"""Readers of documents: what each gives, and what each refuses."""

import io

import pytest

from ingestion.readers.docx_file import read_docx
from ingestion.readers.html_file import read_html
from ingestion.readers.ofd_file import read_ofd
from ingestion.readers.pdf_file import read_pdf
from ingestion.readers.text_file import read_markdown
from ingestion.recognising.values import Document
from tests.support.documents import NOTICE, cells, notice_docx, ofd, pdf, refusal, rows, xls
from tests.support.imports import OLE
from tools.making_documents import docx, html, package

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def texts(document: Document) -> list[str]:
    return [block.text for block in document.blocks]


def word(body: str, **parts: str) -> Document:
    main = {
        "[Content_Types].xml": "<Types/>",
        "word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>",
    }
    return read_docx(io.BytesIO(package(main | parts)), "a.docx")


def test_paragraphs_and_tables_of_a_word_file_keep_their_order_and_place() -> None:
    document = read_docx(io.BytesIO(docx(["甲", ("项目", "内容"), ("电话", "12345"), "乙"])), "a.docx")
    assert [(block.kind, block.text, block.cells) for block in document.blocks] == [
        ("paragraph", "甲", ()),
        ("row", "项目 内容", ("项目", "内容")),
        ("row", "电话 12345", ("电话", "12345")),
        ("paragraph", "乙", ()),
    ]
    assert document.blocks[0].place == "第 1 段"


def test_numbers_that_word_shows_and_does_not_keep_are_read_as_shown() -> None:
    lines = [f"第{number}条 内容" for number in ("一", "二", "三")]
    assert texts(read_docx(io.BytesIO(docx(lines, numbered=True)), "a.docx")) == lines


def test_deleted_and_hidden_words_of_a_word_file_are_not_read() -> None:
    shown = word(
        "<w:p><w:r><w:t>看得见</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>看不见</w:t></w:r>"
        "<w:del><w:r><w:delText>删去的</w:delText></w:r></w:del></w:p>"
    )
    assert texts(shown) == ["看得见"]


def test_a_word_file_with_macros_is_refused_under_either_name() -> None:
    with_macros = docx(["甲"], extra={"word/vbaProject.bin": b"x"})
    assert refusal(with_macros, "a.docx").code == "macro_file"
    assert refusal(with_macros, "a.docm").code == "macro_file"


def test_entities_in_a_word_file_are_refused_before_they_are_looked_at() -> None:
    for declared in ('<!ENTITY a SYSTEM "file:///etc/passwd">', '<!ENTITY a "aaaaaaaaaa">'):
        body = f"<w:document {W}><w:body><w:p><w:r><w:t>&a;</w:t></w:r></w:p></w:body></w:document>"
        evil = package(
            {"[Content_Types].xml": "<Types/>", "word/document.xml": f"<!DOCTYPE d [{declared}]>{body}"}
        )
        assert refusal(evil, "a.docx").code == "damaged_file"


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx", "a.xls"])
def test_a_file_with_a_password_is_refused_with_what_to_do(name: str) -> None:
    locked = OLE + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(600)
    refused = refusal(locked, name)
    assert refused.code == "password_protected"
    assert "取消密码" in refused.detail


def test_a_pdf_under_the_name_of_a_word_file_is_told_from_it() -> None:
    refused = refusal(pdf([["甲乙丙丁"]]), "通知.docx")
    assert refused.code == "content_mismatch"
    assert ".pdf" in refused.detail


@pytest.mark.parametrize("name", ["a.doc", "a.wps"])
def test_old_documents_are_refused_with_the_way_to_convert_them(name: str) -> None:
    refused = refusal(OLE + bytes(2000), name)
    assert refused.code == "old_office_file"
    assert "另存为" in refused.detail


def test_lines_of_a_pdf_become_the_paragraphs_that_were_written() -> None:
    written = "第一条 " + "为了保障失业人员的基本生活，促进就业，根据有关规定，结合本市实际，" * 2
    lines = [written[at : at + 35] for at in range(0, len(written), 35)]
    assert texts(read_pdf(io.BytesIO(pdf([["办法", *lines, "第二条 适用本市。"]])), "a.pdf")) == [
        "办法",
        written.strip(),
        "第二条 适用本市。",
    ]


def test_what_is_repeated_at_the_edge_of_pages_and_their_numbers_are_left_out() -> None:
    pages = [["某市文件", f"内容写在第{at}处。", f"- {at} -"] for at in range(1, 5)]
    assert texts(read_pdf(io.BytesIO(pdf(pages)), "a.pdf")) == [f"内容写在第{at}处。" for at in range(1, 5)]


def test_scanned_pages_are_told_by_their_numbers_and_the_others_read() -> None:
    content = pdf([NOTICE, [], ["附件的文字在这里，共十余字。"], []], scanned=[2, 4])
    (row,) = rows(content, "通知.pdf")
    assert row.cells["文号"] == "青人社规〔2025〕3号"
    assert any("第 2、4 页是扫描图像" in fault.detail and fault.level == "warning" for fault in row.faults)


def test_a_pdf_of_scanned_pages_only_is_refused() -> None:
    refused = refusal(pdf([[], []], scanned=[1, 2]), "a.pdf")
    assert refused.code == "scanned_file"
    assert "OCR" in refused.detail


def test_a_locked_pdf_and_a_torn_one_are_told_apart() -> None:
    assert refusal(pdf([["甲"]], locked=True), "a.pdf").code == "password_protected"
    assert refusal(b"%PDF-1.7\n" + b"x" * 500, "a.pdf").code == "damaged_file"


def test_the_text_of_an_ofd_is_read_and_its_pictures_are_told() -> None:
    assert texts(read_ofd(io.BytesIO(ofd([["甲。", "乙。"]])), "a.ofd")) == ["甲。", "乙。"]
    assert refusal(ofd([["甲"]], pictures=[1]), "a.ofd").code == "scanned_file"


def test_menus_scripts_and_hidden_parts_of_a_page_are_not_read() -> None:
    page = html(["标题", "正文在这里。"]).replace(
        "</body>", "<p style='display: none'>看不见</p><p hidden>也看不见</p></body>"
    )
    document = read_html(page, "a.html")
    assert "正文在这里。" in texts(document)
    assert not {"看不见", "也看不见", "首页 政务公开"} & set(texts(document))


def test_a_deeply_nested_page_is_read_all_the_same() -> None:
    assert "底" in texts(read_html("<div>" * 5_000 + "底", "a.html"))


def test_lists_and_tables_of_markdown_keep_their_numbers_and_cells() -> None:
    document = read_markdown(
        "# 指南\n\n1. 身份证\n2. 户口簿\n\n| 问题 | 答案 |\n|---|---|\n| 甲 | 乙 |\n", "a.md"
    )
    assert [(block.kind, block.text) for block in document.blocks] == [
        ("heading", "指南"),
        ("item", "1. 身份证"),
        ("item", "2. 户口簿"),
        ("row", "问题 答案"),
        ("row", "甲 乙"),
    ]


def test_a_text_file_is_a_table_only_where_its_first_line_names_columns() -> None:
    table = "知识类型\t标题\t答案\n常见问题\t甲\t乙\n"
    assert cells(table.encode(), "a.txt") == [{"知识类型": "常见问题", "标题": "甲", "答案": "乙"}]
    assert cells("\n".join(NOTICE).encode(), "a.txt")[0]["文号"] == "青人社规〔2025〕3号"


def test_an_old_workbook_is_read_like_a_new_one() -> None:
    (row,) = rows(xls([["知识类型", "标题"], ["常见问题", "怎样办理"]]), "a.xls")
    assert (row.number, row.cells) == (2, {"知识类型": "常见问题", "标题": "怎样办理"})
    assert rows(xls([["标题"], ["甲"]]), "a.et")[0].cells == {"标题": "甲"}


def test_a_document_without_words_is_refused() -> None:
    assert refusal(docx([]), "a.docx").code == "empty_file"
    assert refusal(b"<html></html>", "a.html").code == "empty_file"


def test_the_same_notice_is_recognised_in_every_form() -> None:
    forms = {
        "a.docx": notice_docx(),
        "a.pdf": pdf([NOTICE]),
        "a.ofd": ofd([NOTICE]),
        "a.html": html(NOTICE).encode(),
        "a.md": "\n\n".join(NOTICE).encode(),
        "a.txt": "\n".join(NOTICE).encode("gb18030"),
    }
    wanted = {
        "知识类型": "policy",
        "文号": "青人社规〔2025〕3号",
        "发文机关": "青江市人力资源和社会保障局",
        "成文日期": "2025-04-18",
        "生效日期": "2025-05-01",
        "失效日期": "2028-04-30",
        "标题": "青江市人力资源和社会保障局关于印发青江市失业补助金发放办法的通知",
    }
    for name, content in forms.items():
        (found,) = cells(content, name)
        assert {key: found.get(key) for key in wanted} == wanted, name
