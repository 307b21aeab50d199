"""Who answers for a unit, and who must know."""

from typing import Final

from kb_service.core.db import ReadSession
from kb_service.identity.service import actors
from kb_service.notices import roster

READ: Final = "supervision.read"
MANAGE: Final = "supervision.manage"
REPLY: Final = "supervision.reply"


def people_of(session: ReadSession, unit_id: int) -> list[int]:
    """Who in a unit answers a supervision, and who leads it."""
    staff = [account.id for account in actors.holders(session, REPLY, [unit_id])]
    return sorted({*staff, *roster.leaders_of(session, unit_id)})
