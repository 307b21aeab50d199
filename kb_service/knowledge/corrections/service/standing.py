"""What open corrections do to versions: asked wherever a version is about to be shown."""

from collections.abc import Collection, Iterable

from sqlalchemy import bindparam, select

from kb_service.core.db import ReadSession
from kb_service.knowledge.corrections import rules
from kb_service.knowledge.corrections.model import Correction
from kb_service.knowledge.corrections.rules import Held
from kb_service.knowledge.service.lookups import chunks
from kb_service.knowledge.service.views import VersionView

# Made once: each key of an agent who types runs it.
_HELD = select(Correction.point_code, Correction.stands_on, Correction.code, Correction.hold).where(
    Correction.point_code.in_(bindparam("codes", expanding=True)),
    Correction.closed_at.is_(None),
    Correction.hold != "none",
)


def held(session: ReadSession, codes: Collection[str]) -> dict[tuple[str, int], Held]:
    """By code and number: the gravest that stands on each version of these points that is warned of or suspended."""
    found: dict[tuple[str, int], list[Held]] = {}
    for part in chunks(sorted(set(codes))):
        for row in session.execute(_HELD, {"codes": part}):
            each = Held(row.code, row.stands_on, row.hold)
            found.setdefault((row.point_code, row.stands_on), []).append(each)
    strongest = {key: rules.strongest(each) for key, each in found.items()}
    return {key: each for key, each in strongest.items() if each is not None}


def answerable(session: ReadSession, views: Iterable[VersionView]) -> set[str]:
    """Codes of those versions that may be told without a person between: none that is suspended."""
    wanted = list(views)
    standing = held(session, [view.code for view in wanted])
    return {
        view.code
        for view in wanted
        if (each := standing.get((view.code, view.number))) is None or each.hold != "suspend"
    }
