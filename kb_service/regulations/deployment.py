"""Numbers that a regulation leaves to the deployment: put into its profile, or told as missing. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from kb_service.core.errors import Invalid
from kb_service.regulations.complaints import complaint
from kb_service.regulations.schema import Profile, referred_numbers


def missing_numbers(profile: Profile) -> list[str]:
    """Names of the numbers that still have to be supplied, in the order of the profile."""
    if not profile.deployment:
        return []
    referred = referred_numbers(profile)
    return [name for name in profile.deployment if name in referred]


def supplied(profile: Profile, numbers: Mapping[str, int]) -> Profile:
    """The profile with the deployment's numbers in place; those not given stay open.

    Raises Invalid for a number that the profile does not have, or that cannot stand in its place.
    """
    for name in numbers:
        if name not in profile.deployment:
            known = "、".join(profile.deployment) or "无"
            raise Invalid(
                f"{profile.title}没有“{name}”这个由部署单位规定的数字，可录入：{known}。",
                code="deployment_number_unknown",
            )
    if not numbers:
        return profile
    content = _filled(profile.content(), profile, numbers)
    for name, number in numbers.items():
        for place in profile.deployment[name].fills:
            _set(content, place, number)
    try:
        return Profile.model_validate_json(_json(content))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(each) for each in first["loc"])
        raise Invalid(
            f"由部署单位规定的数字不能用在 {where}：{complaint(dict(first))}。",
            code="deployment_number_invalid",
        ) from error


def check_supplied(profile: Profile) -> None:
    """Raises Invalid, naming them, while numbers are missing: without them no ticket has a due time."""
    missing = missing_numbers(profile)
    if not missing:
        return
    told = "；".join(
        f"{profile.deployment[name].label}（{name}）未录入：{profile.deployment[name].without}"
        for name in missing
    )
    clause = dict.fromkeys(each for name in missing for each in profile.deployment[name].clause)
    raise Invalid(
        f"{profile.title}没有规定下列数字，请系统管理员先录入：{told}。",
        code="deployment_numbers_missing",
        extra={"profile": profile.id, "missing": missing, "clause": "、".join(clause)},
    )


def _filled(value: Any, profile: Profile, numbers: Mapping[str, int]) -> Any:
    if isinstance(value, list):
        return [_filled(each, profile, numbers) for each in value]
    if not isinstance(value, dict):
        return value
    name = value.get("deployment")
    if isinstance(name, str):
        return {profile.deployment[name].unit: numbers[name]} if name in numbers else value
    return {key: _filled(each, profile, numbers) for key, each in value.items()}


def _set(content: dict[str, Any], place: str, number: int) -> None:
    *parents, last = place.split(".")
    inner = content
    for key in parents:
        inner = inner[key]
    inner[last] = number


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False)
