"""Complaints 1, 2, 3, 10, 11 and 12: what is served, to whom, who answers for it, and what becomes of feedback."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from kb_service.core.clock import FixedClock
from kb_service.core.context import PUBLIC, SYSTEM, Context
from kb_service.core.errors import KbError
from kb_service.knowledge.candidates.model import Candidate
from kb_service.knowledge.candidates.service import harvesting
from kb_service.knowledge.corrections.service import reading as corrections
from kb_service.knowledge.corrections.service import reporting
from kb_service.knowledge.searches import service as searches
from kb_service.knowledge.service import drafts, reading, release, searching
from kb_service.knowledge.verification.service.trusting import trust_of
from tests.integration.complaints.conftest import Find
from tests.support.knowledge import faq
from tests.support.service import Service

ASKED = "怎样办理退休"


def test_complaint_1_expired_content_is_still_served(served: Service, find: Find, clock: FixedClock) -> None:
    """dify#31225, ragflow#17815 #18346 #9710 #1644, PandaWiki#1469, WeKnora#3191."""
    code = served.world.publish(faq(ASKED, "旧办法：到三楼办理。", effective_to=date(2026, 11, 21))).code
    assert [hit.answer for hit in find(ASKED)] == ["旧办法：到三楼办理。"]
    served.world.publish(faq(ASKED, "新办法：网上办理。", effective_to=date(2026, 11, 21)), code=code)
    assert [(hit.version, hit.answer) for hit in find(ASKED)] == [(2, "新办法：网上办理。")]
    clock.advance(timedelta(days=2))
    assert find(ASKED) == []
    assert served.decide(ASKED).answer is None


def test_complaint_1_deleted_content_is_still_retrieved(served: Service, find: Find) -> None:
    """ragflow#9710: even before the index has heard of it, what was withdrawn is not served."""
    code = served.world.publish(faq(ASKED)).code
    assert [hit.code for hit in find(ASKED)] == [code]
    with served.parts.database.write() as session:
        release.withdraw(session, served.world.as_("zx_manager"), code, "内容有误")
        params = searching.SearchParams(q=ASKED)
        ctx = Context(PUBLIC, served.parts.clock.now())
        assert searching.search_points(session, ctx, served.parts.engine, params).hits == []
    assert find(ASKED) == []


def test_complaint_1_the_old_version_is_served_while_the_new_one_is_edited_or_the_update_fails(
    served: Service, find: Find
) -> None:
    """dify PR 13855: an update must not leave a gap in which neither is found."""
    code = served.world.publish(faq(ASKED, "第一版。")).code
    draft = served.world.draft(faq(ASKED, "第二版。"), code=code)
    assert [hit.answer for hit in find(ASKED)] == ["第一版。"]
    returned = served.world.submit(draft)
    served.world.decide(returned, "rsj_reviewer", "return", "写清地点")
    assert [hit.answer for hit in find(ASKED)] == ["第一版。"]


def test_complaint_2_nothing_is_published_without_review_by_others(served: Service, find: Find) -> None:
    """BookStack#473 #5682, wiki#6556, PandaWiki#1171 #1018."""
    version = served.world.submit(served.world.draft(faq(ASKED)))
    assert find(ASKED, by="agent") == []
    with pytest.raises(KbError):
        served.world.decide(version, "rsj_editor")
    version = served.world.decide(version, "rsj_reviewer")
    assert find(ASKED, by="agent") == []
    served.world.decide(version, "zx_reviewer")
    assert [hit.code for hit in find(ASKED)] == [version.code]


def test_complaint_3_every_point_has_an_owner_and_a_day_by_which_it_is_verified(
    served: Service, find: Find, clock: FixedClock
) -> None:
    """BookStack#2123 #5448."""
    served.world.publish(faq(ASKED))
    clock.advance(timedelta(days=366))
    hit = find(ASKED)[0]
    assert hit.unit == "U-RSJ"
    with served.parts.database.read() as session:
        mark = trust_of(session, [hit.view], clock.now())[hit.code]
    assert mark.questionable
    assert mark.mark == "overdue"


