"""From a conversation to a page, and the files the page loads."""

import json
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from kb_service.channels.webchat import rules
from kb_service.channels.webchat.service.conversations import MessageView
from kb_service.channels.webchat.service.handing_over import likely_unit
from kb_service.core.ids import new_id
from kb_service.core.pages.assets import SHARED, AssetFolder
from kb_service.core.pages.environment import make_environment
from kb_service.core.pages.strings import Strings

HERE = Path(__file__).parent
ASSETS = AssetFolder.of("/static/chat", HERE / "static")
strings = Strings(HERE / "strings")
templates = make_environment(HERE / "templates", strings, {"chat": ASSETS, "shared": SHARED})
templates.globals.update(
    {
        "script_strings": strings.under("script"),
        "longest_question": rules.LONGEST_QUESTION,
        "longest_request": rules.LONGEST_REQUEST,
        "longest_remark": rules.LONGEST_REMARK,
        "likely_unit": likely_unit,
    }
)
templates.filters.update(
    {"answer_parts": lambda text: rules.parts(rules.blocks(text)), "pieces": rules.pieces}
)


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    return HTMLResponse(_render(request, template, values), status)


def piece(request: Request, template: str, **values: Any) -> str:
    return _render(request, template, values).strip()


def _render(request: Request, template: str, values: dict[str, Any]) -> str:
    here = template.removesuffix(".html")
    common = {
        "here": here,
        "csrf": getattr(request.state, "csrf", ""),
        "once": new_id(),
        "conversation": "",
        "alarm": None,
    }
    return templates.get_template(template).render(common | values)


def alarm(messages: list[MessageView]) -> MessageView | None:
    """The newest message where it tells of danger: it must be seen before anything else."""
    newest = messages[-1] if messages else None
    return newest if newest and newest.decision and newest.decision.emergency else None


def wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def render_problem(request: Request, response: JSONResponse) -> Response:
    """A problem as a page that shows a citizen the way on; a script gets the problem itself."""
    if not wants_page(request):
        return response
    problem = json.loads(bytes(response.body))
    return page(request, "problem.html", response.status_code, city="", problem=problem)
