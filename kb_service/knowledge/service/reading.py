"""Reading points: as they are and as they were."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select

from kb_service.core.context import Context
from kb_service.core.db import ReadSession, UtcDateTime
from kb_service.core.errors import Forbidden, NotFound
from kb_service.knowledge import rules
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.service.conditions import live_at
from kb_service.knowledge.service.lookups import access_tokens, chunks, works_on
from kb_service.knowledge.service.views import VersionView, select_views, views
from kb_service.knowledge.training import service as training


def one_view(session: ReadSession, now: datetime, code: str, number: int) -> VersionView:
    """A version whoever asks; the callers have checked that."""
    found = views(session, select_views().where(Point.code == code, Version.number == number), now)
    if not found:
        raise NotFound(f"没有知识点 {code} 的第 {number} 版。", code="unknown_version")
    return found[0]


def newest_view(session: ReadSession, now: datetime, code: str) -> VersionView:
    found = views(session, select_views().where(Point.code == code, Version.number == Point.latest), now)
    if not found:
        raise _unknown(code)
    return found[0]


def get_version(
    session: ReadSession, ctx: Context, code: str, number: int | None = None, *, early: bool = False
) -> VersionView:
    """The live version, or one by number.

    Who works on the point sees every version, and the newest where none is live. Others see the versions
    that are live and meant for them, lapsed ones included (`state` tells so); with `early` also what waits
    for its release if they were named for training on it.
    """
    works = works_on(ctx.actor, unit_of(session, code))
    if number is not None:
        view = one_view(session, ctx.now, code, number)
        return view if works else _shown(session, ctx, view, early=early)
    live = views(session, select_views().where(Point.code == code, live_at(ctx.now)), ctx.now)
    if live:
        return live[0] if works else _shown(session, ctx, live[0], early=early)
    newest = newest_view(session, ctx.now, code)
    return newest if works else _shown(session, ctx, newest, early=early)


def _shown(session: ReadSession, ctx: Context, view: VersionView, *, early: bool) -> VersionView:
    if view.live != "live":
        if early and _in_training(session, ctx, [view]):
            return view
        raise _unknown(view.code)
    # Somebody without login is not told that internal knowledge exists.
    if not view.visible_to(access_tokens(ctx.actor), ctx.now, include_lapsed=True):
        if ctx.actor.may("knowledge.read_internal"):
            raise Forbidden(f"知识点 {view.code} 限特定角色使用。", code="restricted")
        raise _unknown(view.code)
    return view.without_secrets(ctx.now)


def _in_training(session: ReadSession, ctx: Context, found: Sequence[VersionView]) -> list[VersionView]:
    """Of these the ones that wait for their release and that the actor was named to read before it."""
    waiting = [view for view in found if view.live == "waiting"]
    if not waiting:
        return []
    opened = training.opened_to(session, ctx.actor, [view.version_id for view in waiting])
    return [view for view in waiting if view.version_id in opened]


def as_of(session: ReadSession, ctx: Context, code: str, at: datetime) -> VersionView:
    """What the point said to those it was meant for at an instant, whatever became of it later."""
    ctx.actor.require("knowledge.read_internal")
    works = works_on(ctx.actor, unit_of(session, code))
    found = views(session, select_views().where(Point.code == code, live_at(at)), at)
    tokens = access_tokens(ctx.actor)
    embargoed = at > ctx.now
    for view in found:
        if works or (not embargoed and view.visible_to(tokens, at, include_lapsed=True)):
            return view if works else view.without_secrets(ctx.now)
    raise NotFound(f"知识点 {code} 在该时刻没有对您可见的内容。", code="nothing_at_instant")


def unit_of(session: ReadSession, code: str) -> int:
    """Raises NotFound where there is no such point."""
    unit_id = session.execute(select(Point.unit_id).where(Point.code == code)).scalar()
    if unit_id is None:
        raise _unknown(code)
    return unit_id


def _unknown(code: str) -> NotFound:
    return NotFound(f"没有编码为 {code} 的知识点，或它尚未发布。", code="unknown_point")


def live_versions(session: ReadSession, codes: Sequence[str], now: datetime) -> dict[str, VersionView]:
    """The live version of each point, whoever may see it: the caller asks `visible_to`."""
    found: dict[str, VersionView] = {}
    for part in chunks(sorted(set(codes))):
        known = {"codes": part, "now": now}
        found |= {view.code: view for view in views(session, _LIVE, now, known, complete=False)}
    return found


# Made once: each key of an agent who types runs it.
_LIVE = select_views().where(
    Point.code.in_(bindparam("codes", expanding=True)), live_at(bindparam("now", type_=UtcDateTime()))
)


def versions(session: ReadSession, ctx: Context, code: str) -> list[VersionView]:
    """Every version, newest first, for who works on the point; to others those that were ever live for them,
    and what they are to be trained on.
    """
    found = _history(session, ctx, code)
    if works_on(ctx.actor, unit_of(session, code)):
        return found
    early = {view.version_id for view in _in_training(session, ctx, found)}
    shown = [view for view in found if view.version_id in early or _was_shown(ctx, view)]
    return [view.without_secrets(ctx.now) for view in shown]


def _history(session: ReadSession, ctx: Context, code: str) -> list[VersionView]:
    ctx.actor.require("knowledge.read_internal")
    statement = select_views().where(Point.code == code).order_by(Version.number.desc())
    return views(session, statement, ctx.now)


def ever_shown(session: ReadSession, ctx: Context, code: str) -> list[VersionView]:
    """As `versions`, without what waits for its release."""
    found = _history(session, ctx, code)
    if works_on(ctx.actor, unit_of(session, code)):
        return found
    return [view.without_secrets(ctx.now) for view in found if _was_shown(ctx, view)]


def _was_shown(ctx: Context, view: VersionView) -> bool:
    began = view.live_from is not None and view.live_from <= ctx.now and view.live_to != view.live_from
    tokens = rules.tokens_of(view.audience, view.roles)
    return began and bool(access_tokens(ctx.actor).intersection(tokens))
