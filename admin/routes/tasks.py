"""What units are asked to do about their knowledge: by what is due first, and closing one by hand."""

from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Response

from admin import choices
from admin.forms import Correcting, SentDep, Wrong
from admin.rendering import Page, PageDep, strings
from kb_service.core.db import ReadSession
from kb_service.core.errors import Invalid
from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import Ctx, requires, requires_any
from kb_service.knowledge.tasks import service

router = APIRouter(prefix="/tasks", include_in_schema=False)
READ = [requires_any("knowledge.edit", "duty.read")]
TONES = {"open": "", "soon": "warn", "overdue": "bad", "done": "good", "late": "warn", "dropped": ""}
ROWS = 30
_OUTCOMES: Final[dict[str, service.Outcome]] = {"done": "done", "dropped": "dropped"}


@router.get("", dependencies=READ)
def tasks(page: PageDep, session: Reader, unit: str = "", closed: bool = False, cursor: str = "") -> Response:
    return _list(page, session, unit, closed, cursor)


def _list(
    page: Page,
    session: ReadSession,
    unit: str = "",
    closed: bool = False,
    cursor: str = "",
    *,
    wrong: Wrong | None = None,
    opened: int = 0,
) -> Response:
    found = service.tasks_of(session, page.ctx, unit_code=unit, closed=closed, cursor=cursor, limit=ROWS)
    said = {"unit": unit, "closed": "1" if closed else ""}
    here = "/tasks?" + urlencode({name: value for name, value in said.items() if value})
    return page.show(
        session,
        "knowledge/tasks.html",
        422 if wrong else 200,
        found=found,
        unit=unit,
        closed=closed,
        units=choices.units(session, page.ctx.actor.unit_scope),
        tones=TONES,
        opened=opened,
        next_url=f"{here}&{urlencode({'cursor': found.next})}" if found.next else "",
        first_url=here if cursor else "",
        wrong=wrong or Wrong(),
    )


@router.post("/{task_id}/close", dependencies=[requires("knowledge.edit")])
def close(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, task_id: int) -> Response:
    with Correcting(session) as wrong:
        outcome = _OUTCOMES.get(sent.text("outcome"))
        if outcome is None:
            raise Invalid("请选择已办理或无须办理。", code="outcome_required")
        service.close_by_id(session, ctx, task_id, outcome, sent.text("note"))
        return page.go("/tasks", strings("task.closed_now"))
    return _list(page, session, wrong=wrong, opened=task_id)
