"""The nightly run: what it finds, what it leaves alone, and what people decide."""

import threading
from collections.abc import Iterator
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy import func, select

from kb_service.core.clock import FixedClock
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from kb_service.core.settings import Settings
from kb_service.knowledge.checks import jobs
from kb_service.knowledge.checks.model import CheckRun, Finding, Link, Print
from kb_service.knowledge.checks.rules import State
from kb_service.knowledge.checks.service import findings, links, ruling, sweeping
from kb_service.knowledge.checks.service.findings import FindingFilter, FindingView
from kb_service.knowledge.content import PointDraft
from kb_service.knowledge.corrections.model import Correction, CorrectionReport
from kb_service.knowledge.service import release
from kb_service.knowledge.service.views import VersionView
from kb_service.knowledge.tasks.model import Task
from tests.support.knowledge import agency, faq
from tests.support.service import Service

TEXT = "补领居民身份证，请携带户口簿到户籍所在地派出所办理，工本费{}元，自受理之日起20个工作日内发证，可以选择邮寄到家。"
GAJ = {"by": "gaj_editor", "reviewers": ("zx_reviewer",)}


def of_gaj(title: str, answer: str, **shared: Any) -> PointDraft:
    return faq(title, answer, category="C21", **shared)


@pytest.fixture
def two(service: Service) -> tuple[VersionView, VersionView]:
    """Two units on the same item, with different fees."""
    one = service.world.publish(faq("居民身份证补领", TEXT.format(40)))
    other = service.world.publish(of_gaj("补领居民身份证怎么办理", TEXT.format(20)), **GAJ)  # type: ignore[arg-type]
    return one, other


def run(service: Service) -> int:
    return jobs.run_now(service.parts)


def found(service: Service, by: str = "zx_manager", **wanted: Any) -> list[FindingView]:
    with service.parts.database.read() as session:
        return findings.list_findings(session, service.world.as_(by), FindingFilter(**wanted)).items


def only(service: Service, check: str, **wanted: Any) -> FindingView:
    (finding,) = found(service, check=check, **wanted)
    return finding


def count(service: Service, table: Any) -> int:
    with service.parts.database.read() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


def decide(
    service: Service, act: Any, finding: FindingView, *args: Any, by: str = "zx_manager"
) -> FindingView:
    with service.parts.database.write() as session:
        view: FindingView = act(session, service.world.as_(by), finding.id, *args)
    return view


def test_a_contradiction_between_units_is_found_with_both_sentences(
    service: Service, two: tuple[VersionView, VersionView]
) -> None:
    run(service)
    finding = only(service, "contradiction")
    assert {side.code for side in finding.sides} == {version.code for version in two}
    marked = {piece for side in finding.sides for piece, mark in side.pieces if mark}
    assert marked == {"40元", "20元"}
    near = only(service, "near_duplicate")
    assert all("户口簿" in side.text for side in near.sides)


def test_a_second_run_does_and_finds_nothing_new(service: Service, two: object) -> None:
    assert run(service) > 0
    before = count(service, Finding)
    assert run(service) == 0
    assert count(service, Finding) == before


def test_only_what_is_new_is_looked_at(service: Service, two: object, clock: FixedClock) -> None:
    run(service)
    clock.advance(timedelta(days=1))
    service.world.publish(faq("怎样办理退休", "本人到市民之家三楼办理。"))
    run(service)
    with service.parts.database.read() as session:
        assert session.execute(select(CheckRun.looked).order_by(CheckRun.day)).scalars().all() == [2, 1]


def test_what_comes_later_is_compared_with_what_was_there(service: Service) -> None:
    service.world.publish(faq("居民身份证补领", TEXT.format(40)))
    run(service)
    service.world.publish(of_gaj("补领居民身份证怎么办理", TEXT.format(20)), **GAJ)  # type: ignore[arg-type]
    run(service)
    only(service, "contradiction")


def test_a_run_cut_short_goes_on_where_it_ended(service: Service, two: object) -> None:
    for _ in sweeping.steps(service.parts):
        if count(service, Print) == 2:
            break
    assert found(service, check="contradiction") == []
    run(service)
    only(service, "contradiction")


def test_a_mended_contradiction_is_gone_by_itself_and_its_task_closed(
    service: Service, two: tuple[VersionView, VersionView], clock: FixedClock
) -> None:
    run(service)
    decide(service, findings.to_task, only(service, "contradiction"), 1)
    clock.advance(timedelta(hours=1))
    wrong = next(version for version in two if "20元" in version.answer)
    service.world.publish(of_gaj("补领居民身份证怎么办理", TEXT.format(40)), code=wrong.code, **GAJ)  # type: ignore[arg-type]
    run(service)
    assert only(service, "contradiction", state=State.GONE).gone_at == clock.now()
    with service.parts.database.read() as session:
        assert session.execute(select(Task.outcome)).scalar_one() == "done"


