"""From a conversation to a page."""

import re
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup, escape
from sqlalchemy import select

from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.core.pages.assets import SHARED, AssetFolder
from kb_service.core.pages.environment import make_environment
from kb_service.core.pages.strings import Strings
from kb_service.identity.model import Region

HERE = Path(__file__).parent
PHONE = re.compile(r"(?<![\d-])(?:0\d{2,3}-\d{7,8}|1[0-2]\d{3}|400-?\d{3}-?\d{4})(?!\d)")
ASSETS = AssetFolder.of("/static/chat", HERE / "static")
strings = Strings(HERE / "strings")
templates = make_environment(HERE / "templates", strings, {"chat": ASSETS, "shared": SHARED})


def phones(text: str) -> Markup:
    """Text whose telephone numbers can be tapped."""
    pieces: list[Markup] = []
    at = 0
    for match in PHONE.finditer(text):
        number = match.group()
        pieces += [escape(text[at : match.start()]), Markup('<a href="tel:%s">%s</a>') % (number, number)]
        at = match.end()
    return Markup("").join([*pieces, escape(text[at:])])


templates.filters["phones"] = phones


def regions(session: ReadSession) -> list[Region]:
    """The city first, then its counties and districts."""
    rows = select(Region).where(Region.level.in_(("city", "county"))).order_by(Region.code)
    found = list(session.execute(rows).scalars())
    return sorted(found, key=lambda region: region.level != "city")


def render(
    template: str, request: Request, ctx: Context, session: ReadSession, status: int = 200, **values: Any
) -> HTMLResponse:
    known = regions(session)
    common = {
        "now": ctx.now,
        "csrf": getattr(request.state, "csrf", ""),
        "city": known[0].name if known else "",
        "regions": known,
    }
    return HTMLResponse(templates.get_template(template).render(common | values), status)
