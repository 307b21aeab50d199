"""What the recogniser makes of documents, by the marks that all such documents have."""

import pytest

from ingestion.readers.html_file import read_html
from ingestion.readers.text_file import read_text
from ingestion.recognising.recogniser import recognise
from ingestion.recognising.values import Block, Document, Found
from tests.support.documents import NOTICE


def found(*lines: str, name: str = "文件.txt") -> list[Found]:
    return list(recognise(read_text("\n".join(lines), name)))


def policy(*lines: str) -> Found:
    (one,) = found(*lines)
    assert one.type == "policy"
    return one


def doubts(one: Found) -> dict[str, str]:
    return {each.key: each.doubt for each in one.evidence if each.doubt}


ARTICLES = ["第一条 为了规范管理，制定本办法。", "第二条 本办法适用于本市。", "第三条 市民政局负责组织实施。"]


def test_numbers_in_the_running_text_are_those_of_other_documents() -> None:
    one = policy("关于调整补贴标准的通知", "根据某府办〔2024〕12号文件，现通知如下：", *ARTICLES)
    assert "document_number" not in one.cells
    stated = policy(
        "关于调整补贴标准的通知", "某府办规〔2025〕1号", "根据某府办〔2024〕12号文件：", *ARTICLES
    )
    assert stated.cells["document_number"] == "某府办规〔2025〕1号"


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("青政办发【2025】12号", "青政办发【2025】12号"),
        ("青政办 〔 2025 〕 12 号", "青政办〔2025〕12号"),
        ("青江市人民政府令第179号", "青江市人民政府令第179号"),
        ("青政办〔2025〕12号    签发人：某某", "青政办〔2025〕12号"),
    ],
)
def test_a_document_number_is_known_in_the_forms_it_has(line: str, number: str) -> None:
    assert policy(line, "青江市管理办法", *ARTICLES).cells["document_number"] == number


def test_an_order_whose_number_stands_below_it_is_one_number() -> None:
    one = policy("青江市人民政府令", "第 12 号", "青江市管理办法", *ARTICLES)
    assert (one.cells["document_number"], one.cells["issuer"]) == ("青江市人民政府令第12号", "青江市人民政府")


def test_several_bodies_that_sign_are_all_issuers() -> None:
    one = policy("关于补贴的通知", *ARTICLES, "青江市民政局 青江市财政局", "2025年6月1日")
    assert (one.cells["issuer"], one.cells["issued_on"]) == ("青江市民政局、青江市财政局", "2025-06-01")


def test_a_signature_that_differs_from_the_title_is_doubted() -> None:
    one = policy("青江市财政局关于补贴的通知", *ARTICLES, "青江市民政局", "2025年6月1日")
    assert "青江市财政局" in doubts(one)["issuer"]


def test_a_date_in_chinese_numerals_is_read() -> None:
    one = policy("关于补贴的通知", *ARTICLES, "青江市民政局", "二〇二五年六月十二日")
    assert one.cells["issued_on"] == "2025-06-12"


def test_a_law_tells_its_maker_and_its_days_under_its_title() -> None:
    one = policy(
        "青江市献血条例",
        "2019年10月31日 青江市第十五届人民代表大会常务委员会第二十次会议通过",
        "2019年11月29日 某省第十三届人民代表大会常务委员会第十五次会议批准",
        "2023年5月26日 青江市第十六届人民代表大会常务委员会第九次会议《关于修改〈青江市献血条例〉",
        "〈青江市急救条例〉的决定》修正",
        *ARTICLES,
        "第四条 本条例自2020年1月1日起施行。",
    )
    assert one.cells["issuer"] == "青江市人民代表大会常务委员会"
    assert one.cells["issued_on"] == "2023-05-26"
    assert one.cells["effective_from"] == "2020-01-01"


def test_a_body_that_only_approved_is_not_the_issuer() -> None:
    one = policy("登记办法", "1998年6月1日 国务院批准", "1998年7月1日 民政部令第14号发布", *ARTICLES)
    assert (one.cells["issuer"], one.cells["document_number"]) == ("民政部", "民政部令第14号")


