"""What a template offers its user to choose from."""

from collections.abc import Mapping, Sequence

from ingestion.columns import Kind
from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.knowledge.service.lookups import Directory


def template_choices(session: ReadSession, ctx: Context) -> Mapping[Kind, Sequence[str]]:
    """The actor's units by name, and by path the leaves that one of these holds."""
    ctx.actor.require("knowledge.import")
    directory = Directory.load(session)
    units = [unit for unit in directory.units.values() if ctx.actor.in_scope(unit.id)]
    own = {unit.id for unit in units}
    held = {category for category, unit in directory.held if unit in own}
    leaves = [each.path for each in directory.categories.values() if each.leaf and each.id in held]
    return {Kind.CATEGORY: sorted(leaves), Kind.UNIT: sorted(unit.name for unit in units)}