def test_complaint_10_feedback_leads_to_a_task_of_the_owner(service: Service) -> None:
    """MaxKB#4347, WeKnora#1248."""
    code = service.world.publish(faq(ASKED)).code
    with service.parts.database.write() as session:
        ctx = service.world.as_("agent")
        made = reporting.report(session, ctx, code, reporting.Said(remark="窗口已搬"), way="agent")
    with service.parts.database.read() as session:
        detail = corrections.detail(session, service.world.as_("zx_manager"), made.correction.code)
        assert [each.reporter for each in detail.reports] == ["agent"]
        assert detail.view.unit_code == "U-RSJ"


def test_complaint_10_unanswered_questions_are_listed_and_given_to_a_unit(
    service: Service, clock: FixedClock
) -> None:
    """MaxKB#4864."""
    with service.parts.database.write() as session:
        for _ in range(3):
            searches.record(session, service.world.as_("agent"), "养老保险补缴怎么办", [], channel="desk")
    clock.advance(timedelta(hours=2))
    with service.parts.database.write() as session:
        harvesting.harvest(session, Context(SYSTEM, clock.now()))
    with service.parts.database.read() as session:
        kept = session.execute(select(Candidate.question, Candidate.times)).tuples().all()
        assert kept == [("养老保险补缴怎么办", 3)]


def test_complaint_11_a_unit_writes_its_own_points_and_nobody_else_s(service: Service) -> None:
    """MaxKB#900 #2142 #6248, ragflow#6076, FastGPT#963, PandaWiki#299."""
    code = service.world.publish(faq(ASKED)).code
    with pytest.raises(KbError), service.parts.database.write() as session:
        drafts.create_draft(session, service.world.as_("gaj_editor"), "U-GAJ", faq(ASKED), code=code)


def test_complaint_11_what_is_for_some_roles_is_found_by_them_alone(served: Service, find: Find) -> None:
    served.world.publish(faq(ASKED, audience="restricted", roles=["confidential_handler"]))
    assert [len(find(ASKED, by=who)) for who in ("public", "agent", "confidant")] == [0, 0, 1]


def test_complaint_11_hidden_points_push_none_out(served: Service, find: Find) -> None:
    """A filter after the top k leaves a unit with nothing: the filter is within the query."""
    for number in range(25):
        served.world.publish(
            faq(f"{ASKED}手续之{number}", audience="restricted", roles=["confidential_handler"])
        )
    code = served.world.publish(faq(f"关于{ASKED}的说明")).code
    assert [hit.code for hit in find(ASKED)] == [code]


def test_complaint_12_internal_content_leaks_neither_by_search_nor_by_suggestion_nor_by_chat(
    served: Service, find: Find
) -> None:
    """zammad#4907 #4069 #4078."""
    secret = "内部口径甲乙丙丁"
    served.world.publish(faq(f"{ASKED}内部口径", secret, audience="agents"))
    assert find(ASKED) == []
    assert [hit.answer for hit in find(ASKED, by="agent")] == [secret]
    with served.parts.database.read() as session:
        ctx = Context(PUBLIC, served.parts.clock.now())
        assert searching.suggest(session, ctx, served.parts.engine, "怎样办理") == []
    assert secret not in served.decide(f"{ASKED}内部口径").model_dump_json()


def test_complaint_12_every_earlier_version_can_be_read_and_compared(service: Service) -> None:
    """zammad#2836, MaxKB#282."""
    code = service.world.publish(faq(ASKED, "第一版。")).code
    service.world.publish(faq(ASKED, "第二版。"), code=code)
    with service.parts.database.read() as session:
        ctx = service.world.as_("rsj_editor")
        kept = [reading.get_version(session, ctx, code, number).answer for number in (1, 2)]
    assert kept == ["第一版。", "第二版。"]