@pytest.mark.parametrize(
    ("last", "begins", "ends"),
    [
        ("第四条 本办法自2025年5月1日起施行。", "2025-05-01", None),
        ("第四条 本办法自印发之日起施行，有效期五年。", "2025-06-01", "2030-05-31"),
        ("第四条 本办法自2025年7月1日起试行，试行期2年。", None, None),
        ("第四条 本通知自2025年7月1日起执行，有效期至2026年12月31日。", "2025-07-01", "2026-12-31"),
        ("第四条 《旧办法》自2019年1月1日起施行的内容同时废止。", None, None),
        ("第四条 自2025年9月1日起，不再受理旧表格。", None, None),
        ("第四条 本办法自2024年2月29日起施行，有效期1年。", "2024-02-29", "2025-02-27"),
    ],
)
def test_force_is_read_only_from_what_the_document_says_of_itself(
    last: str, begins: str | None, ends: str | None
) -> None:
    one = policy("关于补贴的通知", *ARTICLES, last, "青江市民政局", "2025年6月1日")
    assert (one.cells.get("effective_from"), one.cells.get("effective_to")) == (begins, ends)


def test_in_force_from_its_promulgation_is_doubted_once_a_law_was_amended() -> None:
    one = policy(
        "青江市条例",
        "1999年1月5日 青江市第一届人民代表大会常务委员会第二次会议通过",
        "2010年3月4日 青江市第三届人民代表大会常务委员会第八次会议修正",
        *ARTICLES,
        "第四条 本条例自公布之日起施行。",
    )
    assert one.cells["effective_from"] == "1999-01-05"
    assert "修改" in doubts(one)["effective_from"]


def test_a_missing_article_is_told() -> None:
    assert (
        doubts(policy("某办法", "第一条 甲内容。", "第二条 乙内容。", "第四条 丁内容。"))["full_text"]
        == "缺第 3 条"
    )


def test_articles_named_inside_a_paragraph_are_no_articles() -> None:
    one = policy("某办法", *ARTICLES, "第二条、第三条规定的人员另行通知。", "第四条 本办法由市民政局解释。")
    assert "full_text" not in doubts(one)


def test_every_value_says_where_it_stands() -> None:
    one = policy(*NOTICE)
    places = {each.key: each.place for each in one.evidence}
    assert (places["document_number"], places["issued_on"], places["effective_to"]) == (
        "第 2 行",
        "第 7 行",
        "第 12 行",
    )
    quotes = {each.key: each.quote for each in one.evidence}
    assert "2025年5月1日" in quotes["effective_from"]


def test_a_table_of_facts_at_the_head_of_a_page_is_believed() -> None:
    page = (
        "<html><head><title>通知 - 某市政府网</title></head><body><table><tr><td>发文字号：</td><td>青府〔2025〕8号</td>"
        "<td>发文机关：</td><td>青江市人民政府</td></tr><tr><td>成文日期：</td><td>2025-03-04</td><td>索引号</td><td>1</td></tr>"
        "</table><p>关于做好防汛工作的通知</p><p>各区县人民政府：请做好防汛工作。</p></body></html>"
    )
    (one,) = recognise(read_html(page, "a.html"))
    told = {key: one.cells.get(key) for key in ("document_number", "issuer", "issued_on", "title")}
    assert told == {
        "document_number": "青府〔2025〕8号",
        "issuer": "青江市人民政府",
        "issued_on": "2025-03-04",
        "title": "关于做好防汛工作的通知",
    }


@pytest.mark.parametrize(
    "lines",
    [
        ("问：怎样退休？", "答：本人到场。", "问：要带什么？", "答：身份证。"),
        ("1.怎样退休？", "答：本人到场。", "2.要带什么？", "答：身份证。"),
        ("Q1：怎样退休？", "A1：本人到场。", "Q2：要带什么？", "A2：身份证。"),
        ("问：怎样退休？答：本人到场。", "问：要带什么？答：身份证。"),
        ("一、怎样退休？", "本人到场。", "二、要带什么？", "身份证。"),
    ],
)
def test_questions_and_answers_are_paired_however_they_are_marked(lines: tuple[str, ...]) -> None:
    pairs = [(one.type, one.cells["question"], one.cells["answer"]) for one in found(*lines)]
    assert pairs == [("faq", "怎样退休？", "本人到场。"), ("faq", "要带什么？", "身份证。")]


