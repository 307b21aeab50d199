"""What a person may choose from in filters and forms: codes and words."""

from dataclasses import dataclass
from typing import Any

from admin.forms import Wrong
from admin.point_form import INPUTS
from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.identity.model import Unit
from kb_service.identity.service import people
from kb_service.knowledge.candidates.service import suggesting
from kb_service.knowledge.content import AUDIENCES, TYPE_NAMES
from kb_service.knowledge.reviewing import remarks
from kb_service.knowledge.service import catalogue
from kb_service.knowledge.service.views import VersionView

Choice = tuple[str, str]
# The fields beside which the form shows what was remarked on them, besides those of the type.
BESIDE = (
    "title", "keywords", "source", "category", "region", "matter", "audience", "effective_from", "effective_to",
    "release_at", "supersedes", "replaces",
)  # fmt: skip


@dataclass(frozen=True)
class Filters:
    types: list[Choice]
    units: list[Choice]
    regions: list[Choice]
    categories: list[Choice]


def types() -> list[Choice]:
    return list(TYPE_NAMES.items())


def audiences() -> list[Choice]:
    return list(AUDIENCES.items())


def units(session: ReadSession, scope: frozenset[int] | None = None) -> list[Choice]:
    """Active units, or those of them a person works for."""
    return [
        (unit.code, unit.short_name or unit.name)
        for unit in people.all_units(session)
        if unit.active and (scope is None or unit.id in scope)
    ]


def regions(session: ReadSession) -> list[Choice]:
    return [(region.code, region.name) for region in people.regions(session)]


def city(session: ReadSession) -> str:
    """The code of the city's own region."""
    return next((region.code for region in people.regions(session) if region.level == "city"), "")


def categories(session: ReadSession) -> list[Choice]:
    return [(category.code, category.path) for category in catalogue.categories(session)]


def filters(session: ReadSession) -> Filters:
    return Filters(types(), units(session), regions(session), categories(session))


def own_unit(session: ReadSession, ctx: Context) -> str:
    unit = session.get(Unit, ctx.actor.unit_id) if ctx.actor.unit_id else None
    return unit.code if unit else ""


def point_form(
    session: ReadSession,
    ctx: Context,
    type_: str,
    values: dict[str, str],
    *,
    wrong: Wrong | None = None,
    view: VersionView | None = None,
    roles: list[str] | None = None,
) -> dict[str, Any]:
    """All that the form of a version shows."""
    unit = view.unit_code if view else values["unit"] or own_unit(session, ctx)
    held = catalogue.leaves_of(session, unit) if unit else []
    leaves = [category for category in catalogue.categories(session) if category.leaf]
    mine = {category.code for category in held}
    return {
        "type": type_,
        "inputs": INPUTS[type_],
        "values": values,
        "wrong": wrong or Wrong(),
        "view": view,
        "chosen_roles": roles or [],
        "held": [(each.code, each.path) for each in held],
        "others": [(each.code, each.path) for each in leaves if each.code not in mine],
        "units": units(session, ctx.actor.unit_scope),
        "regions": regions(session),
        "matters": [(each.code, each.name) for each in catalogue.matters(session)],
        "audiences": audiences(),
        "remarks": remarks.remarks_on(session, ctx, view.code, view.number) if view else [],
        "beside_fields": {*BESIDE, *(each.field for each in INPUTS[type_])},
        "suggested": suggesting.suggested_questions(session, ctx, view.code) if view else [],
        "roles": [(role.code, role.name) for role in people.roles(session) if not role.officer],
    }
