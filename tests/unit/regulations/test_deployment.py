"""Numbers that a regulation leaves to the deployment."""

import pytest

from kb_service.core.errors import Invalid
from kb_service.regulations.deployment import check_supplied, missing_numbers, supplied
from kb_service.regulations.profiles import get_profile, profile_ids
from kb_service.regulations.schema import Profile
from tests.support.deadlines import TAIAN

OPEN = get_profile("taian-2025")


@pytest.mark.parametrize("profile_id", sorted(set(profile_ids()) - {"taian-2025"}))
def test_every_other_city_can_register_without_any(profile_id: str) -> None:
    check_supplied(get_profile(profile_id))


def test_numbers_stand_in_their_places_and_the_rest_stays_open() -> None:
    partly = supplied(OPEN, {"help": 3, "sign": 1})
    assert partly.classes["help"].limit.within.working_days == 3
    assert partly.sign is not None
    assert partly.sign.within.working_days == 1
    assert missing_numbers(partly) == [name for name in TAIAN if name not in {"help", "sign"}]
    assert supplied(partly, {key: TAIAN[key] for key in missing_numbers(partly)}) != OPEN


def test_a_supplied_profile_is_one_of_its_own_and_finds_itself_again() -> None:
    ours = supplied(OPEN, TAIAN)
    again = Profile.model_validate_json(ours.model_dump_json(by_alias=True, exclude_none=True))
    assert again == ours
    assert ours.revision != OPEN.revision
    assert ours.revision != supplied(OPEN, TAIAN | {"help": 6}).revision


@pytest.mark.parametrize(
    ("profile_id", "numbers", "code"),
    [
        ("taian-2025", {"holidays": 3}, "deployment_number_unknown"),
        ("shaoguan-2022", {"help": 3}, "deployment_number_unknown"),
        ("taian-2025", {"help": 0}, "deployment_number_invalid"),
        ("meizhou-2014", {"yellow_after": 4}, "deployment_number_invalid"),  # later than red
    ],
)
def test_a_number_that_cannot_stand_there_is_refused(
    profile_id: str, numbers: dict[str, int], code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        supplied(get_profile(profile_id), numbers)
    assert refused.value.code == code


def test_the_refusal_names_each_missing_number_and_what_cannot_be_done() -> None:
    with pytest.raises(Invalid, match=r"延期的最长期限.*未录入：不能登记工单") as refused:
        check_supplied(OPEN)
    assert refused.value.extra["missing"] == list(TAIAN)
