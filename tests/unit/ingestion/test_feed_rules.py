"""Where a point stands for those who follow, what an older word counts, when a feed ails."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.feeds.rules import Health, Stands, Taken, Told, Window, against, alarms, newest, stands, way

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("windows", "expected"),
    [
        ([], Stands(None, None)),
        ([Window(1, NOW, None, None)], Stands(1, None)),
        ([Window(1, NOW + HOUR, None, None)], Stands(None, NOW + HOUR)),
        ([Window(1, NOW - HOUR, NOW, None)], Stands(None, None)),
        ([Window(1, NOW - HOUR, NOW + HOUR, None), Window(2, NOW + HOUR, None, None)], Stands(1, NOW + HOUR)),
        ([Window(1, NOW, None, date(2026, 11, 20))], Stands(1, datetime(2026, 11, 20, 16, tzinfo=UTC))),
        ([Window(1, NOW, None, date(2026, 11, 19))], Stands(None, None)),
        ([Window(1, NOW + HOUR, NOW + HOUR, None)], Stands(None, None)),
    ],
)
def test_a_point_stands_as_its_windows_say(windows: list[Window], expected: Stands) -> None:
    assert stands(windows, NOW) == expected


def test_only_a_higher_revision_is_news() -> None:
    before = Taken(5, "h")
    told = {revision: against(Told(0, "A", revision, "h"), before) for revision in (4, 5, 6)}
    assert told == {4: "stale", 5: "repeated", 6: "candidate"}
    assert against(Told(0, "A", 5, "other"), before) == "reused"
    assert against(Told(0, "A", 0, "h"), None) == "candidate"


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 5)), max_size=12))
def test_the_newest_of_a_batch_is_the_first_of_the_highest(rows: list[tuple[str, int]]) -> None:
    items = [Told(at, name, revision, "") for at, (name, revision) in enumerate(rows)]
    for name, one in newest(items).items():
        same = [each for each in items if each.external_id == name]
        assert one.revision == max(each.revision for each in same)
        assert one.at == min(each.at for each in same if each.revision == one.revision)


@pytest.mark.clause("SG-31")
def test_only_what_was_signed_and_stands_goes_live_at_once() -> None:
    assert way(release="sign_off", signed=True, held=False) == "at_once"
    assert way(release="sign_off", signed=True, held=True) == "centre"
    assert way(release="centre", signed=True, held=False) == "centre"
    assert way(release="sign_off", signed=False, held=False) == "chain"


@pytest.mark.parametrize(
    ("health", "expected"),
    [
        (Health(NOW - HOUR, 600, 9, 9, 60, 10), set()),
        (Health(NOW - HOUR - timedelta(seconds=1), None, 0, 0, 60, 10), {"silent"}),
        (Health(NOW, 601, 10, 2, 60, 10), {"lagging"}),
        (Health(NOW, None, 10, 3, 60, 10), {"failing"}),
    ],
)
def test_a_feed_ails_once_what_was_agreed_is_passed(health: Health, expected: set[str]) -> None:
    assert set(alarms(health, NOW)) == expected
