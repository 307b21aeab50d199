"""Drafts: who may write them, where, and what happens when two people write at once."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from kb_service.core.audit import AuditRow
from kb_service.core.clock import FixedClock
from kb_service.core.context import SYSTEM, Context
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from kb_service.knowledge.service import drafts, filing, reading
from kb_service.notices.model import Notice
from tests.support.knowledge import World, agency, faq


def test_a_point_gets_a_code_and_begins_with_version_one(world: World) -> None:
    first, second = world.draft(faq("甲")), world.draft(faq("乙"))
    assert (first.code, first.number, first.status) == ("K000001", 1, "draft")
    assert second.code == "K000002"
    assert first.region_code == "990000"
    assert first.content.answer_text() == "本人到市民之家三楼办理。"


def test_a_draft_may_lack_things_but_a_submission_may_not(world: World) -> None:
    version = world.draft(faq(answer="", source=""))
    with pytest.raises(Invalid) as refused:
        world.submit(version)
    assert refused.value.code == "incomplete"
    assert [each["pointer"] for each in refused.value.pointers] == ["/content/answer"]


@pytest.mark.parametrize(
    ("words", "pointer"),
    [
        (faq(category="C12"), None),
        (faq(category="C21"), "/category"),
        (faq(category="C1"), "/category"),
        (faq(category="C99"), "/category"),
        (faq(region="123456"), "/region"),
        (faq(matter="M9"), "/matter"),
        (faq(audience="restricted", roles=["nobody"]), "/roles/0"),
        (faq(supersedes="K999999"), "/supersedes"),
    ],
    ids=["held leaf", "other's leaf", "no leaf", "unknown", "region", "matter", "role", "supersedes"],
)
def test_a_unit_writes_only_to_leaves_it_holds_and_names_only_what_exists(
    world: World, words: object, pointer: str | None
) -> None:
    if pointer is None:
        assert world.draft(words).status == "draft"  # type: ignore[arg-type]
        return
    with pytest.raises(Invalid) as refused:
        world.draft(words)  # type: ignore[arg-type]
    assert [each["pointer"] for each in refused.value.pointers] == [pointer]


def test_an_editor_writes_for_no_other_unit(world: World) -> None:
    with world.database.write() as session, pytest.raises(Forbidden):
        drafts.create_draft(session, world.as_("rsj_editor"), "U-GAJ", faq())
    version = world.draft(faq())
    with world.database.write() as session, pytest.raises(Forbidden):
        drafts.edit_draft(session, world.as_("gaj_editor"), version.code, 1, faq("改"), lock=1)
    with world.database.write() as session, pytest.raises(Forbidden):
        filing.submit(session, world.as_("gaj_editor"), version.code, 1)


def test_knowledge_is_written_by_a_person(world: World, clock: FixedClock) -> None:
    with world.database.write() as session, pytest.raises(Forbidden) as refused:
        drafts.create_draft(session, Context(SYSTEM, clock.now()), "U-RSJ", faq())
    assert refused.value.code == "account_required"


def test_of_two_who_edit_at_once_the_second_gets_both_texts(world: World) -> None:
    version = world.draft(faq())
    with world.database.write() as session:
        edited = drafts.edit_draft(
            session, world.as_("rsj_editor"), version.code, 1, faq("先改的"), lock=version.lock
        )
    assert edited.lock == 2
    with world.database.write() as session, pytest.raises(Conflict) as refused:
        drafts.edit_draft(session, world.as_("rsj_second"), version.code, 1, faq("后改的"), lock=version.lock)
    assert refused.value.code == "edit_conflict"
    assert refused.value.extra["mine"]["title"] == "后改的"
    assert refused.value.extra["theirs"]["title"] == "先改的"
    assert refused.value.extra["lock"] == 2
    assert refused.value.extra["base"]["title"] == "怎样办理退休"
    assert set(refused.value.extra["conflicts"]) == {"title", "content.question"}


def test_another_unit_is_not_told_that_a_point_has_a_version_in_the_making(world: World) -> None:
    point = world.publish(faq())
    world.submit(world.draft(faq(answer="将改"), code=point.code))
    with pytest.raises(Invalid, match="属于"):
        world.draft(faq("户籍", category="C21"), by="gaj_editor", code=point.code)


def test_a_point_has_one_open_version_at_a_time(world: World) -> None:
    version = world.draft(faq())
    with pytest.raises(Conflict) as refused:
        world.draft(faq("又一版"), code=version.code)
    assert refused.value.code == "draft_exists"
    assert refused.value.extra == {"number": 1, "status": "draft"}


def test_a_point_keeps_its_type_and_its_unit(world: World) -> None:
    version = world.publish(faq())
    with pytest.raises(Invalid) as refused:
        world.draft(agency("换了类型", functions="职能", phone="1"), code=version.code)
    assert [each["pointer"] for each in refused.value.pointers] == ["/type"]
    with pytest.raises(Invalid) as refused:
        world.draft(faq(category="C11"), by="gaj_editor", code=version.code)
    assert [each["pointer"] for each in refused.value.pointers] == ["/unit"]


def test_what_was_returned_goes_on_in_the_next_version(world: World) -> None:
    version = world.submit(world.draft(faq(answer="旧答案")))
    returned = world.decide(version, "rsj_reviewer", "return", "写明地址")
    with world.database.write() as session, pytest.raises(Conflict):
        drafts.edit_draft(session, world.as_("rsj_editor"), version.code, 1, faq("改"), lock=returned.lock)
    with world.database.write() as session:
        second = drafts.next_draft(session, world.as_("rsj_editor"), version.code)
    assert (second.number, second.status, second.answer) == (2, "draft", "旧答案")


def test_an_old_version_is_restored_as_a_draft_and_reviewed_again(world: World) -> None:
    first = world.publish(faq(answer="第一版", release_at=None))
    world.publish(faq(answer="第二版"), code=first.code)
    with world.database.write() as session:
        third = drafts.restore(session, world.as_("rsj_editor"), first.code, 1)
    assert (third.number, third.status, third.answer, third.note) == (3, "draft", "第一版", "恢复第 1 版")


def test_an_author_takes_back_what_is_in_review_and_nobody_else_does(world: World) -> None:
    version = world.submit(world.draft(faq()))
    with world.database.write() as session, pytest.raises(Forbidden):
        drafts.discard(session, world.as_("rsj_second"), version.code, 1)
    with world.database.write() as session:
        drafts.discard(session, world.as_("rsj_editor"), version.code, 1, reason="写错了")
    with world.database.read() as session:
        assert reading.one_view(session, world.clock.now(), version.code, 1).status == "discarded"
        unread = select(Notice).where(Notice.kind == "knowledge.review", Notice.read_at.is_(None))
        assert session.execute(unread).all() == []


def test_every_write_is_in_the_audit_log(world: World, clock: FixedClock) -> None:
    version = world.draft(faq("一"))
    clock.advance(timedelta(minutes=1))
    with world.database.write() as session:
        drafts.edit_draft(session, world.as_("rsj_second"), version.code, 1, faq("二"), lock=1)
    world.submit(version)
    world.decide(version, "rsj_reviewer")
    with world.database.read() as session:
        rows = session.execute(
            select(AuditRow).where(AuditRow.subject == f"point:{version.code}").order_by(AuditRow.id)
        ).scalars()
        told = [(row.action, row.actor) for row in rows]
    assert told == [
        ("version.drafted", "rsj_editor"),
        ("version.edited", "rsj_second"),
        ("version.filed", "rsj_editor"),
        ("version.approve", "rsj_reviewer"),
    ]


def test_unknown_points_and_versions_are_not_found(world: World) -> None:
    editor = world.as_("rsj_editor")
    with world.database.write() as session:
        with pytest.raises(NotFound):
            drafts.next_draft(session, editor, "K1")
        with pytest.raises(NotFound):
            filing.submit(session, editor, "K1", 1)
