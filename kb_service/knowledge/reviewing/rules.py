"""Which chain holds, whose turn it is, who may publish a script at once. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from kb_service.core.clauses import rule
from kb_service.knowledge.rules import ORDER, Status, chain
from kb_service.regulations.calendar import Period

STAGES: Final = {
    "unit": Status.UNIT_REVIEW,
    "region": Status.REGION_REVIEW,
    "centre": Status.CENTRE_REVIEW,
}
DUTY_STAGE: Final = "duty_review"
AFTER_STAGE: Final = "after_review"
AFTER_TASK: Final = "script.after"
CORRECT_TASK: Final = "script.correct"

Outcome = Literal["confirmed", "corrected", "withdrawn"]
OUTCOMES: Final[Mapping[str, str]] = {
    "confirmed": "确认无误",
    "corrected": "要求更正",
    "withdrawn": "下架",
}


def outcome_of(word: str) -> Outcome:
    """One of OUTCOMES by its name; raises KeyError for another."""
    known: dict[str, Outcome] = {"confirmed": "confirmed", "corrected": "corrected", "withdrawn": "withdrawn"}
    return known[word]


@dataclass(frozen=True)
class Setting:
    """A chain set for one unit or all (None) and one type or all (None)."""

    unit_id: int | None
    type: str | None
    stages: tuple[Status, ...]
    centre_required: bool = False

    def fits(self, unit_id: int, type_: str) -> bool:
        return self.unit_id in (None, unit_id) and self.type in (None, type_)


def resolve(settings: Iterable[Setting], unit_id: int, type_: str, region_level: str) -> tuple[Status, ...]:
    """The chain of a unit's knowledge of a type: the narrowest setting, a unit's before a type's.

    The region reviews only where there is a county above the unit. Where settings say nothing, the standard
    chain of its region holds.
    """
    fitting = [setting for setting in settings if setting.fits(unit_id, type_)]
    standard = chain(region_level)
    if not fitting:
        return standard
    narrowest = max(fitting, key=lambda setting: (setting.unit_id is not None, setting.type is not None))
    wanted = set(narrowest.stages)
    if region_level == "city":
        wanted.discard(Status.REGION_REVIEW)
    if any(setting.centre_required for setting in fitting):
        wanted.add(Status.CENTRE_REVIEW)
    return tuple(stage for stage in ORDER if stage in wanted) or standard


def _never(stages: Collection[Status], region_level: str | None) -> bool:  # noqa: ARG001 - says nothing of counties
    return False


@rule("TA-7.3", neutral=_never)
def leaves_region_out(stages: Collection[Status], region_level: str | None) -> bool:
    """Whether a chain takes the county's review away, which must be explained; None: of units anywhere."""
    return region_level != "city" and Status.REGION_REVIEW not in stages


def target(type_: str) -> Period:
    """The service's own target for one stage of review; the regulations set none."""
    return Period(hours=1) if type_ == "script" else Period(working_days=1)


REMIND_BEFORE: Final = timedelta(hours=2)


def least_loaded(
    candidates: Collection[int], authors: Collection[int], away: Collection[int], load: Mapping[int, int]
) -> int | None:
    """Who has least in hand of those who are there and did not write it; None where there is nobody."""
    free = set(candidates) - set(authors) - set(away)
    return min(free, key=lambda account: (load.get(account, 0), account), default=None)


def publishers(
    duty: Sequence[int], leaders: Sequence[int], authors: Collection[int]
) -> tuple[Literal["duty", "leader"], frozenset[int]]:
    """Who may publish a script at once: whoever is on duty, and only if nobody is, the unit's leaders.

    Somebody on duty who wrote the script is not counted: four eyes hold at night too.
    """
    on_duty = frozenset(duty) - frozenset(authors)
    if on_duty:
        return "duty", on_duty
    return "leader", frozenset(leaders) - frozenset(authors)
