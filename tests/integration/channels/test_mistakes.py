"""A citizen says that an answer is wrong, and sees what becomes of it."""

import re

from sqlalchemy import select

from kb_service.answering.model import Shown
from kb_service.knowledge.corrections.model import Correction, CorrectionReport
from kb_service.knowledge.corrections.service import verifying
from tests.integration.channels.conftest import QUESTION, Publish
from tests.support.citizen import Citizen, decisions
from tests.support.service import Service


def report(citizen: Citizen, shown: str, **said: str) -> str:
    found = re.search(r'name="decision" value="([^"]+)"', shown)
    assert found is not None
    form = {"conversation": citizen.conversation, "decision": found[1]} | said
    return str(citizen.send("/chat/mistake", **form).text)


def test_a_citizens_report_names_what_was_shown_and_its_state_is_told_in_the_conversation(
    citizen: Citizen, publish: Publish, service: Service
) -> None:
    publish()
    shown = citizen.ask(QUESTION)
    page = report(citizen, shown, kind="wrong_contact", remark="电话 13812345678 打不通")
    assert "您报告的错误：已收到，正在核实" in page

    with service.parts.database.write() as session:
        kept = session.execute(select(CorrectionReport)).scalar_one()
        assert kept.shown_id == session.execute(select(Shown.id)).scalar_one()
        assert (kept.way, kept.conversation_id) == ("chat", citizen.conversation)
        assert "13812345678" not in kept.remark
        code = session.execute(select(Correction.code)).scalar_one()
        verifying.confirm(session, service.world.as_("zx_manager"), code, "general", "电话确已更换")

    assert "确有问题，正由单位改正" in citizen.send("/chat", conversation=citizen.conversation).text


def test_reported_twice_it_is_kept_once(citizen: Citizen, publish: Publish, service: Service) -> None:
    publish()
    shown = citizen.ask(QUESTION)
    report(citizen, shown)
    report(citizen, shown)

    with service.parts.database.read() as session:
        assert len(session.execute(select(CorrectionReport)).scalars().all()) == 1


def test_nobody_reports_for_another_conversation(
    citizen: Citizen, publish: Publish, service: Service
) -> None:
    publish()
    shown = citizen.ask(QUESTION)
    citizen.conversation = ""
    assert "这次对话已经结束" in report(citizen, shown)

    with service.parts.database.read() as session:
        assert session.execute(select(Correction)).first() is None


def test_an_answer_that_was_suspended_is_not_repeated(
    citizen: Citizen, publish: Publish, service: Service
) -> None:
    publish()
    shown = citizen.ask(QUESTION)
    assert decisions(shown) == ["answer"]
    report(citizen, shown)
    with service.parts.database.write() as session:
        code = session.execute(select(Correction.code)).scalar_one()
        verifying.confirm(session, service.world.as_("zx_manager"), code, "serious", "办理地点已变更")

    assert "这条答复的内容后来有了变化" in citizen.send("/chat", conversation=citizen.conversation).text
    assert "answer" not in decisions(citizen.ask(QUESTION))