def test_a_withdrawn_point_has_no_findings(
    service: Service, two: tuple[VersionView, VersionView], clock: FixedClock
) -> None:
    run(service)
    clock.advance(timedelta(hours=1))
    with service.parts.database.write() as session:
        release.withdraw(session, service.world.as_("zx_manager"), two[0].code, "内容有误")
    run(service)
    assert found(service, check="contradiction") == []


def test_what_was_dismissed_stays_so_until_its_words_change(
    service: Service, two: tuple[VersionView, VersionView], clock: FixedClock
) -> None:
    run(service)
    decide(service, findings.dismiss, only(service, "contradiction"), "两者适用对象不同")
    clock.advance(timedelta(hours=1))
    wrong = next(version for version in two if "20元" in version.answer)
    same = of_gaj("补领居民身份证怎么办理", TEXT.format(20), keywords=["挂失"])
    service.world.publish(same, code=wrong.code, **GAJ)  # type: ignore[arg-type]
    run(service)
    assert only(service, "contradiction", state=State.DISMISSED).reason == "两者适用对象不同"
    clock.advance(timedelta(hours=1))
    service.world.publish(of_gaj("补领居民身份证怎么办理", TEXT.format(30)), code=wrong.code, **GAJ)  # type: ignore[arg-type]
    run(service)
    assert "30元" in only(service, "contradiction").detail


def test_a_dismissal_needs_a_reason_and_can_be_taken_back(service: Service, two: object) -> None:
    run(service)
    finding = only(service, "contradiction")
    with pytest.raises(Invalid):
        decide(service, findings.dismiss, finding, " ")
    decide(service, findings.dismiss, finding, "适用对象不同")
    with pytest.raises(Conflict):
        decide(service, findings.to_task, finding)
    assert decide(service, findings.reopen, finding).state == State.OPEN


def test_a_contradiction_becomes_a_correction_of_the_chosen_side(service: Service, two: object) -> None:
    run(service)
    finding = only(service, "contradiction")
    assert decide(service, findings.to_correction, finding, 1).handed_to.startswith("correction:")
    with service.parts.database.read() as session:
        correction = session.execute(select(Correction)).scalar_one()
        report = session.execute(select(CorrectionReport)).scalar_one()
    assert (correction.point_code, correction.kind) == (finding.sides[1].code, "contradiction")
    assert report.way == "check"


def test_only_impossible_numbers_open_a_task_by_themselves(service: Service, two: object) -> None:
    service.world.publish(faq("咨询电话", "咨询电话：0700-82111，或找张科长13812345678。"))
    run(service)
    with service.parts.database.read() as session:
        task = session.execute(select(Task)).scalar_one()
    assert "号码有误" in task.title
    assert only(service, "phone_impossible", state=State.HANDED).handed_to == f"task:{task.id}"
    only(service, "phone_personal")


def test_a_rule_lets_another_check_open_tasks_and_switches_one_off(service: Service, two: object) -> None:
    with service.parts.database.write() as session:
        ctx = service.world.as_("zx_manager")
        ruling.set_check(session, ctx, "contradiction", runs=True, opens="task")
        ruling.set_check(session, ctx, "near_duplicate", runs=False, opens="nothing")
    run(service)
    only(service, "contradiction", state=State.HANDED)
    assert found(service, check="near_duplicate", state="") == []
    with service.parts.database.write() as session:
        ruling.set_check(
            session, service.world.as_("zx_manager"), "near_duplicate", runs=True, opens="nothing"
        )
    run(service)
    only(service, "near_duplicate")


def test_a_check_that_is_switched_off_leaves_nothing_open(service: Service, two: object) -> None:
    run(service)
    with service.parts.database.write() as session:
        ruling.set_check(
            session, service.world.as_("zx_manager"), "near_duplicate", runs=False, opens="nothing"
        )
    run(service)
    assert found(service, check="near_duplicate") == []


def test_units_see_what_concerns_them_and_decide_on_nothing_else(service: Service, two: object) -> None:
    service.world.publish(agency("市人社局", functions="受理", phone="12345"))
    run(service)
    only(service, "contradiction", state=State.OPEN)
    assert found(service, "gaj_editor", check="contradiction")
    assert found(service, "gaj_editor", check="field_empty") == []
    alien = found(service, check="field_empty")[0]
    with pytest.raises(NotFound):
        decide(service, findings.dismiss, alien, "与我无关", by="gaj_editor")
    with pytest.raises(Forbidden):
        found(service, "agent")


