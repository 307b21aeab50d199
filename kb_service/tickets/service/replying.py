"""A unit's reply: nothing left blank, and what it repeats from the base is the base's, and registered as told."""

from collections.abc import Mapping
from typing import Any

from kb_service.answering.schemas import AnsweredIn
from kb_service.answering.service import showing
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid
from kb_service.core.pages.times import minute
from kb_service.knowledge.corrections.service import standing
from kb_service.knowledge.service import reading
from kb_service.knowledge.service.views import VersionView
from kb_service.tickets.model import Ticket
from kb_service.tickets.templates.rules import left_blank


def check(session: WriteSession, ctx: Context, ticket: Ticket, details: Mapping[str, Any]) -> None:
    """Raises Invalid for blanks, Conflict or Forbidden for what may not be repeated to a citizen."""
    if blank := left_blank(str(details.get("result", ""))):
        named = "、".join(blank)
        raise Invalid(
            f"答复中还有没填的项：{named}。请填写后再提交。",
            code="blank_left",
            pointers=[{"pointer": "/data/result", "detail": f"请填写{named}"}],
        )
    for each in details.get("cites", ()):
        view = citable(session, ctx, str(each["code"]), int(each["version"]))
        showing.told(
            session,
            ctx,
            AnsweredIn(
                code=view.code,
                version=view.number,
                channel="phone" if details.get("by", "phone") == "phone" else "api",
                ticket=ticket.code,
            ),
        )


def citable(session: ReadSession, ctx: Context, code: str, version: int) -> VersionView:
    """The version, where it is live, meant for citizens, and nothing serious stands on it."""
    view = reading.get_version(session, ctx, code, version)
    if view.live != "live":
        raise Conflict(f"{code} 第 {version} 版已不是现行版本，请重新检索后引用。", code="version_replaced")
    if view.audience != "public":
        raise Forbidden(f"{code} 是内部知识，不能引用给诉求人。", code="not_public")
    held = standing.held(session, [code]).get((code, version))
    if held is not None and held.hold == "suspend":
        raise Conflict(f"{code} 有重大纠错，暂停引用。", code="suspended")
    return view


def quoted(view: VersionView) -> str:
    """A version's own words with what shows where they come from."""
    at = f"，{minute(view.uploaded_at)}上传" if view.uploaded_at else ""
    return f"{view.answer}\n（依据：{view.title}，{view.unit_name}{at}，知识编码 {view.code} 第 {view.number} 版）"
