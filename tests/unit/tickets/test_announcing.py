"""What other systems are told of a ticket's steps."""

import pytest

from kb_service.tickets.service.announcing import codes_only


@pytest.mark.clause("TA-28")
def test_of_a_step_s_details_only_switches_and_known_codes_leave() -> None:
    details = {
        "to": "U-GAJ",
        "co_units": ["U-RSJ", "U-ZX"],
        "reached": True,
        "outcome": "去他家里找他",
        "choices": ["satisfied", "态度很差"],
        "handler": "ZhangSan",
        "days": 3,
    }
    assert codes_only(details) == {"to": "U-GAJ", "co_units": ["U-RSJ", "U-ZX"], "reached": True}
