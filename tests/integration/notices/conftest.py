"""The small city with its people, for inboxes, outlets and the roster."""

from collections.abc import Callable, Iterable

import pytest

from kb_service.core.clock import FixedClock
from kb_service.core.context import SYSTEM, Context
from kb_service.identity.service import people
from kb_service.notices.service import notify
from tests.support.knowledge import World
from tests.support.service import Service

AccountId = Callable[[str], int]
Tell = Callable[..., None]


@pytest.fixture
def world(service: Service) -> World:
    return service.world


@pytest.fixture
def id_of(world: World) -> AccountId:
    def find(login: str) -> int:
        with world.database.read() as session:
            return people.account_by_login(session, login).id

    return find


@pytest.fixture
def tell(world: World, clock: FixedClock, id_of: AccountId) -> Tell:
    """Notices from the system: `tell(["rsj_editor"], "knowledge.approved", "审核通过：退休", "point:K1")`."""

    def told(logins: Iterable[str], kind: str, title: str, subject: str) -> None:
        with world.database.write() as session:
            ids = [id_of(login) for login in logins]
            notify(session, Context(SYSTEM, clock.now()), ids, kind, title, "/inbox", subject)

    return told
