"""Pages that cost a parser time without end cost no more than their process has."""

import pytest

from tests.support.documents import refusal

pytestmark = pytest.mark.proof


def test_a_page_nested_two_hundred_thousand_deep_is_refused_by_its_own_process() -> None:
    page = "<html><body>" + "<div>" * 200_000 + "关于某事的通知</body></html>"
    assert refusal(page.encode(), "a.html").code == "damaged_file"
