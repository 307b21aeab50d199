"""Routes of the audit log, for the audit officer."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from kb_service.core import audit
from kb_service.core.paging import MAX_LIMIT
from kb_service.core.web import Reader
from kb_service.identity.auth import requires
from kb_service.identity.schemas import ListOut

router = APIRouter(prefix="/api/v1/audit", tags=["audit"], dependencies=[requires("audit.read")])


class AuditOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    at: datetime
    actor: str
    via: str
    source: str
    action: str
    subject: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str


class VerificationOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    ok: bool
    rows: int
    sealed: int
    head: str
    broken_at: int | None


@router.get("")
def rows(
    session: Reader,
    subject: str = "",
    action: str = "",
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
) -> ListOut[AuditOut]:
    page = audit.rows(session, subject=subject, action=action, cursor=cursor, limit=limit)
    return ListOut(items=[AuditOut.model_validate(row) for row in page.items], next=page.next)


@router.get("/verification")
def verification(session: Reader) -> VerificationOut:
    return VerificationOut.model_validate(audit.verify(session))
