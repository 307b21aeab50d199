"""How a caller may be put through to a unit, besides by a ticket."""

from collections.abc import Collection

from sqlalchemy import select

from kb_service.core.clauses import rule
from kb_service.core.db import ReadSession
from kb_service.identity.model import Unit


@rule("SG-8", neutral="")
def way(kind: str, phone: str) -> str:
    """A sub-centre takes calls at all hours: what the base cannot answer goes there by phone or by ticket."""
    return f"可电话转接 {phone}，或派单办理" if kind == "sub_centre" and phone else ""


def ways(session: ReadSession, codes: Collection[str]) -> dict[str, str]:
    rows = select(Unit.code, Unit.kind, Unit.phone).where(Unit.code.in_(codes))
    return {code: way(kind, phone) for code, kind, phone in session.execute(rows)}
