"""Asking for the addresses in live knowledge. Off unless the setting says so: the service then calls outside."""

import hashlib
import http.client
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urljoin

from sqlalchemy import exists, insert, or_, select, update

from kb_service.core import outside
from kb_service.core.db import ReadSession, WriteSession
from kb_service.knowledge.checks.model import Link, LinkUse
from kb_service.knowledge.service.lookups import chunks

ASKED_AT_ONCE: Final = 20
AT_A_TIME: Final = 8
PAUSE_S: Final = 0.05
EVERY: Final = timedelta(hours=20)
MOST_REDIRECTS: Final = 4
LONGEST: Final = 2_000
# Servers that know no HEAD, or want to know who asks, are there all the same.
_THERE: Final = frozenset({401, 403, 405, 406, 429, 501})
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_AGENT: Final = "kb-service link check"


@dataclass(frozen=True)
class Answer:
    """`status` None: nobody answered, for the reason `trouble`."""

    status: int | None
    trouble: str = ""

    @property
    def there(self) -> bool:
        return self.status is not None and (self.status < 400 or self.status in _THERE)


def note_uses(session: WriteSession, urls: Mapping[int, Sequence[str]]) -> None:
    """Writes down the addresses of versions that were looked at."""
    marks = {url: _fingerprint(url) for each in urls.values() for url in each if len(url) <= LONGEST}
    known: set[str] = set()
    for part in chunks(sorted(marks.values())):
        known |= set(session.execute(select(Link.fingerprint).where(Link.fingerprint.in_(part))).scalars())
    fresh = [
        {"fingerprint": mark, "url": url, "failures": 0, "trouble": ""}
        for url, mark in marks.items()
        if mark not in known
    ]
    if fresh:
        session.execute(insert(Link), fresh)
    uses = [
        {"version_id": version_id, "fingerprint": mark}
        for version_id, each in urls.items()
        for mark in dict.fromkeys(marks[url] for url in each if url in marks)
    ]
    if uses:
        session.execute(insert(LinkUse), uses)


def _fingerprint(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()


def due(session: ReadSession, now: datetime) -> list[tuple[str, str]]:
    """Addresses in use that were not asked for today: fingerprint and address."""
    rows = (
        select(Link.fingerprint, Link.url)
        .where(
            or_(Link.asked_at.is_(None), Link.asked_at < now - EVERY),
            exists().where(LinkUse.fingerprint == Link.fingerprint),
        )
        .order_by(Link.fingerprint)
        .limit(ASKED_AT_ONCE)
    )
    return list(session.execute(rows).tuples())


def note(session: WriteSession, answers: Mapping[str, Answer], now: datetime) -> None:
    for fingerprint, answer in answers.items():
        failures = 0 if answer.there else Link.failures + 1
        session.execute(
            update(Link)
            .where(Link.fingerprint == fingerprint)
            .values(asked_at=now, status=answer.status, trouble=answer.trouble, failures=failures)
        )


def ask_all(urls: Mapping[str, str], ask_one: Callable[[str], Answer]) -> Iterator[dict[str, Answer] | None]:
    """Yields None while answers are awaited, so that other work goes on, and at last the answers."""
    with ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="links") as pool:
        asked = {mark: pool.submit(ask_one, url) for mark, url in urls.items()}
        while wait(asked.values(), timeout=PAUSE_S).not_done:
            yield None
        yield {mark: answer.result() for mark, answer in asked.items()}


def ask(url: str, *, allow: Callable[[str], bool] | None = None) -> Answer:
    """What an address answers to HEAD, after some redirects. Never asks inside the own network.

    `allow` judges an address instead.
    """
    judge = allow or outside.is_public
    for _ in range(MOST_REDIRECTS + 1):
        try:
            reply = outside.ask("HEAD", url, judge, headers={"User-Agent": _AGENT})
        except (outside.Refused, OSError, http.client.HTTPException, ValueError) as trouble:
            return Answer(None, outside.told(trouble))
        if reply.status not in _MOVED or reply.location is None:
            return Answer(reply.status)
        url = urljoin(url, reply.location)
    return Answer(None, "转向次数过多")
