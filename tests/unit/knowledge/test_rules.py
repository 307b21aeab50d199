"""Review chains, live windows and who sees what."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.knowledge import rules
from kb_service.knowledge.content import AgencyContent
from kb_service.knowledge.rules import Approved, Status, Step

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
UNIT, REGION, CENTRE = Status.UNIT_REVIEW, Status.REGION_REVIEW, Status.CENTRE_REVIEW


def test_a_city_unit_is_reviewed_by_itself_and_the_centre() -> None:
    assert rules.chain("city") == (UNIT, CENTRE)


@pytest.mark.clause("TA-7.3")
@pytest.mark.parametrize("level", ["county", "town"])
def test_a_county_reviews_the_knowledge_of_its_region_before_the_centre(level: str) -> None:
    assert rules.chain(level) == (UNIT, REGION, CENTRE)


def test_each_approval_leads_to_the_next_stage_and_the_last_to_publication() -> None:
    stages = rules.chain("town")
    steps = [rules.advance(stages, after, lambda _: True) for after in (None, UNIT, REGION, CENTRE)]
    assert [step.status for step in steps] == [UNIT, REGION, CENTRE, Status.APPROVED]


def test_a_unit_with_one_person_passes_its_review_on_and_says_why() -> None:
    step = rules.advance(rules.chain("town"), None, lambda stage: stage is not UNIT)
    assert step == Step(REGION, ((UNIT, rules.PASSING_REASONS[UNIT]),))


def test_the_review_of_the_centre_is_never_passed_on() -> None:
    step = rules.advance(rules.chain("town"), None, lambda _: False)
    assert step.status is CENTRE
    assert [stage for stage, _ in step.passed] == [UNIT, REGION]


@pytest.mark.parametrize(
    ("status", "reviewer", "permitted", "in_scope", "code"),
    [
        (CENTRE, 2, True, True, None),
        (CENTRE, 1, True, True, "own_version"),
        (CENTRE, None, True, True, "account_required"),
        (CENTRE, 2, False, True, "forbidden"),
        (CENTRE, 2, True, False, "forbidden"),
        (Status.DRAFT, 2, True, True, "not_in_review"),
        (Status.APPROVED, 2, True, True, "not_in_review"),
    ],
)
def test_who_may_decide(
    status: Status, reviewer: int | None, permitted: bool, in_scope: bool, code: str | None
) -> None:
    refused = rules.refusal(status, reviewer, {1}, permitted=permitted, in_scope=in_scope)
    assert (refused and refused[0]) == code


def test_uploaded_is_the_later_of_approval_and_release() -> None:
    later = NOON + timedelta(days=3)
    assert rules.went_live(NOON, None) == NOON
    assert rules.went_live(NOON, later) == later
    assert rules.went_live(later, NOON) == later


def test_an_embargoed_version_ends_its_predecessor_at_its_own_instant() -> None:
    release = NOON + timedelta(days=3)
    ends = rules.windows([Approved(1, NOON), Approved(2, release)])
    assert ends == {1: release, 2: None}


def test_a_correction_made_while_another_waits_is_live_until_that_one_takes_over() -> None:
    release, now = NOON + timedelta(days=3), NOON + timedelta(days=1)
    ends = rules.windows([Approved(1, NOON), Approved(2, release), Approved(3, now)])
    assert ends == {1: now, 3: release, 2: None}


def test_a_version_withdrawn_while_it_waited_ends_nobody() -> None:
    release = NOON + timedelta(days=3)
    waiting = Approved(2, release, stop=NOON + timedelta(days=1))
    assert rules.windows([Approved(1, NOON), waiting]) == {1: None, 2: release}


moments = st.integers(0, 30).map(lambda hours: NOON + timedelta(hours=hours))
approved = st.lists(
    st.builds(Approved, st.integers(1, 99), moments, st.none() | moments),
    unique_by=lambda version: version.number,
)


@given(approved, moments)
def test_at_no_instant_are_two_versions_of_a_point_live(versions: list[Approved], at: datetime) -> None:
    ends = rules.windows(versions)
    live = [each for each in versions if rules.live_state(each.live_from, ends[each.number], at) == "live"]
    assert len(live) <= 1


@given(approved)
def test_windows_follow_each_other_in_the_order_of_going_live(versions: list[Approved]) -> None:
    ends = rules.windows(versions)
    shown = sorted((each.live_from, each.number) for each in versions if ends[each.number] != each.live_from)
    for (_, number), (following, _) in pairwise(shown):
        end = ends[number]
        assert end is not None
        assert end <= following


@given(approved)
def test_a_version_is_live_until_its_successor_or_its_stop_and_no_shorter(versions: list[Approved]) -> None:
    ends = rules.windows(versions)
    for version in versions:
        later = [
            other.live_from
            for other in versions
            if not other.cancelled and (other.live_from, other.number) > (version.live_from, version.number)
        ]
        bounds = [*later, *([version.stop] if version.stop else [])]
        expected = max(version.live_from, min(bounds)) if bounds else None
        assert ends[version.number] == (version.live_from if version.cancelled else expected)


@pytest.mark.parametrize(
    ("day", "state"),
    [
        (date(2026, 4, 30), "not_yet_in_force"),
        (date(2026, 5, 1), "in_force"),
        (date(2026, 5, 31), "in_force"),
        (date(2026, 6, 1), "lapsed"),
    ],
)
def test_validity_holds_on_the_first_and_the_last_day(day: date, state: str) -> None:
    assert rules.validity(date(2026, 5, 1), date(2026, 5, 31), day) == state


def test_knowledge_without_dates_is_in_force() -> None:
    assert rules.validity(None, None, date(1999, 1, 1)) == "in_force"


@pytest.mark.parametrize(
    ("audience", "roles", "viewer", "sees"),
    [
        ("public", [], {"public"}, True),
        ("agents", [], {"public"}, False),
        ("agents", [], {"public", "agents", "role:agent"}, True),
        ("restricted", ["doctor"], {"public", "agents", "role:agent"}, False),
        ("restricted", ["doctor", "agent"], {"public", "agents", "role:agent"}, True),
        ("restricted", [], {"public", "agents"}, False),
    ],
)
def test_only_those_it_is_meant_for_see_it(
    audience: str, roles: list[str], viewer: set[str], sees: bool
) -> None:
    tokens = rules.tokens_of(audience, roles)
    assert rules.visible(tokens=tokens, viewer=viewer, live="live", state="in_force") is sees


@pytest.mark.parametrize("live", ["none", "waiting", "ended"])
def test_nobody_finds_what_is_not_live(live: str) -> None:
    assert not rules.visible(tokens=["public"], viewer=["public"], live=live, state="in_force")


def test_what_has_lapsed_is_shown_only_on_asking() -> None:
    lapsed = {"tokens": ["public"], "viewer": ["public"], "live": "live", "state": "lapsed"}
    assert not rules.visible(**lapsed)  # type: ignore[arg-type]
    assert rules.visible(**lapsed, include_lapsed=True)  # type: ignore[arg-type]


@pytest.mark.clause("SG-28.1")
def test_a_unit_must_report_duties_powers_services_contacts_and_hours() -> None:
    every = ["functions", "power_list", "service_items", "contacts", "hours"]
    assert rules.missing_duties([]) == every
    contents = {
        "functions": AgencyContent(functions="职责"),
        "power_list": AgencyContent(power_list="权责"),
        "service_items": AgencyContent(service_items=["事项"]),
        "contacts": AgencyContent(phone="0700-8000000"),
        "hours": AgencyContent(hours="9:00-17:00"),
    }
    for duty, content in contents.items():
        assert rules.missing_duties([content]) == [each for each in every if each != duty]
    assert rules.missing_duties(contents.values()) == []
