"""How far a request has come, for the requester who proves to be the one (SG-19)."""

import base64
import hmac
from collections.abc import Mapping
from typing import Final

from sqlalchemy import select

from kb_service.core.db import ReadSession
from kb_service.core.errors import NotFound
from kb_service.core.pages.times import minute
from kb_service.core.runtime import Runtime
from kb_service.identity.service import people, requesters
from kb_service.regulations import service as regulations
from kb_service.tickets import schemas
from kb_service.tickets.model import Ticket
from kb_service.tickets.rules.life.words import STATUS_NAMES
from kb_service.tickets.service import histories

LAST_DIGITS: Final = 4
_BYTES: Final = 5
# What a requester is told of; internal notes and decisions are not among it.
_TOLD: Final[Mapping[str, str]] = {
    "register": "已登记",
    "answer": "已即时答复",
    "promise": "已承诺答复",
    "promised_answer": "承诺的答复已办理",
    "not_accept": "已告知不予受理",
    "dispatch": "已转承办单位",
    "designate": "已指定承办单位",
    "sign": "承办单位已签收",
    "supplement": "已记录您的补充",
    "reply": "承办单位已回复",
    "decide_completion": "办结申请已审核",
    "redo": "已发回重办",
    "issue_supplementary": "补充答复已审核",
    "archive": "已归档",
}


def look_up_code(parts: Runtime, ticket: str) -> str:
    """What proves the requester of a ticket without a telephone number: eight characters, told at registration.

    It follows from the ticket's number and the service's key, so that it is kept nowhere.
    """
    mark = bytes.fromhex(parts.cipher.fingerprint(f"progress:{ticket}"))[:_BYTES]
    text = base64.b32encode(mark).decode()
    return f"{text[:4]}-{text[4:]}"


def progress(session: ReadSession, parts: Runtime, code: str, proof: str) -> schemas.ProgressOut:
    """`proof`: the telephone number given, its last four digits, or the look-up code.

    A wrong number and a wrong proof are refused alike.
    """
    offered = regulations.standing_profile(session).intake.progress
    if offered is not None and not offered.offered:
        raise NotFound("本市没有开通自助查询，请拨打 12345 查询办理进度。", code="progress_not_offered")
    rows = select(Ticket).where(Ticket.code == code.strip())
    ticket = session.execute(rows).scalar_one_or_none()
    if ticket is None or not _proved(session, parts, ticket, proof.strip()):
        raise NotFound(
            "没有查到这件工单，请核对工单编号，以及登记时留的电话（或其后四位）或查询码。",
            code="unknown_ticket",
        )
    return _shown(session, ticket)


def _proved(session: ReadSession, parts: Runtime, ticket: Ticket, proof: str) -> bool:
    said = proof.upper().replace("-", "").replace(" ", "")
    known = look_up_code(parts, ticket.code).replace("-", "")
    if hmac.compare_digest(said.encode(), known.encode()):
        return True
    digits = requesters.normal_phone(proof)
    if ticket.requester_id is None or len(digits) < LAST_DIGITS:
        return False
    phone = requesters.phone_of(session, parts.cipher, ticket.requester_id)
    wanted = phone[-LAST_DIGITS:] if len(digits) == LAST_DIGITS else phone
    return bool(phone) and hmac.compare_digest(digits.encode(), wanted.encode())


def _shown(session: ReadSession, ticket: Ticket) -> schemas.ProgressOut:
    """Of a confidential matter not even which unit has it."""
    unit = None if ticket.confidential else ticket.unit_id
    names = {each.id: each.name for each in people.all_units(session)}
    told = [event for event in histories.rows_of(session, ticket) if event.type in _TOLD]
    return schemas.ProgressOut(
        code=ticket.code,
        status_label=STATUS_NAMES[ticket.status],
        unit_name=names.get(unit, "") if unit else "",
        registered_at=ticket.registered_at,
        due=f"{minute(ticket.due_at)}前" if ticket.due_at else "",
        steps=[f"{minute(event.at)} {_TOLD[event.type]}" for event in told],
    )
