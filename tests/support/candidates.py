"""Candidates for tests: collected over the small city, and decided on by its units."""

from typing import Any

from kb_service.knowledge.candidates.model import Candidate
from kb_service.knowledge.candidates.service import collecting, confirming, placing
from kb_service.knowledge.content import PointDraft
from kb_service.knowledge.service.views import VersionView
from tests.support.knowledge import World, faq

ASKED = "灵活就业人员怎样缴纳养老保险"
ANSWER = "带身份证到市民之家三楼窗口办理，也可在手机上缴纳。"


def collect(
    world: World, question: str = ASKED, answer: str = "", by: str = "agent", **said: Any
) -> Candidate:
    said = {"unit_hint": "U-RSJ", "source": "agent" if answer else "miss"} | said
    with world.database.write() as session:
        row = collecting.capture(session, world.as_(by), question=question, answer=answer, **said)
        session.flush()
        session.expunge_all()
        return row


def confirm(
    world: World, code: str, by: str = "rsj_editor", words: PointDraft | None = None, **said: Any
) -> VersionView:
    with world.database.write() as session:
        return confirming.confirm(session, world.as_(by), code, words or faq(ASKED, ANSWER), **said)


def hand_on(world: World, code: str, to: str, by: str) -> Candidate:
    with world.database.write() as session:
        row = placing.hand_on(session, world.as_(by), code, to, "这不是我们的职责")
        session.flush()
        session.expunge_all()
        return row
