"""Acting on a ticket: one event, judged by the rules it was registered under."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from pydantic import ValidationError

from kb_service.answering.schemas import AnsweredIn, Channel
from kb_service.answering.service import showing
from kb_service.core.context import SYSTEM, Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Invalid, NotFound, Pointer
from kb_service.core.runtime import Runtime
from kb_service.knowledge.service import reading
from kb_service.regulations.complaints import complaint
from kb_service.tickets import schemas
from kb_service.tickets.model import Ticket
from kb_service.tickets.rules.life import KINDS, Kind
from kb_service.tickets.service import erasing, histories, repeating, replying, splitting, taking
from kb_service.tickets.service.seeing import find
from kb_service.tickets.supervised import learning
from kb_service.tickets.tasks import service as tasks

_TOLD_ON: Final[Mapping[str, Channel]] = {"phone": "phone", "web": "web", "wechat": "wechat"}


def act(session: WriteSession, ctx: Context, parts: Runtime, code: str, data: schemas.EventIn) -> Ticket:
    """Adds one event. Refusals name the clause; a stale `seq` is a Conflict."""
    kind = KINDS.get(data.type)
    if kind is None or data.type == "register":
        known = "、".join(f"{each.label}（{name}）" for name, each in KINDS.items() if name != "register")
        raise Invalid(f"没有“{data.type}”这种操作，可用：{known}。", code="unknown_event")
    ticket = find(session, ctx, code)
    learning.learn(session, ctx, parts, ticket)
    if data.seq is not None and data.seq != ticket.last_seq:
        raise taking.stale()
    details = _details(session, ctx, ticket, kind, data.data)
    if data.type == "answer":
        _register_shown(session, ctx, ticket, details)
    elif data.type == "reply":
        replying.check(session, ctx, ticket, details)
    elif data.type == "sub_task_done":
        tasks.check_own(session, ctx, ticket, str(details["id"]))
    taken = taking.take(session, ctx, parts, ticket, taking.Step(data.type, details, data.remark, data.id))
    if data.type == "erase":
        erasing.destroy(session, ctx, parts, ticket, str(details["reason"]))
    _ask_for_rating(session, ctx, parts, ticket, taken)
    learning.end(session, ctx, parts, ticket, taken)
    if data.type == "split":
        splitting.register_parts(session, ctx, parts, ticket, taken.before, details)
    elif data.type == "repeat_found":
        repeating.merge(session, ctx, parts, ticket, taken.row)
    return ticket


def _ask_for_rating(
    session: WriteSession, ctx: Context, parts: Runtime, ticket: Ticket, taken: taking.Taken
) -> None:
    """The window in which the requester rates opens by itself when the handling is done."""
    if taken.after.status != "completed" or taken.before.status == "completed":
        return
    window = histories.rules_of(session, ticket).profile.ratings.window
    if window is not None and "handling" in window.phases:
        step = taking.Step("request_rating", {"phase": "handling"})
        taking.take(session, replace(ctx, actor=SYSTEM), parts, ticket, step)


def _details(
    session: ReadSession, ctx: Context, ticket: Ticket, kind: Kind, given: Mapping[str, Any]
) -> dict[str, Any]:
    """What was sent, completed by what the base knows, as plain values. Raises Invalid naming each wrong place."""
    found = {key: value for key, value in given.items() if value not in (None, "")}
    if kind.name == "repeat_found":
        found = repeating.details(session, ctx, ticket, found)
    elif kind.name == "confirm_point":
        found = _point(session, ctx, found)
    try:
        data = kind.data.model_validate(found)
    except ValidationError as error:
        raise _wrong(kind, error) from error
    return data.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _wrong(kind: Kind, error: ValidationError) -> Invalid:
    wrong: list[Pointer] = [
        {
            "pointer": "/data/" + "/".join(str(part) for part in each["loc"]),
            "detail": complaint(dict(each)),
        }
        for each in error.errors()
    ]
    missing = all(each["type"] == "missing" for each in error.errors())
    told = "；".join(f"{each['pointer']}：{each['detail']}" for each in wrong)
    code = "missing_details" if missing else "bad_details"
    return Invalid(f"{kind.label}的内容不对：{told}。", code=code, pointers=wrong)


def _point(session: ReadSession, ctx: Context, given: dict[str, Any]) -> dict[str, Any]:
    """When the version became answerable is the base's to say, not the sender's."""
    point = given.get("point")
    code = point.get("code") if isinstance(point, Mapping) else None
    if not isinstance(point, Mapping) or not isinstance(code, str):
        return given
    view = reading.get_version(session, ctx, code)
    if view.uploaded_at is None:
        raise NotFound(f"知识点 {code} 还没有可以答复的版本。", code="unknown_version")
    return given | {"point": dict(point) | {"uploaded_at": view.uploaded_at.isoformat()}}


def _register_shown(session: WriteSession, ctx: Context, ticket: Ticket, details: Mapping[str, Any]) -> None:
    """Which version an instant answer was given from is kept with the ticket."""
    view = reading.get_version(session, ctx, str(details["code"]), int(details["version"]))
    told = AnsweredIn(
        code=view.code,
        version=view.number,
        channel=_TOLD_ON.get(ticket.channel, "api"),
        ticket=ticket.code,
    )
    showing.told(session, ctx, told)
