"""What each city has counted, reported and assessed, as its regulation says."""

import pytest

from kb_service.insight.statistics.rules import KINDS, told_in, watched
from kb_service.regulations.profiles import get_profile

Item = tuple[int, int | None, tuple[str, ...]]


def report(city: str, name: str) -> tuple[str, tuple[str, ...]] | None:
    found = get_profile(city).reports.get(name)
    return None if found is None else (found.every, found.figures)


def weights(city: str, name: str) -> dict[str, Item]:
    found = get_profile(city).reports.get(name)
    scheme = found.scheme if found is not None else None
    assert scheme is not None
    return {key: (item.weight, item.each, item.excluding) for key, item in scheme.items.items()}


@pytest.mark.clause("ST-20.1", "ST-20.2")
def test_shantou_assesses_its_units_each_year_and_reports_volume_and_completion() -> None:
    assert report("shantou-2016", "assessment") == ("year", ())
    assert report("shantou-2016", "statistics") == ("regular", ("volume", "completion_rate"))
    assert told_in(get_profile("shantou-2016").reports["statistics"]) == ("volume", "completion_rate")
    assert weights("shantou-2016", "assessment") == {
        "sign_in_time": (15, None, ()),
        "completion_in_time": (35, None, ()),
        "satisfaction": (20, None, ()),
        "knowledge_in_time": (10, None, ()),
        "redos": (10, 2, ()),
        "supervisions": (10, 2, ()),
    }


@pytest.mark.clause("SG-26", "SG-27")
def test_shaoguan_tells_volume_and_handling_and_scores_by_weights_without_enforcement() -> None:
    assert report("shaoguan-2022", "bulletin") == ("regular", ("volume", "unit_handling"))
    assert report("shaoguan-2022", "assessment") == ("regular", ())
    exempt = get_profile("shaoguan-2022").ratings.exempt
    assert exempt is not None and exempt.kinds == ("mediation", "enforcement")
    assert weights("shaoguan-2022", "assessment") == {
        "sign_in_time": (15, None, ()),
        "reply_in_time": (35, None, ()),
        "satisfaction": (20, None, ("kind",)),
        "knowledge_in_time": (10, None, ()),
        "late_returns": (10, 2, ()),
        "redos": (10, 2, ()),
    }


@pytest.mark.clause("XT-24", "XT-25", "XT-20.2")
def test_xiangtan_tells_the_city_each_month_and_leaves_granted_appeals_out_of_its_scores() -> None:
    assert report("xiangtan-2021", "bulletin") == ("month", ("volume", "unit_handling", "callbacks"))
    assert told_in(get_profile("xiangtan-2021").reports["bulletin"]) == ("volume", "satisfaction")
    assert report("xiangtan-2021", "assessment") == ("regular", ())
    assert weights("xiangtan-2021", "assessment") == {
        "sign_in_time": (15, None, ()),
        "completion_in_time": (35, None, ()),
        "satisfaction": (20, None, ("kind", "appeal")),
        "knowledge_in_time": (10, None, ()),
        "redos": (10, 2, ()),
        "supervisions": (10, 2, ()),
    }


@pytest.mark.clause("MZ-12.2", "MZ-23")
def test_meizhou_assesses_signing_and_reply_and_watches_five_figures_without_a_break() -> None:
    assert report("meizhou-2014", "assessment") == ("regular", ("sign_in_time", "reply_in_time"))
    assert report("meizhou-2014", "monitoring") == (
        "continuous",
        ("reply_rate", "satisfaction", "reply_in_time", "urging", "returns"),
    )
    assert watched(get_profile("meizhou-2014")) == (
        "reply_rate", "satisfaction", "reply_in_time", "urgings", "returns"
    )  # fmt: skip
    assert weights("meizhou-2014", "assessment") == {
        "sign_in_time": (20, None, ()),
        "reply_in_time": (30, None, ()),
        "reply_rate": (15, None, ()),
        "satisfaction": (15, None, ()),
        "urgings": (10, 2, ()),
        "returns": (10, 1, ()),
    }


@pytest.mark.clause("TA-22")
def test_taian_evaluates_how_well_units_handle() -> None:
    assert report("taian-2025", "evaluation") == ("regular", ())
    assert weights("taian-2025", "evaluation") == {
        "sign_in_time": (10, None, ()),
        "completion_in_time": (30, None, ()),
        "satisfaction": (20, None, ()),
        "solved_rate": (20, None, ()),
        "knowledge_in_time": (10, None, ()),
        "redos": (10, 2, ()),
    }


@pytest.mark.parametrize(
    "city", ["shantou-2016", "shaoguan-2022", "xiangtan-2021", "meizhou-2014", "taian-2025"]
)
def test_every_figure_that_a_scheme_weighs_can_be_counted_and_its_numbers_say_whose_they_are(
    city: str,
) -> None:
    schemes = [each.scheme for each in get_profile(city).reports.values() if each.scheme is not None]
    assert [scheme.stated for scheme in schemes] == [False]
    for scheme in schemes:
        assert set(scheme.items) <= set(KINDS)
        assert "部署单位" in scheme.reading
