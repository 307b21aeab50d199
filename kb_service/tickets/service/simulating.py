"""Simulation: a scenario replayed under one city's rules, or under several beside each other."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kb_service.core.errors import Invalid
from kb_service.regulations import profiles
from kb_service.tickets.rules.life import scenario as scenarios


def simulate(content: object, profile: str | Path = "") -> dict[str, Any]:
    """What a scenario comes to. `profile` goes before the scenario's own: an id, or the path of a file.

    Raises Invalid for a scenario that cannot be read or lacks what its profile needs, NotFound for an
    unknown profile.
    """
    scenario = scenarios.read_scenario(content)
    chosen = profile or scenario.profile
    if not chosen:
        raise Invalid("请写明按哪份规则档案模拟（profile）。", code="profile_missing")
    return scenarios.simulated(scenario, profiles.chosen(chosen))


def compare(content: object, chosen: Sequence[str | Path]) -> dict[str, Any]:
    """The same ticket under several cities. A number is given only to those that leave it open."""
    if len(chosen) < 2:
        raise Invalid("比较至少需要两份规则档案。", code="profile_missing")
    scenario = scenarios.read_scenario(content)
    found = []
    for each_one in chosen:
        profile = profiles.chosen(each_one)
        limits = {key: each for key, each in scenario.deployment.limits.items() if key in profile.deployment}
        deployment = scenario.deployment.model_copy(update={"limits": limits})
        mine = scenario.model_copy(update={"deployment": deployment})
        found.append(scenarios.simulated(mine, profile))
    return {"compared": found}
