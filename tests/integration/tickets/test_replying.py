"""Writing a reply: the centre's templates, the base beside it, and what is offered to the base afterwards."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from kb_service.answering.model import Shown
from kb_service.core.context import Actor
from kb_service.core.errors import Conflict, Forbidden, Invalid, KbError
from kb_service.knowledge.candidates.model import Candidate
from kb_service.tickets.templates import schemas, service
from tests.integration.tickets.conftest import Desk
from tests.support.knowledge import faq
from tests.support.ticket_life import WHOLE

Bearer = Callable[..., dict[str, str]]
TEXT = "{承办单位}关于工单{工单号}的答复：您反映的“{标题}”已办理，{办理结果}。{今天}"


def make(desk: Desk, words: str = TEXT, request_class: str = "complaint", by: str = "centre") -> str:
    data = schemas.TemplateIn.model_validate({"class": request_class, "name": "书面答复", "text": words})
    with desk.parts.database.write() as session:
        return service.add(session, desk.service.world.as_(by), data).code


def with_unit(desk: Desk, **changes: Any) -> str:
    code = desk.register(**changes)
    desk.act(code, "centre", "dispatch", to="U-GAJ")
    desk.act(code, "first", "sign")
    return code


@pytest.mark.clause("ST-13")
def test_a_template_leaves_room_for_what_the_city_wants_in_a_reply(in_city: Callable[[str], Desk]) -> None:
    desk = in_city("shantou-2016")
    with pytest.raises(Invalid) as refused:
        make(desk, "关于工单{工单号}，您反映的问题我们已经收到。")
    assert (refused.value.code, refused.value.extra["clause"]) == ("blank_missing", "ST-13")
    make(desk)


def test_a_template_is_filled_in_as_far_as_it_is_known_and_blanks_are_not_sent(tickets: Desk) -> None:
    every = "、".join(
        f"{{{each}}}" for each in ("对每项诉求的正面回应", "时间", "办理经过", "办理结果", "依据")
    )
    template, code = make(tickets, f"{TEXT}{every}"), with_unit(tickets)
    with tickets.parts.database.read() as session:
        (found,) = service.for_ticket(session, tickets.service.world.as_("first"), code)
    assert found.template == f"{template}.1"
    assert f"市公安局关于工单{code}的答复：您反映的“夜间施工噪声”已办理" in found.text
    assert "办理结果" in found.open
    with pytest.raises(Invalid) as refused:
        tickets.act(code, "first", "reply", result=found.text, template=found.template)
    assert refused.value.code == "blank_left"
    tickets.act(code, "first", "reply", result="已责令停工。", template=found.template)
    assert tickets.read(code).events[-1].data["template"] == f"{template}.1"


def test_a_change_is_a_new_version_and_of_two_at_once_one_is_told(in_city: Callable[[str], Desk]) -> None:
    desk = in_city("shantou-2016")
    code, centre = make(desk), desk.service.world.as_("centre")
    change = schemas.TemplateChangeIn(version=1, name="书面答复", text=TEXT + "特此答复。")
    with desk.parts.database.write() as session:
        assert service.change(session, centre, code, change).version == 2
    with desk.parts.database.write() as session, pytest.raises(Conflict):
        service.change(session, centre, code, change)
    with desk.parts.database.write() as session:
        assert [each.text for each in service.versions(session, code)] == [TEXT + "特此答复。", TEXT]
        service.retire(session, centre, code)
        assert service.standing(session) == []
    with desk.parts.database.write() as session, pytest.raises(DBAPIError, match="never changes"):
        session.execute(text("UPDATE tickets_reply_template SET text = 'x'"))


def test_only_the_centre_keeps_templates(tickets: Desk) -> None:
    with pytest.raises(Forbidden):
        make(tickets, by="first")


def test_a_version_that_a_reply_repeats_is_registered_as_told(tickets: Desk) -> None:
    world = tickets.service.world
    point = world.publish(faq("夜间施工几点必须停工", "夜里十点至次日六点禁止施工。"))
    code = with_unit(tickets)
    tickets.act(
        code, "first", "reply", result="夜里十点以后禁止施工。", cites=[{"code": point.code, "version": 1}]
    )
    with tickets.parts.database.read() as session:
        shown = session.execute(select(Shown)).scalars().one()
    assert (shown.code, shown.version, shown.ticket_code, shown.kind) == (point.code, 1, code, "told")


def test_what_is_not_live_or_not_public_is_not_repeated_to_a_citizen(tickets: Desk) -> None:
    world = tickets.service.world
    inside = world.publish(faq("内部口径", "仅供内部掌握，不对外。", audience="agents"))
    old = world.publish(faq("夜间施工几点必须停工", "夜里十点以后。"))
    world.publish(faq("夜间施工几点必须停工", "夜里十一点以后。"), code=old.code)
    code = with_unit(tickets)
    for point, version, refusal in ((inside.code, 1, "not_public"), (old.code, 1, "unknown_point")):
        with pytest.raises(KbError) as refused:
            tickets.act(
                code, "first", "reply", result="已答复。", cites=[{"code": point, "version": version}]
            )
        assert refused.value.code == refusal
    assert tickets.read(code).status == "signed"
    with tickets.parts.database.read() as session:
        assert session.execute(select(Shown)).first() is None


def finish(desk: Desk, code: str, by: str = "first") -> None:
    desk.act(code, by, "reply", result="带出生证明和户口本到派出所办理，当场办结。")
    desk.act(code, by, "request_completion", **WHOLE)
    if desk.read(code, by).status == "completing":
        desk.act(code, "centre", "decide_completion", approved=True)


def candidates(desk: Desk) -> list[str]:
    with desk.parts.database.read() as session:
        return list(session.execute(select(Candidate.question)).scalars())


def test_a_finished_consultation_offers_its_answer_to_the_base(tickets: Desk) -> None:
    finish(tickets, with_unit(tickets, **{"class": "consultation"}, title="新生儿怎样上户口"))
    assert candidates(tickets) == ["新生儿怎样上户口"]


def test_a_confidential_consultation_offers_nothing(tickets: Desk) -> None:
    """From the line and from the finished ticket alike; and made confidential only later, too."""
    from kb_service.core.db import WriteSession
    from kb_service.tickets.model import Ticket

    code = with_unit(tickets, **{"class": "consultation"}, title="新生儿怎样上户口")

    def keep_secret(session: WriteSession) -> None:
        session.execute(select(Ticket).where(Ticket.code == code)).scalar_one().confidential = True

    with tickets.parts.database.write() as session:
        keep_secret(session)
    world = tickets.service.world
    for login in ("centre", "first"):
        ctx = world.as_(login)
        world._actors[login] = _confidant(ctx.actor)
    finish(tickets, code)
    assert tickets.read(code).status == "completed"
    assert candidates(tickets) == []


def _confidant(actor: Actor) -> Actor:
    return replace(actor, permissions=actor.permissions | {"ticket.confidential"})


def test_the_api_keeps_templates_and_fills_them_in(tickets: Desk, client: TestClient, bearer: Bearer) -> None:
    centre, unit = bearer("supervisor"), bearer("unit_handler", "U-GAJ")
    every = "、".join(
        f"{{{each}}}" for each in ("对每项诉求的正面回应", "时间", "办理经过", "办理结果", "依据")
    )
    body = {"class": "complaint", "name": "投诉答复", "text": f"工单{{工单号}}：{every}"}
    made = client.post("/api/v1/reply-templates", json=body, headers=centre)
    assert (made.status_code, made.json()["class"]) == (201, "complaint")
    code = with_unit(tickets)
    found = client.get(f"/api/v1/tickets/{code}/reply-templates", headers=unit).json()["items"]
    assert [code in each["text"] for each in found] == [True]
    assert client.post("/api/v1/reply-templates", json=body, headers=unit).status_code == 403
