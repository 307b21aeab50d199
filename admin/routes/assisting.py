"""Listening in on a call from the desk: a transcript, typed or pasted, becomes a question, hits and a ticket."""

from typing import Any

from fastapi import APIRouter, Response

from admin import choices
from admin.forms import SentDep
from admin.rendering import PageDep
from admin.routes.desk import Asked
from kb_service.answering.assist import rules, service
from kb_service.core.personal import find_personal
from kb_service.core.web import Reader, RuntimeDep
from kb_service.identity.auth import Ctx, requires
from kb_service.regulations.words import CLASS_NAMES

router = APIRouter(prefix="/desk/assist", include_in_schema=False)
LONGEST = 20_000


@router.post("", dependencies=[requires("decision.make")])
def listen(page: PageDep, session: Reader, parts: RuntimeDep, ctx: Ctx, sent: SentDep) -> Response:
    """Nothing of the transcript is kept. Its numbers come back to the page that sent them, for the form."""
    transcript = sent.text("transcript")[-LONGEST:]
    said = rules.parsed(transcript)
    told = service.hear(session, ctx, parts, said, region=sent.text("region") or None).told if said else None
    phones = [transcript[each.start : each.end] for each in find_personal(transcript) if each.kind == "phone"]
    shown: dict[str, Any] = {
        "class_names": CLASS_NAMES,
        "told": told,
        "phone": phones[-1] if phones else "",
        "transcript": transcript,
    }
    if page.partial:
        return page.part("desk/assist_told.html", **shown)
    return page.show(
        session,
        "desk/assist_page.html",
        asked=Asked(),
        region=sent.text("region") or choices.city(session),
        **shown,
    )
