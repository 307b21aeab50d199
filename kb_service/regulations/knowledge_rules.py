"""The periods by which the knowledge base is kept, of the profile or else the service's own."""

from dataclasses import dataclass

from kb_service.regulations.calendar import Period
from kb_service.regulations.schema import Profile
from kb_service.regulations.schema.parts import Rule

VERIFY = Period(working_days=1)
SCRIPT_REVIEW = Period(hours=24)


@dataclass(frozen=True)
class FilingRules:
    """`clause` is None where the regulation is silent and the service's own target applies."""

    at_least: Period
    at_most: Period | None
    early_counts: bool
    document: Period
    clause: str | None


@dataclass(frozen=True)
class ScriptRules:
    """`review` is the service's own: a script published at once is reviewed within it afterwards."""

    at_once: bool
    review: Period
    clause: str | None


@dataclass(frozen=True)
class CorrectionRules:
    """`verify` is the centre's own target; the other two run from when the unit receives the result."""

    verify: Period
    general: Period
    serious: Period
    clause: str | None


@dataclass(frozen=True)
class KnowledgeRules:
    filing: FilingRules
    script: ScriptRules
    correction: CorrectionRules


# Where a regulation gives units no number, they are asked for what the others give, and told whose target it is.
SILENT = KnowledgeRules(
    FilingRules(Period(working_days=3), Period(working_days=10), False, Period(calendar_days=0), None),
    ScriptRules(True, SCRIPT_REVIEW, None),
    CorrectionRules(VERIFY, Period(working_days=2), Period(hours=24), None),
)


def knowledge_rules(profile: Profile) -> KnowledgeRules:
    said = profile.knowledge
    filing, script, correction = said.filing, said.script, said.correction
    return KnowledgeRules(
        filing=SILENT.filing
        if filing is None
        else FilingRules(
            filing.at_least.value,
            filing.at_most.value if filing.at_most else None,
            filing.early,
            filing.document.value,
            _clause(filing),
        ),
        script=SILENT.script
        if script is None
        else ScriptRules(script.at_once, SCRIPT_REVIEW, _clause(script)),
        correction=SILENT.correction
        if correction is None
        else CorrectionRules(VERIFY, correction.general.value, correction.serious.value, _clause(correction)),
    )


def _clause(rule: Rule) -> str:
    return rule.clause[0]
