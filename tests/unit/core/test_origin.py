"""Which requests come from the service's own pages."""

import pytest

from kb_service.core.origin import from_own_page

HOST = {"host": "kb.example:8000"}


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
        {"origin": "https://kb.example:8000"},
        {"origin": "http://KB.example:8000"},
        {"sec-fetch-site": "same-origin", "origin": "https://behind-a-proxy.example"},
        {},
    ],
)
def test_own_pages_and_programs_may_send(headers: dict[str, str]) -> None:
    assert from_own_page(HOST | headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "origin": "https://kb.example:8000"},
        {"origin": "https://elsewhere.example"},
        {"origin": "https://kb.example"},
        {"origin": "https://kb.example:8000.elsewhere.example"},
        {"origin": "null"},
    ],
)
def test_pages_of_other_sites_may_not(headers: dict[str, str]) -> None:
    assert not from_own_page(HOST | headers)


def test_an_origin_without_a_host_to_compare_is_refused() -> None:
    assert not from_own_page({"origin": "null"})
    assert not from_own_page({"origin": ""} | {"sec-fetch-site": "cross-site"})
