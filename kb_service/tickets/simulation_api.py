"""The route of simulation: it reads no ticket and writes nothing."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query

from kb_service.identity.auth import requires
from kb_service.tickets.service import simulating

router = APIRouter(prefix="/api/v1/simulations", tags=["tickets"])


@router.post("", dependencies=[requires("ticket.read")])
def simulate(
    scenario: Annotated[dict[str, Any], Body(description="The scenario; see the reference page.")],
    compare: Annotated[list[str] | None, Query(description="规则档案编号，两个以上", max_length=20)] = None,
) -> dict[str, Any]:
    """Replays a scenario; with `compare`, under each of these profiles."""
    return simulating.compare(scenario, compare) if compare else simulating.simulate(scenario)
