"""What shipped roles are given when the service grows, and what administrators took away."""

from sqlalchemy import delete

from kb_service.core.clock import FixedClock
from kb_service.core.context import SYSTEM, Context
from kb_service.core.db import Database
from kb_service.identity.model import Role, RoleGrant
from kb_service.identity.service import people, shipped


def permissions(db: Database, code: str = "knowledge_manager") -> set[str]:
    with db.read() as session:
        return set(session.get_one(Role, code).permissions)


def ensure(db: Database, clock: FixedClock) -> None:
    with db.write() as session:
        shipped.ensure_roles(session, Context(SYSTEM, clock.now()))


def test_a_base_of_the_first_release_gets_what_is_new_once(db: Database, clock: FixedClock) -> None:
    ensure(db, clock)
    first = shipped.first_permissions()["knowledge_manager"]
    taken = "knowledge.withdraw"
    with db.write() as session:
        session.execute(delete(RoleGrant))
        session.get_one(Role, "knowledge_manager").permissions = sorted(first - {taken})
    ensure(db, clock)
    assert {"review.manage", "roster.manage"} <= permissions(db)
    assert taken not in permissions(db)


def test_what_an_administrator_takes_away_stays_away(db: Database, clock: FixedClock) -> None:
    ensure(db, clock)
    ctx = Context(SYSTEM, clock.now())
    kept = permissions(db) - {"review.manage"}
    with db.write() as session:
        people.set_permissions(session, ctx, "knowledge_manager", kept)
    ensure(db, clock)
    assert permissions(db) == kept
