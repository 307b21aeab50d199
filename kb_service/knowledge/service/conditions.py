"""The rules of who sees what as conditions of a query."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, false, or_, true

from kb_service.core.context import Actor
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.service.lookups import WORKING


def live_at(instant: datetime | BindParameter[datetime], version: Any = Version) -> ColumnElement[bool]:
    return and_(version.live_from <= instant, or_(version.live_to.is_(None), version.live_to > instant))


def meant_for(tokens: Iterable[str], version: Any = Version) -> ColumnElement[bool]:
    """Versions that one of these access tokens opens."""
    return or_(false(), *(version.access.contains(f"|{token}|", autoescape=True) for token in sorted(tokens)))


def in_validity(validity: str, day: date, version: Any = Version) -> ColumnElement[bool]:
    lapsed = and_(version.effective_to.is_not(None), version.effective_to < day)
    early = and_(version.effective_from.is_not(None), version.effective_from > day)
    if validity == "lapsed":
        return lapsed
    return and_(~lapsed, early if validity == "not_yet_in_force" else ~early)


def worked_on_by(actor: Actor) -> ColumnElement[bool]:
    """Points of which the actor sees every version."""
    if not any(actor.may(permission) for permission in WORKING):
        return false()
    return true() if actor.unit_scope is None else Point.unit_id.in_(actor.unit_scope)
