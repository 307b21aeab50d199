"""Instants in words."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.core.clock import CITY
from kb_service.core.pages import times

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=CITY)


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (timedelta(seconds=30), "刚刚"),
        (timedelta(minutes=5), "5 分钟前"),
        (timedelta(hours=3), "今天 07:00"),
        (timedelta(hours=11), "昨天 23:00"),
        (timedelta(days=5), "5 天前"),
        (timedelta(days=95), "3 个月前"),
        (timedelta(days=800), "2 年前"),
        (-timedelta(seconds=30), "即将"),
        (-timedelta(minutes=5), "5 分钟后"),
        (-timedelta(hours=15), "明天 01:00"),
        (-timedelta(days=5), "5 天后"),
    ],
)
def test_distance_is_told_in_the_citys_days(before: timedelta, words: str) -> None:
    assert times.relative(NOW - before, NOW) == words


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(days=2, hours=3), "剩 2 天 3 小时"),
        (timedelta(days=2), "剩 2 天"),
        (timedelta(hours=3, minutes=20), "剩 3 小时 20 分"),
        (timedelta(minutes=40), "剩 40 分钟"),
        (timedelta(seconds=5), "剩 1 分钟"),
        (-timedelta(minutes=40), "超 40 分钟"),
        (-timedelta(days=11, hours=23), "超 11 天 23 小时"),
    ],
)
def test_what_is_left_until_a_due_time(left: timedelta, words: str) -> None:
    assert times.remaining(NOW + left, NOW) == words


@given(st.integers(-40_000, 40_000), st.integers(0, 86_399))
def test_any_instant_can_be_told(days: int, seconds: int) -> None:
    instant = NOW + timedelta(days=days, seconds=seconds)
    assert times.relative(instant, NOW)
    assert times.remaining(instant, NOW)[0] in "剩超"


def test_the_day_of_an_instant_is_the_citys() -> None:
    evening = datetime(2026, 11, 19, 16, 30, tzinfo=UTC)
    assert (times.day(evening), times.day(date(2026, 1, 2)), times.day(None)) == (
        "2026-11-20",
        "2026-01-02",
        "—",
    )
    assert times.minute(evening) == "2026-11-20 00:30"
    assert times.full(evening) == "2026-11-20 星期五 00:30:00"
