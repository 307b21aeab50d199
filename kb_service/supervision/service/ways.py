"""What the city's rules offer in watching over units."""

from dataclasses import dataclass

from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.regulations import service as regulations
from kb_service.supervision import rules
from kb_service.supervision.service.staff import READ


@dataclass(frozen=True)
class Ways:
    triggers: dict[str, str]
    kinds: dict[str, str]
    referrals: dict[str, str]
    accountability: dict[str, str]


def ways(session: ReadSession, ctx: Context) -> Ways:
    ctx.actor.require(READ)
    profile = regulations.standing_profile(session)
    said = profile.supervision
    return Ways(
        rules.triggers(profile),
        rules.kinds(profile),
        {key: each.label for key, each in said.referrals.items()},
        {key: each.label for key, each in said.accountability.items()},
    )
