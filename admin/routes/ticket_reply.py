"""Writing a reply with the templates and the base beside it. Every button keeps what was written."""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import APIRouter, Response

from admin.forms import Correcting, Sent, SentDep, Wrong
from admin.rendering import Page, PageDep, strings
from kb_service.core.db import ReadSession
from kb_service.core.web import Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.knowledge.service import searching
from kb_service.tickets.schemas import EventIn
from kb_service.tickets.service import acting, reading, replying, seeing
from kb_service.tickets.templates import service as templates

router = APIRouter(
    prefix="/tickets/{code}/reply", include_in_schema=False, dependencies=[requires("ticket.handle")]
)
HITS: Final = 6
_VERSION: Final = re.compile(r"([A-Z0-9-]{1,32})\.(\d{1,6})")
WAYS: Final = ("phone", "sms", "letter", "mail", "in_person")


@dataclass
class Draft:
    """What the page holds between two buttons."""

    result: str = ""
    q: str = ""
    template: str = ""
    cites: list[str] = field(default_factory=list)
    written: bool = False
    adopted: str = ""
    by: str = "phone"
    seq: str = ""

    @classmethod
    def of(cls, sent: Sent) -> "Draft":
        texts = {name: sent.text(name) for name in ("result", "q", "template", "adopted", "seq")}
        by = sent.text("by")
        cites = [each for each in sent.many("cites") if _VERSION.fullmatch(each)]
        return cls(**texts, cites=cites, written=sent.flag("written"), by=by if by in WAYS else "phone")

    def add(self, text: str) -> None:
        self.result = f"{self.result}\n{text}".strip()

    def event(self) -> EventIn:
        """A quotation that was deleted again is not cited."""
        used = [_pair(each) for each in dict.fromkeys(self.cites)]
        cites = [
            {"code": code, "version": version}
            for code, version in used
            if f"知识编码 {code} 第 {version} 版" in self.result
        ]
        data: dict[str, Any] = {"result": self.result, "by": self.by}
        data |= {"cites": cites} if cites else {}
        data |= {"template": self.template} if self.template else {}
        data |= {"written": True} if self.written else {}
        data |= {"adopted": self.adopted == "yes"} if self.adopted else {}
        return EventIn(type="reply", data=data, seq=int(self.seq) if self.seq.isdigit() else None)


def _pair(text: str) -> tuple[str, int]:
    code, _, version = text.rpartition(".")
    return code, int(version)


@router.get("")
def write(page: PageDep, session: Reader, ctx: Ctx, code: str) -> Response:
    ticket = seeing.find(session, ctx, code)
    written = templates.written_in(session, ticket)
    return _show(page, session, code, Draft(q=ticket.title, written=written, seq=str(ticket.last_seq)))


@router.post("")
def press(page: PageDep, session: Writer, parts: RuntimeDep, ctx: Ctx, sent: SentDep, code: str) -> Response:
    """`do`: search, template:CODE.VERSION, cite:CODE.VERSION, or send."""
    draft = Draft.of(sent)
    what, _, chosen = sent.text("do").partition(":")
    with Correcting(session) as wrong:
        if what == "send":
            acting.act(session, ctx, parts, code, draft.event())
            return page.go(f"/tickets/{code}", strings("work.replied"))
        if what == "cite" and _VERSION.fullmatch(chosen):
            draft.add(replying.quoted(replying.citable(session, ctx, *_pair(chosen))))
            draft.cites.append(chosen)
        elif what == "template":
            _use(session, ctx, code, draft, chosen)
    return _show(page, session, code, draft, wrong)


def _use(session: ReadSession, ctx: Ctx, code: str, draft: Draft, chosen: str) -> None:
    for each in templates.for_ticket(session, ctx, code):
        if each.template == chosen:
            draft.add(each.text)
            draft.template = chosen


def _show(page: Page, session: ReadSession, code: str, draft: Draft, wrong: Wrong | None = None) -> Response:
    parts, ctx = page.parts, page.ctx
    params = searching.SearchParams(q=draft.q, limit=HITS)
    hits = searching.search_points(session, ctx, parts.engine, params).hits if draft.q else []
    return page.show(
        session,
        "tickets/reply.html",
        422 if wrong else 200,
        ticket=reading.read(session, ctx, parts, code),
        draft=draft,
        hits=hits,
        templates=templates.for_ticket(session, ctx, code),
        ways=WAYS,
        wrong=wrong or Wrong(),
    )
