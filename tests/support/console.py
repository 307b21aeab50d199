"""Somebody in front of the console: logged in, with the token that their forms carry."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any, Protocol

from fastapi import FastAPI
from fastapi.testclient import TestClient

from kb_service.core.context import SYSTEM, Context
from kb_service.core.ids import new_id
from kb_service.identity.auth import COOKIE
from kb_service.identity.model import LoginSession, Role
from kb_service.identity.schemas import AccountIn
from kb_service.identity.service import logins, people
from tests.support.service import Service

CSRF = "the-token-of-this-login"
PASSWORD_HASH = "-"


class Answer(Protocol):
    """What a test client hands back, whichever HTTP library it stands on."""

    @property
    def status_code(self) -> int: ...
    @property
    def text(self) -> str: ...
    @property
    def content(self) -> bytes: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    def json(self) -> Any: ...


@dataclass
class Visitor:
    client: TestClient

    def get(self, path: str, *, htmx: bool = False, **params: str) -> Answer:
        headers = {"Accept": "text/html"} | ({"HX-Request": "true"} if htmx else {})
        return self.client.get(path, params=params or None, headers=headers, follow_redirects=False)

    def post(
        self, path: str, data: dict[str, Any] | None = None, *, csrf: str = CSRF, **options: Any
    ) -> Answer:
        headers = {"Accept": "text/html"} | options.pop("headers", {})
        form = {"csrf_token": csrf} | (data or {})
        return self.client.post(path, data=form, headers=headers, follow_redirects=False, **options)


def visiting_cookie(service: Service, login: str) -> str:
    """The cookie of a login that is open already."""
    parts, now = service.parts, service.parts.clock.now()
    cookie = f"cookie-of-{login}-{new_id()}"
    with parts.database.write() as session:
        account = people.account_by_login(session, login)
        session.add(
            LoginSession(
                id=logins.fingerprint(cookie),
                account_id=account.id,
                csrf=CSRF,
                created_at=now,
                used_at=now,
                source="test",
            )
        )
    return cookie


@contextmanager
def visiting(app: FastAPI, service: Service, login: str) -> Iterator[Visitor]:
    """A browser in which `login` is logged in already."""
    cookie = visiting_cookie(service, login)
    with TestClient(app, base_url="http://localhost", cookies={COOKIE: cookie}) as client:
        yield Visitor(client)


def account_for_each_role(service: Service, unit: str = "U-RSJ") -> list[str]:
    """One account a role, called `role.<code>`; the codes."""
    with service.parts.database.write() as session:
        ctx = Context(SYSTEM, service.parts.clock.now())
        codes = sorted(role.code for role in session.query(Role))
        for code in codes:
            data = AccountIn(
                login=f"role.{code}", name=code, unit_code=unit, roles=[code], password="a-long-password"
            )
            people.add_account(session, ctx, data, password_hash=PASSWORD_HASH)
    return codes


def text_of(response: Answer) -> str:
    """What a page says, without its tags."""
    body = re.sub(r"<(script|template)\b.*?</\1>", " ", response.text, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())
