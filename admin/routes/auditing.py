"""The audit log, for the audit officer."""

from fastapi import APIRouter, Response

from admin.rendering import PageDep
from kb_service.core import audit
from kb_service.core.web import Reader
from kb_service.identity.auth import requires

router = APIRouter(prefix="/audit", include_in_schema=False)
ROWS = 50


@router.get("", dependencies=[requires("audit.read")])
def rows(
    page: PageDep, session: Reader, subject: str = "", action: str = "", cursor: str = "", check: bool = False
) -> Response:
    """`check`: walk the whole chain, which takes a while in an old base."""
    return page.show(
        session,
        "directory/audit.html",
        found=audit.rows(session, subject=subject, action=action, cursor=cursor, limit=ROWS),
        subject=subject,
        action=action,
        cursor=cursor,
        verification=audit.verify(session) if check else None,
    )