def test_answers_without_a_mark_are_doubted() -> None:
    assert "answer" in doubts(found("一、怎样退休？", "本人到场。", "二、要带什么？", "身份证。")[0])
    assert doubts(found("问：怎样退休？", "答：本人到场。")[0]) == {}


def test_a_table_of_questions_gives_a_pair_a_row() -> None:
    cells = [("序号", "问题", "答案"), ("1", "怎样退休", "本人到场。"), ("2", "要带什么", "身份证。")]
    blocks = [Block("row", " ".join(each), "第 1 个表格", each, 1) for each in cells]
    pairs = [(one.cells["title"], one.cells["answer"]) for one in recognise(Document("a.docx", blocks))]
    assert pairs == [("怎样退休", "本人到场。"), ("要带什么", "身份证。")]


def test_the_headings_of_a_guide_give_a_procedure() -> None:
    (one,) = found(
        "居住证办理指南",
        "事项名称：居住证首次申领",
        "一、办理条件",
        "在本市居住满半年。",
        "二、申请材料",
        "1.居民身份证；",
        "2.居住证明。",
        "三、办理流程",
        "1.网上申请；",
        "2.现场领证。",
        "四、办理时限：15个工作日",
        "五、收费标准：不收费",
        "六、办理地点：市民之家二楼",
        "咨询电话：0000-12345",
    )
    assert one.type == "procedure"
    assert one.cells["item"] == "居住证首次申领"
    assert one.cells["materials"].split("\n") == ["居民身份证", "居住证明。"]
    assert one.cells["steps"].split("\n") == ["网上申请", "现场领证。"]
    assert (one.cells["time"], one.cells["fee"]) == ("15个工作日", "不收费")
    assert (one.cells["places"], one.cells["channels"]) == ("市民之家二楼", "咨询电话：0000-12345")


def test_a_table_of_items_gives_a_procedure_a_row() -> None:
    cells = [
        ("事项名称", "办理条件", "申请材料", "办理时限"),
        ("甲事项", "年满十八周岁", "1.身份证；2.照片", "5日"),
        ("乙事项", "本市户籍", "户口簿", "当日"),
    ]
    blocks = [Block("row", " ".join(each), "第 1 个表格", each, 1) for each in cells]
    first, second = recognise(Document("a.docx", blocks))
    assert (first.cells["item"], first.cells["materials"]) == ("甲事项", "身份证\n照片")
    assert (second.cells["item"], second.cells["time"]) == ("乙事项", "当日")


def test_a_directory_gives_an_agency_a_row() -> None:
    cells = [
        ("单位名称", "地址", "联系电话", "办公时间"),
        ("城东街道办事处", "东街1号", "0000-1", "9:00-17:00"),
    ]
    blocks = [Block("row", " ".join(each), "第 1 个表格", each, 1) for each in cells]
    (one,) = recognise(Document("a.docx", blocks))
    assert (one.type, one.cells["title"]) == ("agency", "城东街道办事处")
    assert (one.cells["address"], one.cells["phone"], one.cells["hours"]) == (
        "东街1号",
        "0000-1",
        "9:00-17:00",
    )


def test_a_page_about_an_agency_gives_its_functions_and_contacts() -> None:
    (one,) = found("机构名称：市医保中心", "主要职责", "承办医疗保险事务。", "地址：北街2号", "电话：0000-2")
    assert (one.type, one.cells["functions"], one.cells["address"]) == (
        "agency",
        "承办医疗保险事务。",
        "北街2号",
    )


def test_what_shows_no_kind_is_given_whole_with_a_doubt() -> None:
    (one,) = found("关于城市的一些话", "城市很大。", "人很多。")
    assert one.type == "policy"
    assert "type" in doubts(one)
    assert "城市很大。" in one.cells["full_text"]
