"""Pages of what search goes by: guidance on a point, the lexicon, the dictionary, the golden set."""

import re

import pytest

from kb_service.knowledge.guiding.service import saying
from kb_service.knowledge.searches import service as searches
from tests.integration.admin.conftest import Visit
from tests.support.console import text_of
from tests.support.knowledge import faq
from tests.support.service import Service

SPOKEN = "老人家西去"


@pytest.fixture
def point(service: Service) -> str:
    code = service.world.publish(faq("居民殡葬补贴申领", "符合条件的到民政窗口申领。")).code
    service.index()
    return code


def test_an_editor_pins_a_point_and_takes_it_back(visit: Visit, service: Service, point: str) -> None:
    editor, page = visit("rsj_editor"), f"/knowledge/{point}/guidance"
    assert "还没有检索设置" in text_of(editor.get(page))
    wrong = editor.post(page, {"kind": "pin", "words": "走", "reason": "常问"})
    assert wrong.status_code == 422
    assert "error-summary" in wrong.text
    form = {"kind": "pin", "words": "老人 走了", "reason": "常问", "until_at": "2026-12-31T18:00"}
    assert editor.post(page, form).status_code == 303
    shown = text_of(editor.get(page))
    assert "老人 走了" in shown and "2026-12-31 18:00" in shown and "生效中" in shown
    on_desk = text_of(visit("agent").get("/desk", htmx=True, q="家里老人走了"))
    assert "居民殡葬补贴申领" in on_desk and "置顶" in on_desk
    with service.parts.database.read() as session:
        number = saying.of_point(session, service.world.as_("rsj_editor"), point)[0].id
    assert editor.post(f"{page}/{number}/end", {"reason": "换成专题"}).status_code == 303
    assert "换成专题" in text_of(editor.get(page))
    assert "置顶" not in text_of(editor.get(f"/knowledge/{point}"))


def test_another_unit_reads_what_is_set_and_sets_nothing(visit: Visit, point: str) -> None:
    other = visit("gaj_editor")
    page = other.get(f"/knowledge/{point}/guidance")
    assert page.status_code == 200
    assert 'name="words"' not in page.text
    sent = other.post(f"/knowledge/{point}/guidance", {"kind": "pin", "words": "社保卡", "reason": "常问"})
    assert sent.status_code == 422


def test_a_wording_that_use_suggests_is_taken_with_one_click(
    visit: Visit, service: Service, point: str
) -> None:
    with service.parts.database.write() as session:
        for _ in range(2):
            agent = service.world.as_("agent")
            searches.record(session, agent, "老人走了能领多少钱", [point], chosen=point)
            searches.record(session, agent, "火化场在哪个地方", [point], chosen=point)
    editor = visit("rsj_editor")
    assert "老人走了能领多少钱" in text_of(editor.get(f"/knowledge/{point}"))
    refused = {"question": "火化场在哪个地方", "way": "refuse"}
    assert editor.post(f"/knowledge/{point}/suggested", refused).status_code == 303
    taken = editor.post(f"/knowledge/{point}/suggested", {"question": "老人走了能领多少钱", "way": "take"})
    assert taken.headers["location"] == f"/knowledge/{point}?version=2"
    page = editor.get(f"/knowledge/{point}?version=2")
    assert "老人走了能领多少钱" in text_of(page)
    assert "火化场在哪个地方" not in text_of(page)


def test_an_entry_is_added_switched_off_and_removed(visit: Visit, point: str) -> None:
    manager = visit("zx_manager")
    form = {"spoken": SPOKEN, "official": "殡葬补贴；丧葬费", "weight": "0.9", "field": "民政"}
    assert manager.post("/lexicon", form).status_code == 303
    found = text_of(manager.get("/lexicon", q=SPOKEN))
    assert "殡葬补贴；丧葬费" in found and "本市新增" in found
    assert manager.post("/lexicon/switch", {"spoken": SPOKEN, "active": "0"}).status_code == 303
    assert SPOKEN in text_of(manager.get("/lexicon", source="own", state="off"))
    table = manager.get("/lexicon/table.csv", own="1")
    assert SPOKEN in table.text and "attachment" in table.headers["content-disposition"]
    assert manager.post("/lexicon/remove", {"spoken": SPOKEN}).status_code == 303
    assert "没有符合条件的词条" in text_of(manager.get("/lexicon", q=SPOKEN))
    files = {"file": ("words.csv", table.content, "text/csv")}
    assert manager.post("/lexicon/import", {}, files=files).status_code == 303
    assert SPOKEN in text_of(manager.get("/lexicon", source="own"))
    wrong = manager.post("/lexicon", {"spoken": "走", "official": "", "weight": "多"})
    assert (wrong.status_code, "error-summary" in wrong.text) == (422, True)


def test_what_breaks_a_case_is_let_through_with_a_reason_alone(visit: Visit, point: str) -> None:
    manager = visit("zx_manager")
    case = {"query": "居民殡葬补贴申领", "must": point, "first": "3", "audience": "public", "why": "必须答对"}
    assert manager.post("/golden", case).status_code == 303
    assert manager.post("/golden", case | {"must": "K999999"}).status_code == 422
    ran = manager.post("/golden/runs")
    page = text_of(manager.get(ran.headers["location"]))
    assert "全部通过" in page and "1 个用例，通过 1 个" in page
    assert "合格" in text_of(manager.get("/golden"))


def test_words_are_added_and_removed_one_a_line(visit: Visit) -> None:
    manager = visit("zx_manager")
    assert "还没有添加词语" in text_of(manager.get("/lexicon/words"))
    assert manager.post("/lexicon/words", {"words": "云溪大道\n市民之家"}).status_code == 303
    assert "云溪大道" in text_of(manager.get("/lexicon/words", q="大道"))
    assert "市民之家" in manager.get("/lexicon/words.csv").text
    assert manager.post("/lexicon/words/remove", {"word": "云溪大道"}).status_code == 303
    shown = manager.get("/lexicon/words")
    assert "<span>云溪大道</span>" not in shown.text
    undo = re.search(r'action="(/lexicon/words/back[^"]*)"', shown.text)
    assert undo is not None
    assert manager.post(undo[1]).status_code == 303
    assert "<span>云溪大道</span>" in manager.get("/lexicon/words").text
    assert manager.post("/lexicon/words", {"words": ""}).status_code == 422


def test_the_page_of_suggestions_tells_where_they_come_from(
    visit: Visit, service: Service, point: str
) -> None:
    manager = visit("zx_manager")
    assert "暂时没有建议" in text_of(manager.get("/lexicon/suggestions"))
    with service.parts.database.write() as session:
        for number in range(2):
            key = f"fruitless-{number}"
            agent = service.world.as_("agent")
            searches.record(session, agent, "老人家西去", [], key=key)
            searches.record(
                session, agent, "殡葬补贴", [point], chosen=point, key=f"again-{number}", after=key
            )
    page = text_of(manager.get("/lexicon/suggestions"))
    assert "西去" in page and point in page
