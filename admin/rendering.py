"""From values to pages: the template environment, the shell around each page, problems as pages."""

import json
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from sqlalchemy import select

from admin import flash, forms, navigation
from admin.assets import FOLDERS, HERE
from admin.flash import Toast
from admin.labels import LABELS
from kb_service.core.db import ReadSession
from kb_service.core.pages.environment import make_environment
from kb_service.core.pages.strings import Strings
from kb_service.core.web import RuntimeDep
from kb_service.identity.auth import Ctx
from kb_service.identity.model import Region, Unit
from kb_service.identity.rules import PERMISSIONS
from kb_service.identity.service import people
from kb_service.notices import service as notices
from kb_service.tickets.rules.life import KINDS

strings = Strings(HERE / "strings")


def action_in_words(action: str) -> str:
    """What an entry of the audit log says was done; its code, where the catalogue has no words for it."""
    noun, _, verb = action.partition(".")
    if noun == "ticket" and verb in KINDS:
        said = KINDS[verb].label
    elif verb:
        said = strings(f"audited.verb.{verb}") if f"audited.verb.{verb}" in strings else verb
    else:
        said = ""
    of = strings(f"audited.noun.{noun}") if f"audited.noun.{noun}" in strings else noun
    return f"{of}：{said}" if said else of


def via_in_words(via: str) -> str:
    """How somebody came; of a token the number stays."""
    kind, _, number = via.partition(":")
    said = strings(f"audited.via.{kind}") if f"audited.via.{kind}" in strings else kind
    return f"{said} {number}" if number else said


templates = make_environment(HERE / "templates", strings, FOLDERS)
templates.globals.update(
    {
        "labels": LABELS,
        "highlight": forms.highlight,
        "mark_terms": forms.mark_terms,
        "telling": forms.telling,
        "script_strings": strings.under("script"),
    }
)
templates.filters.update(
    {
        "action_in_words": action_in_words,
        "via_in_words": via_in_words,
        # A reader needs no more than that it is next to nothing; powers of ten are for programs.
        "figure": lambda value: "<0.0001" if 0 < value < 0.0001 else f"{value:.3g}",
        "pretty": lambda value: json.dumps(value, ensure_ascii=False, indent=1, default=str),
        "role_name": lambda code, names: names.get(code, code),
        "unit_name": lambda code, names: names.get(code, code),
    }
)


class Page:
    """What a route answers with. Words of the shell (unread notices, navigation) come from the session."""

    def __init__(self, request: Request, ctx: Ctx, parts: RuntimeDep) -> None:
        self.request = request
        self.ctx = ctx
        self.parts = parts

    @property
    def partial(self) -> bool:
        """Whether htmx asks for a piece of the page; a restored history entry needs the whole."""
        headers = self.request.headers
        return headers.get("hx-request") == "true" and headers.get("hx-history-restore-request") != "true"

    def show(self, session: ReadSession, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        toast = flash.take(self.request, self.parts.cipher)
        shell = {
            **self._who(session),
            "groups": navigation.groups_for(self.ctx.actor),
            "place": navigation.place_of(self.request.url.path),
            "unread": notices.unread_count(session, self.ctx) if self.ctx.actor.account_id else 0,
            "toast": toast,
        }
        response = HTMLResponse(self._render(template, shell | values), status)
        if toast:
            response.delete_cookie(flash.COOKIE, path="/")
        return response

    def part(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A piece of a page, for htmx."""
        return HTMLResponse(self._render(template, values), status)

    def say(self, text: str, undo: str = "") -> Response:
        """Only a message; the page stays as it is. `undo` is where to take it back."""
        event = json.dumps({"kb:toast": {"text": text, "undo": undo}})
        return Response(status_code=204, headers={"HX-Trigger": event})

    def go(self, path: str, toast: str = "", undo: str = "", tone: str = "") -> Response:
        """On to another page after something was done (303, so that reloading does nothing twice)."""
        response = RedirectResponse(path, 303)
        if toast:
            flash.put(
                response, self.parts.cipher, Toast(toast, undo, tone), self.parts.settings.cookie_secure
            )
        return response

    def _who(self, session: ReadSession) -> dict[str, Any]:
        actor = self.ctx.actor
        unit = session.get(Unit, actor.unit_id) if actor.unit_id else None
        names = {role.code: role.name for role in people.roles(session) if role.code in actor.roles}
        return {
            "city": city_name(session),
            "unit_name": unit.name if unit else "",
            "role_names": "、".join(names.values()),
        }

    def _render(self, template: str, values: dict[str, Any]) -> str:
        common = {
            "request": self.request,
            "ctx": self.ctx,
            "actor": self.ctx.actor,
            "now": self.ctx.now,
            "csrf": getattr(self.request.state, "csrf", ""),
            "here": local_address(self.request),
        }
        return templates.get_template(template).render(common | values)


PageDep = Annotated[Page, Depends(Page)]


def city_name(session: ReadSession) -> str:
    """The name of the region that has no other above it."""
    root = session.execute(select(Region.name).where(Region.level == "city").order_by(Region.code).limit(1))
    return root.scalar_one_or_none() or ""


def local_address(request: Request) -> str:
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


def safe_next(target: str) -> str:
    """A path of this service to go on to after login; anything else leads home."""
    parsed = urlsplit(target)
    inside = not parsed.scheme and not parsed.netloc and target.startswith("/")
    return target if inside and not target.startswith(("//", "/\\")) else "/"


def wants_page(request: Request) -> bool:
    headers = request.headers
    return (
        not request.url.path.startswith("/api/")
        and "text/html" in headers.get("accept", "")
        and headers.get("hx-request") != "true"
    )


def render_problem(request: Request, response: JSONResponse) -> Response:
    """A problem as a page for a person; programs and htmx get the problem itself."""
    if not wants_page(request):
        return response
    if response.status_code == 401 and request.method == "GET":
        return RedirectResponse(f"/login?next={quote(local_address(request))}", 303)
    body = json.loads(bytes(response.body))
    missing = body.get("permission")
    if missing in PERMISSIONS:
        body["detail"] = body["detail"].replace(missing, PERMISSIONS[missing])
    text = templates.get_template("problem.html").render(problem=body, request=request)
    return HTMLResponse(text, response.status_code)
