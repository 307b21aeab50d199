"""Matters, warnings, gaps and bulletins in the console."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from kb_service.insight import jobs
from kb_service.insight.warnings import rules
from kb_service.insight.warnings.service import watching
from kb_service.knowledge.searches import service as searches
from tests.integration.admin.conftest import Visit
from tests.support.console import Visitor, text_of
from tests.support.insight import add_staff
from tests.support.requests import MIXER, OTHERS, add_tickets, days_ago, spread
from tests.support.service import Service


@pytest.fixture
def asked(service: Service) -> Service:
    """A city in which one matter rises, and one question finds nothing."""
    add_staff(service)
    now = service.parts.clock.now()
    add_tickets(service.parts, OTHERS, spread(days_ago(now, 70), days_ago(now, 1), 160))
    add_tickets(service.parts, MIXER, spread(days_ago(now, 6), days_ago(now, 1), 24))
    with service.parts.database.write() as session:
        searches.record(session, service.world.as_("agent"), "怎样办理退休", [])
    jobs.MATTERS.by_hand(service.parts)
    jobs.GAPS.by_hand(service.parts)
    return service


def first(visitor: Visitor, path: str) -> str:
    """The address of the first row."""
    body = visitor.get(path).text
    return body.split('data-row-open href="')[1].split('"')[0]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/matters", "还没有归集过"),
        ("/warnings", "没有待处置的预警"),
        ("/gaps", "没有知识缺口"),
        ("/bulletins", "还没有通报"),
    ],
)
def test_without_anything_each_page_says_what_will_be_there(
    visit: Visit, service: Service, path: str, said: str
) -> None:
    assert said in text_of(visit("zx_manager").get(path))


def test_the_list_leads_to_the_evidence_and_the_tickets(visit: Visit, asked: Service) -> None:
    visitor = visit("chief")
    shown = visitor.get(first(visitor, "/matters?trend=new"))
    assert "共 24 件，此前 8 周一件也没有" in text_of(shown)
    assert "近12周件数" in text_of(shown)
    assert shown.text.count('href="/tickets/2026') == 20
    assert "没有符合条件的热点事项" in text_of(visitor.get("/matters", q="没有这种事"))


def test_a_matter_is_renamed_consulted_on_and_closed_in_the_console(visit: Visit, asked: Service) -> None:
    visitor = visit("chief")
    path = first(visitor, "/matters?trend=new")
    refused = visitor.post(path, {"way": "rename", "name": ""})
    assert refused.status_code == 422
    assert visitor.post(path, {"way": "rename", "name": "搅拌站扰民"}).status_code == 303
    lacking = visitor.post(f"{path}/consultations", {"question": "怎样治理", "lead": "U-GAJ", "due_day": ""})
    assert lacking.status_code == 422
    assert "请选择截止日" in text_of(lacking)
    sent = {"question": "搅拌站怎样治理", "lead": "U-DHQ", "units": ["U-GAJ"], "due_day": "2026-12-01"}
    assert visitor.post(f"{path}/consultations", sent).status_code == 303
    police = visit("police")
    answer = f"{path}/consultations/1"
    assert police.post(answer, {"way": "say", "text": "夜间联合执法。"}).status_code == 303
    assert visitor.post(answer, {"outcome": "governed", "measures": "限期搬迁。"}).status_code == 303
    shown = text_of(visitor.get(path))
    assert all(each in shown for each in ("搅拌站扰民", "夜间联合执法。", "源头治理", "限期搬迁。"))


def test_a_warning_is_handled_by_its_unit(visit: Visit, asked: Service) -> None:
    watching.watch(asked.parts, rules.NIGHTLY)
    visitor = visit("police")
    path = first(visitor, "/warnings?rule=rise")
    assert "按以往应约" in text_of(visitor.get(path))
    assert visitor.post(path, {"done": ""}).status_code == 422
    assert visitor.post(path, {"done": "已派专人驻点。"}).status_code == 303
    assert "已派专人驻点。" in text_of(visitor.get(path))
    assert "已处置" in text_of(visitor.get("/warnings", state="handled"))


def test_from_which_number_on_it_warns_is_set_by_the_centre(visit: Visit, asked: Service) -> None:
    sent = {"at_least": "25", "runs": "yes"}
    assert visit("police").post("/warnings/rules/overdue", sent).status_code == 403
    assert visit("chief").post("/warnings/rules/overdue", sent).status_code == 303
    assert 'value="25"' in visit("chief").get("/warnings/rules").text
    visit("chief").post("/warnings/rules/overdue", {"at_least": "x", "runs": "yes"})
    assert 'value="25"' in visit("chief").get("/warnings/rules").text


def test_a_gap_becomes_a_task_in_the_console(visit: Visit, asked: Service) -> None:
    visitor = visit("chief")
    path = first(visitor, "/gaps")
    assert "怎样办理退休" in text_of(visitor.get(path))
    assert visitor.post(path, {"way": "task", "unit": ""}).status_code == 422
    assert visitor.post(f"{path}/ask").status_code == 303
    assert visitor.post(path, {"way": "task", "unit": "U-RSJ", "due_day": "2026-11-30"}).status_code == 303
    assert "已转知识任务" in text_of(visitor.get(path))
    assert "怎样办理退休" in text_of(visit("rsj_editor").get("/gaps", state="task"))


def test_a_bulletin_goes_from_draft_to_paper_in_the_console(visit: Visit, asked: Service) -> None:
    visitor = visit("chief")
    assert "2026年10月" in text_of(visitor.get("/bulletins"))
    wrong = visitor.post("/bulletins", {"report": "bulletin", "period": "2026-13"})
    assert wrong.status_code == 422
    made = visitor.post("/bulletins", {"report": "bulletin", "period": "2026-10-01/2026-10-31"})
    path = made.headers["location"]
    page = visitor.get(path)
    assert "诉求受理情况" in text_of(page)
    head = {"masthead": "热线情况通报", "title": "十月通报", "addressee": "各单位", "signed": "热线中心"}
    said = {"said.volume": "第一段。\n第二段。", "said.unit_handling": "各单位办理情况。"}
    others = {
        f"said.{key}": "由人补写。"
        for key in ("completion_rate", "callbacks", "hot_issues", "problems", "improvements")
    }
    assert visitor.post(path, head | said | others).status_code == 303
    assert visitor.post(path, head | {"title": ""}).status_code == 422
    assert visitor.post(f"{path}/issue").status_code == 303
    assert "草稿" in text_of(visitor.get(path))
    other = visit("zx_manager")
    assert other.post(f"{path}/issue").status_code == 303
    reader = visit("police")
    assert "第二段。" in text_of(reader.get(path))
    assert "十月通报" in text_of(reader.get("/bulletins"))
    paper = reader.get(f"{path}/file.docx")
    assert paper.content[:2] == b"PK"
    assert "filename*=UTF-8''" in paper.headers["content-disposition"]
    assert reader.get(f"{path}/file.xlsx").content[:2] == b"PK"


def test_programs_find_the_same_over_the_api(
    client: TestClient, bearer: Callable[..., dict[str, str]], asked: Service
) -> None:
    headers = bearer("supervisor")
    (found,) = client.get("/api/v1/hot-matters?trend=new", headers=headers).json()["items"]
    assert found["tickets"] == 24
    shown = client.get(f"/api/v1/hot-matters/{found['id']}", headers=headers).json()
    assert sum(week["tickets"] for week in shown["weeks"]) == 24
    named = client.put(f"/api/v1/hot-matters/{found['id']}/name", headers=headers, json={"name": "搅拌站"})
    assert named.json()["name"] == "搅拌站"
    (gap,) = client.get("/api/v1/gaps", headers=headers).json()["items"]
    assert gap["question"] == "怎样办理退休"
    made = client.post("/api/v1/bulletins", headers=headers, json={"report": "bulletin", "period": "2026-10"})
    assert made.status_code == 201
    number = made.json()["id"]
    edited = client.post(
        f"/api/v1/bulletins/{number}/edit", headers=headers, json={"said": {"volume": ["一段。"]}}
    ).json()
    assert edited["content"]["sections"][0]["said"] == ["一段。"]
    assert client.get(f"/api/v1/bulletins/{number}/file.docx", headers=headers).content[:2] == b"PK"
    assert client.get("/api/v1/warnings", headers=headers).status_code == 200
    assert client.get("/api/v1/hot-matters", headers=bearer("agent")).status_code == 403
