"""What a change of the calendar moved of corrections and tasks of knowledge."""

from fastapi import APIRouter

from kb_service.core.web import Reader
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.schemas import ListOut
from kb_service.knowledge.calendar import service
from kb_service.knowledge.calendar.counted import KnowledgeMove

router = APIRouter(prefix="/api/v1/calendar/changes", tags=["calendar"])


@router.get("/{change_id}/knowledge-moves", dependencies=[requires("knowledge.read_internal")])
def moved(change_id: int, session: Reader, ctx: Ctx) -> ListOut[KnowledgeMove]:
    return ListOut(items=service.moved(session, ctx, change_id), next=None)
