"""Hot matters: what is asked much, what rises, what is foreseen; and units that consult about it."""

from collections.abc import Callable
from datetime import date
from urllib.parse import urlencode

from fastapi import APIRouter, Response

from admin import choices
from admin.forms import Correcting, Sent, SentDep, Wrong
from admin.rendering import Page, PageDep, strings
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Invalid, Pointer
from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import Ctx, requires, requires_any
from kb_service.insight.matters import rules
from kb_service.insight.matters.service import consulting, reading, steering
from kb_service.insight.matters.service.reading import MatterFilter, MatterView

router = APIRouter(prefix="/matters", include_in_schema=False)
reader = requires(reading.READ)
TONES = {"new": "info", "rising": "bad", "foreseen": "accent"}


@router.get("", dependencies=[reader])
def listed(
    page: PageDep,
    session: Reader,
    ctx: Ctx,
    trend: str = "",
    state: str = "open",
    region: str = "",
    q: str = "",
    common: str = "",
) -> Response:
    wanted = {"trend": trend, "state": state, "region": region, "q": q.strip(), "common": common}
    found = reading.list_matters(
        session, ctx, MatterFilter(trend, state, region, q, common == "1"), reading.MOST
    )
    return page.show(
        session,
        "insight/matters.html",
        found=found,
        wanted=wanted,
        filtered=any(value for name, value in wanted.items() if name != "state"),
        overview=reading.overview(session, ctx),
        trends=list(rules.KIND_NAMES.items()),
        states=list(rules.STATE_NAMES.items()),
        regions=choices.regions(session),
        tones=TONES,
        query=urlencode({name: value for name, value in wanted.items() if value}),
    )


@router.get("/{number}", dependencies=[reader])
def matter(page: PageDep, session: Reader, ctx: Ctx, number: int) -> Response:
    return _show(page, session, reading.get_matter(session, ctx, number), Wrong(), {})


@router.post("/{number}", dependencies=[requires(steering.MANAGE)])
def decide(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, number: int) -> Response:
    with Correcting(session) as wrong:
        way = sent.text("way")
        if way not in _WAYS:
            raise Invalid("请选择更名、并入、不再关注或重新关注。", code="unknown_way")
        into = _WAYS[way](session, ctx, number, sent)
        return page.go(f"/matters/{into}", strings(f"matter.done_{way}"))
    return _show(page, session, reading.get_matter(session, ctx, number), wrong, sent.kept)


def _rename(session: WriteSession, ctx: Context, number: int, sent: Sent) -> int:
    return steering.rename(session, ctx, number, sent.text("name")).id


def _dismiss(session: WriteSession, ctx: Context, number: int, sent: Sent) -> int:
    return steering.dismiss(session, ctx, number, sent.text("reason")).id


def _watch(session: WriteSession, ctx: Context, number: int, _: Sent) -> int:
    return steering.watch_again(session, ctx, number).id


def _merge(session: WriteSession, ctx: Context, number: int, sent: Sent) -> int:
    into = sent.text("into")
    if not into.isdigit():
        raise _lacking("into", "请选择并入哪个热点事项")
    return steering.merge(session, ctx, number, int(into)).id


_WAYS: dict[str, Callable[[WriteSession, Context, int, Sent], int]] = {
    "rename": _rename,
    "dismiss": _dismiss,
    "watch": _watch,
    "merge": _merge,
}


@router.post("/{number}/consultations", dependencies=[requires(steering.MANAGE)])
def open_consultation(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, number: int) -> Response:
    with Correcting(session) as wrong:
        consulting.open_consultation(
            session,
            ctx,
            number,
            question=sent.text("question"),
            lead=_chosen(sent, "lead"),
            units=sent.many("units"),
            due_day=_day(sent.text("due_day")),
        )
        return page.go(f"/matters/{number}#consultations", strings("matter.consulted"))
    return _show(page, session, reading.get_matter(session, ctx, number), wrong, sent.kept)


@router.post(
    "/{number}/consultations/{consultation}",
    dependencies=[requires_any(consulting.ANSWERS, steering.MANAGE)],
)
def answer(
    page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, number: int, consultation: int
) -> Response:
    """A unit's opinion, or what was agreed."""
    with Correcting(session) as wrong:
        if sent.text("way") == "say":
            consulting.say(session, ctx, consultation, sent.text("text"))
            return page.go(f"/matters/{number}#consultations", strings("matter.said"))
        consulting.close(session, ctx, consultation, sent.text("outcome"), sent.text("measures"))
        return page.go(f"/matters/{number}#consultations", strings("matter.consultation_closed"))
    return _show(page, session, reading.get_matter(session, ctx, number), wrong, sent.kept)


def _chosen(sent: Sent, name: str) -> str:
    if not sent.text(name):
        raise _lacking(name, "请选择牵头单位")
    return sent.text(name)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _lacking("due_day", "请选择截止日") from None


def _lacking(name: str, detail: str) -> Invalid:
    pointer: Pointer = {"pointer": f"/{name}", "detail": detail}
    return Invalid(f"{detail}。", code=f"bad_{name}", pointers=[pointer])


def _show(page: Page, session: ReadSession, view: MatterView, wrong: Wrong, kept: dict[str, str]) -> Response:
    ctx = page.ctx
    others = reading.list_matters(session, ctx, MatterFilter(), reading.MOST)
    near = [(number, name) for number, name in view.alike]
    rest = [
        (each.id, each.name) for each in others if each.id != view.id and (each.id, each.name) not in near
    ]
    return page.show(
        session,
        "insight/matter.html",
        422 if wrong else 200,
        view=view,
        consultations=consulting.of_matter(session, ctx, view.id),
        outcomes=list(rules.OUTCOME_NAMES.items()),
        units=choices.units(session),
        others=near + rest,
        tones=TONES,
        may_manage=ctx.actor.may(steering.MANAGE),
        may_say=ctx.actor.may(consulting.ANSWERS),
        wrong=wrong,
        kept=kept,
    )
