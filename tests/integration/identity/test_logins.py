"""Logging in: what opens a session, what locks an account, what ends a session."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from kb_service.core.clock import FixedClock
from kb_service.core.db import Database
from kb_service.core.errors import Forbidden, Invalid, NotFound, Unauthenticated
from kb_service.core.settings import Settings
from kb_service.identity.model import AccountRole, LoginSession
from kb_service.identity.schemas import AccountIn
from kb_service.identity.service import actors, logins, people
from tests.support.city import small_city
from tests.support.contexts import ContextBuilder

PASSWORD = "a-long-password"
SETTINGS = Settings(login_failures=3, login_lock_minutes=30, session_idle_minutes=60, session_hours=12)


@pytest.fixture
def city(db: Database, ctx: ContextBuilder) -> Database:
    small_city(db, ctx())
    add(db, ctx, "editor", ["unit_editor"])
    return db


def add(db: Database, ctx: ContextBuilder, login: str, roles: list[str]) -> None:
    with db.write() as session:
        data = AccountIn(login=login, name="某人", unit_code="U-RSJ", roles=roles, password=PASSWORD)
        people.add_account(session, ctx(), data)


def log_in(
    db: Database, ctx: ContextBuilder, password: str = PASSWORD, login: str = "editor"
) -> logins.OpenSession:
    return logins.log_in(db, SETTINGS, ctx(), login, password)


def is_open(db: Database, clock: FixedClock, cookie: str) -> bool:
    with db.read() as session:
        return logins.find_session(session, SETTINGS, clock.now(), cookie) is not None


def test_the_right_password_opens_a_session_whose_secret_is_not_stored(
    city: Database, ctx: ContextBuilder, clock: FixedClock
) -> None:
    opened = log_in(city, ctx)
    assert is_open(city, clock, opened.cookie)
    assert not is_open(city, clock, opened.cookie + "x")
    with city.read() as session:
        assert opened.cookie not in session.execute(select(LoginSession.id)).scalars().all()


@pytest.mark.parametrize("login", ["editor", "nobody", "", "'; DROP TABLE identity_account; --"])
def test_a_wrong_password_and_an_unknown_login_are_told_apart_by_nobody(
    city: Database, ctx: ContextBuilder, login: str
) -> None:
    with pytest.raises(Unauthenticated) as refused:
        log_in(city, ctx, "wrong", login)
    assert refused.value.detail == "账号或密码不正确。"


def test_an_account_is_locked_after_wrong_passwords_and_opens_again_later(
    city: Database, ctx: ContextBuilder, clock: FixedClock
) -> None:
    for _ in range(3):
        with pytest.raises(Unauthenticated):
            log_in(city, ctx, "wrong")
    with pytest.raises(Unauthenticated) as refused:
        log_in(city, ctx)
    assert "锁定" in refused.value.detail
    clock.advance(timedelta(minutes=30))
    log_in(city, ctx)


def test_a_session_ends_by_idleness_and_by_age(
    city: Database, ctx: ContextBuilder, clock: FixedClock
) -> None:
    opened = log_in(city, ctx)
    clock.advance(timedelta(minutes=61))
    assert not is_open(city, clock, opened.cookie)
    opened = log_in(city, ctx)
    for _ in range(13):
        with city.read() as session:
            found = logins.find_session(session, SETTINGS, clock.now(), opened.cookie)
        if found is None:
            break
        logins.touch(city, found[0], clock.now())
        clock.advance(timedelta(minutes=59))
    assert not is_open(city, clock, opened.cookie)


def test_closing_an_account_or_changing_its_roles_ends_its_sessions_at_once(
    city: Database, ctx: ContextBuilder, clock: FixedClock
) -> None:
    opened = log_in(city, ctx)
    with city.write() as session:
        people.set_roles(session, ctx(), "editor", ["unit_reviewer"])
    assert not is_open(city, clock, opened.cookie)
    opened = log_in(city, ctx)
    with city.write() as session:
        people.set_active(session, ctx(), "editor", active=False)
    assert not is_open(city, clock, opened.cookie)
    with pytest.raises(Unauthenticated, match="停用"):
        log_in(city, ctx)


def test_no_account_combines_two_officers(city: Database, ctx: ContextBuilder) -> None:
    with pytest.raises(Invalid) as refused:
        add(city, ctx, "both", ["system_officer", "audit_officer"])
    assert refused.value.code == "officers_combined"
    add(city, ctx, "one", ["system_officer", "agent"])
    with pytest.raises(IntegrityError), city.write() as session:
        account = people.account_by_login(session, "one")
        session.add(AccountRole(account_id=account.id, role_code="audit_officer", officer=True))
        session.flush()


def test_nobody_changes_their_own_roles(city: Database, ctx: ContextBuilder) -> None:
    with city.write() as session:
        mine = ctx("security_officer", account_id=people.account_by_login(session, "editor").id)
        with pytest.raises(Forbidden):
            people.set_roles(session, mine, "editor", ["knowledge_manager"])


def test_an_editor_works_on_its_unit_and_a_reviewer_of_the_centre_on_all(
    city: Database, ctx: ContextBuilder
) -> None:
    add(city, ctx, "centre", ["centre_reviewer"])
    with city.read() as session:
        editor = actors.of_account(session, people.account_by_login(session, "editor"), "session")
        centre = actors.of_account(session, people.account_by_login(session, "centre"), "session")
        own, other = people.unit_by_code(session, "U-RSJ").id, people.unit_by_code(session, "U-GAJ").id
    assert (editor.in_scope(own), editor.in_scope(other)) == (True, False)
    assert centre.in_scope(own) and centre.in_scope(other)
    assert editor.may("knowledge.edit") and not editor.may("knowledge.review_centre")


class TestTokens:
    def make(self, db: Database, ctx: ContextBuilder, days: int | None = None) -> str:
        with db.write() as session:
            return logins.create_token(
                session, ctx(), role="agent", unit_code="U-ZX", name="呼叫中心", days=days
            )

    def works(self, db: Database, clock: FixedClock, text: str) -> bool:
        with db.read() as session:
            return logins.actor_of_token(session, clock.now(), text) is not None

    def test_a_token_works_until_it_expires_or_is_revoked(
        self, city: Database, ctx: ContextBuilder, clock: FixedClock
    ) -> None:
        forever, short = self.make(city, ctx), self.make(city, ctx, days=1)
        assert self.works(city, clock, forever) and self.works(city, clock, short)
        clock.advance(timedelta(days=1))
        assert self.works(city, clock, forever) and not self.works(city, clock, short)
        with city.write() as session:
            logins.revoke_token(session, ctx(), 1)
        assert not self.works(city, clock, forever)
        assert not self.works(city, clock, "kb_made-up")

    def test_a_token_of_an_unknown_role_or_unit_is_refused(self, city: Database, ctx: ContextBuilder) -> None:
        with city.write() as session:
            for role, unit in (("king", "U-ZX"), ("agent", "U-NONE")):
                with pytest.raises(NotFound):
                    logins.create_token(session, ctx(), role=role, unit_code=unit, name="x")
