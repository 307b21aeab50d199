"""What the hotline collects, from the call to the base: nothing of it is told before its unit has confirmed it."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from kb_service.core.clock import FixedClock
from kb_service.core.context import SYSTEM, Context
from kb_service.core.errors import Conflict, Forbidden, Invalid
from kb_service.identity.model import Account
from kb_service.knowledge.candidates.model import (
    Candidate,
    CandidateConfirmation,
    CandidateDraft,
    CandidateSource,
    CandidateWording,
)
from kb_service.knowledge.candidates.service import (
    confirming,
    harvesting,
    placing,
    reading,
    reporting,
    suggesting,
)
from kb_service.knowledge.model import Version
from kb_service.knowledge.searches import service as searches
from kb_service.knowledge.service import drafts, filing
from kb_service.knowledge.service import reading as points
from kb_service.knowledge.service.reading import live_versions
from kb_service.knowledge.tasks.service import tasks_of
from tests.support.candidates import ANSWER, ASKED, collect, confirm, hand_on
from tests.support.corrections import titles
from tests.support.knowledge import World, faq
from tests.support.service import Service


def stored(world: World, code: str) -> Candidate:
    with world.database.read() as session:
        row = session.execute(select(Candidate).where(Candidate.code == code)).scalar_one()
        session.expunge_all()
        return row


def open_tasks(world: World, who: str) -> list[str]:
    with world.database.read() as session:
        return [each.title for each in tasks_of(session, world.as_(who), kind="candidate").items]


def test_what_was_asked_again_in_other_words_is_one_candidate_with_each_wording_counted(world: World) -> None:
    first = collect(world)
    again = collect(world, "请问灵活就业人员如何缴纳养老保险呢")
    other = collect(world, "身份证丢了怎么补办")

    assert first.code == again.code != other.code
    row = stored(world, first.code)
    assert (row.times, row.status) == (2, "asked")
    with world.database.read() as session:
        wordings = session.execute(
            select(CandidateWording.text).where(CandidateWording.candidate_id == row.id)
        ).scalars()
        assert len(set(wordings)) == 2


def test_a_miss_becomes_a_task_of_the_unit_with_a_time_of_its_own(world: World) -> None:
    code = collect(world).code

    assert stored(world, code).due_at is not None
    assert open_tasks(world, "rsj_editor") == [f"请补充知识：{ASKED}"]
    assert open_tasks(world, "gaj_editor") == []


def test_an_answer_written_to_an_open_question_goes_to_the_unit_to_confirm(world: World) -> None:
    code = collect(world).code
    collect(world, answer=ANSWER, by="agent")

    row = stored(world, code)
    assert (row.status, row.answer) == ("proposed", ANSWER)
    assert open_tasks(world, "rsj_editor") == [f"请确认热线采集的答复：{ASKED}"]


def test_nothing_personal_is_kept_and_it_is_told_what_was_masked(world: World) -> None:
    said = "我叫王小明，电话13800138000，住在幸福里5栋2单元301室，车牌粤A12345，怎样补缴养老保险"
    code = collect(world, said, answer="已告知王小明，邮箱 wang@example.com").code

    row = stored(world, code)
    with world.database.read() as session:
        source = session.execute(
            select(CandidateSource).where(CandidateSource.candidate_id == row.id)
        ).scalar_one()
    kept = f"{row.question}{row.answer}{source.question}{source.answer}"
    for secret in ("13800138000", "粤A12345", "301室", "wang@example.com", "我叫王小明"):
        assert secret not in kept
    assert {"phone", "plate", "home", "name", "email"} <= set(source.masked)


def test_the_same_event_is_collected_once(world: World) -> None:
    first = collect(world, key="ticket:1")
    again = collect(world, key="ticket:1")

    assert first.code == again.code
    assert stored(world, first.code).times == 1


@pytest.mark.clause("MZ-19.2")
@pytest.mark.parametrize("who", ["zx_manager", "gaj_editor"])
def test_nobody_but_the_people_of_the_unit_can_confirm(world: World, who: str) -> None:
    code = collect(world, answer=ANSWER).code

    with pytest.raises(Forbidden) as refused:
        confirm(world, code, by=who)

    assert refused.value.code == "not_the_owner_unit"
    assert stored(world, code).status == "proposed"


@pytest.mark.clause("MZ-19.2")
def test_a_version_born_of_a_candidate_is_not_approved_while_its_unit_has_not_confirmed_it(
    world: World,
) -> None:
    code = collect(world, answer=ANSWER).code
    made = world.submit(world.draft(faq(ASKED, ANSWER)))
    born_of(world, code, made.code, made.number)
    made = world.decide(made, "rsj_reviewer")

    with pytest.raises(Forbidden) as refused:
        world.decide(made, "zx_reviewer")

    assert refused.value.code == "not_confirmed_by_unit"


def born_of(world: World, candidate: str, point: str, number: int) -> None:
    with world.database.write() as session:
        from_view = points.one_view(session, world.clock.now(), point, number)
        row = session.execute(select(Candidate).where(Candidate.code == candidate)).scalar_one()
        session.add(
            CandidateDraft(
                version_id=from_view.version_id,
                candidate_id=row.id,
                point_id=from_view.point_id,
                number=number,
            )
        )


def test_the_database_itself_refuses_a_confirmation_by_the_centre_and_an_approval_without_one(
    world: World,
) -> None:
    row = stored(world, collect(world, answer=ANSWER).code)
    made = world.draft(faq(ASKED, ANSWER))
    born_of(world, row.code, made.code, made.number)
    with world.database.read() as session:
        manager = session.execute(select(Account).where(Account.login == "zx_manager")).scalar_one().id

    by_centre = CandidateConfirmation(
        candidate_id=row.id, unit_id=row.unit_id, account_id=manager, at=world.clock.now(), content_hash="-"
    )
    with pytest.raises(DBAPIError, match="owner unit"), world.database.write() as session:
        session.add(by_centre)
        session.flush()
    with pytest.raises(DBAPIError), world.database.write() as session:
        now = world.clock.now()
        session.execute(
            update(Version)
            .where(Version.id == made.version_id)
            .values(status="approved", approved_at=now, live_from=now)
        )


@pytest.mark.clause("MZ-19.2")
def test_what_a_candidate_became_is_written_on_by_its_unit_alone(world: World) -> None:
    code = collect(world, answer=ANSWER).code
    made = confirm(world, code, submit=False)

    with pytest.raises(Forbidden), world.database.write() as session:
        drafts.edit_draft(
            session, world.as_("zx_manager"), made.code, made.number, faq(ASKED, "改了"), lock=made.lock
        )
    with world.database.write() as session:
        drafts.discard(session, world.as_("rsj_editor"), made.code, made.number)
    # Begun again by the centre it says what the unit has given up.
    with world.database.write() as session:
        again = drafts.next_draft(session, world.as_("zx_manager"), made.code)
        again = filing.submit(session, world.as_("zx_manager"), again.code, again.number)
    again = world.decide(again, "rsj_reviewer")
    with pytest.raises(Forbidden) as refused:
        world.decide(again, "zx_reviewer")
    assert refused.value.code == "not_confirmed_by_unit"


def test_confirmed_words_go_through_the_ordinary_review_and_whoever_wrote_them_is_told(world: World) -> None:
    code = collect(world, answer=ANSWER, by="agent").code
    made = confirm(world, code, words=faq(ASKED, "改正过的答复。"))
    assert made.status == "unit_review"
    with world.database.read() as session:
        assert live_versions(session, [made.code], world.clock.now()) == {}

    for reviewer in ("rsj_reviewer", "zx_reviewer"):
        made = world.decide(made, reviewer)

    with world.database.read() as session:
        assert live_versions(session, [made.code], world.clock.now())[made.code].answer == "改正过的答复。"
    assert any("单位已确认" in title for title in titles(world, "agent"))
    assert open_tasks(world, "rsj_editor") == []
    assert stored(world, code).point_code == made.code


def test_words_with_personal_data_are_not_confirmed_and_a_unit_s_own_number_only_by_saying_so(
    world: World,
) -> None:
    code = collect(world).code
    words = faq(ASKED, "请联系经办人 13800138000。")

    with pytest.raises(Invalid) as refused:
        confirm(world, code, words=words)
    assert refused.value.code == "personal_data"
    with pytest.raises(Invalid):
        confirm(world, code, words=faq(ASKED, "如 11010519491231002X 所示。"), keep_contacts=True)
    assert confirm(world, code, words=words, keep_contacts=True).status == "unit_review"


def test_a_unit_rejects_with_a_reason_that_its_writer_reads(world: World) -> None:
    code = collect(world, answer=ANSWER).code

    with pytest.raises(Invalid), world.database.write() as session:
        confirming.reject(session, world.as_("rsj_editor"), code, " ")
    with world.database.write() as session:
        confirming.reject(session, world.as_("rsj_editor"), code, "政策已经停止执行")

    assert any("政策已经停止执行" in title for title in titles(world, "agent"))
    # Asked again soon it counts there; with a new answer it is a new candidate.
    assert collect(world).code == code
    assert collect(world, answer="另有新规。").code != code


def test_after_two_hands_the_centre_names_the_unit_which_then_keeps_it(world: World) -> None:
    code = collect(world, answer=ANSWER).code
    hand_on(world, code, "U-GAJ", "rsj_editor")
    hand_on(world, code, "U-HBJD", "gaj_editor")

    assert hand_on(world, code, "U-RSJ", "hb_editor").status == "undecided"
    assert any("指定单位" in title for title in titles(world, "zx_manager"))
    with world.database.write() as session:
        placing.designate(session, world.as_("zx_manager"), code, "U-RSJ", "按职责分工")
    with pytest.raises(Conflict) as refused:
        hand_on(world, code, "U-GAJ", "rsj_editor")
    assert refused.value.code == "designated"
    assert confirm(world, code).status == "unit_review"


def test_the_centre_is_never_asked_to_confirm(world: World) -> None:
    code = collect(world, answer=ANSWER, unit_hint="U-ZX").code

    assert stored(world, code).status == "undecided"
    with pytest.raises(Invalid) as refused, world.database.write() as session:
        placing.designate(session, world.as_("zx_manager"), code, "U-ZX", "自己办")
    assert refused.value.code == "centre_cannot_confirm"


def test_merged_into_a_point_it_becomes_a_similar_question_of_the_next_version(world: World) -> None:
    point = world.publish(faq("养老保险缴费", ANSWER)).code
    code = collect(world).code

    with world.database.write() as session:
        made = confirming.merge(session, world.as_("rsj_editor"), code, point)

    assert made.content.similar_questions == [ASKED]
    assert (made.status, stored(world, code).status) == ("draft", "merged")


def test_near_points_and_matters_tell_the_unit_and_without_them_the_centre_is_asked(service: Service) -> None:
    world = service.world
    world.publish(faq("怎样补缴养老保险费", ANSWER))
    service.index()
    with service.parts.database.write() as session:
        near = reporting.report_miss(
            session, world.as_("agent"), service.parts.engine, "补缴养老保险费要多少钱"
        ).code
        matter = reporting.report_miss(
            session, world.as_("agent"), service.parts.engine, "养老保险参保在哪里"
        ).code
        far = reporting.report_miss(session, world.as_("agent"), service.parts.engine, "月球车票去哪买").code
    with service.parts.database.write() as session:
        placing.place_waiting(session, Context(SYSTEM, world.clock.now()), service.parts.engine)

    assert (stored(world, near).hint, stored(world, matter).hint) == ("points", "matter")
    assert (stored(world, far).status, stored(world, far).placed_at is None) == ("undecided", False)


def search(world: World, question: str, times: int, hits: list[str], chosen: str | None = None) -> None:
    with world.database.write() as session:
        for _ in range(times):
            searches.record(session, world.as_("agent"), question, hits, chosen=chosen, channel="desk")


def harvest(world: World) -> int:
    assert isinstance(world.clock, FixedClock)
    world.clock.advance(timedelta(hours=2))
    with world.database.write() as session:
        return harvesting.harvest(session, Context(SYSTEM, world.clock.now()))


def test_searches_that_lead_nowhere_again_and_again_become_candidates_counted_once(world: World) -> None:
    point = world.publish(faq()).code
    search(world, "居住证怎么续签", 2, [])
    search(world, "有结果没人选的问题怎么办", 2, [point])
    search(world, "怎样办理退休手续", 5, [point], chosen=point)

    assert harvest(world) == 1
    search(world, "居住证怎么续签", 1, [])
    assert harvest(world) == 1
    assert harvest(world) == 0
    with world.database.read() as session:
        rows = session.execute(select(Candidate.question, Candidate.times)).tuples().all()
    assert rows == [("居住证怎么续签", 3)]


def test_questions_that_led_to_a_point_are_suggested_for_it_and_go_into_a_draft(world: World) -> None:
    point = world.publish(faq(similar=["到哪里办退休"])).code
    search(world, "退休要带什么材料去", 3, [point], chosen=point)
    search(world, "到哪里办退休？", 2, [point], chosen=point)
    search(world, "退休 13800138000 怎么办", 1, [point], chosen=point)

    with world.database.write() as session:
        ctx = world.as_("rsj_editor")
        found = suggesting.suggested_questions(session, ctx, point)
        assert [(each.question, each.times) for each in found] == [("退休要带什么材料去", 3)]
        made = suggesting.accept(session, ctx, point, [each.question for each in found])

    assert made.content.similar_questions == ["到哪里办退休", "退休要带什么材料去"]
    assert (made.status, made.number) == ("draft", 2)


def test_a_unit_sees_its_own_and_an_agent_what_they_brought(world: World) -> None:
    code = collect(world, by="agent").code

    def seen(who: str, stage: str = "") -> list[str]:
        with world.database.read() as session:
            return [each.code for each in reading.queue(session, world.as_(who), stage=stage).items]

    assert seen("rsj_editor", "unit") == seen("agent", "mine") == seen("zx_manager") == [code]
    assert seen("gaj_editor") == seen("zx_reviewer", "mine") == []