def test_the_text_of_a_version_one_may_not_read_is_not_shown(service: Service) -> None:
    service.world.publish(
        faq("居民身份证补领", TEXT.format(40), audience="restricted", roles=["centre_reviewer"])
    )
    service.world.publish(of_gaj("补领居民身份证怎么办理", TEXT.format(20)), **GAJ)  # type: ignore[arg-type]
    run(service)
    (finding,) = found(service, "gaj_editor", check="contradiction")
    hidden = next(side for side in finding.sides if side.hidden)
    assert "40元" not in repr(finding)
    assert hidden.text == ""
    assert "40元" in repr(only(service, "contradiction"))


def test_what_is_past_its_day_is_told_and_no_longer_compared(service: Service, clock: FixedClock) -> None:
    service.world.publish(faq("居民身份证补领", TEXT.format(40), effective_to=date(2026, 11, 25)))
    service.world.publish(of_gaj("补领居民身份证怎么办理", TEXT.format(20)), **GAJ)  # type: ignore[arg-type]
    run(service)
    only(service, "expiring")
    only(service, "contradiction")
    clock.advance(timedelta(days=10))
    run(service)
    only(service, "expired")
    assert found(service, check="expiring") == []
    assert found(service, check="contradiction") == []


def policy(title: str, number: str, **shared: Any) -> PointDraft:
    content = {"type": "policy", "document_number": number, "issuer": "市政府", "issued_on": "2025-01-01",
               "full_text": "第一条 为规范管理，制定本办法。"}  # fmt: skip
    return PointDraft.model_validate({"title": title, "content": content, "category": "C11"} | shared)


def test_a_basis_that_has_lapsed_is_told_to_those_who_rest_on_it(service: Service, clock: FixedClock) -> None:
    service.world.publish(policy("云溪市养老补贴办法", "云政发〔2025〕3号", effective_to=date(2026, 11, 25)))
    service.world.publish(faq("养老补贴怎么领", "按照《云溪市养老补贴办法》，到社区登记后按月发放。"))
    service.world.publish(faq("退休怎么办", "到市民之家三楼办理即可。"))
    service.world.publish(faq("新办法何时施行", "即日起施行，《云溪市养老补贴办法》同时废止。"))
    run(service)
    assert found(service, check="lapsed_basis") == []
    clock.advance(timedelta(days=10))
    run(service)
    finding = only(service, "lapsed_basis")
    assert finding.sides[0].title == "养老补贴怎么领"
    assert "有效期至 2026-11-25" in finding.detail


def test_the_worker_runs_once_a_night_in_short_turns(
    service: Service, two: object, clock: FixedClock
) -> None:
    nightly = jobs.Nightly()
    for _ in range(200):
        if not nightly(service.parts):
            break
    only(service, "contradiction")
    clock.advance(timedelta(hours=2))
    assert not jobs.is_due(service.parts)
    clock.advance(timedelta(hours=15))
    assert jobs.is_due(service.parts)


class _Pages(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        moved = self.path == "/moved"
        self.send_response(302 if moved else 200 if self.path == "/there" else 404)
        if moved:
            self.send_header("Location", "/there")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def pages() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_address_is_followed_and_its_answer_told(pages: str) -> None:
    def local(_: str) -> bool:
        return True

    assert links.ask(f"{pages}/there", allow=local).there
    assert links.ask(f"{pages}/moved", allow=local).there
    assert links.ask(f"{pages}/gone", allow=local).status == 404


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "http://localhost:8000/", "http://10.0.0.1/", "http://169.254.169.254/latest", "http://[::1]/",
     "http://[::ffff:127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://0.0.0.0/", "file:///etc/passwd",
     "http://user@127.0.0.1/", "ftp://example.cn/"],
)  # fmt: skip
def test_nothing_inside_the_own_network_is_ever_asked(url: str) -> None:
    answer = links.ask(url)
    assert answer.status is None
    assert answer.trouble


def test_addresses_are_asked_for_only_where_the_setting_says_so() -> None:
    assert Settings().link_check is False


def test_an_address_is_dead_after_three_nights_and_no_sooner(
    service: Service, pages: str, clock: FixedClock
) -> None:
    service.world.publish(faq("网上怎么办", f"请访问 {pages}/gone 或 {pages}/there 办理。"))
    for night in range(3):
        assert found(service, check="link_dead") == []
        with service.parts.database.write() as session:
            answers = {
                mark: links.ask(url, allow=lambda _: True) for mark, url in links.due(session, clock.now())
            }
            links.note(session, answers, clock.now())
        assert len(answers) == (2 if night else 0)
        run(service)
        clock.advance(timedelta(days=1))
    with service.parts.database.write() as session:
        answers = {
            mark: links.ask(url, allow=lambda _: True) for mark, url in links.due(session, clock.now())
        }
        links.note(session, answers, clock.now())
    run(service)
    assert "404" in only(service, "link_dead").detail
    assert count(service, Link) == 2
