"""What the centre's own office keeps: forms for replies, the questions that must be found, last month's papers."""

from datetime import date
from typing import Final

from kb_service.core.context import Context
from kb_service.core.db import WriteSession
from kb_service.core.runtime import Runtime
from kb_service.demo import files
from kb_service.identity.service import actors, people
from kb_service.insight.bulletins import rules
from kb_service.insight.bulletins.service import issuing
from kb_service.insight.evaluation.service import scoring
from kb_service.insight.statistics import periods
from kb_service.knowledge.golden.service import cases
from kb_service.knowledge.golden.service.cases import CaseIn
from kb_service.regulations import service as regulations
from kb_service.tickets.templates import service as templates
from kb_service.tickets.templates.schemas import TemplateIn

MANAGER, SUPERVISOR = "zszhuguan01", "banzhang01"
# The parts of a bulletin that no figure says.
_WRITTEN: Final = {
    "problems": ["个别单位签收不及时，复杂诉求与诉求人沟通不够，少数答复未逐项回应。"],
    "improvements": ["请各单位安排专人每日查收工单，办理前先与诉求人联系，办结材料写明经过、结果和依据。"],
}


def furnish(parts: Runtime, today: date) -> None:
    """Last month's figures must stand already."""
    with parts.database.write() as session:
        manager, supervisor = (_acting(session, parts, login) for login in (MANAGER, SUPERVISOR))
        for row in files.lines("templates.jsonl"):
            templates.add(session, supervisor, TemplateIn.model_validate(row))
        for row in files.lines("golden.jsonl"):
            cases.save(session, manager, CaseIn(must_not=(), **row))
        month = periods.before(periods.month(today.year, today.month))
        for report in rules.offered(regulations.standing_profile(session)):
            if report.kinds[0] == "month":
                drafted = issuing.draft(session, manager, report.id, month)
                issuing.edit(session, manager, drafted.id, _WRITTEN, {})
                issuing.issue(session, supervisor, drafted.id)
        scoring.publish(session, manager, month)


def _acting(session: WriteSession, parts: Runtime, login: str) -> Context:
    account = people.account_by_login(session, login)
    return Context(actors.of_account(session, account, "session"), parts.clock.now())
