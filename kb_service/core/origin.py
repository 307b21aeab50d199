"""Whose page a request comes from. Pure.

Forms of the public pages have no login that a token could be bound to; what keeps other sites from
sending them in a citizen's name is this check.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit


def from_own_page(headers: Mapping[str, str]) -> bool:
    """Browsers name the sending page's site in Sec-Fetch-Site (over HTTPS and on this machine) or in Origin.

    Every browser above the floor sends one of them with a POST; what sends neither is a program, which no
    other site's page can make act for a citizen.
    """
    site = headers.get("sec-fetch-site", "")
    if site:
        return site in {"same-origin", "none"}
    origin = headers.get("origin", "")
    return not origin or urlsplit(origin).netloc.lower() == headers.get("host", "").lower() != ""
