"""What may leave the house of tickets and requesters, and on which words. Pure."""

from kb_service.core.clauses import rule_value
from kb_service.core.errors import Invalid
from kb_service.regulations.rules import cited
from kb_service.regulations.schema import Profile

# What a list that is taken out says of a ticket: nobody's name, telephone number or words.
COLUMNS = (
    "code", "class_label", "title", "status_label", "unit_name", "region_name", "channel",
    "registered_at", "due_at", "card_colour",
)  # fmt: skip
CONFIDENTIAL_STAYS = rule_value("TA-28", name="tickets.confidential_stays", value=True)
PURPOSE_LENGTH = 4


def check_purpose(profile: Profile, purpose: str) -> None:
    """Where the city's data is not given out at will, nothing leaves without saying what for."""
    found = profile.confidentiality.secrecy
    if found is None or not found.not_given_out or len(purpose.strip()) >= PURPOSE_LENGTH:
        return
    clause, article = cited(found)
    raise Invalid(
        f"工单等数据不得擅自对外提供，导出须写明用途，至少 {PURPOSE_LENGTH} 个字（{article}）。",
        code="purpose_required",
        pointers=[{"pointer": "/purpose", "detail": "请写明用途"}],
        extra={"clause": clause},
    )
