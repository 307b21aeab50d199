"""The call assistant on the agent's desk."""

import re

from sqlalchemy import inspect, text

from tests.integration.admin.conftest import Visit
from tests.support.console import text_of
from tests.support.knowledge import faq
from tests.support.service import Service

CALL = "坐席：您好请讲\n来电人：我要投诉，公司拖欠工资不发\n来电人：就在东湖区湖滨街道，上周三的事，我姓张，电话13812345678"


def test_a_pasted_transcript_becomes_question_fields_and_what_to_ask(visit: Visit, service: Service) -> None:
    code = service.world.publish(faq("公司拖欠工资怎么办", "向劳动监察投诉。")).code
    service.index()
    page = visit("agent").post("/desk/assist", {"transcript": CALL})
    assert page.status_code == 200, page.text
    told = text_of(page)
    for words in ("投诉", "东湖区湖滨街道", "上周三", "2026-11-11", "138****5678", "公司拖欠工资怎么办"):
        assert words in told, words
    assert f"/knowledge/{code}?version=1" in page.text


def test_what_was_heard_fills_the_form_by_one_press(visit: Visit, service: Service) -> None:
    agent = visit("agent")
    page = agent.post("/desk/assist", {"transcript": CALL})
    fields = dict(
        re.findall(r'type="hidden" name="(q|title|region|address|phone|name)" value="([^"]*)"', page.text)
    )
    assert fields["phone"] == "13812345678"
    form = agent.post("/desk/ticket", fields)
    assert form.status_code == 200
    for value in ("13812345678", "东湖区湖滨街道", "张"):
        assert f'value="{value}"' in form.text
    assert "拖欠工资不发" in form.text


def test_a_transcript_is_kept_nowhere(visit: Visit, service: Service) -> None:
    visit("agent").post("/desk/assist", {"transcript": CALL})
    with service.parts.database.read() as session:
        for table in inspect(session.connection()).get_table_names():
            kept = str(session.execute(text(f'SELECT * FROM "{table}"')).all())
            assert "拖欠工资不发" not in kept
            assert "13812345678" not in kept


def test_the_desk_offers_the_assistant_with_nothing_heard_yet(visit: Visit) -> None:
    page = visit("agent").get("/desk")
    assert "通话助手" in page.text
    assert 'name="transcript"' in page.text


def test_who_may_not_decide_does_not_listen(visit: Visit) -> None:
    assert visit("rsj_editor").post("/desk/assist", {"transcript": CALL}).status_code == 403
