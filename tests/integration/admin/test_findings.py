"""Findings in the console and through the API."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from kb_service.knowledge.checks import jobs
from tests.integration.admin.conftest import Visit
from tests.support.console import text_of
from tests.support.knowledge import faq
from tests.support.service import Service

TEXT = "补领居民身份证，请携带户口簿到户籍所在地派出所办理，工本费{}元，自受理之日起20个工作日内发证，可以选择邮寄到家。"


@pytest.fixture
def number(client: TestClient, bearer: Callable[..., dict[str, str]], checked: None) -> int:
    """The number of the contradiction that was found."""
    answer = client.get("/api/v1/findings?check=contradiction", headers=bearer("knowledge_manager"))
    (item,) = answer.json()["items"]
    return int(item["id"])


@pytest.fixture
def checked(service: Service) -> None:
    world = service.world
    world.publish(faq("居民身份证补领", TEXT.format(40)))
    other = faq("补领居民身份证怎么办理", TEXT.format("<b>20"), category="C21")
    world.publish(other, by="gaj_editor", reviewers=("zx_reviewer",))
    jobs.run_now(service.parts)


def test_the_queue_leads_to_both_passages_with_the_values_marked(visit: Visit, number: int) -> None:
    visitor = visit("zx_manager")
    assert f'href="/findings/{number}"' in visitor.get("/findings").text
    shown = visitor.get(f"/findings/{number}")
    assert "<mark>40元</mark>" in shown.text
    assert "&lt;b&gt;<mark>20元</mark>" in shown.text


def test_without_findings_the_page_says_whether_anything_was_checked(visit: Visit, service: Service) -> None:
    visitor = visit("zx_manager")
    assert "还没有检查过" in text_of(visitor.get("/findings"))
    service.world.publish(faq("怎样办理退休"))
    jobs.run_now(service.parts)
    assert "没有待处理的发现" in text_of(visitor.get("/findings"))


def test_a_finding_is_dismissed_with_a_reason_and_reopened(visit: Visit, number: int) -> None:
    visitor = visit("zx_manager")
    refused = visitor.post(f"/findings/{number}", {"way": "dismiss", "reason": ""})
    assert refused.status_code == 422
    assert "请写明为什么不需要处理" in text_of(refused)
    assert visitor.post(f"/findings/{number}", {"way": "dismiss", "reason": "对象不同"}).status_code == 303
    assert "对象不同" in text_of(visitor.get(f"/findings/{number}"))
    assert "居民身份证补领" not in text_of(visitor.get("/findings?check=contradiction"))
    assert visitor.post(f"/findings/{number}", {"way": "reopen"}).status_code == 303
    assert "居民身份证补领" in text_of(visitor.get("/findings?check=contradiction"))


@pytest.mark.parametrize(("way", "word"), [("task", "已转为任务"), ("correction", "已转为纠错")])
def test_a_finding_is_handed_over_with_one_button(visit: Visit, number: int, way: str, word: str) -> None:
    visitor = visit("zx_manager")
    answer = visitor.post(f"/findings/{number}", {"way": way, "side": "1"})
    assert answer.status_code == 303
    assert word in text_of(visitor.get("/findings"))
    assert "已转办" in text_of(visitor.get(f"/findings/{number}"))


def test_how_a_check_is_wanted_is_set_by_those_who_keep_the_catalogue(visit: Visit, checked: None) -> None:
    path, sent = "/findings/checks/near_duplicate", {"runs": "no", "opens": "nothing"}
    assert visit("rsj_editor").post(path, sent).status_code == 403
    assert visit("zx_manager").post(path, sent).status_code == 303
    assert "停用" in text_of(visit("rsj_editor").get("/findings/checks"))


def test_programs_decide_as_people_do(
    client: TestClient, bearer: Callable[..., dict[str, str]], number: int
) -> None:
    headers = bearer("knowledge_manager")
    path = f"/api/v1/findings/{number}"
    assert client.get(path, headers=headers).json()["sides"][0]["text"]
    assert client.post(f"{path}/task", json={"side": 1}, headers=headers).json()["state"] == "handed"
    again = client.post(f"{path}/dismiss", json={"reason": "不必"}, headers=headers)
    assert (again.status_code, again.json()["code"]) == (409, "finding_settled")
    assert client.get("/api/v1/findings/checks", headers=headers).json()["looked_at"] == 2
    wanted = {"runs": True, "opens": "task"}
    saved = client.put("/api/v1/findings/checks/contradiction", json=wanted, headers=headers)
    assert saved.json()["opens"] == "task"
    unknown = client.put("/api/v1/findings/checks/nonsense", json=wanted, headers=headers)
    assert unknown.json()["code"] == "unknown_check"
