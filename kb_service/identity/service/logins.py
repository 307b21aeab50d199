"""Logging in and out: passwords, sessions, locked accounts, API tokens."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import delete, select, update

from kb_service.core import audit
from kb_service.core.context import Actor, Context
from kb_service.core.db import Database, ReadSession, WriteSession
from kb_service.core.errors import Invalid, NotFound, Unauthenticated
from kb_service.core.settings import Settings
from kb_service.identity.model import Account, ApiToken, LoginSession, Role, Unit
from kb_service.identity.service import actors

MIN_PASSWORD = 10
TOUCH = timedelta(minutes=1)
_hasher = PasswordHasher()


@dataclass(frozen=True)
class OpenSession:
    """`cookie` is the secret the browser keeps; only its fingerprint is stored."""

    cookie: str
    csrf: str
    account: Account


def fingerprint(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def hash_password(password: str) -> str:
    if len(password) < MIN_PASSWORD:
        raise Invalid(f"密码至少 {MIN_PASSWORD} 个字符。", code="weak_password")
    return _hasher.hash(password)


@cache
def _nobody() -> str:
    """Verified against when the login is unknown, so that both cases take the same time."""
    return _hasher.hash(secrets.token_hex(16))


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def log_in(database: Database, settings: Settings, ctx: Context, login: str, password: str) -> OpenSession:
    """Opens a session; a failure is counted and committed before Unauthenticated is raised."""
    with database.write() as session:
        opened = _attempt(session, settings, ctx, login.strip(), password)
    if isinstance(opened, str):
        raise Unauthenticated(opened, code="login_failed")
    return opened


def _attempt(
    session: WriteSession, settings: Settings, ctx: Context, login: str, password: str
) -> OpenSession | str:
    account = session.execute(
        select(Account).where(Account.login == login).with_for_update()
    ).scalar_one_or_none()
    right = _matches(account.password_hash if account else _nobody(), password)
    if account is None:
        return "账号或密码不正确。"
    if account.locked_until and account.locked_until > ctx.now:
        return f"密码连续输错次数过多，账号已锁定，请 {settings.login_lock_minutes:g} 分钟后再试，或联系系统管理员。"
    if not right:
        _count_failure(session, settings, ctx, account)
        return "账号或密码不正确。"
    if not account.active:
        return "该账号已停用，请联系系统管理员。"
    account.failures, account.locked_until, account.last_login_at = 0, None, ctx.now
    cookie, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
    session.add(
        LoginSession(
            id=fingerprint(cookie), account_id=account.id, csrf=csrf, created_at=ctx.now, used_at=ctx.now,
            source=ctx.source,
        )
    )  # fmt: skip
    audit.record(session, ctx, "login.succeeded", f"account:{account.id}")
    return OpenSession(cookie, csrf, account)


def _count_failure(session: WriteSession, settings: Settings, ctx: Context, account: Account) -> None:
    account.failures += 1
    if account.failures >= settings.login_failures:
        account.failures = 0
        account.locked_until = ctx.now + timedelta(minutes=settings.login_lock_minutes)
    audit.record(
        session, ctx, "login.failed", f"account:{account.id}", after={"locked": bool(account.locked_until)}
    )


def find_session(
    session: ReadSession, settings: Settings, now: datetime, cookie: str
) -> tuple[LoginSession, Account] | None:
    """The open session of a cookie; None when unknown, idle for too long, too old, or its account is closed."""
    rows = select(LoginSession, Account).join(Account, Account.id == LoginSession.account_id)
    found = session.execute(rows.where(LoginSession.id == fingerprint(cookie))).one_or_none()
    if found is None:
        return None
    login, account = found
    idle = now - login.used_at > timedelta(minutes=settings.session_idle_minutes)
    old = now - login.created_at > timedelta(hours=settings.session_hours)
    return None if idle or old or not account.active else (login, account)


def touch(database: Database, login: LoginSession, now: datetime) -> None:
    """Notes that a session is in use, at most once a minute."""
    if now - login.used_at >= TOUCH:
        with database.write() as session:
            session.execute(update(LoginSession).where(LoginSession.id == login.id).values(used_at=now))


def log_out(session: WriteSession, ctx: Context) -> None:
    session.execute(delete(LoginSession).where(LoginSession.id == ctx.session_id))
    audit.record(session, ctx, "logout", f"account:{ctx.actor.account_id}")


def end_sessions(session: WriteSession, account_id: int) -> None:
    session.execute(delete(LoginSession).where(LoginSession.account_id == account_id))


def create_token(
    session: WriteSession, ctx: Context, *, role: str, unit_code: str, name: str, days: int | None = None
) -> str:
    """A new token's text, which is shown this once and never stored."""
    if session.get(Role, role) is None:
        raise NotFound(f"没有名为“{role}”的角色。", code="unknown_role")
    unit_id = session.execute(select(Unit.id).where(Unit.code == unit_code)).scalar_one_or_none()
    if unit_id is None:
        raise NotFound(f"没有编码为“{unit_code}”的单位。", code="unknown_unit")
    text = f"kb_{secrets.token_urlsafe(32)}"
    token = ApiToken(
        fingerprint=fingerprint(text), name=name, role_code=role, unit_id=unit_id, created_at=ctx.now,
        expires_at=ctx.now + timedelta(days=days) if days else None,
    )  # fmt: skip
    session.add(token)
    session.flush()
    audit.record(session, ctx, "token.created", f"token:{token.id}", after={"role": role, "unit": unit_code})
    return text


def actor_of_token(session: ReadSession, now: datetime, text: str) -> Actor | None:
    token = session.execute(
        select(ApiToken).where(ApiToken.fingerprint == fingerprint(text))
    ).scalar_one_or_none()
    if token is None or token.revoked_at or (token.expires_at and token.expires_at <= now):
        return None
    return actors.of_token(session, token)


def revoke_token(session: WriteSession, ctx: Context, token_id: int) -> None:
    token = session.get(ApiToken, token_id)
    if token is None:
        raise NotFound(f"没有编号为 {token_id} 的接口令牌。")
    token.revoked_at = token.revoked_at or ctx.now
    audit.record(session, ctx, "token.revoked", f"token:{token_id}")
