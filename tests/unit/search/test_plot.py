"""The picture of risk and coverage: well-formed, and each point where its figures put it."""

import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from search.evaluation.metrics import risk_coverage
from search.evaluation.plot import HEIGHT, WIDTH, risk_coverage_svg

NAMESPACE = "{http://www.w3.org/2000/svg}"


def points(svg: str) -> list[tuple[float, float]]:
    line = ET.fromstring(svg).find(f"{NAMESPACE}polyline")
    assert line is not None
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in line.attrib["points"].split())]


def test_a_curve_by_hand() -> None:
    """Two right, one wrong: nothing wrong at a third and two thirds, a third wrong where all are answered."""
    curve = risk_coverage([0.9, 0.8, 0.3], [True, True, False])
    assert curve == [(1 / 3, 0.0), (2 / 3, 0.0), (1.0, 1 - 2 / 3)]
    drawn = points(risk_coverage_svg(curve, "甲 & 乙"))
    # From x = 64 over 560 to the right; up to one half, from y = 368 over 328 upwards.
    assert drawn == [(250.7, 368.0), (437.3, 368.0), (624.0, 149.3)]


def test_the_title_is_no_markup() -> None:
    assert "&lt;b&gt;" in risk_coverage_svg([(1.0, 0.0)], "<b>")


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=40))
def test_every_point_lies_within_the_picture(rows: list[tuple[float, bool]]) -> None:
    curve = risk_coverage([sure for sure, _ in rows], [right for _, right in rows])
    drawn = points(risk_coverage_svg(curve, "x")) if curve else []
    assert len(drawn) == len(curve)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in drawn)
